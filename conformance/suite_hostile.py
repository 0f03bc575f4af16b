#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile clients and neighbours on the network: what they must not get, and that everybody else is
served meanwhile and afterwards."""
import base64
import contextlib
import functools
import ipaddress
import os
import re
import resource as limits
import socket
import ssl
import subprocess
import time

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.name import _ASN1Type as Asn1
from cryptography.x509.oid import NameOID

import rawtls
from fapid import Fapid, Party, error_of, self_signed
from hostile import (FORM, HOST, alike, assert_served, can_connect, connect, cpu_seconds, eventually,
                     exchange, post, read_all, reset, statuses, token_form, without_id)
from tap import assert_equal, assert_in, each, main, test

METADATA = "/.well-known/oauth-authorization-server"
INVALID_CLIENT = (401, "invalid_client")

server = alice = bob = resource = None


def setup():
    global server, alice, bob, resource
    server = Fapid.start(sets=["authentication.failures_per_minute=100000"],
                         names=("localhost", "alt.test"))
    resource = server.register_resource()
    alice = server.register_client("alice")
    bob = server.register_client("bob")


def teardown():
    server.close()


# ------------------------------------------------------------------------------------ framing

SMUGGLED = f"GET /smuggled HTTP/1.1\r\n{HOST}\r\n"
FRAMINGS = (
    ("length_and_coding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("coding_and_length",
     "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n1\r\na\r\n0\r\n\r\n", 400),
    ("two_lengths", "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400),
    ("list_of_lengths", "Content-Length: 1, 1\r\n\r\na", 400),
    ("signed_length", "Content-Length: +1\r\n\r\na", 400),
    ("hex_length", "Content-Length: 0x1\r\n\r\na", 400),
    ("length_beyond_64_bits", f"Content-Length: {2 ** 64 + 1}\r\n\r\na", 413),
    ("length_beyond_32_bits", f"Content-Length: {2 ** 32 + 1}\r\n\r\na", 413),
    ("unknown_coding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    ("coding_twice", "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501),
    ("coding_no_more", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501),
    ("blank_before_colon", "Transfer-Encoding : chunked\r\nContent-Length: 1\r\n\r\na", 400),
    ("vertical_tab", "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
    ("folded", "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
    ("line_feeds", "Content-Length: 1\n\na", 400),
    ("bare_carriage_return", "X: a\rContent-Length: 1\r\n\r\na", 400),
    ("nul", "X: a\0b\r\nContent-Length: 1\r\n\r\na", 400),
    ("chunk_extension", "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\na\r\n0\r\n\r\n", 400),
    ("chunk_trailer", "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n", 400),
    ("chunk_blank", "Transfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n", 400),
    ("chunk_sign", "Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n", 400),
    ("chunk_prefix", "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", 400),
    ("chunk_line_feed", "Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n", 400),
    ("chunk_of_nine_digits", "Transfer-Encoding: chunked\r\n\r\n000000001\r\na\r\n0\r\n\r\n", 400),
    ("chunk_longer_than_said", "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400),
    ("chunk_too_large", "Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n", 413),
    ("two_hosts", "Host: localhost\r\nContent-Length: 1\r\n\r\na", 400))


@each(*FRAMINGS)
def TOK_14_one_reading_or_none(framing, status):
    """One answer, and the request that stands behind is never run."""
    octets = f"POST /token HTTP/1.1\r\n{HOST}{FORM}{framing}{SMUGGLED}".encode("latin-1")
    got = exchange(server, octets, alice.cert)
    assert_equal(statuses(got), [status])
    assert_in(b"Connection: close", got)
    assert "/smuggled" not in server.log()


@each(("length", post("/token", "grant_type=nosuch")), ("empty", post("/token", "")))
def TOK_14_what_follows_is_the_next_request(first):
    close = f"GET /nowhere HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode()
    assert_equal(statuses(exchange(server, first + close, alice.cert)), [400, 404])


@test
def TOK_14_chunked_then_the_next_request():
    form = token_form(alice)
    chunked = "".join(f"{len(part):x}\r\n{part}\r\n" for part in (form[:9], form[9:]))
    got = exchange(server, f"POST /token HTTP/1.1\r\n{HOST}{FORM}Transfer-Encoding: chunked\r\n\r\n"
                   f"{chunked}0\r\n\r\nGET /nowhere HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"
                   .encode(), alice.cert)
    assert_equal(statuses(got), [200, 404])


@each(("absolute_form_with_user", f"GET https://a@localhost/x HTTP/1.1\r\n{HOST}\r\n", 400),
      ("absolute_form_without_host", "GET https://localhost/x HTTP/1.1\r\n\r\n", 400),
      ("absolute_form_of_another_scheme", f"GET ftp://localhost/x HTTP/1.1\r\n{HOST}\r\n", 400),
      ("asterisk", f"OPTIONS * HTTP/1.1\r\n{HOST}\r\n", 400),
      ("authority", f"CONNECT localhost:443 HTTP/1.1\r\n{HOST}\r\n", 400),
      ("http_2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
      ("http_09", "GET /x\r\n\r\n", 400),
      ("no_host", "GET /x HTTP/1.1\r\n\r\n", 400),
      ("user_in_host", "GET /x HTTP/1.1\r\nHost: localhost@alt.test\r\n\r\n", 400),
      ("strange_expectation",
       f"POST /token HTTP/1.1\r\n{HOST}Expect: x\r\nContent-Length: 1\r\n\r\na", 417),
      ("large_and_expecting", f"POST /token HTTP/1.1\r\n{HOST}Expect: 100-continue\r\n"
       "Content-Length: 9999999\r\n\r\n", 413))
def TOK_14_no_such_request(octets, status):
    assert_equal(statuses(exchange(server, octets.encode())), [status])


@each(("served", "https://localhost", 200), ("with_a_port", "HTTPS://LOCALHOST:1", 200),
      ("of_another_name", "https://alt.test", 421), ("of_nobody", "https://evil.test", 421),
      ("without_tls", "http://localhost", 421))
def TLS_39_absolute_form(origin, status):
    """RFC 9112 3.2.2: what the Host field says beside it does not count."""
    octets = post("/token", token_form(alice), "Connection: close\r\n")
    octets = octets.replace(b"POST /token", f"POST {origin}/token".encode())
    octets = octets.replace(b"Host: localhost", b"Host: evil.test")
    got = exchange(server, octets, alice.cert)
    assert_equal(statuses(got), [status])
    assert_equal(b"access_token" in got, status == 200)


@each(("of_another_name", "alt.test", 421), ("of_nobody", "evil.test", 421),
      ("with_a_dot", "localhost.", 421), ("in_capitals", "LOCALHOST", 200),
      ("with_a_port", "localhost:1", 200))
def TLS_39_host(host, status):
    octets = post("/token", token_form(alice), "Connection: close\r\n")
    octets = octets.replace(b"Host: localhost", b"Host: " + host.encode())
    got = exchange(server, octets, alice.cert)
    assert_equal(statuses(got), [status])
    assert_equal(b"access_token" in got, status == 200)


@test
def MTLS_04_a_certificate_in_a_field_is_none():
    pem = alice.cert.pem().decode()
    flat = base64.b64encode(alice.cert.der()).decode()
    quoted = pem.replace("\n", "%0A").replace(" ", "%20")
    fields = (f"X-SSL-Client-Cert: {quoted}\r\nX-Forwarded-Client-Cert: Cert={quoted}\r\n"
              f"Client-Cert: :{flat}:\r\nSSL-Client-Cert: {quoted}\r\n"
              "X-SSL-Client-Verify: SUCCESS\r\n"
              "X-Forwarded-Proto: https\r\nConnection: close\r\n")
    for port in (server.port, server.mtls_port):
        got = exchange(server, post("/token", token_form(alice), fields), port=port)
        assert_equal(statuses(got), [401])


@test
def TOK_08_the_request_id_is_the_servers():
    fields = "X-Request-Id: mine\r\nConnection: close\r\n"
    got = exchange(server, post("/token", token_form(alice), fields), alice.cert)
    assert_equal(statuses(got), [200])
    assert_equal(len(re.findall(rb"X-Request-Id: [A-Za-z0-9_-]{22}\r\n", got)), 1)
    assert '"mine"' not in server.log()


# ------------------------------------------------------------------------------------ leaving

class Careful:
    """A TLS client that can end its side and go on reading."""

    def __init__(self, cert):
        self.plain = socket.create_connection(("127.0.0.1", server.mtls_port), 30)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = server.context(cert).wrap_bio(self.incoming, self.outgoing,
                                                 server_hostname="localhost")
        self._until(self.tls.do_handshake)

    def _until(self, step, *args):
        while True:
            try:
                done = step(*args)
                self._flush()
                return done
            except ssl.SSLWantReadError:
                self._flush()
                octets = self.plain.recv(65536)
                if not octets:
                    raise EOFError from None
                self.incoming.write(octets)

    def _flush(self):
        if self.outgoing.pending:
            self.plain.sendall(self.outgoing.read())

    def send(self, octets):
        self._until(self.tls.write, octets)

    def notify(self):
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        self._flush()

    def read(self):
        got = b""
        with contextlib.suppress(EOFError, ssl.SSLZeroReturnError, ConnectionError):
            while more := self._until(self.tls.read, 65536):
                got += more
        self.plain.close()
        return got


@each(("by_fin", False, True), ("by_close_notify", True, False), ("by_both", True, True))
def D3_a_client_that_only_listens_is_answered(notifies, ends):
    token = server.token(alice)
    for octets in (post("/token", token_form(alice)),
                   post("/revoke", f"client_id={alice.id}&token={token}")):  # on a job thread
        client = Careful(alice.cert)
        client.send(octets)
        if notifies:
            client.notify()
        if ends:
            client.plain.shutdown(socket.SHUT_WR)
        assert_equal(statuses(client.read()), [200])


@test
def D3_half_a_request_is_none():
    token = server.token(alice)
    client = Careful(alice.cert)
    client.send(post("/revoke", f"client_id={alice.id}&token={token}")[:-1])
    client.notify()
    client.plain.shutdown(socket.SHUT_WR)
    assert_equal(client.read(), b"")
    assert_equal(server.introspect(resource, token)["active"], True)


def plain_connect(source):
    return socket.create_connection(("127.0.0.1", server.mtls_port), 30, (source, 0))


@test
def TLS_43_what_was_aborted_is_gone():
    def open_now():
        return server.metric("connections_open")

    before = open_now()
    form = post("/revoke", f"client_id={alice.id}&token=x")
    for count in range(60):
        stream = connect(server, alice.cert, source=f"127.2.0.{count + 1}")
        stream.sendall((form * 3)[:count * 11])
        reset(stream)
        plain = plain_connect(f"127.2.1.{count + 1}")
        plain.sendall(rawtls.hello()[:count * 3])
        reset(plain)
    assert eventually(lambda: open_now() <= before), open_now()
    assert_served(server, alice)


@test
def D3_who_does_not_read_holds_up_nobody():
    """Twenty clients send requests and never read an answer."""
    streams = [connect(server, alice.cert, source=f"127.2.2.{count + 1}") for count in range(20)]
    octets = post("/token", token_form(alice)) * 200
    for stream in streams:
        stream.settimeout(0.2)
        with contextlib.suppress(TimeoutError, ssl.SSLError, OSError):
            for _ in range(40):
                stream.sendall(octets)
    assert_equal(server.ask_token(alice)[0], 200)
    for stream in streams:
        reset(stream)
    assert_served(server, alice)


@test
def TLS_43_silent_connections_hold_up_nobody():
    silent = [plain_connect(f"127.2.3.{at + 1}") for at in range(200)]
    slow = [connect(server, source=f"127.2.4.{at + 1}") for at in range(20)]
    for stream in slow:
        stream.sendall(post("/token", token_form(alice))[:-1])
    assert_served(server, alice)
    for stream in silent + slow:
        stream.close()


@test
def TLS_43_caps_of_connections():
    capped = Fapid.start(sets=["listener.mtls.max_connections=4",
                               "listener.public.max_per_address=2"])
    try:
        for port, most, source in ((capped.mtls_port, 4, "127.0.0.1"),
                                   (capped.port, 2, "127.3.0.1")):
            held = [connect(capped, port=port, source=source) for _ in range(most)]
            try:
                connect(capped, port=port, source=source).close()
                raise AssertionError(f"connection {most + 1} was taken")
            except OSError:
                pass
            held.pop().close()
            assert eventually(lambda: can_connect(capped, port, source)), "nothing was given back"
            for stream in held:
                stream.close()
        connect(capped, port=capped.port, source="127.3.0.2").close()
    finally:
        capped.close()


def fail_handshakes(to, count, source):
    for _ in range(count):
        with contextlib.suppress(OSError), socket.create_connection(
                ("127.0.0.1", to.mtls_port), 30, (source, 0)) as plain:
            plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
            plain.recv(100)


@test
def TLS_43_failures_are_counted_as_configured():
    """Over all workers together; and whoever is exempt, a gateway say, is not counted."""
    alone = Fapid.start(sets=["workers=3", "http.failed_handshakes=20",
                              "authentication.failure_exempt=127.2.5.5"])
    try:
        fail_handshakes(alone, 25, "127.2.5.4")
        assert not can_connect(alone, alone.mtls_port, "127.2.5.4")
        fail_handshakes(alone, 250, "127.2.5.5")
        assert can_connect(alone, alone.mtls_port, "127.2.5.5")
    finally:
        alone.close()
    unbound = Fapid.start(sets=["http.failed_handshakes=0"])
    try:
        fail_handshakes(unbound, 250, "127.2.5.6")
        assert can_connect(unbound, unbound.mtls_port, "127.2.5.6")
    finally:
        unbound.close()


@test
def TLS_43_who_keeps_failing_waits_and_only_he():
    alone = Fapid.start(sets=["workers=1"])
    try:
        fail_handshakes(alone, 250, "127.2.5.1")
        assert not can_connect(alone, alone.mtls_port, "127.2.5.1")
        assert can_connect(alone, alone.mtls_port, "127.2.5.2")
        assert eventually(lambda: can_connect(alone, alone.mtls_port, "127.2.5.1"))
    finally:
        alone.close()


@test
def TLS_43_who_connects_and_says_nothing_does_not_fail():
    """So do load balancers that ask whether a server is there."""
    alone = Fapid.start(sets=["workers=1"])
    try:
        for _ in range(250):
            socket.create_connection(("127.0.0.1", alone.mtls_port), 30, ("127.2.5.3", 0)).close()
        assert can_connect(alone, alone.mtls_port, "127.2.5.3")
    finally:
        alone.close()


@test
def D2_no_descriptors_left():
    """Nobody is served, nothing turns on the spot; and then all is well again."""
    pid = server.process.pid
    soft, hard = limits.prlimit(pid, limits.RLIMIT_NOFILE)
    limits.prlimit(pid, limits.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{pid}/fd")), hard))
    before, then = cpu_seconds(server), time.monotonic()
    waiting = [plain_connect(f"127.2.6.{at + 1}") for at in range(50)]
    time.sleep(0.5)
    used = (cpu_seconds(server) - before) / (time.monotonic() - then)
    limits.prlimit(pid, limits.RLIMIT_NOFILE, (soft, hard))
    for stream in waiting:
        stream.close()
    assert used < 0.7, f"out of descriptors it uses {used:.0%} of a core"
    assert eventually(lambda: can_connect(server, server.mtls_port, "127.2.6.99"))
    assert_served(server, alice)


# ------------------------------------------------------------------------------------ TLS

@test
def TLS_43_a_hello_in_records_of_one_octet():
    message = rawtls.hello()[5:]
    octets = b"".join(b"\x16\3\1\0\1" + message[at:at + 1] for at in range(len(message)))
    assert_equal(rawtls.ask(server.mtls_port, octets).suite, 0xC02F)


@each(("empty_records", b"\x16\3\1\0\0" * 1000), ("alerts", b"\x15\3\1\0\2\1\x64" * 1000),
      ("change_cipher_specs", b"\x14\3\3\0\1\1" * 1000), ("data", b"\x17\3\3\0\x10" + bytes(16)),
      ("heartbeat", b"\x18\3\3\0\3\1\x40\0"), ("sslv2", b"\x80\x2e\1\0\2" + bytes(44)),
      ("long_record", b"\x16\3\1\xff\xff" + bytes(65535)),
      ("long_message", b"\x16\3\1\x40\0\1\xff\xff\xff" + bytes(16380)), ("zeros", bytes(4096)),
      ("ones", b"\xff" * 4096))
def MTLS_117_octets_that_are_no_handshake(octets):
    answer = rawtls.ask(server.mtls_port, octets)
    assert_equal((answer.suite, answer.fatal or answer.closed), (None, True))
    assert_served(server, alice)


def fitting(cert):
    """The status a client of this certificate gets as alice, or what broke its handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=server.server_ca.pem().decode())
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(*cert.files())
    try:
        plain = socket.create_connection(("127.0.0.1", server.mtls_port), 30)
        with context.wrap_socket(plain, server_hostname="localhost") as stream:
            stream.sendall(post("/token", token_form(alice), "Connection: close\r\n"))
            return statuses(read_all(stream))
    except ssl.SSLError as error:
        return error.reason


