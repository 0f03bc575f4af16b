#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Slow and greedy clients: cut at their deadline, refused at a cap, while others are served.

Deadlines are the constants of limits.h, and absolute: an octet now and then buys no time. Of them
only the 10 seconds of handshake and head are waited for here, all cases side by side; those of
bodies, idle connections and slow readers are shown with shorter ones in tests/unit/edge/loop.c.
"""
import contextlib
import functools
import json
import socket
import ssl
import time

from fapid import Fapid
from rawtls import hello
from strangers import Background, Caller, Client, Resource, together
from tap import assert_equal, assert_in, each, main, test

DEADLINE = 10.0  # AS_LIMIT_HANDSHAKE_MS and AS_LIMIT_HEAD_MS
EARLY, LATE = 0.5, 4.0
DRIP = 0.7
MOST = 4
HEAD = b"POST /token HTTP/1.1\r\nHost: localhost\r\nX-Slow: "

server = resource = alice = None


def setup():
    global server, resource, alice
    server = Fapid.start()
    resource = server.register_resource()
    alice = server.register_client("alice")


def teardown():
    server.close()


# ------------------------------------------------------------------------------------ dripping

def plain(port):
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def secure():
    return server.connect(alice.cert)


def admin():
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(30)
    made.connect(server.socket)
    return made


def after_a_request():
    """A connection that has served one; the clock of the next runs from its own first octet."""
    made = secure()
    made.sendall(b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = b""
    while b"not_found" not in answer:
        answer += made.recv(4096)
    time.sleep(1)
    return made


def drip(connect, first, pieces):
    """Sends `first`, then now and then one of `pieces` until the server ends the connection:
    (seconds since the first octet, seconds since it was connected to, what the server said). Its
    clock began somewhere between the two."""
    said = b""
    before = time.monotonic()
    with connect() as connection:
        began = time.monotonic()
        connection.sendall(first)
        connection.settimeout(DRIP)
        while time.monotonic() - began < DEADLINE + 2 * LATE:
            try:
                part = connection.recv(4096)
                said += part
                if not part:
                    return time.monotonic() - began, time.monotonic() - before, said
            except TimeoutError:
                with contextlib.suppress(OSError):
                    connection.sendall(pieces.pop(0) if pieces else b"")
            except OSError:
                return time.monotonic() - began, time.monotonic() - before, said
    raise AssertionError(f"not cut; it said {said}")


def octets(text):
    return [bytes([one]) for one in text]


def cases():
    """name: (how to connect, first octets, what follows, the status or None for no words)"""
    greeting = hello()
    whole = octets(HEAD + b"y" * 100)
    return {
        "no_handshake": (functools.partial(plain, server.mtls_port), b"", [], None),
        "handshake": (functools.partial(plain, server.port), greeting[:1], octets(greeting[1:]),
                      None),
        "half_a_handshake": (functools.partial(plain, server.mtls_port), greeting, [], ...),
        "head": (secure, whole[0], whole[1:], 408),
        "stalled_head": (secure, HEAD, [], 408),
        "second_head": (after_a_request, whole[0], whole[1:], 408),
        "admin_http": (functools.partial(plain, server.admin_port), whole[0], whole[1:], 408),
        "admin_socket": (admin, whole[0], whole[1:], 408),
    }


def served(longest):
    """What others are asked for meanwhile; the longest wait is kept."""
    client, fresh, api = Client(server, alice), Client(server, alice, "fresh"), \
        Resource(server, resource)

    def once():
        for work in (lambda: assert_equal(api.active(client.token()), True), fresh.token):
            began = time.monotonic()
            work()
            longest[0] = max(longest[0], time.monotonic() - began)
        time.sleep(0.05)
    return once


_outcomes = {}


def outcomes():
    """All cases at once, the first time."""
    if not _outcomes:
        longest = [0.0]
        meanwhile = Background(served(longest))

        def one(name, case):
            connect, first, pieces, _ = case
            if connect is after_a_request:  # its clock begins with the first octet of the second
                made = connect()
                _outcomes[name] = drip(lambda: made, first, pieces)
            else:
                _outcomes[name] = drip(connect, first, pieces)
        try:
            together(*(functools.partial(one, *row) for row in cases().items()))
        finally:
            rounds = meanwhile.finish()
        _outcomes["others"] = rounds[0], longest[0]
    return _outcomes


@each(*((name, name) for name in ("no_handshake", "handshake", "half_a_handshake", "head",
                                  "stalled_head", "second_head", "admin_http", "admin_socket")))
def TLS_43_cut_at_the_deadline(name):
    least, most, said = outcomes()[name]
    status = cases()[name][3]
    assert DEADLINE - EARLY < most and least < DEADLINE + LATE, f"cut after {least:.1f} s"
    if status is None:
        assert_equal(said, b"")
    elif status is not ...:
        head, _, body = said.partition(b"\r\n\r\n")
        assert_in(f"HTTP/1.1 {status} ".encode(), head)
        assert_in(b"connection: close", head.lower())
        assert_equal(json.loads(body)["error"], "invalid_request")


@test
def TLS_43_others_are_served_meanwhile():
    rounds, longest = outcomes()["others"]
    assert rounds >= 20, rounds
    assert longest < 3, f"somebody waited for {longest:.1f} s"


@test
def TLS_43_a_slow_client_in_time_is_served():
    request = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with secure() as connection:
        for at in range(0, len(request), 8):
            connection.sendall(request[at:at + 8])
            time.sleep(DRIP / 2)
        assert_in(b"HTTP/1.1 404 ", connection.recv(4096))


# ------------------------------------------------------------------------------------ caps

def closed(connect):
    """Whether a connection is ended without a handshake."""
    try:
        connect().close()
    except (ssl.SSLError, ConnectionError):
        return True
    return False


def soon(question):
    """The server learns of our end a moment later."""
    end = time.monotonic() + 20
    while not question():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@contextlib.contextmanager
def capped(*sets):
    one = Fapid.start(sets=sets)
    try:
        yield one
    finally:
        one.close()


@test
def TLS_43_a_listener_takes_so_many_connections():
    with capped(f"listener.mtls.max_connections={MOST}") as tight, contextlib.ExitStack() as held:
        kept = [held.enter_context(tight.connect()) for _ in range(MOST)]
        before = tight.metric("connections_refused_total")
        for _ in range(2):
            caller = Caller(tight, None, "fresh")
            assert closed(lambda: caller.request("GET", "/nowhere"))
        assert tight.metric("connections_refused_total") >= before + 2
        # the other listener has a bound of its own, and those who are in are served
        assert_equal(tight.request("GET", "/nowhere", port=tight.port)[0], 404)
        kept[0].sendall(b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert_in(b"HTTP/1.1 404 ", kept[0].recv(4096))
        kept.pop().close()
        assert soon(lambda: not closed(tight.connect)), "no room though one has left"


@test
def TLS_43_an_address_has_so_many_connections():
    with capped(f"listener.mtls.max_per_address={MOST}") as tight, contextlib.ExitStack() as held:
        kept = [held.enter_context(tight.connect()) for _ in range(MOST)]
        before = tight.metric("connections_refused_total")
        assert closed(tight.connect)
        assert tight.metric("connections_refused_total") > before
        other = Caller(tight, None, "fresh", source="127.0.0.2")
        assert_equal(other.request("GET", "/nowhere")[0], 404)
        kept.pop().close()
        assert soon(lambda: not closed(tight.connect)), "no room though one has left"


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
