#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fapictl reload: who asks for a reload is told what became of it."""
import contextlib
import json
import os
import re
import signal
import sqlite3
import threading

from operation import (FINE, SECONDS, UNREACHABLE, algs, edit, events, install, line_of, reload,
                       running, shown, until, until_failing)
from tap import assert_equal, assert_in, each, main, test


def ctl_refused(server, refusals=1):
    """fapictl reload is refused, as text and as JSON, with what the log's line has, which is the
    result; and so many things are wrong."""
    said = server.ctl("reload", status=1)
    line = events(server, "reload_refused")[-1]
    more = f" (the first of {refusals}: fapid -t tells all)" if refusals > 1 else ""
    message = (f"refused, and the configuration of before goes on: {line['where']}: "
               f"{line['message']}{more}")
    assert_equal(said, {"error": "refused", "message": message})
    assert_equal(server.fapictl("reload"), (1, "", f"fapictl: {message}\n"))
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
        code, out, said = server.fapictl("reload")
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
        code, _, said = server.fapictl("reload")
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
            first = server.begin_fapictl("reload")
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


class Storm(threading.Thread):
    """There is always another SIGHUP."""
    def __init__(self, server):
        super().__init__()
        self.process, self.over = server.process, threading.Event()

    def run(self):
        while not self.over.wait(0.001):
            self.process.send_signal(signal.SIGHUP)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


@test
def TLS_29_a_storm_of_signals_keeps_neither_operators_nor_the_end_waiting():
    with running(["reload.watch=0s"], profile="bcp195") as server:
        with Storm(server):
            until("reload", lambda: server.metric("reloads_total") > 2)
            assert server.ctl("reload")["generation"] > 2
            assert_equal(server.stop(), FINE)


@test
def TLS_29_an_interrupted_fapictl_leaves_the_reload_going():
    with running(["reload.watch=0s"], top="keys { algs = {ES256} }") as server:
        with Held(server):
            code, out, said = server.interrupted_fapictl("reload")
            assert_equal((code, out), (-signal.SIGINT, ""))
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


if __name__ == "__main__":
    main()
