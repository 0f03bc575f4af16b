# SPDX-License-Identifier: Apache-2.0
"""What the suites of a fapid in operation share: one that runs with a configuration that changes."""
import contextlib
import json
import os
import resource as limits
import signal
import socket
import ssl
import subprocess
import time
import urllib.parse

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from fapid import Fapid, roundtrip
from tap import assert_in

FINE, UNREACHABLE, PROBE, CONFIGURATION = 0, 5, 70, 78
SECONDS = 60  # a thing that must happen has happened by then
METADATA = "/.well-known/oauth-authorization-server"


@contextlib.contextmanager
def running(sets=(), env=None, **changes):
    server = Fapid.make(**changes)
    try:
        server.run(sets, env=env)
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def made(**changes):
    server = Fapid.make(**changes)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def largest_file(server, octets):
    """No file of the server grows beyond so many octets, as on a full disk (getrlimit(2))."""
    pid = server.process.pid
    old = limits.prlimit(pid, limits.RLIMIT_FSIZE)
    limits.prlimit(pid, limits.RLIMIT_FSIZE, (octets, old[1]))
    try:
        yield
    finally:
        limits.prlimit(pid, limits.RLIMIT_FSIZE, old)


def until(what, happens, seconds=SECONDS):
    end = time.monotonic() + seconds
    while True:
        found = happens()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: does not happen"
        time.sleep(0.02)


def events(server, name):
    return [line for line in server.log_lines() if line["event"] == name]


def reload(server, event="reloaded"):
    """SIGHUP; the line that says how it ended."""
    before = len(events(server, event))
    server.process.send_signal(signal.SIGHUP)
    return until(event, lambda: events(server, event)[before:])[0]


def edit(server, old, new):
    with open(server.path("fapid.conf"), encoding="utf-8") as text:
        whole = text.read()
    assert_in(old, whole)
    server.write("fapid.conf", whole.replace(old, new))


def line_of(server, part):
    with open(server.path("fapid.conf"), encoding="utf-8") as text:
        return next(n for n, line in enumerate(text, 1) if part in line)


def server_pair(server, kind="ec", **changes):
    return server.server_ca.issue("localhost", [x509.DNSName("localhost")], kind,
                                  (ExtendedKeyUsageOID.SERVER_AUTH,), **changes)


def put(server, file, content):
    """As rotation does it: a new file takes the place of the old one."""
    server.write(file + ".new", content)
    os.chmod(server.path(file + ".new"), 0o600)
    os.replace(server.path(file + ".new"), server.path(file))


def install(server, kind="ec"):
    fresh = server_pair(server, kind)
    put(server, f"server-{kind}.pem", fresh.pem())
    put(server, f"server-{kind}.key", fresh.key_pem())
    return fresh


def shown(server, kind="ec", port=None):
    """The certificate that a newcomer is shown."""
    context = server.context()
    suites = {"ec": "ECDHE-ECDSA-AES128-GCM-SHA256", "rsa": "ECDHE-RSA-AES128-GCM-SHA256"}
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suites[kind])
    with socket.create_connection(("127.0.0.1", port or server.port), timeout=30) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            return tls.getpeercert(True)


def ask(connection, party, path="/token", **parameters):
    form = {"client_id": party.id, "grant_type": "client_credentials", **parameters}
    return roundtrip(connection, "POST", path, urllib.parse.urlencode(form),
                     {"Content-Type": "application/x-www-form-urlencoded"})


def algs(server):
    return {key["alg"] for key in json.loads(server.request("GET", "/jwks")[2])["keys"]}


def until_failing(server):
    until("a failed write", lambda: server.metric("audit_write_failures_total") > 0)


def listen(port, family=socket.AF_INET):
    made_socket = socket.socket(family, socket.SOCK_STREAM)
    made_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made_socket.bind(("127.0.0.1", port))
    made_socket.listen(64)
    return made_socket


def run_with(server, sockets, **changes):
    """Starts it as a service manager with sockets does: {name: socket}."""
    high = [os.dup2(one.fileno(), 100 + i) for i, one in enumerate(sockets.values())]

    def hand_over():
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i)

    # a shell knows its own process id, which exec keeps
    env = {**os.environ, "LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": ":".join(sockets),
           **changes}
    with open(server.log_path, "ab") as log:
        server.process = subprocess.Popen(
            ["/bin/sh", "-c", 'export LISTEN_PID="${LISTEN_PID-$$}"; exec "$@"', "sh",
             *server.command()], env=env, stderr=log, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, pass_fds=[3 + i for i in range(len(high))],
            preexec_fn=hand_over)
    for fd in high:
        os.close(fd)