KEYS = (("rsa_1024", lambda: rsa.generate_private_key(65537, 1024), False),
        ("rsa_exponent_3", lambda: rsa.generate_private_key(3, 2048), False),
        ("rsa_2048", lambda: rsa.generate_private_key(65537, 2048), True),
        ("p521", lambda: ec.generate_private_key(ec.SECP521R1()), False),
        ("secp256k1", lambda: ec.generate_private_key(ec.SECP256K1()), False),
        ("p224", lambda: ec.generate_private_key(ec.SECP224R1()), False),
        ("p384", lambda: ec.generate_private_key(ec.SECP384R1()), True))


@each(*KEYS)
def MTLS_115_keys_at_use(make, good):
    found = fitting(server.client_ca.issue("alice", old_key=make()))
    if good:
        assert_equal(found, [200])
    else:
        assert_equal(found, "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE")


@test
def MTLS_115_a_curve_spelt_out():
    key, request, made = (server.path("explicit" + end) for end in (".key", ".csr", ".pem"))
    authority = server.write("explicit-ca.key", server.client_ca.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for command in (["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc",
                     "explicit", "-out", key],
                    ["req", "-new", "-key", key, "-subj", "/O=Test/CN=alice", "-out", request],
                    ["x509", "-req", "-in", request, "-CA", server.path("client-ca.pem"), "-CAkey",
                     authority, "-days", "2", "-out", made]):
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.mtls_port}",
                           "-servername", "localhost", "-cert", made, "-key", key, "-ign_eof"],
                          input=post("/token", token_form(alice), "Connection: close\r\n"),
                          capture_output=True, timeout=60)
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert_in("alert number 43", said)
    assert "access_token" not in said


