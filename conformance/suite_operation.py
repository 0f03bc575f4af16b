#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A fapid in operation: reload, rotation of certificates and audit file, the service manager, drain."""
import contextlib
import json
import os
import re
import resource as limits
import shutil
import signal
import socket
import sqlite3
import ssl
import stat
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from fapid import DAY, NOW, Fapid, roundtrip
from tap import assert_equal, assert_in, build_dir, each, main, skip, test

FINE, UNREACHABLE, PROBE, CONFIGURATION = 0, 5, 70, 78
SECONDS = 60  # a thing that must happen has happened by then
METADATA = "/.well-known/oauth-authorization-server"
SO_TIMESTAMPNS = 35  # asm-generic/socket.h


@contextlib.contextmanager
def running(sets=(), env=None, **changes):
    server = Fapid.make(**changes)
    try:
        server.run(sets, env=env)
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def made(**changes):
    server = Fapid.make(**changes)
    try:
        yield server
    finally:
        server.close()


def until(what, happens, seconds=SECONDS):
    end = time.monotonic() + seconds
    while True:
        found = happens()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: does not happen"
        time.sleep(0.02)


def events(server, name):
    return [line for line in server.log_lines() if line["event"] == name]


def reload(server, event="reloaded"):
    """SIGHUP; the line that says how it ended."""
    before = len(events(server, event))
    server.process.send_signal(signal.SIGHUP)
    return until(event, lambda: events(server, event)[before:])[0]


def edit(server, old, new):
    with open(server.path("fapid.conf"), encoding="utf-8") as text:
        whole = text.read()
    assert_in(old, whole)
    server.write("fapid.conf", whole.replace(old, new))


def line_of(server, part):
    with open(server.path("fapid.conf"), encoding="utf-8") as text:
        return next(n for n, line in enumerate(text, 1) if part in line)


def server_pair(server, kind="ec", **changes):
    return server.server_ca.issue("localhost", [x509.DNSName("localhost")], kind,
                                  (ExtendedKeyUsageOID.SERVER_AUTH,), **changes)


def put(server, file, content):
    """As rotation does it: a new file takes the place of the old one."""
    server.write(file + ".new", content)
    os.chmod(server.path(file + ".new"), 0o600)
    os.replace(server.path(file + ".new"), server.path(file))


def install(server, kind="ec"):
    fresh = server_pair(server, kind)
    put(server, f"server-{kind}.pem", fresh.pem())
    put(server, f"server-{kind}.key", fresh.key_pem())
    return fresh


def shown(server, kind="ec", port=None):
    """The certificate that a newcomer is shown."""
    context = server.context()
    suites = {"ec": "ECDHE-ECDSA-AES128-GCM-SHA256", "rsa": "ECDHE-RSA-AES128-GCM-SHA256"}
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suites[kind])
    with socket.create_connection(("127.0.0.1", port or server.port), timeout=30) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            return tls.getpeercert(True)


def ask(connection, party, path="/token", **parameters):
    form = {"client_id": party.id, "grant_type": "client_credentials", **parameters}
    return roundtrip(connection, "POST", path, urllib.parse.urlencode(form),
                     {"Content-Type": "application/x-www-form-urlencoded"})


# ------------------------------------------------------------------------------------ reload

@test
def TLS_29_a_new_certificate_without_a_restart():
    with running(["reload.watch=0s"], profile="bcp195") as server:
        connection = server.https()
        before = shown(server)
        assert_equal(roundtrip(connection, "GET", METADATA)[0], 200)
        socket_before = connection.sock
        fresh = install(server)
        assert_equal(shown(server), before)
        assert_equal(reload(server)["generation"], 2)
        assert_equal(shown(server), fresh.der())
        assert_equal(shown(server, port=server.mtls_port), fresh.der())
        assert_equal(roundtrip(connection, "GET", METADATA)[0], 200)
        assert connection.sock is socket_before, "the old connection was dropped"
        connection.close()
        assert_equal(reload(server)["generation"], 3)


@test
def TLS_80_a_removed_anchor_ends_its_clients_on_open_connections():
    with running(["reload.watch=0s"]) as server:
        api = server.register_resource()
        alice = server.register_client("alice", authority=server.other_ca, flags=["--trust", "others"])
        bob = server.register_client("bob")
        connection, bobs = server.https(alice.cert), server.https(bob.cert)
        status, _, body = ask(connection, alice)
        assert_equal(status, 200, body)
        token = json.loads(body)["access_token"]
        assert_equal(server.introspect(api, token)["active"], True)
        assert_equal(ask(bobs, bob)[0], 200)
        put(server, "other-ca.pem", server.server_ca.pem())
        held = connection.sock
        reload(server)
        status, _, body = ask(connection, alice)
        assert connection.sock is held, "another connection"
        assert_equal((status, json.loads(body)["error"]), (401, "invalid_client"))
        assert_equal(server.introspect(api, token), {"active": False})
        assert_equal(ask(bobs, bob)[0], 200)  # and nobody else's
        put(server, "other-ca.pem", server.other_ca.pem())
        reload(server)
        assert_equal(ask(connection, alice)[0], 200)


@each(("certificate", "server-ec.pem", b"nothing"),
      ("half", "server-ec.pem", b"-----BEGIN CERTIFICATE-----\nMIIB"),
      ("key", "server-ec.key", None),
      ("anchor", "client-ca.pem", b""))
def TLS_29_a_broken_file_keeps_the_old(file, content):
    """The line of the log names the configuration's place and the file."""
    with running(["reload.watch=0s"], profile="bcp195") as server:
        alice = server.register_client("alice")
        server.register_resource()
        before = shown(server)
        with open(server.path(file), "rb") as kept:
            good = kept.read()
        put(server, file, content if content is not None else server_pair(server).key_pem())
        refusal = reload(server, "reload_refused")
        assert re.fullmatch(re.escape(server.path("fapid.conf")) + r":\d+", refusal["where"]), refusal
        assert_in(file, refusal["message"])
        assert_equal(refusal["generation"], 1)
        assert_equal(shown(server), before)
        assert_equal(server.ask_token(alice)[0], 200)
        assert_equal((server.metric("reloads_total"), server.metric("reloads_refused_total"),
                      server.metric("generation")), (0, 1, 1))
        put(server, file, good)
        assert_equal(reload(server)["generation"], 2)


