# SPDX-License-Identifier: Apache-2.0
"""What the programs of tests/bench share: the build, nginx as the measure, processor time, tables.

    folder = bench.build()                     # FAPID_BUILD, or the release preset
    server = fapid.Fapid.make()
    server.run(["lifetime.access_token=1h"])
    with bench.nginx(server) as (front, port): # the same certificates, suites and groups
        before = bench.cpu_seconds(front.pid)

and `Load`, the load of bench_load.
"""
import atexit
import contextlib
import ctypes
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "conformance"))

from fapid import free_ports  # noqa: E402 pylint: disable=wrong-import-position

SUITES = ("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
          "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384")
SUITES_13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
# 200 octets of JSON: less than a token or an introspection, so that the measure is not made easier.
ANSWER = '{"nginx":"%s"}' % ("-" * 188)
SHARED = "shared:sessions:10m"
BUILTIN = "builtin:4096"


def build(*targets):
    """The folder of a build that is up to date: FAPID_BUILD, or the release preset."""
    found = os.environ.get("FAPID_BUILD")
    folder = found or str(ROOT / "build" / "release")
    commands = [] if found else [["cmake", "--preset", "release", "-DFAPID_TESTS=ON"]]
    commands.append(["cmake", "--build", folder, "--target",
                     *(targets or ("fapid", "fapictl", "bench_load"))])
    for command in commands:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        if done.returncode != 0:
            sys.exit(done.stdout + "\nthe build failed")
    os.environ["FAPID_BUILD"] = folder
    return Path(folder)


# ---------------------------------------------------------------------------------- memory -------

def within(megabytes, command):
    """The command in a cgroup of its own that has so much memory; as root."""
    lines = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    groups = dict(line.split(":", 2)[1:] for line in lines)
    if "memory" in groups:
        parent, bound = Path("/sys/fs/cgroup/memory" + groups["memory"]), "memory.limit_in_bytes"
    else:
        parent, bound = Path("/sys/fs/cgroup" + groups[""]), "memory.max"
    own = parent / f"fapid-bench-{os.getpid()}"
    if not own.exists():
        own.mkdir()
        atexit.register(own.rmdir)
    (own / bound).write_text(str(megabytes << 20), encoding="ascii")
    return ["sh", "-c", f'echo $$ > {own}/cgroup.procs && exec "$0" "$@"', *command]


# ---------------------------------------------------------------------------------- nginx --------

def nginx_conf(server, port, quiet=False, cache=SHARED):
    """nginx at its best: as many workers as cores (two, where the figures were made), and nothing
    between the handshake and a constant answer. A client certificate is asked for and proves its
    key, as at fapid, but no chain is built for it."""
    log = "off" if quiet else server.path("access.log")
    return f"""
daemon off;
worker_processes {len(os.sched_getaffinity(0))};
pid {server.path(f"nginx-{port}.pid")};
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
        ssl_conf_command Ciphersuites {SUITES_13};
        ssl_prefer_server_ciphers on;
        ssl_ecdh_curve X25519:P-256:P-384;
        ssl_verify_client optional_no_ca;
        ssl_session_cache {cache};
        ssl_session_tickets off;
        ssl_conf_command NumTickets 1;
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


def nginx_program():
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        sys.exit("nginx is not installed")
    return program


@contextlib.contextmanager
def nginx(server, quiet=False, cache=SHARED):
    """(process, port); its files lie in the folder of `server`."""
    port = free_ports(1)[0]
    os.makedirs(server.path("temp"), exist_ok=True)
    conf = server.write(f"nginx-{port}.conf", nginx_conf(server, port, quiet, cache))
    process = subprocess.Popen([nginx_program(), "-p", server.folder, "-e", "stderr", "-c", conf],
                               stdin=subprocess.DEVNULL)
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


# ---------------------------------------------------------------------------------- load ---------

THREADS = 2
CONNECTIONS = 16
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


def question(method, path, form=None):
    """The octets of a request."""
    body = urllib.parse.urlencode(form) if form else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    return head + (FORM + f"Content-Length: {len(body)}\r\n\r\n{body}" if form else "\r\n")


class Load:
    """bench_load (see load.c), whose connections stand and have asked once; `tls` is 1.2-rsa,
    1.3-rsa or 1.3-ecdsa, `asked` the file of a question.

        with bench.Load(server, "kept", server.mtls_port, "1.3-ecdsa", cert, asked, 24000) as load:
            seconds, p50, p99 = load.measure()   # the last two in milliseconds
    """

    def __init__(self, server, mode, port, tls, cert, asked, requests=0, connections=CONNECTIONS):
        program = Path(os.environ["FAPID_BUILD"]) / "tests" / "bench" / "bench_load"
        self.requests = requests // THREADS * THREADS
        command = [str(program), mode, str(THREADS), str(connections), str(self.requests),
                   str(port), tls, *cert.files(), server.path("server-ca.pem"), asked]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)
        self.negotiated = self._line()

    def _line(self):
        line = self.process.stdout.readline().strip()
        if not line:
            self.close()
            raise RuntimeError(f"bench_load ended with status {self.process.returncode}")
        return line

    def measure(self):
        self.process.stdin.write("\n")
        return tuple(float(word) for word in self._line().split())

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# ---------------------------------------------------------------------------------- tables -------

def spread(values, digits=2):
    """Median and range."""
    return (f"{statistics.median(values):.{digits}f} "
            f"({min(values):.{digits}f} to {max(values):.{digits}f})")


def table(columns, rows):
    """A table as Markdown has it, and as one reads it in a terminal."""
    widths = [max(len(str(row[i])) for row in [columns, *rows]) for i in range(len(columns))]
    lines = ["| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |"
             for row in [columns, *rows]]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def said(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return done.stdout.strip().splitlines()[0]


def machine():
    """One line on what the figures were made with."""
    with open("/proc/cpuinfo", encoding="ascii") as info:
        model = next((line.split(":", 1)[1].strip() for line in info
                      if line.startswith("model name")), platform.machine())
    return (f"{len(os.sched_getaffinity(0))} cores ({model}), Linux {platform.release()}, "
            f"{' '.join(said('openssl', 'version').split()[:2])}, "
            f"{said(nginx_program(), '-v').split(': ')[1]}")


README = Path(__file__).resolve().parent / "README.md"


def write(section, text):
    """Puts the text between the markers of a section of tests/bench/README.md."""
    before, begin, rest = README.read_text().partition(f"<!-- {section} -->\n")
    _, end, after = rest.partition(f"<!-- end of {section} -->\n")
    if not begin or not end:
        sys.exit(f"{README.name} has no section {section}")
    README.write_text(f"{before}{begin}\n{text}\n\n{end}{after}")
