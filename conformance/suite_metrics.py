#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Metrics as Prometheus reads them: promtool has no complaint, and the numbers are of what happened.

FAPID_PROMTOOL names the program; tests/run unpacks it from Debian's package to build/tools.
"""
import os
import re
import shutil
import subprocess

from fapid import Fapid
from tap import assert_equal, main, skip, test

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
METRIC = re.compile(r"^(fapid_[a-z0-9_]+)(\{[^}]*\})? (-?[0-9.e+]+)$")

server = resource = alice = None


def setup():
    global server, resource, alice
    server = Fapid.start()
    resource = server.register_resource()
    alice = server.register_client("alice")


def teardown():
    server.close()


def metrics():
    status, text = server.admin_get("/metrics")
    assert_equal(status, 200)
    return text


def values():
    found = {}
    for line in metrics().splitlines():
        if not line.startswith("#"):
            match = METRIC.match(line)
            assert match, f"no metric: {line}"
            found[match[1]] = float(match[3])
    return found


def promtool():
    told = os.environ.get("FAPID_PROMTOOL") or os.path.join(HERE, "build", "tools", "promtool")
    return told if os.access(told, os.X_OK) else shutil.which("promtool")


def check(text):
    program = promtool()
    if program is None:
        skip("promtool is not here")
    return subprocess.run([program, "check", "metrics"], input=text, capture_output=True, text=True,
                          timeout=60, check=False)


@test
def promtool_has_no_complaint():
    server.token(alice)
    done = check(metrics())
    assert_equal((done.returncode, done.stdout + done.stderr), (0, ""))


@test
def promtool_would_complain():
    """The check itself: a counter without _total is one of its complaints."""
    done = check("# HELP x Help.\n# TYPE x counter\nx 1\n")
    assert done.returncode != 0 and "_total" in done.stdout + done.stderr, done


@test
def every_metric_has_help_and_type():
    text = metrics()
    for metric in values():
        assert re.search(rf"^# HELP {metric} \S", text, re.M), metric
        assert re.search(rf"^# TYPE {metric} (counter|gauge)$", text, re.M), metric


@test
def numbers_are_of_what_happened():
    before = values()
    token = server.token(alice)
    assert server.introspect(resource, token)["active"]
    assert_equal(server.ask_token(alice, cert=resource.cert)[0], 401)
    after = values()

    def grew(metric):
        return after[f"fapid_{metric}"] - before[f"fapid_{metric}"]
    assert_equal((grew("tokens_issued_total"), grew("tokens_introspected_total"),
                  grew("client_authentications_total"),
                  grew("client_authentications_failed_total")), (1, 1, 2, 1))
    assert grew("requests_total") >= 3 and grew("handshakes_total") >= 3


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
