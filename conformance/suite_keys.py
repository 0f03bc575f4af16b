#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The server's own keys as their operator meets them: fapictl key, starts with a key file that is
not the right one, and a database that somebody has carried away.
"""
import json
import os
import shutil
import sqlite3
import threading
import time

from fapid import Fapid
from tap import assert_equal, assert_in, main, test

REFUSED, USAGE, NOT_FOUND = 1, 2, 3
BAD_CONFIGURATION = 78


def with_server(sets=()):
    """A test with a server of its own."""
    def decorate(function):
        def run():
            server = Fapid.start(sets=sets)
            try:
                function(server)
            finally:
                server.close()
        run.__name__ = function.__name__
        return test(run)
    return decorate


def key(keys, **wanted):
    found = [one for one in keys if all(one.get(k) == v for k, v in wanted.items())]
    assert_equal(len(found), 1, f"{wanted} of {keys}")
    return found[0]


@with_server(["keys.algs=ES256,EdDSA"])
def REG_147_list_rotate_retire_revoke(server):
    keys = server.ctl("key", "list")
    assert_equal(len(keys), 3)
    for one in keys:
        assert not set(one) - {"kid", "purpose", "alg", "state", "created_at", "activates_at"}, one
    active = key(keys, alg="ES256", state="active")["kid"]
    refused = server.ctl("key", "retire", "--", active, status=REFUSED)
    assert_in("successor", refused["message"])
    keys = server.ctl("key", "rotate", "--alg", "ES256")
    successor = key(keys, alg="ES256", state="published")["kid"]
    assert_equal(len(keys), 4)
    assert_equal(len(server.ctl("key", "rotate", "--purpose", "access_token")), 5)
    assert_equal(len(server.ctl("key", "rotate")), 6)
    assert_equal(len(server.ctl("key", "rotate")), 6)
    server.ctl("key", "retire", "--", active, status=REFUSED)  # not shown for long enough
    server.ctl("key", "revoke", "--", active)
    keys = server.ctl("key", "list")
    assert_equal(key(keys, alg="ES256", state="active")["kid"], successor)
    assert active not in {one["kid"] for one in keys}
    events = {line["event"] for line in server.audit_lines()}
    assert {"keys_rotated", "key_revoked"} <= events, events


@with_server(["keys.algs=ES256", "keys.publish_lead=20s"])
def REG_147_retire_before_the_time(server):
    active = key(server.ctl("key", "list"), alg="ES256", state="active")["kid"]
    began = time.monotonic()
    successor = key(server.ctl("key", "rotate", "--alg", "ES256"), alg="ES256",
                    state="published")["kid"]
    shown = time.monotonic()
    server.ctl("key", "retire", "--", active, status=REFUSED)
    time.sleep(max(0, shown + 10.5 - time.monotonic()))  # /jwks may be kept for 10 s
    keys = server.ctl("key", "retire", "--", active)
    assert time.monotonic() < began + 20, "too slow a machine: the key retired by itself"
    assert_equal(key(keys, alg="ES256", state="active")["kid"], successor)
    assert_equal(key(keys, alg="ES256", state="retired")["kid"], active)


@with_server(["keys.algs=ES256"])
def REG_147_usage(server):
    server.ctl("key", "revoke", "none", status=NOT_FOUND)
    server.ctl("key", "revoke", "a/b", status=NOT_FOUND)
    server.ctl("key", "revoke", "../clients", status=NOT_FOUND)
    server.ctl("key", "retire", "none", status=NOT_FOUND)
    server.ctl("key", "rotate", "--alg", "RS256", status=REFUSED)
    server.ctl("key", "rotate", "--alg", "PS256", status=REFUSED)  # not switched on
    server.ctl("key", "rotate", "--purpose", "tls", status=REFUSED)
    server.ctl("key", "list", "--all", status=USAGE)
    server.ctl("key", "revoke", status=USAGE)
    code, shown, _ = server.fapictl("key", "list")
    assert_equal(code, 0)
    lines = shown.splitlines()
    assert_equal(lines[0].split(),
                 ["KID", "PURPOSE", "ALG", "STATE", "CREATED", "ACTIVATES", "RETIRED"])
    assert_equal(len(lines), 3)


@with_server(["keys.rotate_every=4s", "keys.publish_lead=2s"])
def REG_147_no_failed_request_during_rotations(server):
    """Sealed tokens through several rotations and a revocation of the key that is not in use."""
    api = server.register_resource()
    bob = server.register_client("bob")
    failures, over = [], threading.Event()

    def work():
        try:
            while not over.is_set():
                token = server.token(bob)
                if not server.introspect(api, token)["active"]:
                    failures.append(token)
        except (AssertionError, OSError) as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 9
    seen = set()
    while time.monotonic() < end or len(seen) < 2 and time.monotonic() < end + 60:
        keys = server.ctl("key", "list")
        seen |= {one["kid"] for one in keys if one["state"] == "active" and "alg" not in one}
        time.sleep(0.2)
    over.set()
    for thread in threads:
        thread.join()
    assert_equal(failures, [])
    assert len(seen) >= 2, seen


def fails_to_start(server, *said):
    server.run(wait=False)
    assert_equal(server.process.wait(60), BAD_CONFIGURATION)
    server.process = None
    for text in said:
        assert_in(text, server.log())


@test
def REG_148_a_start_with_the_wrong_key_file():
    server = Fapid.start()
    other = Fapid.start()
    try:
        assert_equal(server.stop(), 0)
        shutil.copy(server.path("kek"), server.path("kek.saved"))
        shutil.copy(other.path("kek"), server.path("kek"))
        fails_to_start(server, "does not unwrap")
        os.remove(server.path("kek"))
        fails_to_start(server, "the key file is missing")
        assert not os.path.exists(server.path("kek"))
        shutil.copy(server.path("kek.saved"), server.path("kek"))
        os.chmod(server.path("kek"), 0o604)
        fails_to_start(server, "open to others")
        os.chmod(server.path("kek"), 0o600)
        server.run()
    finally:
        other.close()
        server.close()


@test
def REG_148_a_start_with_another_public_half():
    server = Fapid.start()
    try:
        assert_equal(server.stop(), 0)
        with sqlite3.connect(server.path("fapid.db")) as base:
            (text,), = base.execute("SELECT public FROM key WHERE alg = 'ES256'").fetchall()
            other = json.loads(text)
            other["x"], other["y"] = other["y"], other["x"]
            base.execute("UPDATE key SET public = ? WHERE alg = 'ES256'", [json.dumps(other)])
        base.close()
        fails_to_start(server, "does not match the public key")
        with sqlite3.connect(server.path("fapid.db")) as base:
            base.execute("UPDATE key SET public = ? WHERE alg = 'ES256'", [text])
        base.close()
        server.run()
    finally:
        server.close()


@test
def REG_148_a_copy_of_the_database_mints_nothing():
    """Elsewhere, with a key file of its own, the copy is of no use."""
    server = Fapid.start()
    thief = Fapid.make()
    try:
        assert_equal(server.stop(), 0)
        shutil.copy(server.path("fapid.db"), thief.path("fapid.db"))
        os.chmod(thief.path("fapid.db"), 0o600)
        fails_to_start(thief, "the key file is missing")
        thief.write("kek", os.urandom(32))
        fails_to_start(thief, "does not unwrap")
    finally:
        thief.close()
        server.close()


if __name__ == "__main__":
    main()
