#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The service manager: its messages, its sockets, its units."""
import contextlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

from operation import (CONFIGURATION, FINE, METADATA, SECONDS, edit, events, listen, made, reload,
                       run_with)
from tap import assert_equal, assert_in, build_dir, each, main, skip, test

SO_TIMESTAMPNS = 35  # asm-generic/socket.h


class Manager:
    """What a service manager is to its services: a socket for their messages."""
    def __init__(self, folder, abstract=False):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = os.path.join(folder, "notify")
        self.socket.bind("\0" + name if abstract else name)
        self.socket.settimeout(SECONDS)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sent_at = None  # of the last message, whenever this program came to hear it
        self.env = {"NOTIFY_SOCKET": ("@" if abstract else "") + name}

    def message(self):
        octets, ((_, _, stamp),), _, _ = self.socket.recvmsg(4096, 256)
        seconds, nanoseconds = struct.unpack("ll", stamp)
        self.sent_at = seconds + nanoseconds / 1e9
        return dict(line.split("=", 1) for line in octets.decode().split("\n"))

    def told_before(self, asks):
        """Who asks for a reload may be the manager's own ExecReload=, which is over when it is told:
        both messages are there by then."""
        asks()
        self.socket.setblocking(False)
        assert_equal((self.message()["RELOADING"], self.message()["READY"]), ("1", "1"))
        self.socket.settimeout(SECONDS)

    def wait(self, name):
        """The next message that has this variable; messages before it, but for signs of life."""
        before = []
        while True:
            message = self.message()
            if name in message:
                return message, before
            if "WATCHDOG" not in message:
                before.append(message)


@each(("path", False), ("abstract", True))
def the_service_manager_is_told(abstract):
    with made() as server:
        manager = Manager(server.folder, abstract)
        server.run(env=manager.env, wait=False)
        ready, before = manager.wait("READY")
        assert_equal((ready["READY"], before), ("1", []))
        assert_in("STATUS", ready)
        socket.create_connection(("127.0.0.1", server.port), timeout=30).close()  # it listens
        server.wait_ready()
        began = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        server.process.send_signal(signal.SIGHUP)
        message = manager.message()
        assert_equal(message["RELOADING"], "1")
        assert began <= int(message["MONOTONIC_USEC"]) <= began + SECONDS * 1000000, message
        ready = manager.message()
        assert_equal(ready["READY"], "1")
        assert_in("generation 2", ready["STATUS"])
        edit(server, "profiles =", "nosuch = 1\nprofiles =")
        server.process.send_signal(signal.SIGHUP)
        assert_equal(manager.message()["RELOADING"], "1")
        ready = manager.message()  # the old goes on
        assert_equal(ready["READY"], "1")
        assert_in("generation 2 of the configuration; the last reload was refused", ready["STATUS"])
        manager.told_before(lambda: server.ctl("reload", status=1))
        edit(server, "nosuch = 1\nprofiles =", "profiles =")
        manager.told_before(lambda: server.ctl("reload"))
        assert_equal(server.stop(), FINE)
        assert_equal(manager.message()["STOPPING"], "1")
        manager.socket.close()


@test
def signs_of_life():
    with made() as server:
        manager = Manager(server.folder)
        server.run(env={**manager.env, "WATCHDOG_USEC": "1000000"}, wait=False)
        manager.wait("READY")
        times = []
        for _ in range(4):
            assert_equal(manager.message(), {"WATCHDOG": "1"})
            times.append(manager.sent_at)
        assert 1.0 < times[-1] - times[0] < 10, times
        assert_equal(events(server, "worker_stuck"), [])
        server.stop()
        manager.socket.close()


