# SPDX-License-Identifier: Apache-2.0
"""TLS as octets: ClientHellos that no library would send, and answers read without one.

    answer = ask(port, hello(suites=[0x009E]))
    answer.server_hello.suite, answer.alert, answer.certificate_request ...

Only what is sent in the clear is read: all of a TLS 1.2 flight up to ServerHelloDone, of TLS 1.3
the ServerHello. RFC 5246, RFC 8422, RFC 8446.
"""
import itertools
import os
import socket
import struct
from dataclasses import dataclass, field

SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, SERVER_HELLO_DONE = 12, 13, 14

SERVER_NAME, STATUS_REQUEST, GROUPS, POINT_FORMATS, SIGALGS, ALPN = 0, 5, 10, 11, 13, 16
TRUNCATED_HMAC, MASTER_SECRET, SESSION_TICKET, VERSIONS = 4, 23, 35, 43
PSK_MODES, KEY_SHARE, RENEGOTIATION = 45, 51, 0xFF01

HANDSHAKE_FAILURE, PROTOCOL_VERSION, DECODE_ERROR = 40, 70, 50
UNRECOGNIZED_NAME, NO_APPLICATION_PROTOCOL = 112, 120

X25519, P256, P384 = 29, 23, 24
HELLO_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

# What the servers under test may use, so that only the point in question decides.
GOOD_SUITES = (0xC02F, 0xC030, 0xC02B, 0xC02C, 0x009E, 0x009F)
GOOD_SIGALGS = (0x0403, 0x0503, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601)

# Each connection comes from an address of its own: an address whose handshakes keep failing is not
# heard for a while, and a scan is nothing but failures.
_sources = itertools.count(os.getpid() * 131 % 60000)


def vector(width, content):
    return len(content).to_bytes(width, "big") + content


def u16s(numbers):
    return b"".join(struct.pack(">H", one) for one in numbers)


def server_name(host):
    return vector(2, b"\0" + vector(2, host.encode()))


def alpn(*protocols):
    return vector(2, b"".join(vector(1, one.encode()) for one in protocols))


def hello(version=TLS12, suites=GOOD_SUITES, groups=(X25519, P256, P384), sigalgs=GOOD_SIGALGS,
          formats=(0,), master_secret=True, compression=(0,), session=b"", extra=(),
          key_share=X25519, versions=None):
    """A record with a ClientHello. `version` TLS13 adds what that needs; `extra` are further
    extensions (type, body) and replace those of the same type."""
    extensions = {GROUPS: vector(2, u16s(groups)), POINT_FORMATS: vector(1, bytes(formats)),
                  SIGALGS: vector(2, u16s(sigalgs)), RENEGOTIATION: b"\0"}
    if master_secret:
        extensions[MASTER_SECRET] = b""
    if version == TLS13:
        share = bytes([9]) + bytes(31)
        extensions[VERSIONS] = vector(1, u16s(versions or [TLS13]))
        extensions[PSK_MODES] = vector(1, b"\1")
        extensions[KEY_SHARE] = vector(2, struct.pack(">H", key_share) + vector(2, share))
    extensions.update(extra)
    body = (struct.pack(">H", min(version, TLS12)) + os.urandom(32) + vector(1, session) +
            vector(2, u16s(suites)) + vector(1, bytes(compression)) +
            vector(2, b"".join(struct.pack(">H", kind) + vector(2, content)
                               for kind, content in extensions.items() if content is not None)))
    message = bytes([CLIENT_HELLO]) + vector(3, body)
    return bytes([HANDSHAKE]) + struct.pack(">H", max(SSL3, min(version, TLS10))) + vector(2, message)


class Reader:
    """Octets from the front; a vector that is cut short is an error."""
    def __init__(self, octets):
        self.octets, self.at = octets, 0

    def take(self, count):
        piece = self.octets[self.at:self.at + count]
        if len(piece) != count:
            raise ValueError(f"{count} octets wanted, {len(piece)} left")
        self.at += count
        return piece

    def number(self, width):
        return int.from_bytes(self.take(width), "big")

    def vector(self, width):
        return self.take(self.number(width))

    def more(self):
        return self.at < len(self.octets)


def u16_list(octets):
    reader = Reader(octets)
    found = []
    while reader.more():
        found.append(reader.number(2))
    return found


@dataclass
class ServerHello:
    version: int
    suite: int
    session: bytes
    compression: int
    extensions: dict
    retry: bool


@dataclass
class KeyExchange:
    group: int = None        # a named group
    public: bytes = b""      # the point or the number
    prime: bytes = None      # of a finite field
    signature: int = None    # its algorithm


@dataclass
class CertificateRequest:
    kinds: list
    sigalgs: list
    authorities: bytes