@test
def TLS_29_a_broken_configuration_keeps_the_old():
    with running(["reload.watch=0s"]) as server:
        edit(server, "default_trust = banks", "default_trust = banks\nnosuch = 1")
        refusal = reload(server, "reload_refused")
        place = f"{server.path('fapid.conf')}:{line_of(server, 'nosuch')}"
        assert_equal(refusal["where"], place)
        assert_in("nosuch", refusal["message"])
        os.rename(server.path("fapid.conf"), server.path("kept.conf"))
        assert_in("fapid.conf", reload(server, "reload_refused")["message"])
        os.rename(server.path("kept.conf"), server.path("fapid.conf"))
        edit(server, "\nnosuch = 1", "")
        assert_equal(reload(server)["generation"], 2)


@each(("issuer", 'issuer = "https://localhost', 'issuer = "https://127.0.0.1', "issuer"),
      ("address", "address = ", "address = ", None),
      ("store", 'path = "fapid.db"', 'path = "other.db"', "store.path"),
      ("key_file", 'key_file = "kek"', 'key_file = "kek2"', "store.key_file"),
      ("socket", 'socket = "admin.sock"', 'socket = "other.sock"', "admin.socket"),
      ("workers", "profiles =", "workers = 3\nprofiles =", "workers"),
      ("listener", "listener mtls", "listener other", "listener.other.address"))
def TLS_29_what_needs_a_restart_is_refused(old, new, key):
    with running(["reload.watch=0s"], names=("localhost", "127.0.0.1")) as server:
        if key is None:
            old, key = f'"127.0.0.1:{server.mtls_port}"', "listener.mtls.address"
            new = '"127.0.0.1:1"'
        edit(server, old, new)
        refusal = reload(server, "reload_refused")
        assert re.fullmatch(re.escape(server.path("fapid.conf")) + r":\d+", refusal["where"]), refusal
        assert_equal(refusal["message"], f"{key} cannot change while fapid runs: restart it")
        edit(server, new, old)
        assert_equal(reload(server)["generation"], 2)


@test
def TLS_29_other_settings_follow():
    with running(["reload.watch=0s"]) as server:
        server.register_resource()
        alice = server.register_client("alice")
        assert_equal(json.loads(server.ask_token(alice)[2])["expires_in"], 300)
        began = int(time.time())
        assert 0 <= began - server.metric("last_reload_timestamp_seconds") <= 60  # the start counts
        edit(server, "default_trust = banks",
             "default_trust = banks\nlifetime { access_token = 7s }\nlog { level = error }\n"
             "authentication { methods = {tls_client_auth} }")
        server.process.send_signal(signal.SIGHUP)  # the log says nothing of it at this level
        until("reload", lambda: server.metric("reloads_total") == 1)
        assert_equal(json.loads(server.ask_token(alice)[2])["expires_in"], 7)
        methods = json.loads(server.request("GET", METADATA)[2])
        assert_equal(methods["token_endpoint_auth_methods_supported"], ["tls_client_auth"])
        assert began <= server.metric("last_reload_timestamp_seconds") <= time.time()
        before = len(server.log_lines())
        assert_equal(server.request("GET", "/nowhere")[0], 404)
        edit(server, "log { level = error }", "log { level = info  format = plain }")
        server.process.send_signal(signal.SIGHUP)
        until("reload", lambda: " notice reloaded " in server.log())
        assert_equal(len(server.log_lines()), before)
        server.request("GET", "/nowhere")
        until("a plain line", lambda: re.search(r" info request .*status=404", server.log()))


@test
def TOK_13_a_reload_forgives_nobody():
    """Neither who failed to authenticate nor, in REG-16, who registered."""
    with running(["reload.watch=0s", "authentication.failures_per_minute=5"]) as server:
        def fail():
            return server.post(None, "/token", grant_type="client_credentials",
                               client_id="nobody")[0]

        for _ in range(5):  # a minute may end meanwhile
            began, tries = time.monotonic(), 0
            while fail() == 401:
                tries += 1
                assert tries < 20, "nobody is held up"
            reload(server)
            status = fail()
            if time.monotonic() - began < 60:
                break
        assert_equal(status, 429)


def algs(server):
    return {key["alg"] for key in json.loads(server.request("GET", "/jwks")[2])["keys"]}


@test
def REG_140_other_keys_follow():
    with running(["reload.watch=0s"], top="keys { algs = {ES256} }") as server:
        assert_equal(algs(server), {"ES256"})
        edit(server, "algs = {ES256}", "algs = {ES256, EdDSA}")
        reload(server)
        until("a key of EdDSA", lambda: algs(server) == {"ES256", "EdDSA"})


@test
def REG_140_no_key_is_made_for_what_is_refused():
    with running(["reload.watch=0s"], top="keys { algs = {ES256} }") as server:
        edit(server, "algs = {ES256}", "algs = {ES256, EdDSA}")
        put(server, "server-ec.pem", b"nothing")
        reload(server, "reload_refused")
        assert_equal(algs(server), {"ES256"})
        install(server)
        reload(server)
        until("a key of EdDSA", lambda: algs(server) == {"ES256", "EdDSA"})


@contextlib.contextmanager
def full_disk(server):
    pid = server.process.pid
    old = limits.prlimit(pid, limits.RLIMIT_FSIZE)
    limits.prlimit(pid, limits.RLIMIT_FSIZE, (0, old[1]))
    try:
        yield
    finally:
        limits.prlimit(pid, limits.RLIMIT_FSIZE, old)


@test
def TLS_29_a_new_certificate_does_not_wait_for_a_full_disk():
    with running(["reload.watch=0s"], profile="bcp195") as server:
        fresh = install(server)
        with full_disk(server):  # the log is on it, too
            server.process.send_signal(signal.SIGHUP)
            until("reload", lambda: server.metric("reloads_total") == 1)
            assert_equal(shown(server), fresh.der())


@test
def REG_140_new_keys_that_cannot_be_kept_change_nothing():
    with running(["reload.watch=0s"], top="keys { algs = {ES256} }", profile="bcp195") as server:
        before = shown(server)
        install(server)
        edit(server, "algs = {ES256}", "algs = {ES256, EdDSA}")
        with full_disk(server):
            server.process.send_signal(signal.SIGHUP)
            until("refusal", lambda: server.metric("reloads_refused_total") == 1)
            assert_equal((algs(server), shown(server)), ({"ES256"}, before))
        assert_equal(reload(server)["generation"], 2)
        until("a key of EdDSA", lambda: algs(server) == {"ES256", "EdDSA"})
        assert shown(server) != before