@each(("as_many_as_allowed", 128, [200]), ("one_more", 129, [401]), ("very_many", 900, [401]))
def MTLS_117_alternative_names(count, expected):
    san = [x509.DNSName(f"a{at}") for at in range(count)]
    assert_equal(fitting(server.client_ca.issue("alice", san=san)), expected)


@each(("1_2", ssl.TLSVersion.TLSv1_2), ("1_3", ssl.TLSVersion.TLSv1_3))
def TLS_57_a_session_at_another_listener(version):
    context = server.context(alice.cert, version)
    octets = f"GET {METADATA} HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode()

    def visit(port, session=None):
        plain = socket.create_connection(("127.0.0.1", port), 30)
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as stream:
            stream.sendall(octets)
            assert_equal(statuses(read_all(stream)), [200])
            return stream.session_reused, stream.session

    _, session = visit(server.mtls_port)
    assert_equal(visit(server.port, session)[0], False)
    _, session = visit(server.mtls_port)
    assert_equal(visit(server.mtls_port, session)[0], True)


@test
def TLS_51_a_resumed_certificate_is_judged_anew():
    eve = server.register_client("eve")
    context = server.context(eve.cert, ssl.TLSVersion.TLSv1_2)

    def ask(session=None):
        plain = socket.create_connection(("127.0.0.1", server.mtls_port), 30)
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as stream:
            stream.sendall(post("/token", token_form(eve), "Connection: close\r\n"))
            return statuses(read_all(stream)), stream.session_reused, stream.session

    status, _, session = ask()
    assert_equal(status, [200])
    server.ctl("client", "disable", eve.id)
    assert_equal(ask(session)[:2], ([401], True))


