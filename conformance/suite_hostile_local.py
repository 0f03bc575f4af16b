#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile users of the same machine, hostile input of an operator, and what a crash, a full disk or
a damaged file leaves."""
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

from cryptography import x509

from fapid import Fapid, roundtrip, self_signed
from hostile import assert_served, eventually, exchange
from operation import largest_file
from tap import assert_equal, assert_in, build_dir, each, main, skip, test

server = alice = resource = None


def setup():
    global server, alice, resource
    server = Fapid.start(sets=["authentication.failures_per_minute=100000"])
    resource = server.register_resource()
    alice = server.register_client("alice")


def teardown():
    server.close()


def uri(text):
    return x509.UniformResourceIdentifier._init_without_validation(text)


# ------------------------------------------------------------------------------------ other users

class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def admin(method, path, body=None):
    """(status, text) of the admin socket."""
    connection = SocketConnection(server.socket)
    try:
        with contextlib.suppress(BrokenPipeError):  # the answer may come before all is sent
            connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@each(("clients", "GET", "/v1/clients", 404), ("create", "POST", "/v1/clients", 404),
      ("dots", "GET", "/health/../v1/clients", 404), ("slashes", "GET", "//v1/clients", 404),
      ("escapes", "GET", "/%761/clients", 404), ("token", "POST", "/token", 404),
      ("delete", "DELETE", "/metrics", 405))
def D15_health_and_nothing_else_without_tls(method, path, status):
    connection = http.client.HTTPConnection("127.0.0.1", server.admin_port, timeout=30)
    connection.putrequest(method, path, skip_accept_encoding=True)
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    assert_equal(connection.getresponse().status, status)
    connection.close()


@each(("address", "127.0.0.1:1", 200), ("localhost", "LocalHost", 200), ("rebound", "evil.test", 421),
      ("other_address", "127.0.0.2", 421), ("dot", "localhost.", 421))
def D15_no_page_of_a_browser_reads_the_metrics(host, status):
    connection = http.client.HTTPConnection("127.0.0.1", server.admin_port, timeout=30)
    connection.request("GET", "/metrics", headers={"Host": host, "Origin": "https://evil.test"})
    answer = connection.getresponse()
    assert_equal((answer.status, answer.getheader("Access-Control-Allow-Origin")), (status, None))
    connection.close()


@each(("clients", "/v1/clients"), ("metrics", "/metrics"), ("health", "/health/ready"))
def D15_nothing_of_the_operator_on_the_network(path):
    for port in (server.port, server.mtls_port):
        assert_equal(server.request("GET", path, cert=alice.cert, port=port)[0], 404)


NOBODY = 65534
AS_NOBODY = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
for line in sys.stdin.read().splitlines():
    method, path = line.split()
    stream = socket.socket(socket.AF_UNIX)
    stream.connect(sys.argv[1])
    stream.sendall(f"{method} {path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n"
                   "Content-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}".encode())
    print(stream.recv(65536).split()[1].decode())
"""


@test
def D15_another_user_gets_nothing_even_where_the_socket_is_open():
    if os.geteuid() != 0:
        skip("only root can become somebody else")
    paths = (f"/v1/clients/{alice.id}", f"/v1/resources/{resource.id}")
    asks = [f"{method} {path}" for path in paths for method in ("GET", "PUT", "PATCH", "DELETE")]
    asks += ["GET /v1/clients", "POST /v1/clients", "POST /v1/resources", "POST /v1/revocations",
             "GET /v1/clients/nobody", "POST /v1/clients?dry_run=true"]
    folders = [server.folder]
    while folders[-1] != "/":
        folders.append(os.path.dirname(folders[-1]))
    if not all(os.stat(one).st_mode & 1 for one in folders[1:]):
        skip("another user cannot come near the socket")
    os.chmod(server.folder, 0o711)
    os.chmod(server.socket, 0o666)
    try:
        done = subprocess.run(["/usr/bin/python3", "-c", AS_NOBODY, server.socket], text=True,
                              input="\n".join(asks), capture_output=True, timeout=60)
    finally:
        os.chmod(server.socket, 0o600)
        os.chmod(server.folder, 0o700)
    assert_equal(done.stdout.split(), ["403"] * len(asks), done.stderr)
    refused = [line for line in server.audit_lines() if line["event"] == "admin_access"]
    assert_equal({line["actor"] for line in refused}, {f"uid:{NOBODY}"})
    assert_equal(server.ctl("client", "show", alice.id)["status"], "enabled")