@test
def TLS_29_listeners_keep_their_places():
    with running(["reload.watch=0s"]) as server:
        with open(server.path("fapid.conf"), encoding="utf-8") as text:
            head, public, rest = re.split(r"(?=^listener )", text.read(), flags=re.M)
        mtls, rest = rest.split("\n}\n", 1)
        server.write("fapid.conf", head + mtls + "\n}\n" + public + rest)
        refusal = reload(server, "reload_refused")
        assert re.search(r"fapid\.conf:\d+$", refusal["where"]), refusal
        assert_in("needs a restart", refusal["message"])
        assert_equal(server.admin_get("/health/ready")[0], 200)


# ------------------------------------------------------------------------------------ the watch

@test
def TLS_29_a_replaced_pair_is_seen():
    with running(["reload.watch=1s"], profile="bcp195") as server:
        fresh = install(server)
        line = until("reload", lambda: events(server, "reloaded"))[0]
        assert_equal((line["cause"], line["generation"]), ("file", 2))
        assert_in("server-ec.", events(server, "file_changed")[0]["file"])
        assert_equal(shown(server), fresh.der())
        put(server, "other-ca.pem", server.client_ca.pem())  # anchors too
        until("reload", lambda: len(events(server, "reloaded")) == 2)
        assert_equal(events(server, "reload_refused"), [])


@test
def TLS_29_a_link_that_turns_is_a_change():
    with made(profile="bcp195") as server:
        os.makedirs(server.path("one"))
        os.makedirs(server.path("two"))
        for folder, pair in (("one", server_pair(server)), ("two", server_pair(server))):
            server.write(folder + "/pem", pair.pem())
            server.write(folder + "/key", pair.key_pem())
        os.symlink("one", server.path("now"))
        edit(server, '"server-ec.pem"', '"now/pem"')
        edit(server, '"server-ec.key"', '"now/key"')
        server.run(["reload.watch=1s"])
        before = shown(server)
        os.symlink("two", server.path("next"))
        os.replace(server.path("next"), server.path("now"))
        until("reload", lambda: events(server, "reloaded"))
        assert shown(server) != before


@test
def TLS_29_a_failed_reload_waits_for_the_next_change():
    with running(["reload.watch=1s"], profile="bcp195") as server:
        before = shown(server)
        fresh = server_pair(server)
        put(server, "server-ec.pem", fresh.pem())  # the key is still the old one's
        until("refusal", lambda: events(server, "reload_refused"))
        assert_equal(shown(server), before)
        time.sleep(3.5)
        assert_equal(len(events(server, "reload_refused")), 1)
        assert_equal(events(server, "reloaded"), [])
        put(server, "server-ec.key", fresh.key_pem())
        until("reload", lambda: events(server, "reloaded"))
        assert_equal(shown(server), fresh.der())