@test
def no_signs_of_life_that_are_not_wanted():
    with made() as server:
        manager = Manager(server.folder)
        server.run(env={**manager.env, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"}, wait=False)
        manager.wait("READY")
        manager.socket.settimeout(1)
        with contextlib.suppress(TimeoutError):
            raise AssertionError(manager.message())
        manager.socket.close()


@test
def what_the_service_manager_says_is_taken_out_of_the_environment():
    with made() as server:
        edit(server, "default_trust = banks",
             'default_trust = banks\nlifetime { access_token = "${WATCHDOG_USEC:-5m}" }')
        server.run(["reload.watch=0s"], env={"WATCHDOG_USEC": "9s"})
        server.register_resource()
        alice = server.register_client("alice")
        assert_equal(json.loads(server.ask_token(alice)[2])["expires_in"], 9)
        reload(server)
        assert_equal(json.loads(server.ask_token(alice)[2])["expires_in"], 300)


def unix_listener(path):
    made_socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made_socket.bind(path)
    made_socket.listen(16)
    return made_socket


@test
def sockets_that_are_handed_over():
    with made() as server:
        sockets = {"mtls": listen(server.mtls_port), "public": listen(server.port),
                   "admin-socket": unix_listener(server.socket)}
        run_with(server, sockets)
        server.wait_ready()
        alice = server.register_client("alice")
        server.register_resource()
        assert_equal(server.ask_token(alice)[0], 200)
        assert_equal(server.request("GET", METADATA, port=server.port)[0], 200)
        assert_equal(reload(server)["generation"], 2)
        assert_equal(server.ask_token(alice)[0], 200)
        assert_equal(server.stop(), FINE)
        assert os.path.exists(server.socket)  # the manager's
        for one in sockets.values():
            one.close()


@test
def who_comes_between_two_starts_is_served_by_the_next():
    with made() as server:
        sockets = {"public": listen(server.port)}
        run_with(server, sockets)
        server.wait_ready()
        assert_equal(server.stop(), FINE)
        answers = []

        def come():
            answers.append(server.request("GET", METADATA, port=server.port)[0])

        comers = [threading.Thread(target=come) for _ in range(5)]
        for one in comers:
            one.start()
        time.sleep(0.5)
        assert_equal(answers, [])
        run_with(server, sockets)
        for one in comers:
            one.join(SECONDS)
        assert_equal(answers, [200] * 5)
        server.wait_ready()
        sockets["public"].close()


@each(("name", {"nosuch": None}, {}, '"nosuch"'),
      ("twice", {"public": None, "mtls": None}, {"LISTEN_FDNAMES": "public:public"}, '"public"'),
      ("names", {"public": None}, {"LISTEN_FDNAMES": "public:mtls"}, "LISTEN_FDNAMES"),
      ("count", {"public": None}, {"LISTEN_FDS": "x"}, "LISTEN_FDS"),
      ("absent", {"public": None}, {"LISTEN_FDS": "2", "LISTEN_FDNAMES": "public:mtls"},
       "LISTEN_FDS"))
def a_socket_that_fits_nothing(names, changes, says):
    with made() as server:
        sockets = {name: listen(0) for name in names}
        run_with(server, sockets, **changes)
        assert_equal(server.process.wait(SECONDS), CONFIGURATION)
        server.process = None
        assert_in(says, server.log().replace('\\"', '"'))
        for one in sockets.values():
            one.close()


@test
def sockets_for_another_process_are_left_alone():
    with made() as server:
        sockets = {"nosuch": listen(0)}
        run_with(server, sockets, LISTEN_PID="1")
        server.wait_ready()
        sockets["nosuch"].close()


UNITS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conf")


def units(folder):
    """The units, with the program under test and a user that there is."""
    paths = []
    for unit in ("fapid.service", "fapid.socket"):
        with open(os.path.join(UNITS, unit), encoding="utf-8") as text:
            whole = text.read()
        for program in ("/usr/sbin/fapid", "/usr/bin/fapictl"):
            whole = whole.replace(program, os.path.join(build_dir(), os.path.basename(program)))
        for key in ("User", "Group"):
            whole = whole.replace(f"\n{key}=fapid\n", f"\n{key}=daemon\n")
        paths.append(os.path.join(folder, unit))
        with open(paths[-1], "w", encoding="utf-8") as out:
            out.write(whole)
    return paths


@test
def the_units_are_valid_and_narrow():
    if shutil.which("systemd-analyze") is None:
        skip("there is no systemd-analyze")
    with tempfile.TemporaryDirectory() as folder:
        service, listener = units(folder)
        done = subprocess.run(["systemd-analyze", "verify", service, listener], text=True,
                              capture_output=True, timeout=60, check=False)
        assert_equal((done.returncode, done.stdout + done.stderr), (0, ""))
        done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20",
                               service], text=True, capture_output=True, timeout=60, check=False)
        assert_equal(done.returncode, 0, done.stdout[-400:] + done.stderr)
        assert_in("Overall exposure level", done.stdout)


if __name__ == "__main__":
    main()
