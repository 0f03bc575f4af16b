#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""No request fails while certificates, settings or keys change, nor at the end."""
import json
import signal
import threading

from operation import (FINE, SECONDS, ask, edit, events, install, listen, made, put, reload,
                       run_with, running, until)
from tap import assert_equal, main, test


class Load:
    """Callers that ask for tokens, each on its connection or on a new one for each request."""
    def __init__(self, server, parties, fresh=2, kept=2):
        self.server, self.failures, self.count = server, [], 0
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.work, args=(parties[i % len(parties)],
                                                                 i < fresh))
                        for i in range(fresh + kept)]

    def one(self, connection, party):
        status, fields, body = ask(connection, party)
        with self.lock:
            self.count += 1
            if status != 200:
                self.failures.append((status, body))
        return fields.get("connection") == "close"

    def work(self, party, fresh):
        connection = None
        while not self.over.is_set():
            try:
                connection = connection or self.server.https(party.cert)
                if self.one(connection, party) or fresh:
                    connection.close()
                    connection = None
            except OSError as error:
                with self.lock:
                    self.failures.append(repr(error))
                connection = None
        if connection:
            connection.close()

    def __enter__(self):
        for one in self.threads:
            one.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for one in self.threads:
            one.join(SECONDS)


@test
def TLS_29_no_request_fails_while_certificates_and_settings_change():
    with running(["reload.watch=1s", "lifetime.access_token=1h"]) as server:
        server.register_resource()
        parties = [server.register_client(name) for name in ("alice", "bob")]
        with Load(server, parties) as load:
            install(server, "ec")
            install(server, "rsa")  # the watch finds these
            until("reload", lambda: events(server, "reloaded"))
            for _ in range(5):
                reload(server)
            put(server, "server-rsa.pem", b"nothing")
            reload(server, "reload_refused")
            install(server, "rsa")
            reload(server)
            before = load.count
            until("load", lambda: load.count > max(before + 20, 50))
        assert_equal(load.failures, [])


@test
def TLS_29_no_request_fails_while_keys_rotate():
    with running(["reload.watch=0s", "keys.rotate_every=2s", "keys.publish_lead=1s",
                  "token.format=jwt"]) as server:
        server.register_resource()
        parties = [server.register_client(name) for name in ("alice", "bob")]
        kids = set()
        with Load(server, parties) as load:
            def kid():
                kids.update(key["kid"] for key in json.loads(server.request("GET", "/jwks")[2])["keys"])
                return len(kids) >= 6
            until("rotation", kid)
        assert_equal(load.failures, [])


@test
def no_request_fails_while_it_drains():
    """Who keeps to Connection: close, and turns to another server once this one is not ready, meets
    no failure."""
    with running(["http.drain=1h"]) as server:
        server.register_resource()
        parties = [server.register_client(name) for name in ("alice", "bob")]
        with Load(server, parties) as load:
            until("load", lambda: load.count > 20)
            server.process.send_signal(signal.SIGTERM)
            until("draining", lambda: server.admin_get("/health/ready")[0] == 503)
            before = load.count
            until("service", lambda: load.count > before + 20)
        assert_equal(server.stop(), FINE)
        assert_equal(load.failures, [])


@test
def no_request_fails_while_it_restarts():
    """With the port in the service manager's hands, newcomers wait while there is no fapid."""
    with made() as server:
        edit(server, "default_trust = banks", "default_trust = banks\nhttp { drain = 1s }")
        sockets = {"mtls": listen(server.mtls_port)}
        run_with(server, sockets)
        server.wait_ready()
        server.register_resource()
        parties = [server.register_client(name) for name in ("alice", "bob")]
        with Load(server, parties) as load:
            until("load", lambda: load.count > 0)
            assert_equal(server.stop(), FINE)
            run_with(server, sockets)
            server.wait_ready()
            before = load.count
            until("service", lambda: load.count > before + 20)
        assert_equal(load.failures, [])
        sockets["mtls"].close()


if __name__ == "__main__":
    main()