@test
def TLS_29_a_file_on_the_move_is_left_alone():
    with running(["reload.watch=1s"]) as server:
        whole = server.client_ca.pem() + server.other_ca.pem()
        with open(server.path("client-ca.pem"), "r+b", buffering=0) as anchors:
            anchors.truncate(0)
            for i in range(0, 25):  # two and a half seconds of writing
                anchors.write(whole[i * len(whole) // 25:(i + 1) * len(whole) // 25])
                time.sleep(0.1)
        until("reload", lambda: events(server, "reloaded"))
        assert_equal(events(server, "reload_refused"), [])


@test
def TLS_29_no_watch():
    with running(["reload.watch=0s"], profile="bcp195") as server:
        before = shown(server)
        install(server)
        time.sleep(2.5)
        assert_equal(shown(server), before)
        assert_equal(server.metric("reloads_total"), 0)


# ------------------------------------------------------------------------------------ the audit file

@test
def MTLS_118_the_audit_file_can_be_rotated():
    with running(["reload.watch=0s"]) as server:
        server.register_resource()
        old = server.path("audit.jsonl.1")
        os.rename(server.audit_path, old)
        server.register_client("alice")  # still to the old one
        assert not os.path.exists(server.audit_path)
        reload(server)
        assert_equal(stat.S_IMODE(os.stat(server.audit_path).st_mode), 0o600)
        server.register_client("bob")
        with open(old, encoding="utf-8") as text:
            earlier = [json.loads(line) for line in text]
        assert_equal([line["event"] for line in earlier], ["resource_created", "client_created"])
        assert_equal([line["trust_generation"] for line in earlier], [1, 1])
        later = server.audit_lines()
        assert_equal([(line["event"], line["trust_generation"]) for line in later],
                     [("client_created", 2)])


@test
def MTLS_118_half_a_line_takes_no_other_with_it():
    with made() as server:
        server.write("audit.jsonl", b'{"ts":"2026-01-01T00:00:00Z","ev')
        os.chmod(server.audit_path, 0o600)
        server.run()
        server.register_resource()
        with open(server.audit_path, encoding="utf-8") as text:
            lines = text.read().splitlines()
        assert_equal(len(lines), 2)
        assert_equal(json.loads(lines[1])["event"], "resource_created")


@contextlib.contextmanager
def full_audit_file(server, octets=40):
    """The audit file takes so many octets more and then none, as on a full disk."""
    pid = server.process.pid
    old = limits.prlimit(pid, limits.RLIMIT_FSIZE)
    server.settle_audit()
    limits.prlimit(pid, limits.RLIMIT_FSIZE, (os.path.getsize(server.audit_path) + octets, old[1]))
    try:
        yield
    finally:
        limits.prlimit(pid, limits.RLIMIT_FSIZE, old)


def until_failing(server):
    until("a failed write", lambda: server.metric("audit_write_failures_total") > 0)


@test
def MTLS_118_a_full_disk_costs_no_line():
    with running(["reload.watch=0s"]) as server:
        alice = server.register_client("alice")
        resource = server.register_resource()
        stranger = server.other_ca.issue("stranger")
        assert_equal(server.ask_token(alice)[0], 200)
        server.settle_audit()
        size = os.path.getsize(server.audit_path)
        with full_audit_file(server):
            assert_equal(server.ask_token(alice, cert=stranger)[0], 401)
            until_failing(server)
            assert_equal(os.path.getsize(server.audit_path), size + 40)
            # what is no change goes on
            assert_equal(server.ask_token(alice, cert=stranger)[0], 401)
            assert server.introspect(resource, server.token(alice))["active"]
            assert_equal(server.metric("audit_lines_waiting"), 3)
        assert_equal(server.ask_token(alice, cert=stranger)[0], 401)
        server.settle_audit()
        with open(server.audit_path, "rb") as text:
            text.seek(size)
            lines = [json.loads(line) for line in text.read().splitlines()]
        assert_equal([(line["event"], line["outcome"]) for line in lines],
                     [("client_authentication", "refused")] * 2 + [("token_issued", "success")] +
                     [("client_authentication", "refused")])
        assert_equal(server.metric("audit_lines_lost_total"), 0)


@test
def D15_no_change_without_its_audit_line():
    """A removed file is one that takes no lines, while the disk of the store is well."""
    with running(["reload.watch=0s"]) as server:
        alice = server.register_client("alice")
        bob = server.register_client("bob")
        resource = server.register_resource()
        server.token(alice)
        server.settle_audit()
        os.unlink(server.audit_path)
        token = server.token(alice)
        until_failing(server)
        assert_equal(len(events(server, "audit_not_written")), 1)
        rows = len(server.ctl("db", "audit"))
        server.ctl("client", "enable", alice.id, status=UNREACHABLE)
        server.ctl("iat", "create", status=UNREACHABLE)
        server.ctl("key", "rotate", status=UNREACHABLE)
        server.ctl("db", "backup", server.path("copy.db"), status=UNREACHABLE)
        assert not os.path.exists(server.path("copy.db"))
        refused = [line for line in events(server, "request") if line["status"] == 503]
        assert_equal([line["reason"] for line in refused], ["audit_not_written"] * 4)
        assert_equal(len(server.ctl("db", "audit")), rows)
        # what is no change goes on, as a client that ends its token; and what only takes away
        assert server.introspect(resource, token)["active"]
        assert_equal(server.post(alice.cert, "/revoke", client_id=alice.id, token=token)[0], 200)
        assert not server.introspect(resource, token)["active"]
        server.ctl("client", "disable", bob.id)
        assert_equal(server.ctl("client", "show", bob.id)["status"], "disabled")
        assert_equal(len(server.ctl("db", "audit")), rows + 2)
        # the way out: another file, which gets what waits
        edit(server, "audit.jsonl", "other.jsonl")
        server.audit_path = server.path("other.jsonl")
        reload(server)
        server.ctl("client", "enable", bob.id)
        assert_equal([(line["event"], line["outcome"]) for line in server.audit_lines()],
                     [("token_issued", "success"), ("client_status_changed", "refused"),
                      ("iat_created", "refused"), ("keys_rotated", "refused"),
                      ("database_copied", "refused"), ("token_revoked", "success"),
                      ("client_status_changed", "success"), ("client_status_changed", "success")])
        assert_equal(len(events(server, "audit_written_again")), 1)
        assert_equal(server.metric("audit_lines_lost_total"), 0)


@test
def MTLS_118_what_waits_is_written_at_the_end():
    with running(["reload.watch=0s"]) as server:
        server.register_resource()
        alice = server.register_client("alice")
        for _ in range(20):
            assert_equal(server.ask_token(alice)[0], 200)
        assert_equal(server.stop(), 0)
        assert_equal([line["event"] for line in server.audit_lines()],
                     ["resource_created", "client_created"] + ["token_issued"] * 20)


def open_to_all(server):
    server.write("audit.jsonl", b"")
    os.chmod(server.audit_path, 0o666)


def foreign(server):
    server.write("audit.jsonl", b"")
    os.chmod(server.audit_path, 0o600)
    if os.geteuid() == 0:
        os.chown(server.audit_path, 65534, 65534)
    else:
        skip("only root can give a file away")


@each(("pipe", lambda server: os.mkfifo(server.audit_path), "it is no regular file|No such device"),
      ("folder", lambda server: os.mkdir(server.audit_path), "Is a directory"),
      ("link", lambda server: os.symlink("x", server.audit_path), "it is a link"),
      ("open", open_to_all, "others than its owner may write it: chmod go-w"),
      ("foreign", foreign, "it belongs to another user"))
def MTLS_118_no_audit_file(make, says):
    with made() as server:
        make(server)
        done = subprocess.run(server.command(), capture_output=True, text=True, timeout=60,
                              check=False)
        assert_equal(done.returncode, CONFIGURATION, done.stderr)
        place = f"{server.path('fapid.conf')}:{line_of(server, 'audit {')}"
        line = next(one for one in map(json.loads, done.stderr.splitlines())
                    if one["event"] == "start_failed")
        assert_equal(line["where"], place)
        assert re.search(says, line["reason"]), line
        assert_in(server.audit_path, line["reason"])


@test
def MTLS_118_an_audit_file_that_cannot_be_opened_refuses_a_reload():
    with running(["reload.watch=0s"]) as server:
        os.rename(server.audit_path, server.path("kept"))
        os.mkfifo(server.audit_path)
        refusal = reload(server, "reload_refused")
        assert_equal(refusal["where"],
                     f"{server.path('fapid.conf')}:{line_of(server, 'audit {')}")
        assert_in(server.audit_path, refusal["message"])
        server.register_resource()
        with open(server.path("kept"), encoding="utf-8") as text:
            assert_in("resource_created", text.read())
        os.unlink(server.audit_path)
        reload(server)


# ------------------------------------------------------------------------------------ fapictl reload

def ctl_text(server, *args, env=None):
    """(exit status, standard output, standard error) of fapictl, as text."""
    done = subprocess.run([os.path.join(build_dir(), "fapictl"), "--socket", server.socket, *args],
                          capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr


def ctl_refused(server, refusals=1):
    """fapictl reload is refused, as text and as JSON, with what the log's line has, which is the
    result; and so many things are wrong."""
    said = server.ctl("reload", status=1)
    line = events(server, "reload_refused")[-1]
    more = f" (the first of {refusals}: fapid -t tells all)" if refusals > 1 else ""
    message = (f"refused, and the configuration of before goes on: {line['where']}: "
               f"{line['message']}{more}")
    assert_equal(said, {"error": "refused", "message": message})
    assert_equal(ctl_text(server, "reload"), (1, "", f"fapictl: {message}\n"))
    assert_equal(line["cause"], "operator")
    return line


def put_octets(path, octets):
    with open(path, "wb") as out:
        out.write(octets)


@test
def TLS_29_who_reloads_is_told_that_it_is_in_use():
    with running(["reload.watch=0s"], profile="bcp195") as server:
        fresh = install(server)
        assert_equal(server.ctl("reload"), {"generation": 2})
        assert_equal(shown(server), fresh.der())  # at once
        edit(server, "default_trust = banks", "default_trust = banks\nlifetime { access_token = 7s }")
        code, out, said = ctl_text(server, "reload")
        assert_equal((code, out.split(), said), (0, ["generation", "3"], ""))
        server.register_resource()
        alice = server.register_client("alice")
        assert_equal(json.loads(server.ask_token(alice)[2])["expires_in"], 7)
        assert_equal([line["cause"] for line in events(server, "reloaded")], ["operator"] * 2)
        assert_equal(reload(server)["cause"], "signal")
        assert_equal(server.ctl("reload"), {"generation": 5})


@each(("certificate", "server-ec.pem", lambda path: put_octets(path, b"nothing"), 1),
      ("anchor", "client-ca.pem", lambda path: put_octets(path, b""), 2),  # of two trust groups
      ("absent", "other-ca.pem", lambda path: None, 1), ("folder", "other-ca.pem", os.mkdir, 1))
def TLS_29_who_reloads_a_broken_file_is_told(file, make, refusals):
    with running(["reload.watch=0s"], profile="bcp195") as server:
        before = shown(server)
        os.rename(server.path(file), server.path("kept"))
        make(server.path(file))
        line = ctl_refused(server, refusals)
        assert_in(file, line["message"])
        assert re.fullmatch(re.escape(server.path("fapid.conf")) + r":\d+", line["where"]), line
        assert_equal((shown(server), server.metric("generation")), (before, 1))
        with contextlib.suppress(OSError):
            os.rmdir(server.path(file))
        os.rename(server.path("kept"), server.path(file))
        assert_equal(server.ctl("reload"), {"generation": 2})


@test
def TLS_29_who_reloads_a_broken_configuration_is_told():
    with running(["reload.watch=0s"]) as server:
        edit(server, "default_trust = banks", "default_trust = banks\nno\u00e4such = 1")
        line = ctl_refused(server)
        assert_equal(line["where"], f"{server.path('fapid.conf')}:{line_of(server, 'such')}")
        edit(server, "no\u00e4such = 1", "lifetime { access_token = 0s }\nlog { level = loud }")
        assert_in("access_token", ctl_refused(server, 2)["message"])
        edit(server, "lifetime { access_token = 0s }\nlog { level = loud }", "")
        assert_equal(server.ctl("reload"), {"generation": 2})


@test
def REG_10_a_reason_does_not_steer_the_terminal():
    with running(["reload.watch=0s"]) as server:
        edit(server, "default_trust = banks", "default_trust = banks\nx\x1b[2J = 1")
        code, _, said = ctl_text(server, "reload")
        assert_equal(code, 1)
        assert "\x1b" not in said and len(said.splitlines()) == 1, said
        assert_equal(server.ctl("reload", status=1)["error"], "refused")


@each(("workers", "profiles =", "workers = 3\nprofiles =", "workers"),
      ("store", 'path = "fapid.db"', 'path = "other.db"', "store.path"),
      ("socket", 'socket = "admin.sock"', 'socket = "other.sock"', "admin.socket"))
def TLS_29_who_reloads_what_needs_a_restart_is_told(old, new, key):
    with running(["reload.watch=0s"]) as server:
        edit(server, old, new)
        line = ctl_refused(server)
        assert_equal(line["message"], f"{key} cannot change while fapid runs: restart it")
        edit(server, new, old)
        assert_equal(server.ctl("reload"), {"generation": 2})


class Held:
    """A configuration whose reading takes until it is let go: new keys wait for the store."""
    def __init__(self, server):
        edit(server, "algs = {ES256}", "algs = {ES256, EdDSA}")
        self.store = sqlite3.connect(server.path("fapid.db"), isolation_level=None)

    def __enter__(self):
        self.store.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, *_):
        self.store.execute("ROLLBACK")
        self.store.close()


@test
def TLS_29_two_reloads_at_once():
    with running(["reload.watch=0s"], top="keys { algs = {ES256} }") as server:
        with Held(server):
            first = subprocess.Popen([os.path.join(build_dir(), "fapictl"), "--socket",
                                      server.socket, "reload"], text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            refused = {"error": "refused", "message":
                       "It cannot be done beside what is under way. a reload is under way."}
            # the first is the one of which the log tells no request yet
            until("a reload is under way", lambda: re.search(
                r'"method":"POST","path":"/v1/reloads","status":202', server.log()))
            assert_equal(server.ctl("reload", status=1), refused)
            assert_equal(first.poll(), None)
        out, said = first.communicate(timeout=60)
        assert_equal((first.returncode, out.split(), said), (0, ["generation", "2"], ""))
        assert_equal(algs(server), {"ES256", "EdDSA"})
        assert_equal(len(events(server, "reloaded")), 1)
        line = next(line for line in server.audit_lines() if line["outcome"] == "refused")
        assert_equal((line["event"], line["reason"]),
                     ("configuration_reloaded", "a reload is under way"))


@test
def TLS_29_an_interrupted_fapictl_leaves_the_reload_going():
    with running(["reload.watch=0s"], top="keys { algs = {ES256} }") as server:
        with Held(server):
            began = subprocess.Popen([os.path.join(build_dir(), "fapictl"), "--socket",
                                      server.socket, "reload"], text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)

            def waits():
                with open(f"/proc/{began.pid}/status", encoding="ascii") as status:
                    caught = next(line for line in status if line.startswith("SigCgt:"))
                return int(caught.split()[1], 16) & 1 << signal.SIGINT - 1

            until("it waits", waits)
            began.send_signal(signal.SIGINT)
            out, said = began.communicate(timeout=30)
            assert_equal((began.returncode, out), (-signal.SIGINT, ""))
            assert_in("the server goes on; its log tells how it went", said)
        until("reload", lambda: events(server, "reloaded"))


@test
def MTLS_118_the_audit_tells_who_reloaded():
    with running(["reload.watch=0s"]) as server:
        server.ctl("reload")
        reload(server)  # of a signal nobody knows who sent it
        edit(server, "profiles =", "nosuch = 1\nprofiles =")
        server.ctl("reload", status=1)
        lines = [line for line in server.audit_lines() if line["event"] == "configuration_reloaded"]
        actor = f"uid:{os.geteuid()}"
        assert_equal([(line["actor"], line["outcome"], line.get("reason"), line["trust_generation"])
                      for line in lines],
                     [(actor, "success", None, 2),
                      (actor, "refused", "the configuration of before goes on", 3)])
        jobs = events(server, "reload_job")
        assert_equal([line["request_id"] for line in lines], [line["request_id"] for line in jobs])


@test
def MTLS_118_a_reload_is_the_way_out_where_the_audit_cannot_be_written():
    with running(["reload.watch=0s"]) as server:
        alice = server.register_client("alice")
        server.settle_audit()
        os.unlink(server.audit_path)  # it takes no lines any more
        assert_equal(server.ask_token(alice, cert=None)[0], 401)
        until_failing(server)
        server.ctl("client", "enable", alice.id, status=UNREACHABLE)
        edit(server, "profiles =", "nosuch = 1\nprofiles =")
        ctl_refused(server)
        edit(server, "nosuch = 1\nprofiles =", "profiles =")
        assert_equal(server.ctl("reload"), {"generation": 2})
        assert_equal([(line["event"], line["outcome"]) for line in server.audit_lines()],
                     [("client_authentication", "refused"), ("client_status_changed", "refused"),
                      ("configuration_reloaded", "refused"), ("configuration_reloaded", "refused"),
                      ("configuration_reloaded", "success")])
        server.ctl("client", "enable", alice.id)


@test
def TLS_29_nobody_reloads_what_is_about_to_end():
    with running(["reload.watch=0s", "http.drain=20s"]) as server:
        server.process.send_signal(signal.SIGTERM)
        until("the end", lambda: events(server, "draining"))
        assert_equal(server.ctl("reload", status=UNREACHABLE)["error"], "unreachable")
        assert_equal(events(server, "reloaded"), [])
        server.process.send_signal(signal.SIGTERM)
        assert_equal(server.process.wait(SECONDS), FINE)


# ------------------------------------------------------------------------------------ a start that fails

@each(("store", "store.path", "/nowhere/fapid.db", 69, "/nowhere"),
      ("key", "store.key_file", "/dev/null", CONFIGURATION, "/dev/null: it is no regular file"),
      ("group", "admin.group", "nosuch", CONFIGURATION, "no group is named nosuch"))
def why_a_start_failed_has_a_place(key, value, code, says):
    with made() as server:
        done = subprocess.run(server.command("--set", f"{key}={value}"), capture_output=True,
                              text=True, timeout=60, check=False)
        assert_equal(done.returncode, code, done.stderr)
        line = next(one for one in map(json.loads, done.stderr.splitlines())
                    if one["event"] == "start_failed")
        assert_equal(line["where"], "command line")
        assert_in(says, line["reason"])


# ------------------------------------------------------------------------------------ -t

def check(server, *args):
    done = subprocess.run(server.command("-t", *args), capture_output=True, text=True, timeout=60,
                          check=False)
    assert_equal(done.stdout, "")
    return done.returncode, done.stderr


@test
def a_check_warns_of_an_expired_certificate():
    with made() as server:
        assert_equal(check(server)[1].splitlines()[-1], f"{server.path('fapid.conf')}: fine")
        old = server_pair(server, not_before=NOW - 3 * DAY, not_after=NOW - DAY)
        put(server, "server-ec.pem", old.pem())
        put(server, "server-ec.key", old.key_pem())
        code, err = check(server)
        assert_equal(code, FINE, err)
        assert re.search(r"fapid\.conf:\d+: warning: .*server-ec\.pem: the certificate has expired",
                         err), err
        assert_equal(err.splitlines()[-1], f"{server.path('fapid.conf')}: fine, with 2 warnings")


@each(("group", "admin.group=nosuch", "command line: admin.group: no group is named nosuch"),
      ("audit", "audit.file=/dev/null", "command line: /dev/null: it is no regular file"))
def a_check_refuses(setting, line):
    with made() as server:
        code, err = check(server, "--set", setting)
        assert_equal(code, CONFIGURATION, err)
        assert_in(line, err.splitlines())
        assert "fine" not in err, err


@each(("store", "store.path=/nowhere/fapid.db", "store.path: /nowhere"),
      ("key", "store.key_file=/nowhere/kek", "store.key_file: /nowhere"),
      ("socket", "admin.socket=/nowhere/admin.sock", "admin.socket: /nowhere"),
      ("audit", "audit.file=/nowhere/audit.jsonl", "audit.file: /nowhere"))
def a_check_warns_of_a_missing_folder(setting, says):
    with made() as server:
        code, err = check(server, "--set", setting)
        assert_equal(code, FINE, err)
        assert_in(f"command line: warning: {says}: No such file or directory", err.splitlines())
        assert_equal(err.splitlines()[-1], f"{server.path('fapid.conf')}: fine, with 1 warning")


@test
def an_anchor_that_cannot_be_read_has_a_place():
    with made() as server:
        os.unlink(server.path("other-ca.pem"))
        code, err = check(server)
        assert_equal(code, CONFIGURATION, err)
        place = f"{server.path('fapid.conf')}:{line_of(server, 'trust others')}"
        assert_in(f"{place}: {server.path('other-ca.pem')}: No such file or directory",
                  err.splitlines())


# ------------------------------------------------------------------------------------ the self-probe

OTHER_LIBRARY = """
#include <dlfcn.h>
int SSL_CTX_set_cipher_list(void *ctx, const char *list)
{
    int (*set)(void *, const char *) = dlsym(RTLD_NEXT, "SSL_CTX_set_cipher_list");
    (void)list;
    return set(ctx, "ECDHE-RSA-AES128-GCM-SHA256");
}
"""


@test
def TLS_13_a_library_that_does_otherwise_ends_the_start():
    """No setting of OpenSSL makes the probe see another set than was asked for, since all are set
    here; a patched library does, and is put in its place as the loader allows."""
    if shutil.which("cc") is None:
        skip("there is no C compiler")
    with made() as server:
        source = server.write("other.c", OTHER_LIBRARY.encode())
        library = server.path("other.so")
        subprocess.run(["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library, source, "-ldl"],
                       check=True)
        sanitizers = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        env = {**os.environ, "LD_PRELOAD": library, "ASAN_OPTIONS": sanitizers}
        for more in ((), ("-t",)):
            done = subprocess.run(server.command(*more), env=env, capture_output=True, text=True,
                                  timeout=60, check=False)
            assert_equal(done.returncode, PROBE, done.stderr)
            assert_in("self-probe: ", done.stderr)
            assert_in("ECDHE-RSA-AES256-GCM-SHA384", done.stderr)
            assert "fine" not in done.stderr.splitlines()[-1], done.stderr
        assert_equal(check(server)[0], FINE)


# ------------------------------------------------------------------------------------ the service manager

class Manager:
    """What a service manager is to its services: a socket for their messages."""
    def __init__(self, folder, abstract=False):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = os.path.join(folder, "notify")
        self.socket.bind("\0" + name if abstract else name)
        self.socket.settimeout(SECONDS)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sent_at = None  # of the last message, whenever this program came to hear it
        self.env = {"NOTIFY_SOCKET": ("@" if abstract else "") + name}

    def message(self):
        octets, ((_, _, stamp),), _, _ = self.socket.recvmsg(4096, 256)
        seconds, nanoseconds = struct.unpack("ll", stamp)
        self.sent_at = seconds + nanoseconds / 1e9
        return dict(line.split("=", 1) for line in octets.decode().split("\n"))

    def told_before(self, asks):
        """Who asks for a reload may be the manager's own ExecReload=, which is over when it is told:
        both messages are there by then."""
        asks()
        self.socket.setblocking(False)
        assert_equal((self.message()["RELOADING"], self.message()["READY"]), ("1", "1"))
        self.socket.settimeout(SECONDS)

    def wait(self, name):
        """The next message that has this variable; messages before it, but for signs of life."""
        before = []
        while True:
            message = self.message()
            if name in message:
                return message, before
            if "WATCHDOG" not in message:
                before.append(message)


@each(("path", False), ("abstract", True))
def the_service_manager_is_told(abstract):
    with made() as server:
        manager = Manager(server.folder, abstract)
        server.run(env=manager.env, wait=False)
        ready, before = manager.wait("READY")
        assert_equal((ready["READY"], before), ("1", []))
        assert_in("STATUS", ready)
        socket.create_connection(("127.0.0.1", server.port), timeout=30).close()  # it listens
        server.wait_ready()
        began = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        server.process.send_signal(signal.SIGHUP)
        message = manager.message()
        assert_equal(message["RELOADING"], "1")
        assert began <= int(message["MONOTONIC_USEC"]) <= began + SECONDS * 1000000, message
        ready = manager.message()
        assert_equal(ready["READY"], "1")
        assert_in("generation 2", ready["STATUS"])
        edit(server, "profiles =", "nosuch = 1\nprofiles =")
        server.process.send_signal(signal.SIGHUP)
        assert_equal(manager.message()["RELOADING"], "1")
        ready = manager.message()  # the old goes on
        assert_equal(ready["READY"], "1")
        assert_in("generation 2 of the configuration; the last reload was refused", ready["STATUS"])
        manager.told_before(lambda: server.ctl("reload", status=1))
        edit(server, "nosuch = 1\nprofiles =", "profiles =")
        manager.told_before(lambda: server.ctl("reload"))
        assert_equal(server.stop(), FINE)
        assert_equal(manager.message()["STOPPING"], "1")
        manager.socket.close()


@test
def signs_of_life():
    with made() as server:
        manager = Manager(server.folder)
        server.run(env={**manager.env, "WATCHDOG_USEC": "1000000"}, wait=False)
        manager.wait("READY")
        times = []
        for _ in range(4):
            assert_equal(manager.message(), {"WATCHDOG": "1"})
            times.append(manager.sent_at)
        assert 1.0 < times[-1] - times[0] < 10, times
        assert_equal(events(server, "worker_stuck"), [])
        server.stop()
        manager.socket.close()


@test
def no_signs_of_life_that_are_not_wanted():
    with made() as server:
        manager = Manager(server.folder)
        server.run(env={**manager.env, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"}, wait=False)
        manager.wait("READY")
        manager.socket.settimeout(1)
        with contextlib.suppress(TimeoutError):
            raise AssertionError(manager.message())
        manager.socket.close()


@test
def what_the_service_manager_says_is_taken_out_of_the_environment():
    with made() as server:
        edit(server, "default_trust = banks",
             'default_trust = banks\nlifetime { access_token = "${WATCHDOG_USEC:-5m}" }')
        server.run(["reload.watch=0s"], env={"WATCHDOG_USEC": "9s"})
        server.register_resource()
        alice = server.register_client("alice")
        assert_equal(json.loads(server.ask_token(alice)[2])["expires_in"], 9)
        reload(server)
        assert_equal(json.loads(server.ask_token(alice)[2])["expires_in"], 300)


def listen(port, family=socket.AF_INET):
    made_socket = socket.socket(family, socket.SOCK_STREAM)
    made_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made_socket.bind(("127.0.0.1", port))
    made_socket.listen(64)
    return made_socket


def run_with(server, sockets, **changes):
    """Starts it as a service manager with sockets does: {name: socket}."""
    high = [os.dup2(one.fileno(), 100 + i) for i, one in enumerate(sockets.values())]

    def hand_over():
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i)

    # a shell knows its own process id, which exec keeps
    env = {**os.environ, "LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": ":".join(sockets),
           **changes}
    with open(server.log_path, "ab") as log:
        server.process = subprocess.Popen(
            ["/bin/sh", "-c", 'export LISTEN_PID="${LISTEN_PID-$$}"; exec "$@"', "sh",
             *server.command()], env=env, stderr=log, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, pass_fds=[3 + i for i in range(len(high))],
            preexec_fn=hand_over)
    for fd in high:
        os.close(fd)


def unix_listener(path):
    made_socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made_socket.bind(path)
    made_socket.listen(16)
    return made_socket


@test
def sockets_that_are_handed_over():
    with made() as server:
        sockets = {"mtls": listen(server.mtls_port), "public": listen(server.port),
                   "admin-socket": unix_listener(server.socket)}
        run_with(server, sockets)
        server.wait_ready()
        alice = server.register_client("alice")
        server.register_resource()
        assert_equal(server.ask_token(alice)[0], 200)
        assert_equal(server.request("GET", METADATA, port=server.port)[0], 200)
        assert_equal(reload(server)["generation"], 2)
        assert_equal(server.ask_token(alice)[0], 200)
        assert_equal(server.stop(), FINE)
        assert os.path.exists(server.socket)  # the manager's
        for one in sockets.values():
            one.close()


@test
def who_comes_between_two_starts_is_served_by_the_next():
    with made() as server:
        sockets = {"public": listen(server.port)}
        run_with(server, sockets)
        server.wait_ready()
        assert_equal(server.stop(), FINE)
        answers = []

        def come():
            answers.append(server.request("GET", METADATA, port=server.port)[0])

        comers = [threading.Thread(target=come) for _ in range(5)]
        for one in comers:
            one.start()
        time.sleep(0.5)
        assert_equal(answers, [])
        run_with(server, sockets)
        for one in comers:
            one.join(SECONDS)
        assert_equal(answers, [200] * 5)
        server.wait_ready()
        sockets["public"].close()


@each(("name", {"nosuch": None}, {}, '"nosuch"'),
      ("twice", {"public": None, "mtls": None}, {"LISTEN_FDNAMES": "public:public"}, '"public"'),
      ("names", {"public": None}, {"LISTEN_FDNAMES": "public:mtls"}, "LISTEN_FDNAMES"),
      ("count", {"public": None}, {"LISTEN_FDS": "x"}, "LISTEN_FDS"),
      ("absent", {"public": None}, {"LISTEN_FDS": "2", "LISTEN_FDNAMES": "public:mtls"},
       "LISTEN_FDS"))
def a_socket_that_fits_nothing(names, changes, says):
    with made() as server:
        sockets = {name: listen(0) for name in names}
        run_with(server, sockets, **changes)
        assert_equal(server.process.wait(SECONDS), CONFIGURATION)
        server.process = None
        assert_in(says, server.log().replace('\\"', '"'))
        for one in sockets.values():
            one.close()


@test
def sockets_for_another_process_are_left_alone():
    with made() as server:
        sockets = {"nosuch": listen(0)}
        run_with(server, sockets, LISTEN_PID="1")
        server.wait_ready()
        sockets["nosuch"].close()


UNITS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conf")


def units(folder):
    """The units, with the program under test and a user that there is."""
    paths = []
    for unit in ("fapid.service", "fapid.socket"):
        with open(os.path.join(UNITS, unit), encoding="utf-8") as text:
            whole = text.read()
        for program in ("/usr/sbin/fapid", "/usr/bin/fapictl"):
            whole = whole.replace(program, os.path.join(build_dir(), os.path.basename(program)))
        for key in ("User", "Group"):
            whole = whole.replace(f"\n{key}=fapid\n", f"\n{key}=daemon\n")
        paths.append(os.path.join(folder, unit))
        with open(paths[-1], "w", encoding="utf-8") as out:
            out.write(whole)
    return paths


@test
def the_units_are_valid_and_narrow():
    if shutil.which("systemd-analyze") is None:
        skip("there is no systemd-analyze")
    with tempfile.TemporaryDirectory() as folder:
        service, listener = units(folder)
        done = subprocess.run(["systemd-analyze", "verify", service, listener], text=True,
                              capture_output=True, timeout=60, check=False)
        assert_equal((done.returncode, done.stdout + done.stderr), (0, ""))
        done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20",
                               service], text=True, capture_output=True, timeout=60, check=False)
        assert_equal(done.returncode, 0, done.stdout[-400:] + done.stderr)
        assert_in("Overall exposure level", done.stdout)


# ------------------------------------------------------------------------------------ the end

@test
def a_drain_lasts_as_long_as_is_said():
    with running(["http.drain=2s"]) as server:
        began = time.monotonic()
        assert_equal(server.stop(), FINE)
        assert time.monotonic() - began >= 2


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
        names = [line["event"] for line in server.log_lines()]
        order = [names.index(one) for one in ("stopping", "draining", "cut_short", "stopped")]
        assert_equal(order, sorted(order))


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
                answer += half.recv(4096)
            server.process.send_signal(signal.SIGTERM)
            until("stopping", lambda: events(server, "stopping"))
            time.sleep(1)
            assert server.process.poll() is None, "the request was not waited for"
            server.process.send_signal(signal.SIGTERM)
            assert_equal(server.process.wait(SECONDS), -signal.SIGTERM)
            server.process = None
        server.run()  # what it left behind is in nobody's way
        assert_equal(len(server.ctl("client", "list")), 1)


# ------------------------------------------------------------------------------------ under load

class Load:
    """Callers that ask for tokens, each on its connection or on a new one for each request."""
    def __init__(self, server, parties, fresh=2, kept=2):
        self.server, self.failures, self.count = server, [], 0
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.work, args=(parties[i % len(parties)],
                                                                 i < fresh))
                        for i in range(fresh + kept)]

    def one(self, connection, party):
        status, fields, body = ask(connection, party)
        with self.lock:
            self.count += 1
            if status != 200:
                self.failures.append((status, body))
        return fields.get("connection") == "close"

    def work(self, party, fresh):
        connection = None
        while not self.over.is_set():
            try:
                connection = connection or self.server.https(party.cert)
                if self.one(connection, party) or fresh:
                    connection.close()
                    connection = None
            except OSError as error:
                with self.lock:
                    self.failures.append(repr(error))
                connection = None
        if connection:
            connection.close()

    def __enter__(self):
        for one in self.threads:
            one.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for one in self.threads:
            one.join(SECONDS)


@test
def TLS_29_no_request_fails_while_certificates_and_settings_change():
    with running(["reload.watch=1s", "lifetime.access_token=1h"]) as server:
        server.register_resource()
        parties = [server.register_client(name) for name in ("alice", "bob")]
        with Load(server, parties) as load:
            install(server, "ec")
            install(server, "rsa")  # the watch finds these
            until("reload", lambda: events(server, "reloaded"))
            for _ in range(5):
                reload(server)
            put(server, "server-rsa.pem", b"nothing")
            reload(server, "reload_refused")
            install(server, "rsa")
            reload(server)
            until("load", lambda: load.count > 50)
        assert_equal(load.failures, [])


@test
def TLS_29_no_request_fails_while_keys_rotate():
    with running(["reload.watch=0s", "keys.rotate_every=2s", "keys.publish_lead=1s",
                  "token.format=jwt"]) as server:
        server.register_resource()
        parties = [server.register_client(name) for name in ("alice", "bob")]
        kids = set()
        with Load(server, parties) as load:
            def kid():
                kids.update(key["kid"] for key in json.loads(server.request("GET", "/jwks")[2])["keys"])
                return len(kids) >= 6
            until("rotation", kid)
        assert_equal(load.failures, [])


@test
def no_request_fails_while_it_drains():
    """Who keeps to Connection: close, and turns to another server once this one is not ready, meets
    no failure."""
    with running(["http.drain=1h"]) as server:
        server.register_resource()
        parties = [server.register_client(name) for name in ("alice", "bob")]
        with Load(server, parties) as load:
            until("load", lambda: load.count > 20)
            server.process.send_signal(signal.SIGTERM)
            until("draining", lambda: server.admin_get("/health/ready")[0] == 503)
            before = load.count
            until("service", lambda: load.count > before + 20)
        assert_equal(server.stop(), FINE)
        assert_equal(load.failures, [])


@test
def no_request_fails_while_it_restarts():
    """With the port in the service manager's hands, newcomers wait while there is no fapid."""
    with made() as server:
        edit(server, "default_trust = banks", "default_trust = banks\nhttp { drain = 1s }")
        sockets = {"mtls": listen(server.mtls_port)}
        run_with(server, sockets)
        server.wait_ready()
        server.register_resource()
        parties = [server.register_client(name) for name in ("alice", "bob")]
        with Load(server, parties) as load:
            until("load", lambda: load.count > 0)
            assert_equal(server.stop(), FINE)
            run_with(server, sockets)
            server.wait_ready()
            before = load.count
            until("service", lambda: load.count > before + 20)
        assert_equal(load.failures, [])
        sockets["mtls"].close()


if __name__ == "__main__":
    main()
