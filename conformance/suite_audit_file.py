#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The audit file: rotated, full, gone, or never there."""
import json
import os
import re
import stat
import subprocess

from operation import (CONFIGURATION, UNREACHABLE, edit, events, largest_file, line_of, made,
                       reload, running, until_failing)
from tap import assert_equal, assert_in, each, main, skip, test


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


def full_audit_file(server, octets=40):
    """The audit file takes so many octets more and then none."""
    server.settle_audit()
    return largest_file(server, os.path.getsize(server.audit_path) + octets)


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


if __name__ == "__main__":
    main()
