#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command line and the life of fapid: options, exit codes, start, signals, files it leaves."""
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import tempfile
import time

from operation import made
from tap import assert_equal, assert_in, build_dir, each, main, skip, test

FINE, FAILURE, USAGE, UNAVAILABLE, CONFIGURATION = 0, 1, 2, 69, 78
NOBODY = 65534


def fapid(*args, **options):
    """(exit status, standard output, standard error); for commands that end by themselves."""
    done = subprocess.run([os.path.join(build_dir(), "fapid"), *args], capture_output=True,
                          text=True, timeout=120, check=False, stdin=subprocess.DEVNULL, **options)
    return done.returncode, done.stdout, done.stderr


def ends(server, *args):
    """Starts fapid where it cannot run: (exit status, what it said)."""
    code, out, err = fapid(*server.command(*args)[1:])
    assert_equal(out, "")
    return code, err


def edit(server, old, new):
    with open(server.path("fapid.conf"), encoding="utf-8") as text:
        whole = text.read()
    assert_in(old, whole)
    server.write("fapid.conf", whole.replace(old, new))


# ------------------------------------------------------------------------------------ options

@each(("option", ["--nosuch"]), ("letter", ["-x"]), ("argument", ["start"]),
      ("two", ["-t", "-T"]), ("set", ["--set", "issuer"]), ("no_key", ["--set", "=x"]),
      ("no_value", ["--set"]), ("file", ["-c"]), ("empty", ["-c", ""]))
def usage(args):
    code, out, err = fapid(*args)
    assert_equal((code, out), (USAGE, ""))
    assert err.startswith("fapid: ") and len(err.splitlines()) == 1, err


@test
def help_and_version():
    code, out, err = fapid("--help")
    assert_equal((code, err), (FINE, ""))
    for option in ("-c", "-t", "-T", "--set", "--check-store", "--allow-root"):
        assert_in(option, out)
    code, out, err = fapid("--version")
    assert_equal((code, err), (FINE, ""))
    assert re.fullmatch(r"fapid \d+\.\d+\.\d+\n", out), out


@test
def root_is_refused():
    if os.geteuid() != 0:
        skip("only root is refused for being root")
    with made() as server:
        code, out, err = fapid("-c", server.path("fapid.conf"))
        assert_equal((code, out), (USAGE, ""))
        assert_in("will not run as root", err)
        assert not os.path.exists(server.path("fapid.db"))
        assert_equal(fapid("-t", "-c", server.path("fapid.conf"))[0], FINE)


# ------------------------------------------------------------------------------------ -t

@test
def a_good_configuration_leaves_nothing_behind():
    with made() as server:
        before = sorted(os.listdir(server.folder))
        code, err = ends(server, "-t")
        assert_equal(code, FINE, err)
        assert_in("fapid.conf: fine", err)
        assert_equal(sorted(os.listdir(server.folder)), before)


@each(("unknown", "default_trust = banks", "nosuch = 1", "nosuch"),
      ("twice", "default_trust = banks", "default_trust = banks\ndefault_trust = banks",
       "default_trust"),
      ("section_twice", "listener mtls {", "listener public {", "public"),
      ("trust", "default_trust = banks", "default_trust = nosuch", "nosuch"),
      ("issuer", 'issuer = "https', 'issuer = "http', "issuer"),
      ("word", "client_certificate = request", "client_certificate = perhaps", "perhaps"),
      ("key_twice", 'names = {"localhost"}', 'names = {"localhost"}\nnames = {"localhost"}',
       "names"))
def findings_say_file_and_line(old, new, word):
    with made() as server:
        edit(server, old, new)
        code, err = ends(server, "-t")
        assert_equal(code, CONFIGURATION, err)
        assert re.match(re.escape(server.path("fapid.conf")) + r":\d+: .", err), err
        assert_in(word, err)
        assert_equal(ends(server)[0], CONFIGURATION)
        assert not os.path.exists(server.path("fapid.db"))


@test
def the_line_is_the_one():
    with made() as server:
        edit(server, "default_trust = banks", "default_trust = banks\nnosuch = 1")
        with open(server.path("fapid.conf"), encoding="utf-8") as text:
            line = text.read().splitlines().index("nosuch = 1") + 1
        assert_in(f"fapid.conf:{line}: ", ends(server, "-t")[1])


@each(("certificate", "server-rsa.pem"), ("key", "server-ec.key"), ("anchor", "client-ca.pem"))
def files_are_checked_too(file):
    with made() as server:
        with open(server.path(file), "rb") as kept:
            whole = kept.read()
        server.write(file, b"nothing")
        assert_equal(ends(server, "-t")[0], CONFIGURATION)
        os.unlink(server.path(file))
        code, err = ends(server, "-t")
        assert_equal(code, CONFIGURATION, err)
        assert_in(file, err)
        server.write(file, whole)
        assert_equal(ends(server, "-t")[0], FINE)