ABSENT = "nobody-has-this-id"


def client(**members):
    return {"token_endpoint_auth_method": "tls_client_auth", "scope": "accounts", **members}


BOMBS = (
    ("deep_array", "[" * 100000, 400), ("deep_object", '{"a":' * 5000 + "1" + "}" * 5000, 400),
    ("seventeen_deep", "[" * 17 + "]" * 17, 400), ("too_long", "[" + " " * 8400000 + "]", 413),
    ("empty", "", 400), ("null", "null", 400), ("number", "1e999", 400),
    ("list_of_null", "[null]", 400),
    ("nothing_to_import", "[]", 400), ("not_utf8", b'{"client_name":"\xff"}', 400),
    ("half_a_pair", '{"client_name":"\\ud800"}', 400), ("nul", '{"client_name":"a\\u0000b"}', 400),
    ("member_twice", '{"client_name":"a","client_name":"b"}', 400),
    ("too_many", json.dumps([client(tls_client_auth_subject_dn=f"CN=bomb{at}")
                             for at in range(1001)]), 400),
    ("one_name_twice", json.dumps([client(tls_client_auth_subject_dn="CN=bomb")] * 2), 400),
    ("one_id_twice", json.dumps([client(client_id="bomb", tls_client_auth_subject_dn=f"CN=bomb{at}")
                                 for at in range(2)]), 409),
    ("one_bad_of_two", json.dumps([client(tls_client_auth_subject_dn="CN=bomb"),
                                   client(tls_client_auth_subject_dn="bomb")]), 400),
    ("private_key", json.dumps(client(tls_client_auth_subject_dn="CN=bomb", jwks={"keys": [
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}]})), 400),
    ("id_of_dots", json.dumps(client(client_id="..", tls_client_auth_subject_dn="CN=bomb")), 400),
    ("escape_sequence", json.dumps(client(tls_client_auth_subject_dn="CN=bomb",
                                          client_name="a\x1b[2J")), 400))


@each(*BOMBS)
def MTLS_22_imports_that_are_none(body, status):
    found, text = admin("POST", "/v1/clients", body)
    assert_equal(found, status, text)
    assert isinstance(json.loads(text)["error"], str)
    _, everybody = admin("GET", "/v1/clients")
    assert "bomb" not in everybody


@each(("update", "PATCH", f"/v1/clients/{ABSENT}", 256 * 1024),
      ("revocation", "POST", "/v1/revocations", 64 * 1024),
      ("import", "POST", "/v1/clients", 8 * 1024 * 1024))
def D15_bodies_have_bounds(method, path, most):
    status = 404 if ABSENT in path else 400
    assert_equal(admin(method, path, "[" + " " * (most - 2) + "]")[0], status)
    assert_equal(admin(method, path, "[" + " " * (most - 1) + "]")[0], 413)


@each(("quote", 'CN=a"b'), ("quoted", 'CN="a"'), ("semicolon", "CN=a;O=b"), ("less", "CN=a<b"),
      ("backslash", "CN=a\\"), ("escape", "CN=a\\zz"), ("hex", "CN=#zz"), ("nul", "CN=a\\00"),
      ("two_commas", "CN=a,,O=b"), ("type", '"=a'), ("not_ascii", "\u00e9=a"))
def TOK_10_descriptions_of_names(name_of):
    status, text = admin("POST", "/v1/clients",
                         json.dumps(client(tls_client_auth_subject_dn=name_of)))
    assert_equal(status, 400)
    description = json.loads(text)["error_description"]
    assert re.fullmatch(r"[\x20\x21\x23-\x5b\x5d-\x7e]+", description), description


@each(("up", "../clients/{}"), ("here", "./{}"), ("slash", "{}/"), ("query", "{}?dry_run=true"),
      ("fragment", "{}#"), ("escape", "{}%00"), ("line_end", "{}\n"), ("blank", " {}"))
