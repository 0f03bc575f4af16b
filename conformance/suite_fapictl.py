#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command line of fapictl: certificates without a server, usage errors, outputs, exit codes."""
import json
import os
import socketserver
import subprocess
import threading

from cryptography import x509

from fapid import Fapid, name
from tap import assert_equal, assert_in, build_dir, each, main, test

FINE, REFUSED, USAGE, NOT_FOUND, _, UNREACHABLE, _ = range(7)
TLS = "tls_client_auth"

server = None


def setup():
    global server
    server = Fapid.start()


def teardown():
    server.close()


def run(*args, **options):
    return server.fapictl(*args, **options)


# ------------------------------------------------------------------------------------ certificates

@test
def MTLS_33_cert_show_needs_no_server():
    cert = server.client_ca.issue(name(("O", "Acme"), ("CN", "shown")),
                                  san=[x509.DNSName("a.example"), x509.DNSName("b.example")])
    code, out, _ = run("-o", "json", "cert", "show", cert.files()[0], socket="/nowhere")
    assert_equal(code, FINE)
    seen = json.loads(out)
    assert_equal(seen["tls_client_auth_subject_dn"], "CN=shown,O=Acme")
    assert_equal(seen["tls_client_auth_san_dns"], ["a.example", "b.example"])
    assert_equal(seen["x5t#S256"], cert.x5t())
    assert_equal((seen["key"], seen["key_bits"]), ("P-256", 256))
    assert "fault" not in seen, seen
    said = server.ctl("cert", "show", server.write("none.pem", "x"), status=REFUSED)
    assert_in("none.pem", said["message"])


@test
def MTLS_29_cert_match():
    file = server.client_ca.issue(name(("O", "Acme"), ("CN", "Match One")),
                                  san=[x509.DNSName("m.example")]).files()[0]
    for flag, value, code in (("subject-dn", "cn=match  one,o=ACME", FINE),
                              ("subject-dn", "O=Acme,CN=Match One", REFUSED),
                              ("san-dns", "M.example", FINE), ("san-dns", "n.example", REFUSED),
                              ("san-uri", "m:m", REFUSED)):
        done = run("-o", "json", "cert", "match", file, f"--tls-client-auth-{flag}", value,
                   socket="/nowhere")
        assert_equal(done[0], code, value)
        assert_equal(json.loads(done[1]), {"match": code == FINE}, value)
    code, out, err = run("cert", "match", file, "--tls-client-auth-subject-dn", "CN")
    assert_equal((code, out), (REFUSED, ""))
    assert_in("--tls-client-auth-subject-dn", err)
    assert_equal(run("cert", "match", file)[0], USAGE)
    assert_equal(run("cert", "match", file, "--tls-client-auth-san-dns", "a",
                     "--tls-client-auth-san-uri", "b:c")[0], USAGE)


# ------------------------------------------------------------------------------------ usage, output

@each(("noun", ["nosuch", "list"]), ("verb", ["client", "nosuch"]), ("nothing", []),
      ("no_verb", ["client"]), ("no_id", ["client", "show"]), ("two_ids", ["client", "show", "a", "b"]),
      ("flag", ["client", "list", "--nosuch", "x"]), ("short", ["client", "list", "-x"]),
      ("member", ["client", "show", "a", "--scope", "x"]), ("output", ["-o", "xml", "client", "list"]),
      ("value", ["client", "create", "--scope"]),
      ("twice", ["client", "create", "--scope", "a", "--scope", "b"]),
      ("dry_twice", ["client", "create", "--dry-run", "--dry-run"]),
      ("json_twice", ["client", "create", "--json", "a", "--json", "b"]),
      ("utf8", ["client", "create", "--scope", b"\xff"]),
      ("boolean", ["client", "create", "--shared-identifier", "yes"]),
      ("dry_delete", ["client", "delete", "a", "--dry-run"]), ("token", ["token", "revoke"]),
      ("switch", ["db", "restore", "/nowhere", "--yes=no"]),
      ("switch_off", ["client", "create", "--dry-run=false"]),
      ("words", ["client", "show", "a", "b", "c", "d"]),
      ("dash_as_noun", ["-client", "show", "a"]), ("dash_too_late", ["client", "show", "a", "-bc"]),
      ("dash_without_an_argument", ["client", "list", "-bc"]),
      ("reload_what", ["reload", "now"]), ("reload_flag", ["reload", "--yes"]),
      ("reload_value", ["reload", "--id=1"]),
      ("short_as_argument", ["client", "show", "-a"]),
      ("flags_as_argument", ["db", "backup", "-json"]), ("dashes", ["client", "show", "--bc"]),
      ("flag_behind_dashes", ["client", "list", "--", "--socket"]))
def REG_09_usage_errors(args):
    code, out, err = run(*args)
    assert_equal((code, out), (USAGE, ""), err)
    assert err.startswith("fapictl: ") and len(err.splitlines()) == 1, err


@each(("iat", ["iat", "revoke"]), ("key", ["key", "revoke"]), ("client", ["client", "delete"]))
def REG_141_an_id_may_begin_with_a_dash(verb):
    for argument in (["-3PzJ2B6mZ1SpFB0oNlkdmTJRFPQ5VKrKqLDVoKTx-0"], ["--", "--3PzJ2B6mZ1SpFB0o"],
                     ["--", "-x"]):
        assert_equal(run(*verb, *argument)[0], NOT_FOUND, argument)
        assert_equal(run("-o", "json", *verb, *argument)[0], NOT_FOUND, argument)
        assert_equal(run(verb[0], "-o", "json", verb[1], *argument)[0], NOT_FOUND, argument)


