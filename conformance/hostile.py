# SPDX-License-Identifier: Apache-2.0
"""What hostile suites have in common: requests as octets, connections from chosen addresses."""
import contextlib
import os
import re
import socket
import ssl
import struct
import time

from tap import assert_equal

FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
HOST = "Host: localhost\r\n"
WORK = ("store_reads_total", "paths_asked_total")


def connect(to, cert=None, port=None, source="127.0.0.1", host="localhost"):
    """A TLS connection from an address of 127.0.0.0/8."""
    plain = socket.create_connection(("127.0.0.1", port or to.mtls_port), 30, (source, 0))
    try:
        return to.context(cert).wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def can_connect(to, port, source):
    try:
        connect(to, port=port, source=source).close()
        return True
    except OSError:
        return False


def read_all(stream, seconds=30):
    """What comes until the end, or until nothing came for a while."""
    stream.settimeout(seconds)
    got = b""
    with contextlib.suppress(TimeoutError, ConnectionError, ssl.SSLError):
        while more := stream.recv(65536):
            got += more
    return got


def statuses(octets):
    return [int(one) for one in re.findall(rb"HTTP/1\.1 (\d+) ", octets)]


def without_id(octets):
    """An answer without what differs each time."""
    return re.sub(rb"(X-Request-Id|Date): [^\r]*\r\n", b"", octets)


def post(path, form, fields=""):
    return (f"POST {path} HTTP/1.1\r\n{HOST}{FORM}{fields}Content-Length: {len(form)}\r\n\r\n"
            f"{form}").encode()


def token_form(party):
    return f"grant_type=client_credentials&client_id={party.id}"


def exchange(to, octets, cert=None, **where):
    """All that is answered to these octets on a connection of their own, which the last request
    must end."""
    with connect(to, cert, **where) as stream:
        stream.sendall(octets)
        return read_all(stream)


def reset(stream):
    """Closes with a reset."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


def cpu_seconds(to):
    with open(f"/proc/{to.process.pid}/stat") as text:
        fields = text.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rests(to):
    """A quiet third of a second: nothing turns on the spot."""
    before, then = cpu_seconds(to), time.monotonic()
    time.sleep(0.3)
    return cpu_seconds(to) - before < 0.7 * (time.monotonic() - then)


def assert_served(to, party):
    """A polite client gets its token, and once what was asked is done, the server rests."""
    assert_equal(to.ask_token(party)[0], 200)
    assert eventually(lambda: rests(to)), "an idle server does not rest"


def alike(to, ask, make_rows):
    """Nothing tells one row from another: neither what `ask` makes of its answer nor the work that is
    counted. The keeper of the keys reads the store once a minute, which is counted too: a round that
    it fell into is done again, with new rows, and it does not fall into two in a row."""
    def look(row):
        before = [to.metric(one) for one in WORK]
        got = ask(*row)
        return got, [to.metric(one) - had for one, had in zip(WORK, before)]

    for _ in range(2):
        rows = make_rows()
        seen = [look(row) for row in rows]
        if all(one == seen[0] for one in seen):
            return
    told = "\n".join(f"{row}: {one}" for row, one in zip(rows, seen))
    raise AssertionError("they are not alike:\n" + told)


def eventually(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False
