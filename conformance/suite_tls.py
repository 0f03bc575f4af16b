#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TLS of the listeners as octets on the wire show it: versions, suites, groups, features,
certificate requests, resumption."""
import re
import socket
import ssl
import struct
import subprocess

import rawtls
from fapid import Fapid
from rawtls import (CERTIFICATE, DECODE_ERROR, HANDSHAKE, HANDSHAKE_FAILURE, KNOWN_SUITES,
                    MASTER_SECRET, P256, P384, PROTOCOL_VERSION, RENEGOTIATION,
                    SERVER_NAME, SESSION_TICKET, SSL3, TLS10, TLS11, TLS12, TLS13, TRUNCATED_HMAC,
                    X25519, ask, hello, server_name, vector)
from tap import assert_equal, assert_in, each, main, test

FIRST, SECOND = "localhost", "mtls.localhost"
PROFILES = {"fapi1": {0xC02F, 0xC030, 0x009E, 0x009F},
            "fapi1_ecdhe": {0xC02F, 0xC030},
            "bcp195": {0xC02B, 0xC02C, 0xC02F, 0xC030}}
SUITES_13 = {0x1301, 0x1302, 0x1303}

servers = {}
strict = None


def setup():
    global strict
    for profile in PROFILES:
        servers[profile] = Fapid.start(names=(FIRST, SECOND), profile=profile)
    strict = Fapid.start(names=(FIRST, SECOND), mtls="require",
                         sets=["listener.mtls.ca_names=on", "listener.mtls.resumption=off",
                               "listener.public.min_version=TLSv1.3"])


def teardown():
    for server in (*servers.values(), strict):
        if server:
            server.close()


def fapi1():
    return servers["fapi1"]


def public(octets):
    return ask(fapi1().port, octets)


def mtls(octets):
    return ask(fapi1().mtls_port, octets)


def refused(answer, alert, what="the answer"):
    assert_equal(answer.outcome, ("alert", alert), what)
    assert_equal(answer.fatal, True, "the alert's fatality")


def taken_alone(port, suites, **more):
    """Which of the suites are taken when offered alone; all others must meet alert 40."""
    taken = set()
    for suite in suites:
        answer = ask(port, hello(suites=[suite], **more))
        if answer.suite is not None:
            assert_equal(answer.suite, suite, "the chosen suite")
            taken.add(suite)
        else:
            refused(answer, HANDSHAKE_FAILURE, f"the answer to suite {suite:#06x}")
    return taken


# ------------------------------------------------------------------------------------ versions

# SSL 3.0 has no alert 70.
@each(("ssl3", SSL3, HANDSHAKE_FAILURE), ("tls10", TLS10, PROTOCOL_VERSION),
      ("tls11", TLS11, PROTOCOL_VERSION))
def TLS_02_old_versions(version, alert):
    for ask_one in (public, mtls):
        refused(ask_one(hello(version, KNOWN_SUITES)), alert)
        assert_equal(ask_one(hello(TLS12)).server_hello.version, TLS12)


@test
def TLS_03_both_versions_and_the_newer_preferred():
    suites = [0xC02F, 0x1301]
    answer = public(hello(TLS13, suites, versions=[TLS12, TLS13]))
    assert_equal(answer.server_hello.version, TLS13)
    assert_equal(public(hello(TLS12, suites)).server_hello.version, TLS12)
    answer = public(hello(TLS13, suites, versions=[TLS12]))
    assert_equal(answer.server_hello.version, TLS12)


@test
def TLS_03_a_version_of_the_future():
    """0x0305 and 0x0399 are not known here: the best known one is taken."""
    answer = public(hello(TLS13, [0x1301], versions=[0x0399, 0x0305, TLS13]))
    assert_equal(answer.server_hello.version, TLS13)
    refused(public(hello(TLS13, [0x1301, 0xC02F], versions=[0x0399])), PROTOCOL_VERSION)


@test
def TLS_04_a_listener_of_tls_13_alone():
    refused(ask(strict.port, hello(TLS12)), PROTOCOL_VERSION)
    assert_equal(ask(strict.port, hello(TLS13, [0x1301])).server_hello.version, TLS13)
    assert_equal(ask(strict.mtls_port, hello(TLS12)).server_hello.version, TLS12)


# ------------------------------------------------------------------------------------ suites

@each(*((name, name) for name in PROFILES))
def TLS_10_scan(profile):
    """Some 390 suites, each offered alone, on both listeners."""
    server = servers[profile]
    assert_equal(taken_alone(server.port, KNOWN_SUITES), PROFILES[profile], "the suites taken")
    assert_equal(taken_alone(server.mtls_port, KNOWN_SUITES), PROFILES[profile],
                 "the suites taken on the mtls listener")


@test
def TLS_05_dhe_rsa_128():
    assert_equal(public(hello(suites=[0x009E])).suite, 0x009E)


@test
def TLS_06_ecdhe_rsa_128():
    assert_equal(public(hello(suites=[0xC02F])).suite, 0xC02F)


@test
def TLS_07_dhe_rsa_256():
    assert_equal(public(hello(suites=[0x009F])).suite, 0x009F)


@test
def TLS_08_ecdhe_rsa_256():
    assert_equal(public(hello(suites=[0xC030])).suite, 0xC030)


@test
def TLS_09_the_suites_of_bcp_195():
    server = servers["bcp195"]
    for suite in PROFILES["bcp195"]:
        assert_equal(ask(server.port, hello(suites=[suite])).suite, suite)
    for suite in (0x009E, 0x009F, 0xCCA8, 0xCCA9, 0xC0AC):
        refused(ask(server.port, hello(suites=[suite])), HANDSHAKE_FAILURE)


# IANA "TLS Cipher Suites", marked recommended and usable below TLS 1.3 with a certificate.
RECOMMENDED = {0x009E, 0x009F, 0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9, 0xCCAA}


@test
def TLS_11_nothing_but_recommended_suites():
    taken = taken_alone(servers["bcp195"].mtls_port, KNOWN_SUITES)
    assert_equal(taken - RECOMMENDED, set())
    assert taken, "nothing is taken"


@test
def TLS_16_suites_are_configuration():
    server = Fapid.make(names=(FIRST, SECOND), profile="fapi1")
    try:
        for profile in ("bcp195", "fapi1_ecdhe", "fapi1"):
            server.run([f"listener.public.profile={profile}"])
            assert_equal(taken_alone(server.port, sorted(RECOMMENDED)), PROFILES[profile])
            assert_equal(server.stop(), 0)
    finally:
        server.close()


@each(("null", [0x0000, 0x0001, 0x0002, 0x003B, 0xC006, 0xC010]),
      ("rc4", [0x0004, 0x0005, 0xC007, 0xC011]),
      ("export", [0x0003, 0x0006, 0x0008, 0x000B, 0x0014, 0x0019]),
      ("des", [0x0009, 0x000A, 0x0015, 0x0016, 0xC008, 0xC012]),
      ("anonymous", [0x0018, 0x001B, 0x0034, 0x006C, 0x00A6, 0xC018]),
      ("static_rsa", [0x002F, 0x0035, 0x003C, 0x003D, 0x009C, 0x009D]),
      ("static_dh", [0x0030, 0x0031, 0x00A0, 0x00A4, 0xC025, 0xC02D, 0xC031]),
      ("cbc", [0x0033, 0x0039, 0x0067, 0x006B, 0xC013, 0xC014, 0xC027, 0xC028]),
      ("psk", [0x008C, 0x00A8, 0x00AA, 0xC035, 0xD001]),
      ("ccm_8", [0xC0A2, 0xC0A3, 0xC0AE, 0xC0AF]))
def TLS_13_weak_suites(suites):
    for server in servers.values():
        refused(ask(server.port, hello(suites=suites)), HANDSHAKE_FAILURE)
        refused(ask(server.mtls_port, hello(suites=suites)), HANDSHAKE_FAILURE)


@test
def TLS_14_the_servers_order_wins():
    assert_equal(public(hello(suites=[0x002F, 0x009F, 0x009E, 0xC030, 0xC02F])).suite, 0xC02F)
    assert_equal(public(hello(suites=[0x002F, 0x009F, 0xC030])).suite, 0xC030)
    assert_equal(public(hello(suites=[0x0035, 0x009F, 0x009E])).suite, 0x009E)


@each(*((name, name) for name in PROFILES))
def TLS_15_suites_of_tls_13(profile):
    for suite in range(0x1301, 0x1308):
        answer = ask(servers[profile].port, hello(TLS13, [suite]))
        if suite in SUITES_13:
            assert_equal((answer.suite, answer.server_hello.version), (suite, TLS13))
        else:
            refused(answer, HANDSHAKE_FAILURE, f"the answer to {suite:#06x}")


@test
def TLS_15_suites_of_tls_12_are_none_of_tls_13():
    refused(public(hello(TLS13, [0xC02F])), HANDSHAKE_FAILURE)


# ------------------------------------------------------------------------------------ keys

@test
def TLS_20_size_of_the_finite_field():
    for suite in (0x009E, 0x009F):
        exchange = public(hello(suites=[suite])).key_exchange
        prime = int.from_bytes(exchange.prime, "big")
        assert prime.bit_length() >= 2048, f"{prime.bit_length()} bits"
        public_value = int.from_bytes(exchange.public, "big")
        assert 1 < public_value < prime - 1


# Numbers of the registry "TLS Supported Groups": curves, brainpool, finite fields.
GROUP_NUMBERS = [*range(1, 42), *range(256, 261), 0xFF01, 0xFF02]


@test
def TLS_21_groups_one_by_one_in_tls_12():
    served = {group for group in GROUP_NUMBERS
              if public(hello(suites=[0xC02F], groups=[group])).suite is not None}
    assert_equal(served, {X25519, P256, P384}, "the groups")


@test
def TLS_21_groups_one_by_one_in_tls_13():
    """With a key share that fits none: a group that is served is asked for again."""
    served = set()
    for group in GROUP_NUMBERS:
        answer = public(hello(TLS13, [0x1301], groups=[group], key_share=0xFE00,
                              extra=[(rawtls.KEY_SHARE, vector(2, b""))]))
        if answer.suite is not None:
            assert answer.server_hello.retry
            served.add(group)
        else:
            refused(answer, HANDSHAKE_FAILURE, f"the answer to group {group}")
    assert_equal(served, {X25519, P256, P384}, "the groups")


@each(("p256", P256, 65), ("p384", P384, 97))
def TLS_22_points_are_not_compressed(group, length):
    for formats in ((0,), (1, 2, 0), (0, 1, 2)):
        exchange = public(hello(suites=[0xC02F], groups=[group], formats=formats)).key_exchange
        assert_equal((exchange.group, exchange.public[0], len(exchange.public)),
                     (group, 0x04, length))


@test
def TLS_25_signatures_of_the_server():
    for algorithms in ([0x0201], [0x0203], [0x0101], [0x0202], [0x0301]):
        refused(public(hello(suites=[0xC02F, 0x009E], sigalgs=algorithms)), HANDSHAKE_FAILURE)
    exchange = public(hello(suites=[0xC02F], sigalgs=[0x0201, 0x0401])).key_exchange
    assert_equal(exchange.signature, 0x0401)


@each(("dhe", [0x009E]), ("ecdhe", [0xC02F]))
def TLS_26_ephemeral_keys_are_not_reused(suites):
    seen = {public(hello(suites=suites)).key_exchange.public for _ in range(5)}
    assert_equal(len(seen), 5, "how many keys of five handshakes differ")


# ------------------------------------------------------------------------------------ features

@test
def TLS_01_plain_http_on_a_tls_port():
    for port in (fapi1().port, fapi1().mtls_port):
        for request in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        b"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 29\r\n\r\n"
                        b"grant_type=client_credentials"):
            answer = ask(port, request)
            assert b"HTTP/1" not in answer.octets, answer.octets
            assert_equal(answer.suite, None)
        assert_equal(ask(port, hello()).suite, 0xC02F)


@test
def TLS_30_renegotiation_info():
    assert_equal(public(hello()).server_hello.extensions[RENEGOTIATION], b"\0")


def s_client(port, *args, text="", host=FIRST):
    """What `openssl s_client` prints; it stays until the server closes."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", host, *args]
    done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=60)
    return (done.stdout + done.stderr).decode(errors="replace")