@test
def REG_09_an_argument_that_is_no_text_is_told():
    code, out, err = run("-o", "json", "client", "\udcff")  # the octet FF
    assert_equal((code, out), (USAGE, ""))
    assert_equal(json.loads(err), {"error": "usage",
                                   "message": "there is no client ?; see fapictl --help"})


@test
def REG_09_help_and_version():
    code, out, err = run("--help")
    assert_equal((code, err), (FINE, ""))
    for word in ("client", "resource", "import", "\n  reload  ", "--certificate FILE",
                 "--tls-client-auth-san-ip"):
        assert_in(word, out)
    assert_equal((run("--version")[0], run("--version")[1].split()[0]), (FINE, "fapictl"))


@test
def REG_09_errors_as_text_and_as_json():
    code, out, err = run("client", "show", "nobody")
    assert_equal((code, out), (NOT_FOUND, ""))
    assert err.startswith("fapictl: "), err
    code, out, err = run("-o", "json", "client", "show", "nobody")
    assert_equal((code, out), (NOT_FOUND, ""))
    assert_equal(sorted(json.loads(err)), ["error", "message"])
    # an id that cannot be one is not sent as another path
    for odd in ("../resources", "a?dry_run=true", "a b", "a%2Fb", "\u00e4", ""):
        assert_equal(run("client", "show", odd)[0], NOT_FOUND, odd)


@test
def REG_10_json_in_ascii():
    """What steers a terminal does not reach it from there either, and the value is the same."""
    strange = "Z\u00fcrich \u009b31m\u202e\u2066\u200b\u2028 \U0001f600"
    file = server.write("strange.json", json.dumps(
        {"client_name": strange, "token_endpoint_auth_method": TLS,
         "tls_client_auth_subject_dn": "CN=strange", "grant_types": ["client_credentials"]}))
    code, out, _ = run("-o", "json", "client", "create", "--json", file)
    assert_equal(code, FINE)
    created = json.loads(out)
    for args in (("client", "show", created["client_id"]), ("client", "list"), ("client", "export")):
        code, out, _ = run("-o", "json", *args)
        assert_equal(code, FINE)
        assert out.isascii(), out
        assert_in("\\u009B", out)
        found = json.loads(out)
        names = [one["client_name"] for one in (found if isinstance(found, list) else [found])
                 if one.get("client_name") == strange]
        assert_equal(names, [strange])


@test
def REG_10_tables():
    view = server.ctl("client", "create", "--token-endpoint-auth-method", TLS, "--client-name",
                      "Evil \u00fc\u00ad\ufe0f", "--tls-client-auth-subject-dn", "CN=tabled")
    code, out, _ = run("client", "list")
    head, *rows = out.splitlines()
    assert_equal((code, head.split()), (FINE, ["CLIENT_ID", "STATUS", "METHOD", "NAME"]))
    row = next(one for one in rows if one.startswith(view["client_id"]))
    assert_equal(row.split(maxsplit=3), [view["client_id"], "enabled", TLS,
                                          "Evil \u00fc\\xc2\\xad\\xef\\xb8\\x8f"])
    shown = dict(line.split(maxsplit=1) for line in
                 run("client", "show", view["client_id"])[1].splitlines())
    assert_equal(shown["tls_client_auth_subject_dn"], "CN=tabled")
    assert_equal(shown["grant_types"], '["client_credentials"]')
    # a kid is longer than the column it stands in
    code, out, _ = run("db", "audit")
    made = [line.split() for line in out.splitlines() if "key_created" in line]
    assert_equal((code, {line[4] for line in made}), (FINE, {"success"}))
    assert_equal({line[3] for line in made}, {key["kid"] for key in server.ctl("key", "list")})


@each(("export", ["client", "export"]), ("table", ["client", "list"]),
      ("shown_once", ["iat", "create"]), ("json", ["-o", "json", "db", "status"]))
def REG_10_what_could_not_be_written_is_no_success(args):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([os.path.join(build_dir(), "fapictl"), "--socket", server.socket, *args],
                              stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert_equal(done.returncode, REFUSED)
    assert_in("cannot be written", done.stderr)


class Liar(socketserver.UnixStreamServer):
    """Something else at the socket, which answers 200 with what is no answer of fapid."""
    body = b""

    class RequestHandlerClass(socketserver.StreamRequestHandler):
        def handle(self):
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" %
                             (len(self.server.body), self.server.body))

    def __init__(self, path, body):
        self.body = body
        super().__init__(path, self.RequestHandlerClass)


@each(("nothing", b""), ("text", b"<html>"), ("cut", b'{"clients":[{}'), ("other", b'{"x":[]}'))
def REG_10_an_answer_that_cannot_be_read_is_no_success(body):
    with Liar(server.path(f"liar-{len(body)}.sock"), body) as liar:
        thread = threading.Thread(target=liar.handle_request)
        thread.start()
        code, out, err = run("client", "list", socket=liar.server_address)
        thread.join(30)
    assert_equal((code, out), (REFUSED, ""), err)


@test
def REG_13_the_socket_of_the_environment():
    env = {**os.environ, "FAPICTL_SOCKET": server.socket}
    done = subprocess.run([os.path.join(build_dir(), "fapictl"), "-o", "json", "resource", "list"],
                          env=env, capture_output=True, text=True, timeout=60, check=False)
    assert_equal(done.returncode, FINE)


@each(("absent", "no.sock", "there is no such socket"),
      ("no_socket", "plain.sock", "nobody listens at this socket"))
def D15_why_the_socket_is_not_reached(file, why):
    server.write("plain.sock", "")
    path = server.path(file)
    code, out, err = run("client", "list", socket=path)
    assert_equal((code, out), (UNREACHABLE, ""))
    assert err.startswith(f"fapictl: {path}: {why}"), err


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
