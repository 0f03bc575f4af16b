#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fapictl db: status, backup, restore and check, while the server serves (D14, D15)."""
import os
import sqlite3
import stat
import subprocess

from fapid import Fapid
from tap import assert_equal, main, test

server = resource = alice = None


def setup():
    global server, resource, alice
    server = Fapid.start()
    resource = server.register_resource()
    alice = server.register_client("alice")


def teardown():
    server.close()


def backup(name):
    path = server.path(name)
    assert_equal(server.ctl("db", "backup", path), {"path": path})
    return path


@test
def status_counts_what_is_there():
    shown = server.ctl("db", "status")
    assert_equal((shown["backend"], shown["path"]), ("sqlite", server.path("fapid.db")))
    assert_equal((shown["rows"]["clients"], shown["rows"]["resources"]), (1, 1))
    assert shown["rows"]["keys"] >= 3 and shown["ready"] is True and shown["octets"] > 0, shown
    server.register_client("bob")
    assert_equal(server.ctl("db", "status")["rows"]["clients"], 2)


@test
def check_finds_nothing_in_a_sound_database():
    assert_equal(server.ctl("db", "check"), {"findings": [], "count": 0})


@test
def D16_a_backup_is_whole_and_mints_nothing():
    token = server.token(alice)
    path = backup("copy.db")
    assert_equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as copy:
        assert_equal(copy.execute("PRAGMA integrity_check").fetchone(), ("ok",))
        assert copy.execute("SELECT count(*) FROM party").fetchone()[0] >= 2
        # wrapped keys alone
        for (wrapped,) in copy.execute("SELECT wrapped FROM key"):
            assert len(wrapped) > 32
    with open(path, "rb") as text:
        assert token.encode() not in text.read()
    left = [name for name in os.listdir(server.folder) if name.startswith("copy.db")]
    assert_equal(left, ["copy.db"])


@test
def a_backup_replaces_nothing():
    path = backup("once.db")
    before = open(path, "rb").read()
    assert_equal(server.ctl("db", "backup", path, status=4)["error"], "exists")
    assert_equal(open(path, "rb").read(), before)


@test
def a_backup_that_cannot_be_written_says_why():
    said = server.ctl("db", "backup", server.path("nowhere", "x.db"), status=1)
    assert "nowhere" in said["message"], said
    said = server.ctl("db", "backup", server.path('no"where', "x.db"), status=1)
    assert "no?where" in said["message"], said


@test
def restore_wants_to_be_meant():
    path = backup("meant.db")
    assert_equal(server.ctl("db", "restore", path, status=2)["error"], "usage")
    assert_equal(server.ctl("client", "show", alice.id)["client_id"], alice.id)


@test
def restore_brings_back_what_was_and_ends_what_was_issued():
    path = backup("before.db")
    epoch = server.ctl("db", "status")["epoch"]
    token = server.token(alice)
    assert server.introspect(resource, token)["active"]
    later = server.register_client("later")
    server.token(later)
    server.ctl("client", "delete", alice.id)
    assert_equal(server.ask_token(alice)[0], 401)
    shown = server.ctl("db", "restore", path, "--yes")
    assert_equal(shown["epoch"], epoch + 1)
    assert_equal(server.ask_token(later)[0], 401)
    # alice is back; no token of before is, on whatever side of the copy it was issued
    assert_equal(server.introspect(resource, token), {"active": False})
    fresh = server.token(alice)
    assert_equal(server.introspect(resource, fresh)["active"], True)
    assert_equal(server.ctl("db", "check")["count"], 0)


@test
def restore_survives_a_restart():
    path = backup("kept.db")
    server.ctl("db", "restore", path, "--yes")
    token = server.token(alice)
    assert_equal(server.stop(), 0)
    server.run()
    assert_equal(server.introspect(resource, token)["active"], True)


@test
def a_revoked_client_does_not_come_back_with_its_tokens():
    path = backup("unrevoked.db")
    token = server.token(alice)
    server.ctl("token", "revoke", "--client-id", alice.id)
    assert_equal(server.introspect(resource, token), {"active": False})
    server.ctl("db", "restore", path, "--yes")
    assert_equal(server.introspect(resource, token), {"active": False})


@test
def restore_refuses_what_is_no_copy():
    token = server.token(alice)
    good = backup("good.db")
    bad = server.write("bad.db", "this is no database" * 100)
    with open(good, "rb") as text:
        octets = bytearray(text.read())
    octets[5000:9000] = os.urandom(4000)
    damaged = server.write("damaged.db", bytes(octets))
    empty = server.path("other.db")
    with sqlite3.connect(empty) as other:
        other.execute("CREATE TABLE x (y)")
    other.close()
    os.chmod(empty, 0o600)
    newer = backup("newer.db")
    with sqlite3.connect(newer) as other:
        other.execute("PRAGMA user_version = 999")
    other.close()
    for path in (bad, damaged, empty, newer, server.path("absent.db")):
        said = server.ctl("db", "restore", path, "--yes", status=1)
        assert said["message"], path
    assert_equal(server.introspect(resource, token)["active"], True)
    assert_equal(server.ctl("client", "show", alice.id)["client_id"], alice.id)


@test
def the_audit_tells():
    events = {line["event"] for line in server.audit_lines()}
    assert {"database_copied", "database_restored"} <= events, events


@test
def D15_nobody_else_may():
    for path in ("/v1/db", "/v1/db/backups", "/v1/db/restores"):
        assert_equal(server.request("GET", path)[0], 404)
        assert_equal(server.admin_get(path)[0], 404)


@test
def check_store_reads_the_copy_offline():
    path = backup("offline.db")
    done = subprocess.run(server.command("--check-store", "--set", f"store.path={path}"),
                          capture_output=True, text=True, timeout=120, check=False,
                          stdin=subprocess.DEVNULL)
    assert_equal(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