# ------------------------------------------------------------------------------------ names

def subject(*rdns):
    """Each RDN a list of (type, text) or (type, text, string type); anything goes."""
    return x509.Name([x509.RelativeDistinguishedName(
        [x509.NameAttribute(one[0], one[1], _type=one[2] if len(one) > 2 else Asn1.UTF8String,
                            _validate=False) for one in rdn]) for rdn in rdns])


CN, ORG = NameOID.COMMON_NAME, [(NameOID.ORGANIZATION_NAME, "Test")]
SUBJECTS = (
    ("printable", subject(ORG, [(CN, "alice", Asn1.PrintableString)]), True),
    ("bmp", subject(ORG, [(CN, "alice", Asn1.BMPString)]), True),
    ("t61", subject(ORG, [(CN, "alice", Asn1.T61String)]), True),
    ("capitals", subject(ORG, [(CN, "ALICE")]), True),
    ("blanks", subject(ORG, [(CN, "  alice ")]), True),
    ("cyrillic", subject(ORG, [(CN, "\u0430lice")]), False),
    ("zero_width_space", subject(ORG, [(CN, "al\u200bice")]), False),
    ("soft_hyphen", subject(ORG, [(CN, "alice\u00ad")]), False),
    ("right_to_left", subject(ORG, [(CN, "\u202ealice")]), False),
    ("no_break_space", subject(ORG, [(CN, "alice\u00a0")]), False),
    ("dotless_i", subject(ORG, [(CN, "al\u0131ce")]), False),
    ("nul_and_more", subject(ORG, [(CN, "alice\0evil")]), False),
    ("nul_at_the_end", subject(ORG, [(CN, "alice\0")]), False),
    ("tabulator", subject(ORG, [(CN, "alice\t")]), False),
    ("wildcard", subject(ORG, [(CN, "*")]), False),
    ("swapped", subject([(CN, "alice")], ORG), False),
    ("one_more_before", subject([(NameOID.COUNTRY_NAME, "GB")], ORG, [(CN, "alice")]), False),
    ("one_more_behind", subject(ORG, [(CN, "alice")], [(CN, "evil")]), False),
    ("one_more_empty",
     subject(ORG, [(CN, "alice")], [(NameOID.ORGANIZATIONAL_UNIT_NAME, "")]), False),
    ("one_rdn_of_two", subject([(CN, "alice"), *ORG]), False),
    ("twice_in_one_rdn", subject(ORG, [(CN, "alice"), (CN, "evil")]), False),
    ("all_in_one_value", subject([(CN, "alice,O=Test")]), False),
    ("all_in_another_value", subject([(NameOID.ORGANIZATION_NAME, "Test,CN=alice")]), False),
    ("another_type", subject(ORG, [(NameOID.SURNAME, "alice")]), False),
    ("nothing", subject(), False))


