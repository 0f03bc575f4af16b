# SPDX-License-Identifier: Apache-2.0
"""Many strangers at once: ways to reach a server, threads that must all succeed, and an operator
without a process for each call."""
import http.client
import json
import os
import socket
import threading
import urllib.parse

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WAYS = ("kept", "resumed", "fresh")


class Caller:
    """One client certificate and one way to bring it: `kept` stays on one connection and never
    opens a second, `resumed` opens one per request with the session of the last, `fresh` shakes
    hands in full each time. Of one thread."""

    def __init__(self, server, cert, way="kept", port=None, version=None, source=None):
        self.way, self.source = way, source
        self.port = port or server.mtls_port
        self.context = server.context(cert, version)
        self.connection = self.session = None
        self.resumed = self.opened = 0

    def _open(self):
        source = (self.source, 0) if self.source else None
        plain = socket.create_connection(("127.0.0.1", self.port), 30, source)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            secure = self.context.wrap_socket(plain, server_hostname="localhost",
                                              session=self.session)
        except BaseException:
            plain.close()
            raise
        self.opened += 1
        self.resumed += secure.session_reused
        self.connection = http.client.HTTPConnection("localhost", self.port)
        self.connection.sock = secure
        self.connection.auto_open = 0  # a connection that ends unasked is an error

    def request(self, method, path, body=None, fields=None):
        """(status, fields in lower case, body as text)"""
        if self.connection is None:
            self._open()
        self.connection.request(method, path, body, fields or {})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if self.way == "resumed":
            self.session = self.connection.sock.session
        if self.way != "kept":
            self.close()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, text

    def post(self, path, **form):
        status, fields, text = self.request("POST", path, urllib.parse.urlencode(form), FORM)
        return status, fields, json.loads(text) if text else None

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Client(Caller):
    """A registered client."""

    def __init__(self, server, party, way="kept", **more):
        super().__init__(server, party.cert, way, **more)
        self.id = party.id

    def ask(self, **more):
        return self.post("/token", grant_type="client_credentials", client_id=self.id, **more)

    def token(self, **more):
        status, _, answer = self.ask(**more)
        if status != 200:
            raise AssertionError(f"no token by a {self.way} connection: {status} {answer}")
        return answer["access_token"]

    def refused(self):
        status, _, answer = self.ask()
        if (status, answer.get("error")) != (401, "invalid_client"):
            raise AssertionError(f"not refused on a {self.way} connection: {status}")

    def revoke(self, token):
        status, _, answer = self.post("/revoke", client_id=self.id, token=token)
        if status != 200:
            raise AssertionError(f"not revoked by a {self.way} connection: {status} {answer}")


class Resource(Caller):
    """A registered resource server."""

    def __init__(self, server, party, way="kept", **more):
        super().__init__(server, party.cert, way, **more)
        self.id = party.id

    def look(self, token):
        status, _, answer = self.post("/introspect", client_id=self.id, token=token)
        if status != 200:
            raise AssertionError(f"introspection by a {self.way} connection: {status} {answer}")
        return answer

    def active(self, token):
        return self.look(token)["active"]


class Operator:
    """The admin socket, on one connection."""

    def __init__(self, server):
        self.path = server.socket
        self.connection = None

    def _open(self):
        plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        plain.settimeout(60)
        try:
            plain.connect(self.path)
        except BaseException:
            plain.close()
            raise
        self.connection = http.client.HTTPConnection("localhost")
        self.connection.sock = plain
        self.connection.auto_open = 0

    def call(self, method, path, value=None):
        """(status, fields, answer as a value)"""
        if self.connection is None:
            self._open()
        body = None if value is None else json.dumps(value)
        self.connection.request(method, path, body,
                                {} if body is None else {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        fields = {key.lower(): field for key, field in answer.getheaders()}
        return answer.status, fields, json.loads(text) if text else None

    def must(self, expected, method, path, value=None):
        status, _, answer = self.call(method, path, value)
        if status != expected:
            raise AssertionError(f"{method} {path}: {status} instead of {expected}: {answer}")
        return answer

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def client_object(common_name, **more):
    """A registration of the subject that Authority.issue(common_name) writes."""
    return {"token_endpoint_auth_method": "tls_client_auth", "client_name": common_name,
            "grant_types": ["client_credentials"], "scope": "accounts",
            "tls_client_auth_subject_dn": f"CN={common_name},O=Test", **more}


def together(*works, seconds=120):
    """Runs the functions in a thread each and raises the first thing that went wrong."""
    gone_wrong = []

    def guarded(work):
        try:
            work()
        except BaseException as error:  # pylint: disable=broad-except
            gone_wrong.append(error)

    threads = [threading.Thread(target=guarded, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    if gone_wrong:
        raise gone_wrong[0]
    if any(thread.is_alive() for thread in threads):
        raise AssertionError(f"not done within {seconds} s")


class Background:
    """Works that are repeated in threads of their own until finish()."""

    def __init__(self, *works):
        self.stopping = threading.Event()
        self.wrong, self.rounds = [], [0] * len(works)
        self.threads = [threading.Thread(target=self._run, args=(at, work), daemon=True)
                        for at, work in enumerate(works)]
        for thread in self.threads:
            thread.start()

    def _run(self, at, work):
        try:
            while not self.stopping.is_set():
                work()
                self.rounds[at] += 1
        except BaseException as error:  # pylint: disable=broad-except
            self.wrong.append(error)

    def finish(self, seconds=60):
        """How often each was done; raises what went wrong."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(seconds)
        if self.wrong:
            raise self.wrong[0]
        if any(thread.is_alive() for thread in self.threads):
            raise AssertionError("a stranger waits for ever")
        return self.rounds


def cpu_ms(pid, thread_name):
    """Processor time that each thread of this name has had."""
    took = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm", encoding="ascii") as comm:
            if comm.read().strip() != thread_name:
                continue
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as stat:
            took.append(int(stat.read().split()[0]) / 1e6)
    return took
