#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The wall clock of a running server jumps (libfaketime); the monotonic clock goes on as it is.

Nothing that was taken away comes back, no key is lost, tokens and certificates are judged by the
wall clock of each request, and the server keeps serving, in 2038 and 2106 too.
"""
import datetime
import glob
import json
import os
import re
import subprocess
import time

from fapid import DAY, NOW, Authority, Fapid, error_of
from tap import assert_equal, build_dir, each, main, skip, test

MINUTE, HOUR, YEAR = 60, 3600, 365 * 86400
LIFETIME = 300
SETS = [f"lifetime.access_token={LIFETIME}s", "authentication.failures_per_minute=1000000",
        "keys.algs=ES256", "keys.rotate_every=30d"]
JUMPS = (("hour_on", HOUR), ("hour_back", -HOUR), ("year_on", YEAR), ("year_back", -YEAR))
EPOCH = datetime.datetime(1970, 1, 1)

server = alice = api = None


def preloaded():
    """What makes a program see the clock of a file. A sanitizer wants to be the first library."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        skip("libfaketime is not installed")
    linked = subprocess.run(["ldd", os.path.join(build_dir(), "fapid")], capture_output=True,
                            text=True, check=True).stdout
    return " ".join(re.findall(r"=> (\S*/lib[at]san\S*)", linked) + found)


def put_clock(seconds):
    """The wall clock of the server is now so far ahead of ours."""
    server.write("clock.new", f"{int(seconds):+d}\n")
    os.replace(server.path("clock.new"), server.path("clock"))


def environment():
    return {"LD_PRELOAD": preloaded(), "FAKETIME_TIMESTAMP_FILE": server.path("clock"),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # or waits for a time of the monotonic clock end at once
            "FAKETIME_FORCE_MONOTONIC_FIX": "0"}