@test
def TLS_30_renegotiation_by_the_client():
    for port in (fapi1().port, fapi1().mtls_port):
        said = s_client(port, "-tls1_2", text="R\n")
        assert_in("Secure Renegotiation IS supported", said)
        assert_in("RENEGOTIATING", said)
        assert_in("no renegotiation", said)


@test
def TLS_31_extended_master_secret():
    for ask_one in (public, mtls):
        assert_equal(ask_one(hello()).server_hello.extensions[MASTER_SECRET], b"")
    refused(mtls(hello(master_secret=False)), HANDSHAKE_FAILURE)
    assert_equal(public(hello(master_secret=False)).suite, 0xC02F)
    # TLS 1.3 needs no such word, and an old version is refused for what it is
    assert_equal(mtls(hello(TLS13, [0x1301], master_secret=False)).suite, 0x1301)
    refused(mtls(hello(TLS11, master_secret=False)), PROTOCOL_VERSION)


@test
def TLS_32_no_compression():
    assert_equal(public(hello(compression=(1, 64, 0))).server_hello.compression, 0)


@test
def TLS_34_truncated_hmac():
    extensions = public(hello(extra=[(TRUNCATED_HMAC, b"")])).server_hello.extensions
    assert TRUNCATED_HMAC not in extensions