@each(*SUBJECTS)
def MTLS_26_who_is_not_alice(name_of, good):
    san = [] if list(name_of) else [x509.DNSName("alice.test")]
    answer = server.ask_token(alice, cert=server.client_ca.issue(name_of, san=san))
    if good:
        assert_equal(answer[0], 200)
    else:
        assert_equal(error_of(answer), INVALID_CLIENT)


@each(("kelvin_sign", "kelly", "\u212aelly"), ("long_s", "sam", "\u017fam"),
      ("sharp_s", "strasse", "stra\u00dfe"), ("ligature", "fi", "\ufb01"),
      ("decomposed", "caf\u00e9", "cafe\u0301"), ("fullwidth", "wide", "\uff57ide"),
      ("no_break_space", "two words", "two\u00a0words"))
def MTLS_114_names_that_compare_equal_are_registered_once(plain, strange):
    """RFC 4518 makes them one name, so they must not become two clients."""
    server.ctl("client", "create", "--scope", "accounts", "--token-endpoint-auth-method",
               "tls_client_auth", "--tls-client-auth-subject-dn", f"CN={plain},O=Lookalikes")
    refusal = server.ctl("client", "create", "--scope", "accounts", "--token-endpoint-auth-method",
                         "tls_client_auth", "--tls-client-auth-subject-dn",
                         f"CN={strange},O=Lookalikes", status=1)
    assert_equal(refusal["error"], "refused")