def D15_ids_that_lead_elsewhere(form):
    for noun, verb in (("client", "show"), ("client", "delete"), ("client", "disable")):
        server.ctl(noun, verb, form.format(alice.id), status=3)
    assert_equal(server.ctl("client", "show", alice.id)["status"], "enabled")


@test
def D15_a_resource_server_is_no_client():
    for noun, party in (("client", resource), ("resource", alice)):
        for verb in ("show", "delete", "disable"):
            server.ctl(noun, verb, party.id, status=3)


def table(*args):
    """What fapictl shows people."""
    return subprocess.run([os.path.join(build_dir(), "fapictl"), "--socket", server.socket, *args],
                          capture_output=True, timeout=60).stdout


@test
def D15_a_certificate_does_not_write_to_the_terminal():
    strange = "x\x1b[2J\u009b31m\u202e\u2028"
    for cert in (self_signed(server.folder, strange),
                 server.client_ca.issue("x", san=[uri("urn:\x1b[2J")])):
        shown = table("cert", "show", cert.files()[0])
        assert_in(b"x5t#S256", shown)
        for octets in (b"\x1b", "\u009b".encode(), "\u202e".encode(), "\u2028".encode()):
            assert octets not in shown, shown


@test
def D15_a_registered_name_does_not_write_to_the_terminal():
    strange = "\u009b31mfine\u202e\u2066\u200b\u2028"
    status, text = admin("POST", "/v1/clients", json.dumps(client(
        client_id="strange", client_name=strange, tls_client_auth_subject_dn="CN=strange")))
    assert_equal(status, 201, text)
    for args in (("list",), ("show", "strange")):
        shown = table("client", *args)
        assert_in(b"\\xc2\\x9b31mfine\\xe2\\x80\\xae", shown)
        for character in set(strange) - set("31mfine"):
            assert character.encode() not in shown, shown


@test
def MTLS_118_nobody_writes_into_the_logs():
    marker = '"},{"event":"forged'
    strange = f'x{marker}\n{{"event":"forged"}}\x1b\u009b\u2028'
    server.ask_token(alice, cert=self_signed(server.folder, strange))
    server.ask_token(alice, cert=server.client_ca.issue(strange))
    for party_id in (strange, marker, "\u2028\u009b"):
        server.post(alice.cert, "/token", grant_type="client_credentials", client_id=party_id)
    for octets in (b'GET /%0a%22{"event" HTTP/1.1\r\nHost: localhost\r\n\r\n',
                   b"G\x1bT / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                   b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \xc2\x9b"
                   b"\r\nConnection: close\r\n\r\n"):
        exchange(server, octets)
    server.settle_audit()
    for path in (server.log_path, server.audit_path):
        with open(path, "rb") as text:
            octets = text.read()
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xa8",
                             octets), path
        for line in octets.splitlines():
            assert_equal(json.loads(line)["event"] == "forged", False, line)


# ------------------------------------------------------------------------------------ the disk

def create(number, **more):
    return admin("POST", "/v1/clients", json.dumps(client(
        client_id=f"disk{number}", tls_client_auth_subject_dn=f"CN=disk{number}", **more)))


@test
def TOK_177_a_full_disk_and_TOK_15():
    """Nothing new is taken, what is known is served; and then all is well again."""
    token = server.token(alice)
    revocation = {"client_id": alice.id, "token": token}
    largest = max(os.path.getsize(server.path(file)) for file in os.listdir(server.folder)
                  if not file.startswith("fapid.db"))
    wal = os.path.getsize(server.path("fapid.db-wal"))
    with largest_file(server, max(wal, largest + 65536)):
        # a page of the log may be free yet: fill it
        found = [create(at, contacts=["z" * 2000] * 20)[0] for at in range(40)]
        assert_equal(found[-1], 503, "with the disk full")
        assert_equal(set(found) - {201, 503}, set())
        answer = server.post(alice.cert, "/revoke", **revocation)
        assert_equal((answer[0], "retry-after" in answer[1]), (503, True))
        assert_equal(server.ask_token(alice)[0], 200, "what needs no write")
    assert_equal(server.introspect(resource, token)["active"], True)
    assert_equal(create("after")[0], 201)
    assert_equal(server.post(alice.cert, "/revoke", **revocation)[0], 200)
    assert_equal(server.introspect(resource, token)["active"], False)