@dataclass
class Answer:
    """What came until ServerHelloDone, an alert or the end."""
    server_hello: ServerHello = None
    certificates: list = None
    key_exchange: KeyExchange = None
    certificate_request: CertificateRequest = None
    done: bool = False
    alert: int = None
    fatal: bool = False
    closed: bool = False
    octets: bytes = b""
    types: list = field(default_factory=list)

    @property
    def suite(self):
        return self.server_hello.suite if self.server_hello else None

    @property
    def outcome(self):
        """("suite", id), ("alert", number) or ("nothing", octets)"""
        if self.server_hello:
            return "suite", self.suite
        return ("alert", self.alert) if self.alert is not None else ("nothing", self.octets)


def parse_server_hello(body):
    reader = Reader(body)
    version, random = reader.number(2), reader.take(32)
    session, suite, compression = reader.vector(1), reader.number(2), reader.number(1)
    extensions = {}
    if reader.more():
        inner = Reader(reader.vector(2))
        while inner.more():
            kind = inner.number(2)
            if kind in extensions:
                raise ValueError(f"extension {kind} twice")
            extensions[kind] = inner.vector(2)
    if VERSIONS in extensions:
        version = int.from_bytes(extensions[VERSIONS], "big")
    return ServerHello(version, suite, session, compression, extensions, random == HELLO_RETRY)


def parse_key_exchange(body, suite):
    reader = Reader(body)
    found = KeyExchange()
    if suite in (0x009E, 0x009F):
        found.prime, _, found.public = reader.vector(2), reader.vector(2), reader.vector(2)
    else:
        if reader.number(1) != 3:
            raise ValueError("no named curve")
        found.group, found.public = reader.number(2), reader.vector(1)
    found.signature = reader.number(2)
    reader.vector(2)
    if reader.more():
        raise ValueError("octets after the signature")
    return found


def parse_certificates(body):
    reader = Reader(Reader(body).vector(3))
    found = []
    while reader.more():
        found.append(reader.vector(3))
    return found


def parse_certificate_request(body):
    reader = Reader(body)
    return CertificateRequest(list(reader.vector(1)), u16_list(reader.vector(2)), reader.vector(2))


def understand(answer, kind, body):
    if kind == SERVER_HELLO:
        answer.server_hello = parse_server_hello(body)
    elif kind == CERTIFICATE:
        answer.certificates = parse_certificates(body)
    elif kind == SERVER_KEY_EXCHANGE:
        answer.key_exchange = parse_key_exchange(body, answer.suite)
    elif kind == CERTIFICATE_REQUEST:
        answer.certificate_request = parse_certificate_request(body)
    elif kind == SERVER_HELLO_DONE:
        answer.done = True
    answer.types.append(kind)


def parse(octets):
    """An Answer from all octets of the server so far; None while more may come."""
    answer = Answer(octets=octets)
    reader, messages = Reader(octets), b""
    while len(octets) - reader.at >= 5:
        kind, _, length = reader.number(1), reader.number(2), reader.number(2)
        if len(octets) - reader.at < length:
            break
        record = reader.take(length)
        if kind == ALERT:
            answer.fatal, answer.alert = record[0] == 2, record[1]
            return answer
        if kind != HANDSHAKE:
            return answer
        messages += record
        while len(messages) >= 4 and len(messages) >= 4 + int.from_bytes(messages[1:4], "big"):
            end = 4 + int.from_bytes(messages[1:4], "big")
            understand(answer, messages[0], messages[4:end])
            messages = messages[end:]
        if answer.done or answer.server_hello and answer.server_hello.version == TLS13:
            return answer
    return None


def connect(port, host="127.0.0.1", timeout=30):
    number = next(_sources) % 60000 + 1
    source = f"127.{1 + number // 10000}.{number // 100 % 100}.{1 + number % 100}"
    return socket.create_connection((host, port), timeout, (source, 0))


def ask(port, octets, host="127.0.0.1"):
    """Sends octets to a new connection and reads the answer."""
    with connect(port, host) as stream:
        stream.sendall(octets)
        got = b""
        while True:
            answer = parse(got)
            if answer is not None:
                return answer
            try:
                more = stream.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                return Answer(octets=got, closed=True)
            got += more


# The suites that the IANA registry holds or held for TLS 1.2 and before (and some it never held).
KNOWN_SUITES = [suite for first, last in (
    (0x0000, 0x001B), (0x001E, 0x0046), (0x0060, 0x0069), (0x0084, 0x009B), (0x009C, 0x00C7),
    (0x1301, 0x1305), (0xC001, 0xC0B5), (0xC100, 0xC107), (0xCCA8, 0xCCAE), (0xD001, 0xD005),
    (0xFEFE, 0xFEFF)) for suite in range(first, last + 1)]
