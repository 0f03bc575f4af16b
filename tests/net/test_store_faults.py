#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The store in trouble: what must be written is refused with 503 and changes nothing, what need not
be goes on, and all is well again without a restart."""
import contextlib
import ctypes
import functools
import itertools
import os
import resource as limits
import sqlite3
import subprocess
import time

from fapid import Fapid
from strangers import Background, Client, Operator, Resource, client_object, together
from tap import assert_equal, main, skip, test

SETS = ["lifetime.access_token=1h", "authentication.failures_per_minute=1000000"]
AT_ONCE = 2.0  # seconds, far below the 5 that a writer waits for a lock
CLONE_NEWNS = 0x00020000

numbers = itertools.count()


class Scene:
    """A server with a client and a resource server that it has seen, and the same questions for
    each kind of trouble."""

    def __init__(self, server):
        self.server = server
        self.api = server.register_resource()
        self.alice = server.register_client("alice")
        self.stranger = server.register_client("stranger")  # its certificate was never shown
        self.operator = Operator(server)
        self.token = Client(server, self.alice).token()
        assert_equal(self.active(self.token), True)

    def active(self, token):
        return Resource(self.server, self.api, "fresh").active(token)

    def goes_on(self):
        """Reading alone: known certificates, introspection, the operator's view; each at once."""
        def timed(work):
            began = time.monotonic()
            work()
            took = time.monotonic() - began
            assert took < AT_ONCE, f"took {took:.1f} s"
        timed(lambda: assert_equal(self.active(Client(self.server, self.alice, "fresh").token()),
                                   True))
        timed(lambda: assert_equal(self.active(self.token), True))
        timed(lambda: self.server.request("GET", "/.well-known/oauth-authorization-server"))
        timed(lambda: Operator(self.server).must(200, "GET", f"/v1/clients/{self.alice.id}"))

    def writes(self):
        """name: a request that must write"""
        name = f"new{next(numbers)}"
        return {
            "register": lambda: Operator(self.server).call("POST", "/v1/clients",
                                                           client_object(name, client_id=name)),
            "disable": lambda: Operator(self.server).call("PATCH", f"/v1/clients/{self.alice.id}",
                                                          {"status": "disabled"}),
            "revoke": lambda: Client(self.server, self.alice).post(
                "/revoke", client_id=self.alice.id, token=self.token),
            "new_certificate": Client(self.server, self.stranger).ask,
        }

    def refused(self):
        """All that must write, side by side: 503 each."""
        def one(name, work):
            status, fields, answer = work()
            assert_equal((name, status, answer["error"]), (name, 503, "temporarily_unavailable"))
            assert int(fields["retry-after"]) > 0, fields
        together(*(functools.partial(one, *row) for row in self.writes().items()))

    def unchanged(self):
        assert_equal(self.active(self.token), True, "the token that was not revoked: active")
        assert_equal(dict(self.names())[self.alice.id], "enabled")
        Client(self.server, self.alice, "fresh").token()

    def works(self):
        """The same, and it takes effect."""
        expected = {"register": 201, "disable": 200, "revoke": 401, "new_certificate": 200}
        before = self.names()
        assert not [name for name, _ in before if name.startswith("new")], before
        for name, work in self.writes().items():
            assert_equal((name, work()[0]), (name, expected[name]))
        assert_equal(len(self.names()), len(before) + 1)
        assert_equal(self.active(self.token), False, "a disabled client's token: active")
        self.operator.must(200, "PATCH", f"/v1/clients/{self.alice.id}", {"status": "enabled"})
        client = Client(self.server, self.alice)
        client.revoke(client.token())

    def names(self):
        found = Operator(self.server).must(200, "GET", "/v1/clients")["clients"]
        return sorted((one["client_id"], one["status"]) for one in found)

    def ready(self):
        return self.server.admin_get("/health/ready")[0] == 200

    def register(self):
        name = f"filler{next(numbers)}"
        return Operator(self.server).call("POST", "/v1/clients", client_object(name))


@contextlib.contextmanager
def scene(prepare=lambda server: []):
    """`prepare` sees the folder before the start and returns settings."""
    server = Fapid.make()
    try:
        server.run(SETS + prepare(server))
        yield Scene(server)
    finally:
        server.close()


def until(question, what, seconds=30):
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def fill(it):
    """Registers until that is refused, as the last free octets are used up."""
    for _ in range(200):
        status, fields, answer = it.register()
        if status != 201:
            assert_equal((status, answer["error"]), (503, "temporarily_unavailable"))
            assert int(fields["retry-after"]) > 0
            return
    raise AssertionError("the store is not full")


# ------------------------------------------------------------------------------------ locked