@each(("zero_width_space", "nar\u200brow"), ("soft_hyphen", "sof\u00adtly"),
      ("right_to_left", "tur\u202ened"), ("line_separator", "two\u2028lines"))
def MTLS_35_names_that_hide_a_character_are_not_registered(strange):
    refusal = server.ctl("client", "create", "--scope", "accounts", "--token-endpoint-auth-method",
                         "tls_client_auth", "--tls-client-auth-subject-dn",
                         f"CN={strange},O=Lookalikes", status=1)
    assert_equal(refusal["error"], "refused")
    assert "a value holds a " in refusal["message"], refusal


def dns(text):
    return x509.DNSName._init_without_validation(text)


def uri(text):
    return x509.UniformResourceIdentifier._init_without_validation(text)


def mail(text):
    return x509.RFC822Name._init_without_validation(text)


def address(text):
    return x509.IPAddress(ipaddress.ip_address(text))


ALTERNATIVES = (
    ("dns", "san-dns", "a.hostile.test", [dns("A.Hostile.Test")],
     [dns("a.hostile.test."), dns(".a.hostile.test"), dns("*.hostile.test"), dns("xa.hostile.test"),
      dns("a.hostile.test\0.evil.test"), dns("a.hostile.test "), uri("a.hostile.test"),
      mail("a.hostile.test")]),
    ("ip", "san-ip", "192.0.2.77", [address("192.0.2.77")],
     [address("::ffff:192.0.2.77"), address("::192.0.2.77"), dns("192.0.2.77"), uri("192.0.2.77")]),
    ("mapped", "san-ip", "::ffff:192.0.2.78", [address("::ffff:192.0.2.78")],
     [address("192.0.2.78")]),
    ("uri", "san-uri", "https://Hostile.test/x", [uri("https://Hostile.test/x")],
     [uri("https://hostile.test/x"), uri("https://Hostile.test/x/"),
      uri("https://Hostile.test/%78"), uri("https://Hostile.test:443/x")]),
    ("mail", "san-email", "Eve@hostile.test", [mail("Eve@HOSTILE.test")],
     [mail("eve@hostile.test"), mail("x@Eve@hostile.test"), mail("Eve@hostile.test>"),
      mail("Eve@hostile.test\0")]))


