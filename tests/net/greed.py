# SPDX-License-Identifier: Apache-2.0
"""Slow and greedy clients, each a crowd that holds or makes connections from addresses of its own.

    with Greedy(server) as crowd:      # any of CROWDS
        crowd.turn()                   # opens what is missing; each connection does its work once
        crowd.run(seconds)             # turn after turn

Addresses are of 127.9.0.0/16, so that an honest client at 127.0.0.1 is none of them. A connection
that the server ends is opened again; one that it does not take is tried again in the next turn.
"""
import contextlib
import itertools
import random
import socket
import ssl
import struct
import time

from rawtls import hello

HOST = b"Host: localhost\r\n"
ASK = b"GET /nowhere HTTP/1.1\r\n" + HOST + b"\r\n"
HEAD = b"POST /token HTTP/1.1\r\n" + HOST + b"X-Slow: "
BODY = b"POST /token HTTP/1.1\r\n" + HOST + b"Content-Length: 60000\r\n\r\n"
RESET = struct.pack("ii", 1, 0)


class Ended(OSError):
    """The server has ended a connection."""


def say(stream, octets):
    """As much as is taken now; how much that was."""
    try:
        return stream.send(octets)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return 0


def hear(stream, most=65536):
    """What came; raises Ended at the end."""
    try:
        octets = stream.recv(most)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return b""
    if not octets:
        raise Ended
    return octets


class Crowd:
    """Connections without TLS that say nothing."""
    count, addresses, every = 500, 1, 0.05
    waits = 0.5   # for the server to take a connection
    opens = 200   # in one turn, at the most

    def __init__(self, server, **changes):
        self.server, self.port = server, server.mtls_port
        self.__dict__.update(changes)
        first = random.randrange(200)
        self.sources = itertools.cycle([f"127.9.{(first + at // 250) % 250}.{1 + at % 250}"
                                        for at in range(self.addresses)])
        self.held = {}  # connection: what is remembered of it
        self.opened = self.ended = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def plain(self):
        stream = socket.socket()
        try:
            stream.settimeout(self.waits)
            stream.bind((next(self.sources), 0))
            stream.connect(("127.0.0.1", self.port))
        except BaseException:
            stream.close()
            raise
        return stream

    def open(self):
        return self.plain()

    def work(self, stream):
        hear(stream)

    def _leave(self, stream):
        del self.held[stream]
        with contextlib.suppress(OSError):
            stream.close()

    def fill(self):
        for _ in range(min(self.opens, self.count - len(self.held))):
            try:
                stream = self.open()
            except OSError:
                return
            stream.setblocking(False)
            self.held[stream] = 0
            self.opened += 1

    def turn(self):
        self.fill()
        for stream in list(self.held):
            try:
                self.work(stream)
            except OSError:
                self.ended += 1
                self._leave(stream)

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()
            time.sleep(self.every)

    def close(self):
        for stream in list(self.held):
            self._leave(stream)


# ------------------------------------------------------------------------------- handshakes ------

class Silent(Crowd):
    """They connect and say nothing."""
    count = 4000


class HelloOctets(Crowd):
    """A ClientHello octet by octet."""
    count, every = 300, 0.1

    def work(self, stream):
        hear(stream)
        self.held[stream] += say(stream, hello()[self.held[stream]:][:1])


class HelloStalled(Crowd):
    """Half a ClientHello."""
    count = 1000

    def open(self):
        stream = self.plain()
        stream.sendall(hello()[:70])
        return stream


class NoFlight(Crowd):
    """A whole ClientHello and then nothing: no certificate, no end of the handshake."""
    count = 500

    def open(self):
        stream = self.plain()
        stream.sendall(hello())
        return stream


class Hellos(Crowd):
    """Ever new ClientHellos, which make the server sign; the connection is dropped soon after."""
    count, every, opens = 60, 0.02, 20

    def open(self):
        stream = self.plain()
        stream.sendall(hello())
        return stream

    def work(self, stream):
        self.held[stream] += 1
        hear(stream)
        if self.held[stream] > 3:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            raise Ended


class HellosOfMany(Hellos):
    """The same from as many addresses as there are in a /24."""
    addresses = 250


# ------------------------------------------------------------------------------- with TLS --------

class Secure(Crowd):
    """TLS connections that ask nothing."""
    count, opens = 300, 50

    def secure(self, receive=None):
        stream = self.plain()
        if receive:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        try:
            stream.settimeout(5)
            return self.context.wrap_socket(stream, server_hostname="localhost")
        except BaseException:
            stream.close()
            raise

    @property
    def context(self):
        if "_context" not in self.__dict__:
            self.__dict__["_context"] = self.server.context()
        return self.__dict__["_context"]

    def open(self):
        return self.secure()


class Handshakes(Secure):
    """Whole handshakes, one after the other, each with a request."""
    count, every, opens = 40, 0.1, 10

    def work(self, stream):
        if self.held[stream] == 0:
            say(stream, ASK)
        self.held[stream] += 1
        if hear(stream):
            raise Ended


class Idle(Secure):
    """One request each, and then they stay."""
    count = 2000

    def work(self, stream):
        if self.held[stream] == 0:
            self.held[stream] += say(stream, ASK)
        hear(stream)


class SlowHeads(Secure):
    def work(self, stream):
        said = self.held[stream]
        self.held[stream] += say(stream, HEAD if said == 0 else b"y")
        hear(stream)


class SlowBodies(Secure):
    def work(self, stream):
        said = self.held[stream]
        self.held[stream] += say(stream, BODY if said == 0 else b"y" * 8)
        hear(stream)


class HeldBodies(Secure):
    """Bodies that are as long as allowed but for their end."""
    def work(self, stream):
        said, whole = self.held[stream], BODY + b"x" * 59000
        self.held[stream] += say(stream, whole[said:]) if said < len(whole) else 0
        hear(stream)


class SlowReaders(Secure):
    """Ever more requests, and no answer is read; a small window."""
    count = 100

    def open(self):
        return self.secure(2048)

    def work(self, stream):
        say(stream, ASK * 60)


class Pipelines(Secure):
    """As many requests in flight as are taken; every answer is read."""
    count, every = 20, 0.005

    def work(self, stream):
        self.held[stream] += 1
        if hear(stream) or self.held[stream] % 100 == 1:
            say(stream, ASK * 100)


class Large(Secure):
    """Requests as large as allowed, one after the other."""
    count, every = 8, 0.005
    request = (b"POST /token HTTP/1.1\r\n" + HOST + b"X: " + b"h" * 15000 +
               b"\r\nContent-Length: 65536\r\n\r\n" + b"b" * 65536)

    def work(self, stream):
        said = self.held[stream]
        if said < len(self.request):
            self.held[stream] += say(stream, self.request[said:][:16384])
        elif hear(stream):
            self.held[stream] = 0
            return
        if self.held[stream] < len(self.request):
            with contextlib.suppress(Ended):
                hear(stream)


CROWDS = {"silent": Silent, "hello_octets": HelloOctets, "hello_stalled": HelloStalled,
          "no_flight": NoFlight, "hellos": Hellos, "hellos_of_many": HellosOfMany,
          "handshakes": Handshakes, "idle": Idle, "slow_heads": SlowHeads,
          "slow_bodies": SlowBodies, "held_bodies": HeldBodies, "slow_readers": SlowReaders,
          "pipelines": Pipelines, "large": Large}
