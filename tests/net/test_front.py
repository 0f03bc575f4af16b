#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A TCP load balancer in front (nginx, stream module): octets pass through it, so that TLS, client
certificates and the binding of tokens are between client and fapid."""
import os
import shutil
import signal
import socket
import subprocess
import time

from fapid import Fapid, free_ports
from strangers import WAYS, Background, Client, Resource
from tap import assert_equal, each, main, skip, test

MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")

server = resource = alice = front = None
port = 0


def setup():
    global server, resource, alice, port
    if NGINX is None or not os.path.exists(MODULE):
        skip("nginx with its stream module is not here")
    server = Fapid.start()
    resource = server.register_resource()
    alice = server.register_client("alice")
    port = free_ports(1)[0]
    server.write("nginx.conf", f"""
load_module {MODULE};
daemon off;
master_process off;
pid {server.path("nginx.pid")};
error_log stderr warn;
events {{ }}
stream {{
    server {{
        listen 127.0.0.1:{port};
        proxy_pass 127.0.0.1:{server.mtls_port};
    }}
}}
""")
    start_front()


def teardown():
    if front is not None:
        stop_front(signal.SIGTERM)
    if server is not None:
        server.close()


def start_front():
    global front
    with open(server.path("nginx.log"), "ab") as log:
        front = subprocess.Popen([NGINX, "-p", server.folder, "-e", "stderr", "-c",
                                  server.path("nginx.conf")], stdin=subprocess.DEVNULL,
                                 stdout=log, stderr=log)
    end = time.monotonic() + 20
    while time.monotonic() < end and front.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        except ConnectionError:
            time.sleep(0.02)
    with open(server.path("nginx.log"), encoding="utf-8") as log:
        raise RuntimeError("nginx does not run: " + log.read())


def stop_front(how):
    front.send_signal(how)
    front.wait(30)


@each(*((way, way) for way in WAYS))
def MTLS_70_the_binding_is_to_the_clients_certificate(way):
    client, api = Client(server, alice, way, port=port), Resource(server, resource, way, port=port)
    for _ in range(5):
        answer = api.look(client.token())
        assert_equal((answer["active"], answer["cnf"]),
                     (True, {"x5t#S256": alice.cert.x5t()}))
    if way == "resumed":
        assert_equal((client.resumed, api.resumed), (4, 4))


@test
def MTLS_04_no_certificate_passes_through_as_none():
    client = Client(server, alice, port=port)
    client.context = server.context()
    client.refused()


@test
def D4_a_front_that_dies_takes_only_its_connections():
    """Those who come directly are not disturbed, and others get through when it is back."""
    meanwhile = Background(Client(server, alice).token)
    through = [Client(server, alice, port=port) for _ in range(20)]
    for one in through:
        one.token()
    stop_front(signal.SIGKILL)
    start_front()
    for one in through:
        one.close()
        one.token()
    assert meanwhile.finish()[0] > 0


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