def need_library():
    """It waits for ever where semaphores cannot be shared (a root without /dev/shm)."""
    with subprocess.Popen(server.command("--version"), env={**os.environ, **environment()},
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as tried:
        try:
            assert_equal(tried.wait(20), 0, "the status of fapid --version under libfaketime")
        except subprocess.TimeoutExpired:
            tried.kill()
            skip("libfaketime does not work here")


def run(sets=()):
    server.run([*SETS, *sets], env=environment())


def setup():
    global server, alice, api
    long = {"not_before": NOW - 10 * 365 * DAY, "not_after": datetime.datetime(2200, 1, 1)}
    server = Fapid.make()
    server.client_ca = Authority(server.folder, "client CA", **long)
    server.write("client-ca.pem", server.client_ca.pem())
    put_clock(0)
    need_library()
    run()
    api = server.register_resource(cert=server.client_ca.issue("api", **long))
    alice = server.register_client("alice", server.client_ca.issue("alice", **long))


def teardown():
    server.close()


def start():
    """A server whose clock is right."""
    put_clock(0)
    if server.process is None:
        run()


def issue():
    """A new token, once all that its answer and its inside say of time is right."""
    status, _, body = server.ask_token(alice)
    assert_equal(status, 200, body)
    answer = json.loads(body)
    assert_equal(answer["expires_in"], LIFETIME, "expires_in")
    return answer["access_token"]


def is_active(token):
    return server.introspect(api, token)["active"]


def revoke(token):
    status, _, body = server.post(alice.cert, "/revoke",
                                  form={"client_id": alice.id, "token": token})
    assert_equal((status, body), (200, ""), "revocation")


def keys():
    return sorted((key["kid"], key["state"]) for key in server.ctl("key", "list"))


def check_serves():
    """A whole round of the server's day; the times of a token are those of the wall clock."""
    token = issue()
    seen = server.introspect(api, token)
    assert_equal(seen["active"], True, "a token just issued: active")
    assert_equal(seen["exp"] - seen["iat"], LIFETIME)
    revoke(token)
    assert_equal(is_active(token), False, "a token just revoked: active")
    assert_equal(server.admin_get("/health/ready")[0], 200)
    return seen["iat"]


# ------------------------------------------------------------------------------------ jumps

@each(*JUMPS)
def TOK_147_tokens_end_by_the_wall_clock(jump):
    start()
    before = issue()
    put_clock(jump)
    assert_equal(is_active(before), False, "a token of another time: active")
    at = check_serves()
    assert abs(at - time.time() - jump) < MINUTE, at - time.time()
    during = issue()
    put_clock(jump + LIFETIME + 1)
    assert_equal(is_active(during), False, "a token at its end: active")
    put_clock(jump)
    assert_equal(is_active(during), True, "a token before its end: active")
    put_clock(0)
    assert_equal(is_active(before), True, "a token once the clock is put right: active")
    assert_equal(is_active(during), False, "a token of the wrong time: active")
    check_serves()


@each(*JUMPS)
def TOK_170_what_was_revoked_stays_so(jump):
    start()
    before, until = issue(), issue()
    revoke(before)
    put_clock(jump)
    revoke(until)  # it seems over, or yet to come
    for now in (jump, 0, -jump, 0):
        put_clock(now)
        assert_equal((is_active(before), is_active(until)), (False, False), f"active at {now:+d}")


@each(*JUMPS)
def TOK_170_a_start_at_a_wrong_time_sweeps_no_revocation(jump):
    start()
    token = issue()
    revoke(token)
    assert_equal(server.stop(), 0)
    put_clock(jump)
    run()
    time.sleep(2.5)
    put_clock(0)
    assert_equal(is_active(token), False, "a revoked token: active")
    assert_equal(server.stop(), 0)


@each(*JUMPS)
def REG_146_no_key_is_lost(jump):
    start()
    had, token, document = keys(), issue(), server.request("GET", "/jwks", port=server.port)[2]
    put_clock(jump)
    check_serves()
    assert_equal(keys(), had, "the keys after the jump")
    assert_equal(server.request("GET", "/jwks", port=server.port)[2], document, "/jwks")
    put_clock(0)
    assert_equal(keys(), had, "the keys once the clock is put right")
    assert_equal(is_active(token), True, "a token issued before: active")


@each(*JUMPS)
def REG_146_a_start_at_a_wrong_time_loses_no_key(jump):
    start()
    had, token = keys(), issue()
    assert_equal(server.stop(), 0)
    put_clock(jump)
    run()
    time.sleep(1.5)
    check_serves()
    now = dict(keys())
    assert set(dict(had)) <= set(now), (had, now)
    assert list(now.values()).count("active") == 2, now
    put_clock(0)
    assert_equal(is_active(token), True, "a token issued before: active")
    assert_equal(server.stop(), 0)


@test
def MTLS_20_the_dates_of_a_certificate_are_judged_at_each_request():
    start()
    bob = server.register_client("bob")
    kept = server.https(bob.cert)
    body = f"grant_type=client_credentials&client_id={bob.id}"
    fields = {"Content-Type": "application/x-www-form-urlencoded"}
    wanted = {0: (200, None), HOUR: (200, None), -HOUR: (200, None),
              YEAR: (401, "cert_expired"), -YEAR: (401, "cert_not_yet_valid")}
    try:
        for jump, (status, reason) in [*wanted.items(), *reversed(wanted.items())]:
            put_clock(jump)
            kept.request("POST", "/token", body, fields)
            answer = kept.getresponse()
            answer.read()
            assert_equal(answer.status, status, f"the status at {jump:+d}")
            assert_equal(server.ask_token(bob)[0], status, f"of a new connection at {jump:+d}")
            if reason:
                assert_equal(server.log_lines()[-1]["reason"], reason)
    finally:
        kept.close()


@test
def TOK_147_a_bound_token_ends_with_its_certificate_by_the_wall_clock():
    start()
    carol = server.register_client("carol")
    ends = (carol.cert.cert.not_valid_after - EPOCH).total_seconds()
    put_clock(ends - time.time() - MINUTE * 4)
    status, _, body = server.ask_token(carol)
    assert_equal(status, 200, body)
    left = json.loads(body)["expires_in"]
    assert 0 < left < MINUTE * 5, left
    put_clock(ends - time.time() + MINUTE)
    assert_equal(error_of(server.ask_token(carol)), (401, "invalid_client"))
    assert_equal(is_active(json.loads(body)["access_token"]), False)


# ------------------------------------------------------------------------------------ far off

@each(("2038", datetime.datetime(2038, 1, 19, 3, 14, 6)),
      ("2106", datetime.datetime(2106, 2, 7, 6, 28, 14)))
def TOK_63_times_of_64_bits(when):
    """Across the end of 31 and 32 bits, running and at the start."""
    start()
    at = int((when - EPOCH).total_seconds())
    put_clock(at - int(time.time()))
    token = issue()
    time.sleep(2.5)
    assert is_active(token)
    seen = check_serves()
    assert at < seen < at + MINUTE, (at, seen)
    assert server.log_lines()[-1]["ts"].startswith(when.strftime("%Y-%m-")), "the log"
    assert_equal(server.stop(), 0)
    run()
    assert at < check_serves() < at + 2 * MINUTE
    assert_equal(is_active(token), True, "a token after a start: active")
    assert_equal(server.stop(), 0)


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