@each(("known", FIRST, True), ("second", SECOND, True), ("upper_case", "LOCALHOST", True),
      ("unknown", "nope.test", False), ("part", "host", False), ("below", "x.localhost", False),
      ("dot", "localhost.", False), ("nul", "localhost\0.evil.test", False))
def TLS_36_server_names(name, known):
    for version, suites in ((TLS12, [0xC02F]), (TLS13, [0x1301])):
        for ask_one in (public, mtls):
            answer = ask_one(hello(version, suites, extra=[(SERVER_NAME, server_name(name))]))
            if known:
                assert_equal(answer.suite, suites[0])
            else:
                refused(answer, rawtls.UNRECOGNIZED_NAME)


@each(("empty", b""), ("short", b"\0\5\0\0"), ("cut", b"\0\x0c\0\0\x20localhost"),
      ("no_name", vector(2, b"\0\0\0")), ("other_type", vector(2, b"\1\0\1a")),
      ("two_names", vector(2, 2 * (b"\0" + vector(2, b"localhost")))),
      ("octets_after", server_name(FIRST) + b"\0"))
def TLS_36_malformed_server_names(body):
    answer = public(hello(extra=[(SERVER_NAME, body)]))
    assert_equal(answer.suite, None)
    assert_in(answer.alert, (DECODE_ERROR, rawtls.UNRECOGNIZED_NAME))