@each(*ALTERNATIVES)
def MTLS_42_who_is_not_of_that_name(flag, registered, good, bad):
    party = server.register_client(f"of {flag} {registered}",
                                   flags=(f"--tls-client-auth-{flag}", registered))
    for entry in good:
        cert = server.client_ca.issue("anybody", san=[entry])
        assert_equal(server.ask_token(party, cert=cert)[0], 200, entry)
    for entry in bad:
        cert = server.client_ca.issue("anybody", san=[entry])
        assert_equal(error_of(server.ask_token(party, cert=cert)), INVALID_CLIENT, entry)


# ------------------------------------------------------------------------------------ tokens

@test
def TOK_147_texts_that_are_nearly_the_token():
    token = server.token(alice)
    other = Fapid.start()
    try:
        other.register_resource()
        foreign = other.token(other.register_client("alice"))
    finally:
        other.close()
    strange = (token + "=", " " + token, token + " ", token.upper(), "FAT1" + token[4:],
               "fat2" + token[4:], token.replace("-", "+").replace("_", "/") + "=", token + ".",
               token[:-1], token + token, token + "," + token, "fat1.", "fat1",
               "fat1." + "A" * 5000, foreign)
    for text in strange:
        assert_equal(server.introspect(resource, text), {"active": False}, text[:20])
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for character in last.replace(token[-1], ""):
        assert_equal(server.introspect(resource, token[:-1] + character)["active"], False)
    assert_equal(server.introspect(resource, token)["active"], True)