@test
def no_file():
    code, out, err = fapid("-t", "-c", "/nowhere/fapid.conf")
    assert_equal((code, out), (CONFIGURATION, ""))
    assert_in("/nowhere/fapid.conf", err)


# ------------------------------------------------------------------------------------ -T, --set

def settings(text):
    """What a configuration says: lines without comments and blanks."""
    lines = (re.sub(r"\s+#.*$", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


@test
def what_is_printed_can_be_read():
    with made() as server:
        code, first, err = fapid("-T", "-c", server.path("fapid.conf"))
        assert_equal((code, err), (FINE, ""))
        assert_in(server.path("fapid.conf"), first)  # origins
        file = server.write("printed.conf", first)
        code, second, err = fapid("-T", "-c", file)
        assert_equal((code, err), (FINE, ""))
        assert_equal(settings(second), settings(first))
        assert_equal(fapid("-t", "-c", file)[0], FINE)


@test
def settings_on_the_command_line():
    with made() as server:
        file = server.path("fapid.conf")
        code, out, _ = fapid("-T", "-c", file, "--set", "lifetime.access_token=7s", "--set",
                             "listener.mtls.client_certificate=require", "--set", "workers=1",
                             "--set", "workers=2")
        assert_equal(code, FINE)
        assert re.search(r"access_token = 7s?\b", out), out
        assert re.search(r"client_certificate = require\b", out), out
        assert re.search(r"workers = 2\b", out), out
        for bad in ("nosuch=1", "lifetime.access_token=0", "lifetime.access_token=x",
                    "listener.nosuch.address=127.0.0.1:1", "workers=-1", "workers="):
            code, out, err = fapid("-t", "-c", file, "--set", bad)
            assert_equal((code, out), (CONFIGURATION, ""), bad)
            assert_in("command line: ", err, bad)


# ------------------------------------------------------------------------------------ start and end

@each(("sigterm", signal.SIGTERM), ("sigint", signal.SIGINT))
def signals_end_it(number):
    with made() as server:
        server.run()
        assert_equal(server.stop(number), FINE)
        events = [line["event"] for line in server.log_lines()]
        for event in ("starting", "listening", "started", "stopping", "stopped"):
            assert_in(event, events)
        assert not os.path.exists(server.socket)
        server.run()  # and it starts again


@test
def an_open_connection_does_not_hold_it():
    with made() as server:
        server.run()
        with socket.create_connection(("127.0.0.1", server.mtls_port)):
            began = time.monotonic()
            assert_equal(server.stop(), FINE)
            assert time.monotonic() - began < 20


@test
def D2_a_second_on_the_same_store():
    with made() as server:
        server.run()
        code, err = ends(server, "--set", "listener.public.address=127.0.0.1:0", "--set",
                         "listener.mtls.address=127.0.0.1:0", "--set", "admin.http=",
                         "--set", f"admin.socket={server.path('second.sock')}")
        assert_equal(code, UNAVAILABLE, err)
        assert_equal(server.admin_get("/health/ready")[0], 200)
        assert_equal(server.ctl("client", "list"), [])


@each(("tls", "mtls_port"), ("admin", "admin_port"))
def a_port_that_is_taken(port):
    with made() as server, socket.socket() as holder:
        holder.bind(("127.0.0.1", getattr(server, port)))
        holder.listen()
        for more in ((), ("--set", "log.level=error")):  # never in silence
            code, err = ends(server, *more)
            assert_equal(code, UNAVAILABLE, err)
            assert_in(str(getattr(server, port)), err)
            assert_in("start_failed", err)


# ------------------------------------------------------------------------------------ the store

@test
def D14_check_store():
    with made() as server:
        server.run()
        server.register_resource()
        code, err = ends(server, "--check-store")
        assert_equal(code, UNAVAILABLE, err)  # it is in use
        server.stop()
        code, err = ends(server, "--check-store")
        assert_equal(code, FINE, err)
        with open(server.path("fapid.db"), "r+b") as db:
            db.seek(4096)
            db.write(b"\xa5" * 4096)
        code, err = ends(server, "--check-store")
        assert_equal(code, UNAVAILABLE, err)
        assert len(err.splitlines()) >= 1, err


@each(("newer", "PRAGMA user_version = 9999", "newer"),
      ("foreign", "PRAGMA application_id = 7", "not one of fapid"))
def D14_a_database_it_does_not_know(pragma, word):
    with made() as server:
        server.run()
        server.stop()
        db = sqlite3.connect(server.path("fapid.db"))
        db.execute(pragma)
        db.commit()
        db.close()
        code, err = ends(server)
        assert_equal(code, UNAVAILABLE, err)
        assert_in(word, err)


@test
def D14_no_database():
    with made() as server:
        server.write("fapid.db", b"this is a text, and long enough for a header " * 100)
        assert_equal(ends(server)[0], UNAVAILABLE)
        os.unlink(server.path("fapid.db"))
        code, err = ends(server, "--set", "store.path=/nowhere/fapid.db")
        assert_equal(code, UNAVAILABLE, err)
        server.run()


@test
def D16_the_key_encryption_key():
    with made() as server:
        server.run()
        server.stop()
        os.chmod(server.path("kek"), 0o604)
        assert_equal(ends(server)[0], CONFIGURATION)
        os.chmod(server.path("kek"), 0o600)
        os.rename(server.path("kek"), server.path("kept"))
        code, err = ends(server)  # a new one would open nothing
        assert_equal(code, CONFIGURATION, err)
        assert not os.path.exists(server.path("kek"))
        server.write("kek", os.urandom(32))
        code, err = ends(server)
        assert_equal(code, CONFIGURATION, err)
        os.replace(server.path("kept"), server.path("kek"))
        server.run()


@test
def D16_files_are_closed_to_others():
    with made() as server:
        server.run()
        server.register_resource()
        seen = {one.name: stat.S_IMODE(one.stat().st_mode) for one in os.scandir(server.folder)}
        for file in ("fapid.db", "fapid.db-wal", "fapid.db-shm", "fapid.db.lock", "kek",
                     "audit.jsonl", "admin.sock"):
            assert_equal(oct(seen[file]), oct(0o600), file)


@test
def D16_the_audit_file_is_no_link():
    with made() as server:
        os.symlink(server.path("elsewhere"), server.path("audit.jsonl"))
        code, err = ends(server)
        assert_equal(code, CONFIGURATION, err)
        assert not os.path.exists(server.path("elsewhere"))
        os.unlink(server.path("audit.jsonl"))
        server.run()


# ------------------------------------------------------------------------------------ hardening

@test
def D16_no_core_is_dumped():
    with made() as server:
        server.run()
        with open(f"/proc/{server.process.pid}/limits", encoding="ascii") as limits:
            core = next(line for line in limits if line.startswith("Max core file size"))
        assert_equal(core.split()[4:6], ["0", "0"])


def open_the_way(folder):
    """Lets other users pass through the temporary folders above."""
    above = os.path.dirname(folder)
    while above.startswith(tempfile.gettempdir() + "/"):
        os.chmod(above, os.stat(above).st_mode | 0o011)
        above = os.path.dirname(above)


@test
def D16_an_unprivileged_user_and_not_dumpable():
    """Files in /proc of a process that is not dumpable belong to root (prctl(2))."""
    if os.geteuid() != 0:
        skip("only root can start it as another user")
    with made() as server:
        program = shutil.copy(os.path.join(build_dir(), "fapid"), server.path("program"))
        for entry in os.scandir(server.folder):
            os.chown(entry.path, NOBODY, NOBODY)
        os.chown(server.folder, NOBODY, NOBODY)
        os.chmod(program, 0o755)
        open_the_way(server.folder)

        def become():
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)

        with open(server.log_path, "ab") as log:
            server.process = subprocess.Popen(["./program", "-c", "fapid.conf"], cwd=server.folder,
                                              preexec_fn=become, stderr=log,
                                              stdin=subprocess.DEVNULL)
        server.wait_ready()
        proc = f"/proc/{server.process.pid}"
        with open(proc + "/status", encoding="ascii") as status:
            uid = next(line for line in status if line.startswith("Uid:"))
        assert_equal(uid.split()[1:], [str(NOBODY)] * 4)
        assert_equal(os.stat(proc + "/environ").st_uid, 0)
        assert_equal(server.ctl("client", "list"), [])  # root may
        server.register_resource()
        assert_equal(os.stat(server.path("fapid.db")).st_uid, NOBODY)
        # a sanitizer cannot look into a process that is not dumpable: its status tells nothing
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        server.process = None


@test
def MTLS_118_the_log_is_json_or_plain():
    with made() as server:
        server.run()
        server.stop()
        for line in server.log().splitlines():
            assert {"ts", "level", "event"} <= set(json.loads(line)), line
        os.unlink(server.log_path)
        server.run(["log.format=plain", "log.level=notice"])
        server.request("GET", "/nowhere")
        server.stop()
        lines = server.log().splitlines()
        assert lines and not any(line.startswith("{") for line in lines), lines
        assert not any(" info " in line for line in lines), lines


if __name__ == "__main__":
    main()