@test
def TLS_37_no_server_name():
    answer = public(hello())
    assert_equal((answer.suite, answer.certificate_request), (0xC02F, None))
    answer = mtls(hello())
    assert_equal(answer.suite, 0xC02F)
    assert answer.certificate_request is not None


@each(("http_11", ["http/1.1"], "http/1.1"), ("second", ["h2", "http/1.1"], "http/1.1"),
      ("h2", ["h2"], None), ("http_10", ["http/1.0"], None), ("spdy", ["spdy/3", "h3"], None))
def TLS_38_application_protocol(offered, chosen):
    extra = [(rawtls.ALPN, rawtls.alpn(*offered))]
    answer = public(hello(extra=extra))
    if chosen:
        assert_equal(answer.server_hello.extensions[rawtls.ALPN], rawtls.alpn(chosen))
    else:
        refused(answer, rawtls.NO_APPLICATION_PROTOCOL)
        refused(mtls(hello(extra=extra)), rawtls.NO_APPLICATION_PROTOCOL)
        if offered == ["h2"]:
            refused(public(hello(TLS13, [0x1301], extra=extra)), rawtls.NO_APPLICATION_PROTOCOL)


# ------------------------------------------------------------------------------------ certificates

@test
def TLS_44_certificate_request_per_listener():
    for server in servers.values():
        assert_equal(ask(server.port, hello()).certificate_request, None)
        request = ask(server.mtls_port, hello()).certificate_request
        assert_equal(request.authorities, b"")
    request = ask(strict.mtls_port, hello()).certificate_request
    assert_in("client CA".encode(), request.authorities)
    assert b"server CA" not in request.authorities


@each(("tls12", "-tls1_2"), ("tls13", "-tls1_3"))
def TLS_44_certificate_request_as_openssl_says_it(version):
    assert_in("No client certificate CA names sent", s_client(fapi1().mtls_port, version))
    assert_in("Acceptable client certificate CA names", s_client(strict.mtls_port, version))


@test
def TLS_25_signatures_asked_of_clients():
    algorithms = mtls(hello()).certificate_request.sigalgs
    assert_equal(sorted(algorithms), [0x0401, 0x0403, 0x0501, 0x0503, 0x0601, 0x0804, 0x0805,
                                      0x0806, 0x0807, 0x0809, 0x080A, 0x080B])


def handshake_message(kind, body):
    """A handshake message cut into records."""
    message = bytes([kind]) + vector(3, body)
    return b"".join(bytes([HANDSHAKE, 3, 3]) + vector(2, message[at:at + 16000])
                    for at in range(0, len(message), 16000))


