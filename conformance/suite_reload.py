#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reload, by signal and by the watch: certificates, anchors, keys and settings that change."""
import json
import os
import re
import signal
import time

from fapid import roundtrip
from operation import (METADATA, algs, ask, edit, events, install, largest_file, line_of, made, put,
                       reload, running, server_pair, shown, until)
from tap import assert_equal, assert_in, each, main, test


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
        # what both listeners use is told of the first
        assert_in("public: ", reload(server, "reload_refused")["message"])
        assert_equal(algs(server), {"ES256"})
        install(server)
        reload(server)
        until("a key of EdDSA", lambda: algs(server) == {"ES256", "EdDSA"})


@test
def TLS_29_a_new_certificate_does_not_wait_for_a_full_disk():
    with running(["reload.watch=0s"], profile="bcp195") as server:
        fresh = install(server)
        with largest_file(server, 0):  # the log is on it, too
            server.process.send_signal(signal.SIGHUP)
            until("reload", lambda: server.metric("reloads_total") == 1)
            assert_equal(shown(server), fresh.der())


@test
def REG_140_new_keys_that_cannot_be_kept_change_nothing():
    with running(["reload.watch=0s"], top="keys { algs = {ES256} }", profile="bcp195") as server:
        before = shown(server)
        install(server)
        edit(server, "algs = {ES256}", "algs = {ES256, EdDSA}")
        with largest_file(server, 0):
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


if __name__ == "__main__":
    main()