@test
def MTLS_06_every_kind_of_client_is_refused_alike():
    """Answers without their id and date are equal, and so is the work that is counted."""
    pinned = server.register_client("pinned", authority=server.other_ca,
                                    flags=("--trust", "others"))
    registered = server.register_client("registered", method="self_signed_tls_client_auth")
    disabled = server.register_client("disabled")
    server.ctl("client", "disable", disabled.id)
    ids = (alice.id, bob.id, pinned.id, registered.id, disabled.id, resource.id, "nobody",
           "x" * 300)

    def ask(cert, party_id):
        form = f"grant_type=client_credentials&client_id={party_id}"
        got = exchange(server, post("/token", form, "Connection: close\r\n"), cert)
        assert_equal(statuses(got), [401], party_id)
        return without_id(got)

    def rows(make_cert):
        cert = make_cert()
        return [(cert, party_id) for party_id in ids]

    for make_cert in (lambda: server.client_ca.issue("mallory"),
                      lambda: self_signed(server.folder, "mallory"), lambda: None):
        alike(server, ask, functools.partial(rows, make_cert))


@test
def TOK_13_failures_elsewhere_lock_nobody_out():
    guarded = Fapid.start(sets=["authentication.failures_per_minute=5"])
    try:
        guarded.register_resource()
        victim = guarded.register_client("victim")

        def ask(source, party_id, cert=None, fields=""):
            with connect(guarded, cert, source=source) as stream:
                stream.sendall(post("/token", f"grant_type=client_credentials&client_id={party_id}",
                                    fields + "Connection: close\r\n"))
                return without_id(read_all(stream))

        def fail(source, most, party_id, fields=""):
            """The answer that is no 401 any more; twice as many tries as are allowed, since a
            minute may end among them."""
            for at in range(2 * most + 1):
                got = ask(source, party_id.format(at), fields=fields.format(at))
                if statuses(got) != [401]:
                    return got
            raise AssertionError(f"{2 * most + 1} failures of {source} were heard")

        known, unknown = fail("127.4.0.1", 5, victim.id), fail("127.4.0.2", 5, "nobody")
        assert_equal(statuses(known), [429])
        assert_equal(known, unknown, "the refusal of a client that exists")
        assert_equal(statuses(ask("127.0.0.1", victim.id, victim.cert)), [200])
        forwarded = "X-Forwarded-For: 192.0.2.{0}\r\nForwarded: for=192.0.2.{0}\r\n"
        assert_equal(fail("127.4.0.3", 5, victim.id, forwarded), known)
        # one address with ever new names meets the bound of the address
        assert_equal(fail("127.4.0.4", 50, "guess{}"), known)
    finally:
        guarded.close()


@test
def MTLS_114_one_certificate_by_two_methods():
    """Neither client ends the tokens of the other by asking for its own."""
    cert = server.client_ca.issue("both")
    named = server.register_client("both", cert)
    whole = server.register_client("both", cert, method="self_signed_tls_client_auth")
    tokens = [server.token(party) for party in (named, whole, named, whole)]
    assert_equal([server.introspect(resource, token)["active"] for token in tokens], [True] * 4)


@test
def TOK_172_who_shares_a_name_shares_no_token():
    server.ctl("client", "create", "--client-id", "twin1", "--scope", "accounts",
               "--token-endpoint-auth-method", "tls_client_auth", "--tls-client-auth-subject-dn",
               "CN=twin,O=Test", "--shared-identifier", "true")
    server.ctl("client", "create", "--client-id", "twin2", "--scope", "accounts",
               "--token-endpoint-auth-method", "tls_client_auth", "--tls-client-auth-subject-dn",
               "CN=twin,O=Test", "--shared-identifier", "true")
    cert = server.client_ca.issue("twin")
    token = server.token(Party("twin1", cert, None))
    assert_equal(error_of(server.post(cert, "/revoke", client_id="twin2", token=token)),
                 (400, "invalid_grant"))
    answer = server.introspect(resource, token)
    assert_equal((answer["active"], answer["client_id"]), (True, "twin1"))


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