class Half:
    """A TLS 1.2 handshake up to the client's turn; what is sent from there is in the clear."""

    def __init__(self, port, suites=(0xC02F,), groups=(P256,)):
        self.stream = rawtls.connect(port)
        self.stream.sendall(hello(suites=suites, groups=groups))
        got = b""
        self.answer = None
        while self.answer is None:
            more = self.stream.recv(65536)
            assert more, "the server closed"
            got += more
            self.answer = rawtls.parse(got)
        assert self.answer.done, self.answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def send(self, kind, body):
        self.stream.sendall(handshake_message(kind, body))

    def certificates(self, ders):
        self.send(CERTIFICATE, vector(3, b"".join(vector(3, one) for one in ders)))

    def alert(self, patience=10):
        """The alert that comes; None when none comes in time."""
        self.stream.settimeout(patience)
        try:
            octets = self.stream.recv(65536)
        except socket.timeout:
            return None
        assert octets[:1] == b"\x15", octets
        return octets[6]


def alive(port):
    assert_equal(ask(port, hello()).suite, 0xC02F)


@test
def MTLS_117_number_of_certificates():
    for count, alert in ((8, None), (9, 42), (14, 42)):
        with Half(fapi1().mtls_port) as half:
            half.certificates(half.answer.certificates[:1] * count)
            assert_equal(half.alert(10 if alert else 1), alert, f"the answer to {count}")
    alive(fapi1().mtls_port)


@test
def TLS_43_length_of_the_certificate_message():
    with Half(fapi1().mtls_port) as half:
        half.certificates([bytes(16 * 1024)])
        assert_equal(half.alert(), 47)
    alive(fapi1().mtls_port)


@each(("truncated", lambda der: der[:-10]), ("octets_after", lambda der: der + b"\0"),
      ("zeros", lambda der: bytes(len(der))), ("empty", lambda der: b""),
      ("one_octet", lambda der: b"\x30"), ("endless_length", lambda der: b"\x30\x84\xff\xff\xff\xff"),
      ("deep", lambda der: b"\x30\x80" * 4000))
def MTLS_117_malformed_certificates(change):
    with Half(fapi1().mtls_port) as half:
        half.certificates([change(half.answer.certificates[0])])
        alert = half.alert()
        assert alert is not None, "no alert"
    alive(fapi1().mtls_port)


@test
def MTLS_117_message_cut_within():
    with Half(fapi1().mtls_port) as half:
        half.send(CERTIFICATE, vector(3, vector(3, b"abc")[:-1]))
        assert_equal(half.alert(), DECODE_ERROR)
    alive(fapi1().mtls_port)


CLIENT_KEY_EXCHANGE, CERTIFICATE_VERIFY = 16, 15


def key_exchange(half):
    """The server's own point sent back: nobody will compute with it."""
    return vector(1, half.answer.key_exchange.public)


@test
def MTLS_07_a_certificate_seen_on_the_wire():
    """The server's certificate shown by a stranger, who cannot sign for it."""
    with Half(fapi1().mtls_port) as half:
        half.certificates(half.answer.certificates[:1])
        half.send(CLIENT_KEY_EXCHANGE, key_exchange(half))
        half.send(CERTIFICATE_VERIFY, struct.pack(">H", 0x0401) + vector(2, bytes(256)))
        assert_equal(half.alert(), 51)


@test
def MTLS_07_no_certificate_verify_at_all():
    with Half(fapi1().mtls_port) as half:
        half.certificates(half.answer.certificates[:1])
        half.send(CLIENT_KEY_EXCHANGE, key_exchange(half))
        half.stream.sendall(b"\x14\3\3\0\1\1")
        assert_equal(half.alert(), 10)


@test
def TLS_25_a_client_that_signs_with_sha1():
    with Half(fapi1().mtls_port) as half:
        half.certificates(half.answer.certificates[:1])
        half.send(CLIENT_KEY_EXCHANGE, key_exchange(half))
        half.send(CERTIFICATE_VERIFY, struct.pack(">H", 0x0201) + vector(2, bytes(256)))
        assert_equal(half.alert(), HANDSHAKE_FAILURE)  # and not 51: nothing was verified


