#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What ends a start, what fapid -t says before one, and the self-probe."""
import json
import os
import re
import shutil
import subprocess

from fapid import DAY, NOW
from operation import CONFIGURATION, FINE, PROBE, line_of, made, put, server_pair
from tap import assert_equal, assert_in, each, main, skip, test


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


if __name__ == "__main__":
    main()
