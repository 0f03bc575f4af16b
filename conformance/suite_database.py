#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fapictl db: status, backup, restore and check, while the server serves (D14, D15)."""
import contextlib
import http.client
import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import time

from fapid import Fapid, roundtrip
from tap import assert_equal, assert_in, main, test

server = resource = alice = None


def setup():
    global server, resource, alice
    server = Fapid.start()
    resource = server.register_resource()
    alice = server.register_client("alice")


def teardown():
    server.close()


class Admin(http.client.HTTPConnection):
    """The admin socket, without fapictl."""
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(server.socket)


def ask(method, path, body=None):
    """(status, fields, JSON)"""
    connection = Admin("localhost")
    try:
        status, fields, text = roundtrip(connection, method, path,
                                         json.dumps(body) if body is not None else None,
                                         {"Content-Type": "application/json"} if body else {})
        return status, fields, json.loads(text)
    finally:
        connection.close()


def last_job():
    return ask("GET", "/v1/db")[2].get("job", {})


def ended(url):
    for _ in range(600):
        job = ask("GET", url)[2]
        if job["state"] != "running":
            return job
        time.sleep(0.05)
    raise AssertionError(f"it does not end: {job}")


@contextlib.contextmanager
def writers_wait():
    """Somebody else holds the right to write, for which a restore waits."""
    other = sqlite3.connect(server.path("fapid.db"), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


def backup(name):
    path = server.path(name)
    assert_equal(server.ctl("db", "backup", path), {"path": path})
    return path


@test
def MTLS_118_the_audit_says_who_changed_what():
    id_ = server.register_client("carol").id
    server.ctl("client", "delete", id_)
    rows = [(row["event"], row["actor"], row["outcome"]) for row in server.ctl("db", "audit")
            if row.get("client_id") == id_]
    me = f"uid:{os.geteuid()}"
    assert_equal(rows, [("client_created", me, "success"), ("client_deleted", me, "success")])


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


def restored(path, *flags):
    """(exit, data, what was said) of a restore."""
    return server.fapictl(*flags, "db", "restore", path, "--yes")


@contextlib.contextmanager
def no_new_keys():
    """An index that no row but those of today has a place in: to sort another overflows."""
    with contextlib.closing(sqlite3.connect(server.path("fapid.db"), timeout=30)) as db:
        kids = ", ".join(f"'{kid}'" for kid, in db.execute("SELECT kid FROM key"))
        with db:
            db.execute("CREATE INDEX no_new_keys ON key "
                       f"(abs(-9223372036854775807 - (kid NOT IN ({kids}))))")
        try:
            yield
        finally:
            with db:
                db.execute("DROP INDEX no_new_keys")


def has_active_key():
    return any(key["state"] == "active" for key in server.ctl("key", "list"))


@test
def a_restore_without_its_keys_is_done_and_says_what_is_missing():
    """It is not to be repeated, hence exit 0; a script asks for keys_made."""
    path = backup("keyless.db")
    epoch = server.ctl("db", "status")["epoch"]
    with no_new_keys():
        code, out, said = restored(path, "-o", "json")
        shown = json.loads(out)
        assert_equal((code, shown["epoch"], shown["keys_made"], shown["rows"]["keys"]),
                     (0, epoch + 1, False, 0))
        assert_equal(json.loads(said), {"warning": shown["warning"]})
        assert_in("its new keys could not be made yet", shown["warning"])
        code, out, said = restored(path, "-o", "table")
        assert_equal((code, said), (0, f"fapictl: warning: {shown['warning']}\n"))
        assert_equal(has_active_key(), False)
    for _ in range(600):  # fapid makes them as soon as it can
        if has_active_key():
            break
        time.sleep(0.05)
    assert_equal(has_active_key(), True)
    code, out, said = restored(path, "-o", "json")
    assert_equal((code, json.loads(out)["keys_made"], said), (0, True, ""))
    assert_equal(server.introspect(resource, server.token(alice))["active"], True)


@test
def restore_refuses_what_is_no_copy():
    token = server.token(alice)
    good = backup("good.db")
    bad = server.write("bad.db", "this is no database" * 100)
    with open(good, "rb") as text:
        octets = bytearray(text.read())
    octets[5000:9000] = b"\xa5" * 4000
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
def a_job_is_begun_and_asked_for():
    path = server.path("job.db")
    status, fields, begun = ask("POST", "/v1/db/backups", {"path": path})
    assert_equal((status, fields["location"], begun["url"]),
                 (202, f"/v1/db/jobs/{begun['id']}", f"/v1/db/jobs/{begun['id']}"))
    job = ended(begun["url"])
    assert_equal((job["state"], job["kind"], job["result"]), ("done", "backup", {"path": path}))
    assert_equal(os.path.exists(path), True)
    line = server.audit_lines()[-1]
    assert_equal((line["event"], line["outcome"], line["request_id"]),
                 ("database_copied", "success", begun["id"]))
    again = ended(ask("POST", "/v1/db/backups", {"path": path})[2]["url"])
    assert_equal((again["state"], again["status"], again["error"]),
                 ("failed", 409, "already_exists"))


@test
def one_job_at_a_time():
    path = backup("one.db")
    epoch = server.ctl("db", "status")["epoch"]
    with writers_wait():
        status, _, begun = ask("POST", "/v1/db/restores", {"path": path})
        assert_equal((status, begun["state"]), (202, "running"))
        for kind in ("backups", "restores"):
            status, _, refused = ask("POST", f"/v1/db/{kind}", {"path": server.path("two.db")})
            assert_equal((status, refused["error"]), (409, "conflict"))
        assert_equal(ask("POST", "/v1/db/checks")[0], 409)
        said = server.ctl("db", "check", status=1)
        assert_equal(said["error"], "refused")
        assert_in("under way", said["message"])
        assert_equal(last_job()["id"], begun["id"])
    job = ended(begun["url"])
    assert_equal((job["state"], job["result"]["epoch"]), ("done", epoch + 1))
    assert_equal(os.path.exists(server.path("two.db")), False)


@test
def an_interrupted_fapictl_leaves_the_work_going():
    path = backup("interrupted.db")
    epoch = server.ctl("db", "status")["epoch"]
    with writers_wait():
        code, out, said = server.interrupted_fapictl("db", "restore", path, "--yes")
    assert_equal((code, out), (-signal.SIGINT, ""))
    assert_in("the server goes on", said)
    job = ended(last_job()["url"])
    assert_equal((job["state"], job["result"]["epoch"]), ("done", epoch + 1))


@test
def a_stop_cancels_the_job_or_lets_it_be_whole():
    """A large database, so that some of the stops come in the midst of it."""
    path = backup("stopped.db")
    assert_equal(server.stop(), 0)
    with contextlib.closing(sqlite3.connect(server.path("fapid.db"))) as db, db:
        db.execute("CREATE TABLE ballast (octets BLOB)")
        db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
                   " INSERT INTO ballast SELECT randomblob(1000) FROM n")
    server.run()
    parties = server.ctl("db", "status")["rows"]
    large = server.path("large.db")
    outcomes = set()
    for kind, body in (("backups", {"path": large}), ("restores", {"path": path}), ("checks", None)):
        epoch = server.ctl("db", "status")["epoch"]
        status, _, begun = ask("POST", f"/v1/db/{kind}", body)
        assert_equal(status, 202)
        assert_equal(server.stop(), 0)
        lines = [line for line in server.log_lines() if line["event"] == "database_job"
                 and line["request_id"] == begun["id"]]
        assert_equal(len(lines), 1)
        cancelled = "error" in lines[0]
        outcomes.add(cancelled)
        left = [one for one in os.listdir(server.folder) if ".partial" in one or ".restore" in one]
        assert_equal(left, [])
        if kind == "backups":
            assert_equal(os.path.exists(large), not cancelled)
            line = server.audit_lines()[-1]
            assert_equal((line["event"], line["outcome"]),
                         ("database_copied", "refused" if cancelled else "success"))
        server.run()
        assert_equal(ask("GET", begun["url"])[0], 404)
        now = server.ctl("db", "status")
        assert_equal(now["epoch"] - epoch, 1 if kind == "restores" and not cancelled else 0)
        assert_equal(now["rows"]["clients"] > 0 and now["rows"]["resources"],
                     parties["resources"])
    assert True in outcomes, "each job was done before the stop; a larger database is needed"


@test
def the_audit_tells():
    events = {line["event"] for line in server.audit_lines()}
    assert {"database_copied", "database_restored"} <= events, events


@test
def D15_nobody_else_may():
    for path in ("/v1/db", "/v1/db/backups", "/v1/db/restores", "/v1/db/jobs/x"):
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