@test
def D10_what_was_acknowledged_outlives_a_kill():
    created, revoked = set(), []

    def work(step):
        with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
            while True:
                step()

    def make():
        number = f"{threading.get_ident()}-{time.monotonic_ns()}"
        if create(number)[0] == 201:
            created.add(f"disk{number}")

    def revoke():
        token = server.token(alice)
        if server.post(alice.cert, "/revoke", client_id=alice.id, token=token)[0] == 200:
            revoked.append(token)

    for _ in range(3):
        threads = [threading.Thread(target=work, args=(step,)) for step in (make, make, revoke)]
        for thread in threads:
            thread.start()
        assert eventually(lambda: len(created) > 5 and len(revoked) > 1)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        for thread in threads:
            thread.join()
        server.run(["authentication.failures_per_minute=100000"])
    there = {one["client_id"] for one in server.ctl("client", "list")}
    assert_equal(created - there, set(), "clients that were lost")
    assert_equal([server.introspect(resource, one) for one in revoked],
                 [{"active": False}] * len(revoked))
    assert_served(server, alice)


@test
def D10_a_log_that_nobody_reads_holds_up_nobody():
    stuck = Fapid.make()
    reader, writer = os.pipe()
    try:
        stuck.process = subprocess.Popen(stuck.command(), stderr=writer, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL)
        stuck.wait_ready()
        stuck.register_resource()
        party = stuck.register_client("alice")
        connection = stuck.https(party.cert)
        form = f"grant_type=client_credentials&client_id={party.id}"
        fields = {"Content-Type": "application/x-www-form-urlencoded"}
        for _ in range(400):
            assert_equal(roundtrip(connection, "POST", "/token", form, fields)[0], 200)
        connection.close()
        assert stuck.metric("log_lines_lost_total") > 0
        assert_equal(stuck.stop(), 0)
    finally:
        os.close(reader)
        os.close(writer)
        stuck.close()


def starts(prepare):
    """The exit status of a server whose folder was prepared; None when it serves."""
    other = Fapid.make()
    try:
        prepare(other)
        before = other.log().count('"started"')
        other.run(wait=False)
        eventually(lambda: other.process.poll() is not None or
                   other.log().count('"started"') > before, 60)
        status = other.process.poll()
        if status is not None:
            other.process = None
        return status
    finally:
        other.close()


def made_before(other):
    other.run()
    assert_equal(other.stop(), 0)


def damage(where, octets):
    def prepare(other):
        made_before(other)
        with open(other.path("fapid.db"), "r+b") as file:
            file.seek(where)
            file.write(octets)
    return prepare


def another_key(other):
    made_before(other)
    other.write("kek", os.urandom(32))


def no_key(other):
    made_before(other)
    os.unlink(other.path("kek"))


@each(("fine", made_before, None), ("header", damage(0, b"x" * 100), 69),
      ("no_database", lambda other: other.write("fapid.db", b"hello " * 1000), 69),
      ("another_key", another_key, 78), ("no_key", no_key, 78),
      ("short_key", lambda other: other.write("kek", b"x" * 31), 78))
def D16_a_store_that_is_not_ours(prepare, status):
    assert_equal(starts(prepare), status)


def link(file):
    return lambda other: os.symlink(other.path("elsewhere"), other.path(file))


def mode(file, bits):
    def prepare(other):
        if not os.path.exists(other.path(file)):
            other.write(file, os.urandom(32) if file == "kek" else b"")
        os.chmod(other.path(file), bits)
    return prepare


@each(("folder_open", lambda other: os.chmod(other.folder, 0o777), 69),
      ("database_link", link("fapid.db"), 69), ("log_link", link("fapid.db-wal"), 69),
      ("lock_link", link("fapid.db.lock"), 69), ("socket_link", link("admin.sock"), 69),
      ("audit_link", link("audit.jsonl"), 78), ("database_open", mode("fapid.db", 0o644), 69),
      ("key_open", mode("kek", 0o644), 78), ("tls_key_open", mode("server-rsa.key", 0o640), 78),
      ("socket_is_a_file", mode("admin.sock", 0o600), 69))
def D16_files_that_others_prepared(prepare, status):
    assert_equal(starts(prepare), status)


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
