# SPDX-License-Identifier: Apache-2.0
"""What the programs of tests/bench share: the build, nginx as the measure, processor time, tables.

    folder = bench.build()                     # FAPID_BUILD, or the release preset
    server = fapid.Fapid.make()
    server.run(["lifetime.access_token=1h"])
    with bench.nginx(server) as (front, port): # the same certificates, suites and groups
        before = bench.cpu_seconds(server.process.pid)
"""
import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "conformance"))

from fapid import free_ports  # noqa: E402 pylint: disable=wrong-import-position

SUITES = ("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
          "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384")
# 200 octets of JSON: less than a token or an introspection, so that the measure is not made easier.
ANSWER = '{"nginx":"%s"}' % ("-" * 188)
SHARED = "shared:sessions:10m"


def build(*targets):
    """The folder of a build that is up to date: FAPID_BUILD, or the release preset."""
    found = os.environ.get("FAPID_BUILD")
    folder = found or str(ROOT / "build" / "release")
    commands = [] if found else [["cmake", "--preset", "release"]]
    commands.append(["cmake", "--build", folder, "--target",
                     *(targets or ("fapid", "fapictl", "bench_load"))])
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        if done.returncode != 0:
            sys.exit(done.stdout + "\nthe build failed")
    os.environ["FAPID_BUILD"] = folder
    return Path(folder)


# ---------------------------------------------------------------------------------- nginx --------

def nginx_conf(server, port, quiet=False, cache=SHARED):
    """nginx at its best: as many workers as cores (two, where the figures were made), and nothing
    between the handshake and a constant answer. A client certificate is asked for and proves its
    key, as at fapid, but no chain is built for it."""
    log = "off" if quiet else server.path("access.log")
    return f"""
daemon off;
worker_processes {len(os.sched_getaffinity(0))};
pid {server.path("nginx.pid")};
error_log stderr error;
events {{ worker_connections 16384; }}
http {{
    access_log {log};
    client_body_temp_path {server.path("temp")};
    proxy_temp_path {server.path("temp")};
    fastcgi_temp_path {server.path("temp")};
    uwsgi_temp_path {server.path("temp")};
    scgi_temp_path {server.path("temp")};
    keepalive_requests 100000000;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {server.path("server-rsa.pem")};
        ssl_certificate_key {server.path("server-rsa.key")};
        ssl_certificate {server.path("server-ec.pem")};
        ssl_certificate_key {server.path("server-ec.key")};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_ciphers {SUITES};
        ssl_prefer_server_ciphers on;
        ssl_ecdh_curve X25519:P-256:P-384;
        ssl_verify_client optional_no_ca;
        ssl_session_cache {cache};
        ssl_session_tickets off;
        location / {{ default_type application/json; return 200 '{ANSWER}'; }}
    }}
}}
"""


def wait_for_port(process, port, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), \
                contextlib.closing(socket.create_connection(("127.0.0.1", port))):
            return
        time.sleep(0.02)
    sys.exit("nginx does not run")


@contextlib.contextmanager
def nginx(server, quiet=False, cache=SHARED):
    """(process, port); its files lie in the folder of `server`."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        sys.exit("nginx is not installed")
    port = free_ports(1)[0]
    os.makedirs(server.path("temp"), exist_ok=True)
    server.write("nginx.conf", nginx_conf(server, port, quiet, cache))
    process = subprocess.Popen([program, "-p", server.folder, "-e", "stderr", "-c",
                                server.path("nginx.conf")], stdin=subprocess.DEVNULL)
    try:
        wait_for_port(process, port)
        yield process, port
    finally:
        process.terminate()
        process.wait(30)


# ---------------------------------------------------------------------------------- processors ---

def family(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [pid, *(int(child) for child in children.read().split())]


_libc = ctypes.CDLL(None, use_errno=True)


def process_seconds(pid):
    """Processor time of all threads of a process, those that have ended included, in nanoseconds
    (/proc/PID/stat counts in steps of 10 ms)."""
    clock = ctypes.c_int()
    error = _libc.clock_getcpuclockid(pid, ctypes.byref(clock))
    if error != 0:
        raise ProcessLookupError(error, os.strerror(error))
    return time.clock_gettime(clock.value)


def cpu_seconds(pid):
    """Processor time of a server: its process and the children of it."""
    return sum(process_seconds(one) for one in family(pid))