@test
def TOK_177_TOK_15_a_database_locked_by_others():
    with scene() as it:
        other = sqlite3.connect(it.server.path("fapid.db"), isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        meanwhile = Background(it.goes_on)
        try:
            it.refused()
        finally:
            rounds = meanwhile.finish()
        assert rounds[0] >= 5, rounds
        other.execute("ROLLBACK")
        other.close()
        until(it.ready, "not ready again")
        it.unchanged()
        it.works()


@test
def D10_a_short_lock_is_waited_for():
    with scene() as it:
        other = sqlite3.connect(it.server.path("fapid.db"), isolation_level=None,
                                check_same_thread=False)
        other.execute("BEGIN EXCLUSIVE")
        answers = []

        def release():
            time.sleep(1)
            assert_equal(answers, [])
            it.goes_on()
            other.execute("ROLLBACK")
        together(lambda: answers.append(it.register()[0]), release)
        other.close()
        assert_equal(answers, [201])
        it.works()


# ------------------------------------------------------------------------------------ gone

@test
def TOK_15_a_database_taken_away():
    with scene() as it:
        names = ["fapid.db", "fapid.db-wal", "fapid.db-shm"]
        os.mkdir(it.server.path("elsewhere"))
        for name in names:
            os.rename(it.server.path(name), it.server.path("elsewhere", name))
        until(lambda: not it.ready(), "still ready", 5)
        it.refused()  # what only reads may go on, where the database was open already
        assert not os.path.exists(it.server.path("fapid.db"))
        for name in names:
            os.rename(it.server.path("elsewhere", name), it.server.path(name))
        until(it.ready, "not ready again")
        it.unchanged()
        it.works()


# ------------------------------------------------------------------------------------ full

@test
def TOK_15_a_file_that_may_not_grow():
    """RLIMIT_FSIZE of the running server (getrlimit(2)): writes beyond it fail with EFBIG."""
    with scene(lambda _: ["log.level=error"]) as it:
        pid = it.server.process.pid
        size = os.path.getsize(it.server.path("fapid.db-wal"))
        _, hard = limits.prlimit(pid, limits.RLIMIT_FSIZE)
        limits.prlimit(pid, limits.RLIMIT_FSIZE, (size + 8192, hard))
        fill(it)
        it.refused()
        it.unchanged()
        it.goes_on()
        limits.prlimit(pid, limits.RLIMIT_FSIZE, (hard, hard))
        until(it.ready, "not ready again")
        it.unchanged()
        it.works()


def small_disk(server):
    """A file system of 2 MiB in a mount namespace of this program, gone when it ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    os.mkdir(server.path("disk"), 0o700)
    if os.geteuid() != 0:
        skip("only root can mount a small disk")
    if libc.unshare(CLONE_NEWNS) != 0:
        skip("no mount namespace: " + os.strerror(ctypes.get_errno()))
    for command in (["mount", "--make-rprivate", "/"],
                    ["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "none",
                     server.path("disk")]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            skip("a small disk cannot be mounted: " + done.stderr)
    return ["store.path=" + server.path("disk", "fapid.db")]


@test
def TOK_15_a_full_disk():
    with scene(small_disk) as it:
        try:
            disk = it.server.path("disk")
            filler = os.path.join(disk, "filler")
            with open(filler, "wb") as out, contextlib.suppress(OSError):
                out.write(bytes(4 << 20))
            assert_equal(os.statvfs(disk).f_bavail, 0)
            fill(it)
            it.refused()
            it.unchanged()
            it.goes_on()
            os.unlink(filler)
            until(it.ready, "not ready again")
            it.unchanged()
            it.works()
        finally:
            it.server.stop()
            subprocess.run(["umount", it.server.path("disk")], check=True)


# ------------------------------------------------------------------------------------ corrupt

PAGE = 4096


def page_of(path, table):
    """Where the first page of a table begins; the database is not in use."""
    database = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    try:
        row = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,))
        return (row.fetchone()[0] - 1) * PAGE
    finally:
        database.close()


@contextlib.contextmanager
def damaged(path, at):
    """A page of rubbish, until the end of the block."""
    with open(path, "r+b", buffering=0) as file:
        file.seek(at)
        page = file.read(PAGE)
        file.seek(at)
        file.write(b"\x5a" * PAGE)
    try:
        yield
    finally:
        with open(path, "r+b", buffering=0) as file:
            file.seek(at)
            file.write(page)


@test
def TOK_15_a_page_damaged_while_it_runs():
    """Of the audit, which every change must write; the server has not read it since its start."""
    with scene() as it:
        path = it.server.path("fapid.db")
        assert_equal(it.server.stop(), 0)
        at = page_of(path, "audit")
        it.server.run(SETS)
        it.operator = Operator(it.server)
        it.unchanged()
        with damaged(path, at):
            for name, work in it.writes().items():
                if name == "new_certificate":  # writes no audit
                    continue
                status, fields, answer = work()
                assert_equal((name, status, answer["error"]),
                             (name, 503, "temporarily_unavailable"))
                assert int(fields["retry-after"]) > 0, fields
                it.goes_on()
            assert not it.ready(), "ready with a damaged database"
            it.unchanged()
            assert "store_fault" in it.server.log(), it.server.log()[-2000:]
        until(it.ready, "not ready again")
        it.unchanged()
        it.works()


def refused_to_start(server, says):
    server.run(SETS, wait=False)
    assert_equal(server.process.wait(60), 69)
    last = [line for line in server.log_lines() if line["event"] == "start_failed"][-1]
    assert says in last["reason"] and "fapid.db" in last["reason"], last


@test
def TOK_15_a_corrupt_database_refuses_the_start():
    with scene() as it:
        path = it.server.path("fapid.db")
        assert_equal(it.server.stop(), 0)
        with open(path, "rb") as file:
            whole = file.read()
        assert not os.path.exists(path + "-wal")
        with damaged(path, page_of(path, "party")):
            refused_to_start(it.server, "damaged")
        for content, says in ((whole[:len(whole) // 2], "corrupt"), (b"", "an empty file"),
                              (whole[:-100], "the end of the file is missing"),
                              (b"no database at all\n" * 1000, "not a database")):
            with open(path, "r+b") as file:
                file.truncate(0)
                file.write(content)
            refused_to_start(it.server, says)
            with open(path, "rb") as file:
                assert file.read() == content, "a damaged database was changed"
        with open(path, "r+b") as file:
            file.write(whole)
            file.truncate(len(whole))
        it.server.run(SETS)
        it.operator = Operator(it.server)
        it.unchanged()
        it.works()


if __name__ == "__main__":
    main()
