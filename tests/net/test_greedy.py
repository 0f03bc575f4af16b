#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each crowd of greed.py, small: honest clients are served meanwhile, what is open and what it costs
stays within its bounds, and all is given back. How long anybody waits is tests/bench/greedy's."""
import contextlib
import os
import time

from fapid import Fapid
from greed import ASK, CROWDS, SlowReaders, hear, say
from hostile import eventually
from strangers import Client
from tap import each, main, test

COUNT, TURNS = 30, 25
ANSWER = 300              # octets, at least, of the refusal that ASK gets
BUFFERS = 1024 * 1024     # of both sides' systems for answers that are not read, and more

server = alice = None


def setup():
    global server, alice
    server = Fapid.start(sets=["authentication.failures_per_minute=1000000"])
    server.register_resource()
    alice = server.register_client("alice")


def teardown():
    server.close()


def descriptors(one):
    """The sockets among them: a thread opens its files of the store when it first needs them."""
    folder, count = f"/proc/{one.process.pid}/fd", 0
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            count += os.readlink(f"{folder}/{name}").startswith("socket:")
    return count


def open_now():
    return server.metric("connections_open")


@each(*((name, name) for name in CROWDS))
def TLS_43_others_are_served_beside(name):
    kept, fresh = Client(server, alice), Client(server, alice, "fresh")
    kept.token()
    before = open_now()
    with CROWDS[name](server, count=COUNT, opens=COUNT, waits=10) as crowd:
        most = 0
        for _ in range(TURNS):
            crowd.turn()
            kept.token()
            fresh.token()
            most = max(most, open_now())
            time.sleep(crowd.every)
        assert crowd.opened >= COUNT, crowd.opened
        # who was cut off or has left is lingered for; and fresh connections end a moment later
        assert most <= before + crowd.opened + TURNS, (most, before, crowd.opened)
    assert eventually(lambda: open_now() <= before), (open_now(), before)
    kept.token()
    kept.close()


@test
def TLS_43_descriptors_return():
    """One for each connection, and none for its requests."""
    assert eventually(lambda: open_now() <= 1), open_now()
    time.sleep(0.1)
    before = descriptors(server)
    for name in ("idle", "slow_bodies", "no_flight", "large"):
        with CROWDS[name](server, count=COUNT, opens=COUNT, waits=10) as crowd:
            for _ in range(3):
                crowd.turn()
            assert eventually(lambda: descriptors(server) >= before + COUNT // 2), name
        assert eventually(lambda: descriptors(server) <= before), (name, descriptors(server))


@test
def TLS_43_answers_that_nobody_reads_are_few():
    """They wait in buffers of the system, which are bounded; then nothing more is asked."""
    with SlowReaders(server, count=1) as crowd:
        crowd.fill()
        (reader,) = crowd.held
        end, before, sent = time.monotonic() + 3, server.metric("requests_total"), 0
        while time.monotonic() < end:
            sent += say(reader, ASK * 100)
        asked = server.metric("requests_total") - before
        assert 0 < asked * ANSWER < BUFFERS, asked
        assert sent // len(ASK) > asked + 100, (sent, asked)
        # and none of them is lost for whoever reads after all
        got, end = b"", time.monotonic() + 30
        while got.count(b"HTTP/1.1 404 ") <= asked and time.monotonic() < end:
            with contextlib.suppress(BlockingIOError):
                got += hear(reader)
        assert got.count(b"HTTP/1.1 404 ") > asked


@each(("silent", "silent"), ("hello_stalled", "hello_stalled"), ("idle", "idle"),
      ("slow_heads", "slow_heads"))
def TLS_43_who_fills_a_listener_keeps_nobody_out(name):
    few = Fapid.start(sets=["workers=1", f"listener.mtls.max_connections={COUNT}"])
    try:
        few.register_resource()
        party = few.register_client("alice")
        fresh = Client(few, party, "fresh")
        with CROWDS[name](few, count=2 * COUNT, opens=2 * COUNT, waits=0.2) as crowd:
            for _ in range(10):
                crowd.turn()
                fresh.token()
            assert few.metric("connections_displaced_total") >= 1
            assert few.metric("connections_refused_total") >= 1
            assert few.metric("connections_open") <= COUNT + 2  # and the operator's
    finally:
        few.close()


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
