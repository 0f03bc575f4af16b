#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The end: a drain, and what cuts it short."""
import json
import signal
import time

from fapid import roundtrip
from operation import FINE, METADATA, SECONDS, events, running, until
from tap import assert_equal, each, main, test


def assert_happened(server, *wanted):
    """These events, in this order."""
    names = [line["event"] for line in server.log_lines()]
    order = [names.index(one) for one in wanted]
    assert_equal(order, sorted(order))


@test
def a_drain_lasts_as_long_as_is_said():
    with running(["http.drain=2s"]) as server:
        began = time.monotonic()
        assert_equal(server.stop(), FINE)
        assert time.monotonic() - began >= 2
        assert_happened(server, "stopping", "draining", "stopped")
        assert_equal(events(server, "cut_short"), [])


@test
def drain():
    with running(["http.drain=1h"]) as server:
        connection = server.https()
        assert_equal(roundtrip(connection, "GET", METADATA)[0], 200)
        server.process.send_signal(signal.SIGTERM)
        status, body = until("draining", lambda: (lambda a: a if a[0] == 503 else None)(
            server.admin_get("/health/ready")))
        assert_equal(json.loads(body), {"status": "draining"})
        assert_equal(server.admin_get("/health/alive")[0], 200)
        status, fields, _ = roundtrip(connection, "GET", METADATA)  # an old connection
        assert_equal((status, fields.get("connection")), (200, "close"))
        status, fields, _ = server.request("GET", METADATA)  # and a new one
        assert_equal((status, fields.get("connection")), (200, "close"))
        assert_equal(server.stop(), FINE)
        assert_happened(server, "stopping", "draining", "cut_short", "stopped")


@each(("term", signal.SIGTERM), ("int", signal.SIGINT))
def a_second_signal_cuts_it_short(second):
    with running(["http.drain=1h"]) as server:
        server.process.send_signal(signal.SIGTERM)
        until("draining", lambda: events(server, "draining"))
        server.process.send_signal(signal.SIGHUP)  # is no end, and no reload any more
        time.sleep(0.3)
        assert server.process.poll() is None
        began = time.monotonic()
        server.process.send_signal(second)
        assert_equal(server.process.wait(SECONDS), FINE)
        assert time.monotonic() - began < 8
        server.process = None
        assert events(server, "cut_short")
        assert_equal(events(server, "reloaded"), [])


@test
def a_second_signal_ends_what_open_requests_hold_up():
    with running() as server:
        server.register_client("alice")
        with server.connect() as half:
            # in one record: with the answer to the first, half of the second has come as well
            half.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: loc")
            answer = b""
            while b"not_found" not in answer:
                part = half.recv(4096)
                assert part, f"the connection ended after {answer}"
                answer += part
            server.process.send_signal(signal.SIGTERM)
            until("stopping", lambda: events(server, "stopping"))
            time.sleep(1)
            assert server.process.poll() is None, "the request was not waited for"
            server.process.send_signal(signal.SIGTERM)
            assert_equal(server.process.wait(SECONDS), -signal.SIGTERM)
            server.process = None
        server.run()  # what it left behind is in nobody's way
        assert_equal(len(server.ctl("client", "list")), 1)


if __name__ == "__main__":
    main()