@test
def MTLS_E11_none_where_one_is_demanded():
    with Half(strict.mtls_port) as half:
        half.certificates([])
        assert_equal(half.alert(), HANDSHAKE_FAILURE)
    with Half(fapi1().mtls_port) as half:
        half.certificates([])
        assert_equal(half.alert(1), None)


@test
def MTLS_E11_none_where_one_is_demanded_in_tls_13():
    assert_in("alert number 116", s_client(strict.mtls_port, "-tls1_3", "-ign_eof",
                                           text="GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))


# ------------------------------------------------------------------------------------ resumption

METADATA = (f"GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: {{}}\r\n"
            "Connection: close\r\n\r\n")


def visit(server, context, host=FIRST, session=None):
    """One request; (was the session resumed, the session to come back with)"""
    plain = socket.create_connection(("127.0.0.1", server.mtls_port), 30)
    with context.wrap_socket(plain, server_hostname=host, session=session) as stream:
        stream.sendall(METADATA.format(host).encode())
        answer = b""
        while more := stream.recv(65536):
            answer += more
        assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
        return stream.session_reused, stream.session


VERSIONS = (("tls12", ssl.TLSVersion.TLSv1_2), ("tls13", ssl.TLSVersion.TLSv1_3))


def client(server, version, shows=True):
    cert = server.client_ca.issue("c1") if shows else None
    return server.context(cert, version)


@each(*VERSIONS)
def TLS_50_resumption_with_a_certificate(version):
    context = client(fapi1(), version)
    reused, session = visit(fapi1(), context)
    assert not reused
    for _ in range(3):
        reused, session = visit(fapi1(), context, session=session)
        assert reused


@each(*VERSIONS)
def TLS_50_the_switch(version):
    context = client(strict, version)
    _, session = visit(strict, context)
    if session is not None:
        assert not visit(strict, context, session=session)[0]


@each(*VERSIONS)
def TLS_52_no_session_without_a_certificate(version):
    context = client(fapi1(), version, shows=False)
    _, session = visit(fapi1(), context)
    if session is not None:
        assert not visit(fapi1(), context, session=session)[0]


@each(*VERSIONS)
def TLS_53_a_session_under_another_name(version):
    context = client(fapi1(), version)
    for made, used in ((FIRST, SECOND), (SECOND, FIRST)):
        _, session = visit(fapi1(), context, made)
        assert not visit(fapi1(), context, used, session)[0]
        _, session = visit(fapi1(), context, made)
        assert visit(fapi1(), context, made, session)[0]


@each(*VERSIONS)
def TLS_58_a_session_of_another_instance(version):
    one, two = servers["fapi1"], servers["fapi1_ecdhe"]
    context = client(one, version)
    context.load_verify_locations(cadata=two.server_ca.pem().decode())
    _, session = visit(one, context)
    assert not visit(two, context, session=session)[0]
    assert visit(one, context, session=session)[0]


@test
def TLS_54_no_stateless_tickets():
    answer = mtls(hello(extra=[(SESSION_TICKET, b"")]))
    assert SESSION_TICKET not in answer.server_hello.extensions
    cert, key = fapi1().client_ca.issue("c1").files()
    said = s_client(fapi1().mtls_port, "-tls1_3", "-ign_eof", "-cert", cert, "-key", key,
                    text=METADATA.format(FIRST))
    assert_equal(said.count("Post-Handshake New Session Ticket arrived"), 1, "tickets")
    hints = [int(one) for one in re.findall(r"ticket lifetime hint: (\d+)", said)]
    assert hints and all(0 < one <= 3600 for one in hints), hints
    ticket = said.split("TLS session ticket:\n", 1)[1].split("\n\n", 1)[0]
    octets = sum(len(re.findall(r"\b[0-9a-f]{2}\b", line[11:59].replace("-", " ")))
                 for line in ticket.splitlines())
    assert_equal(octets, 32, "octets of the ticket, which is a handle")


@test
def TLS_40_nothing_is_asked_after_the_handshake():
    """A client that offers post-handshake authentication is asked once at most, and in time."""
    for port, times in ((fapi1().port, 0), (fapi1().mtls_port, 1)):
        said = s_client(port, "-tls1_3", "-enable_pha", "-msg", "-ign_eof",
                        text=METADATA.format(FIRST))
        assert_in("HTTP/1.1 200", said)
        assert_equal(said.count(", CertificateRequest"), times, f"requests on port {port}")
        before = said.split("SSL handshake has read", 1)[0]
        assert_equal(before.count(", CertificateRequest"), times)


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
