#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What strangers hold without any credential leaves room for everybody else; and a server that is
told to end answers what it was asked."""
import resource as limits
import select
import signal
import threading

from fapid import Fapid
from hostile import HOST, connect, eventually, exchange, read_all, statuses
from strangers import Caller, Client
from tap import assert_equal, assert_in, main, test

HELD = 2400
LARGE = f"POST /token HTTP/1.1\r\n{HOST}Content-Length: 60000\r\n\r\n".encode() + b"x" * 50000


def hold(server, octets):
    """Unfinished requests on connections of their own, up to the first that is refused."""
    held = []
    while len(held) < HELD:
        stream = connect(server, port=server.port)
        stream.sendall(octets)
        held.append(stream)
        if select.select([stream], [], [], 0.002)[0] or \
                (len(held) % 50 == 0 and select.select(held, [], [], 0)[0]):
            return held
    raise AssertionError(f"{HELD} of them were held")


@test
def TOK_12_held_bodies_leave_room_for_small_requests():
    server = Fapid.start(sets=["workers=1"])
    held = []
    try:
        soft, hard = limits.getrlimit(limits.RLIMIT_NOFILE)
        limits.setrlimit(limits.RLIMIT_NOFILE, (min(hard, 2 * HELD), hard))
        server.register_resource()
        alice = server.register_client("alice")
        held = hold(server, LARGE)
        assert len(held) > 700, f"refused after {len(held)}"
        for _ in range(10):
            assert_equal(server.admin_get("/health/ready")[0], 200, "the health of a full server")
            assert_equal(server.ask_token(alice)[0], 200, "a small request to a full server")
        answers = []
        for stream in select.select(held, [], [], 0)[0]:
            answers += statuses(read_all(stream, 5))
        assert answers and set(answers) == {503}, answers
        while held:
            held.pop().close()
        assert eventually(lambda: statuses(exchange(server, LARGE + b"x" * 10000,
                                                    port=server.port))[:1] == [400]), \
            "nothing was given back"
        limits.setrlimit(limits.RLIMIT_NOFILE, (soft, hard))
    finally:
        for stream in held:
            stream.close()
        server.close()


@test
def TOK_12_what_nobody_serves_is_answered_before_its_body():
    server = Fapid.start()
    try:
        for head, status in (("POST /nowhere", 404), ("PUT /token", 405)):
            got = exchange(server, f"{head} HTTP/1.1\r\n{HOST}Content-Length: 60000\r\n\r\n".encode())
            assert_equal(statuses(got), [status])
            assert_in(b"Connection: close", got)
    finally:
        server.close()


# ------------------------------------------------------------------------------------ the end

class Patient(Client):
    """Asks on one connection until it is told that this ends."""

    def __init__(self, server, party):
        super().__init__(server, party)
        self.asked, self.wrong, self.told = 0, None, False

    def run(self):
        try:
            while not self.told:
                status, fields, answer = self.ask()
                assert_equal(status, 200, str(answer))
                self.asked += 1
                self.told = fields.get("connection", "").lower() == "close"
        except Exception as error:  # pylint: disable=broad-except
            self.wrong = error


@test
def D2_no_request_of_a_kept_connection_fails_when_the_server_ends():
    server = Fapid.start(sets=["authentication.failures_per_minute=1000000"])
    try:
        server.register_resource()
        party = server.register_client("alice")
        callers = [Patient(server, party) for _ in range(8)]
        threads = [threading.Thread(target=caller.run, daemon=True) for caller in callers]
        idle = Caller(server, party.cert)
        idle.request("GET", "/.well-known/oauth-authorization-server")
        for thread in threads:
            thread.start()
        assert eventually(lambda: all(caller.asked > 20 for caller in callers), 60)
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(60)
        assert_equal([caller.wrong for caller in callers], [None] * len(callers))
        assert all(caller.told for caller in callers)
        idle.connection.sock.settimeout(30)
        assert_equal(idle.connection.sock.recv(1), b"", "what an idle connection hears")
        assert_equal(server.process.wait(60), 0)
        assert_in('"event":"closing_connections"', server.log())
    finally:
        server.close()


if __name__ == "__main__":
    main()
