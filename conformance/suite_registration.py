#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Dynamic registration (RFC 7591) and its management (RFC 7592) as clients meet them, over mTLS."""
import base64
import concurrent.futures
import http.client
import ipaddress
import json
import os
import signal
import subprocess
import time
import urllib.parse

from cryptography import x509

from fapid import Fapid, error_of, name, roundtrip, self_signed
from tap import assert_equal, assert_in, each, main, test

TLS, SELF = "tls_client_auth", "self_signed_tls_client_auth"
JSON = {"Content-Type": "application/json"}
SCOPE = "accounts balances"
count = 0

server = resource = None


def setup():
    global server, resource
    server = Fapid.start(sets=["authentication.failures_per_minute=100000",
                               "registration.per_hour=100000"])
    resource = server.register_resource()


def teardown():
    server.close()


def iat(of=None, *flags):
    """A new initial access token; its answer as a whole."""
    return (of or server).ctl("iat", "create", "--scope", SCOPE, *flags)


def token(of=None, *flags):
    return iat(of, *flags)["initial_access_token"]


def fresh(authority=None):
    """A certificate nobody has registered, and its metadata."""
    global count
    count += 1
    cert = (authority or server.client_ca).issue(f"self registered {count}")
    return cert, {"token_endpoint_auth_method": TLS, "grant_types": ["client_credentials"],
                  "tls_client_auth_subject_dn": f"CN=self registered {count},O=Test"}


def jwk(cert):
    numbers = cert.key.public_key().public_numbers()

    def text(number, size):
        return base64.urlsafe_b64encode(number.to_bytes(size, "big")).decode().rstrip("=")
    if hasattr(numbers, "n"):
        size = (numbers.n.bit_length() + 7) // 8
        key = {"kty": "RSA", "n": text(numbers.n, size), "e": text(numbers.e, 3)}
    else:
        key = {"kty": "EC", "crv": "P-256", "x": text(numbers.x, 32), "y": text(numbers.y, 32)}
    return {**key, "x5c": [base64.b64encode(cert.der()).decode()]}


def bearer(text):
    return {"Authorization": "Bearer " + text} if text is not None else {}


def post(cert, with_token, members, of=None, port=None, path="/register"):
    body = members if isinstance(members, (str, bytes)) else json.dumps(members)
    return (of or server).request("POST", path, body, {**JSON, **bearer(with_token)}, cert, port)


def registered(answer):
    status, _, body = answer
    assert_equal(status, 201, body)
    return json.loads(body)


def register(**more):
    """A registered client: its certificate and what was answered."""
    cert, members = fresh()
    return cert, registered(post(cert, token(), {**members, **more}))


def manage(view, method, members=None, cert=None, with_token=None, of=None):
    """At the registration_client_uri, used as given (REG-95)."""
    url = urllib.parse.urlsplit(view["registration_client_uri"])
    assert_equal((url.scheme, url.hostname, url.query), ("https", "localhost", ""))
    fields = bearer(view["registration_access_token"] if with_token is None else with_token)
    body = None if members is None else json.dumps(members)
    return (of or server).request(method, url.path, body, {**JSON, **fields} if body else fields,
                                  cert, url.port)


def put_of(view, **changes):
    """What a client sends that changes something of what it was shown."""
    shown = ("registration_access_token", "registration_client_uri", "client_id_issued_at")
    return {**{key: value for key, value in view.items() if key not in shown}, **changes}


def get_token(cert, view, of=None):
    return (of or server).post(cert, "/token", grant_type="client_credentials",
                               client_id=view["client_id"], scope="accounts")


def reason(answer, part, status=400, error="invalid_client_metadata"):
    assert_equal(error_of(answer), (status, error), answer[2])
    assert_in(part, json.loads(answer[2])["error_description"])


def unauthorized(answer, error):
    assert_equal(answer[0], 401, answer[2])
    challenge = answer[1]["www-authenticate"]
    assert challenge.lower().startswith("bearer"), challenge
    assert_equal("error=" in challenge, error, challenge)
    if error:
        assert_in('error="invalid_token"', challenge)


# ------------------------------------------------------------------------------------ registration

@test
def REG_03_REG_04_REG_06_REG_07_REG_11_a_client_registers_and_works():
    cert, members = fresh()
    status, fields, body = post(cert, token(), members)
    assert_equal((status, fields["content-type"], fields["cache-control"]),
                 (201, "application/json", "no-store"), body)
    view = json.loads(body)
    for key, value in members.items():
        assert_equal(view[key], value, key)
    assert_equal((view["scope"], view["profile"], view["response_types"]), (SCOPE, "fapi1", []))
    assert_equal(view["tls_client_certificate_bound_access_tokens"], True)
    assert abs(view["client_id_issued_at"] - time.time()) < 60
    assert "client_secret" not in view and "status" not in view, view
    assert_equal(view["registration_client_uri"],
                 f"https://localhost:{server.mtls_port}/register/{view['client_id']}")
    answer = get_token(cert, view)
    assert_equal(answer[0], 200, answer[2])
    seen = server.introspect(resource, json.loads(answer[2])["access_token"])
    assert_equal((seen["active"], seen["cnf"]), (True, {"x5t#S256": cert.x5t()}))
    assert_equal(json.loads(manage(view, "GET")[2]), view)


@test
def REG_02_only_over_tls():
    cert, members = fresh()
    one = token()
    body = json.dumps(members)
    for port in (server.port, server.mtls_port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            answer = roundtrip(connection, "POST", "/register", body, {**JSON, **bearer(one)})
        except (OSError, http.client.HTTPException):
            continue
        finally:
            connection.close()
        raise AssertionError(f"answered without TLS: {answer}")
    connection = http.client.HTTPConnection("127.0.0.1", server.admin_port, timeout=30)
    assert_equal(roundtrip(connection, "POST", "/register", body, {**JSON, **bearer(one)})[0], 404)
    connection.close()
    registered(post(cert, one, members))  # its one use is still there


@each(("contacts_text", {"contacts": "me"}), ("contacts_numbers", {"contacts": [1]}))
def REG_31_contacts(members):
    cert, good = fresh()
    reason(post(cert, token(), {**good, **members}), "contacts")
    view = registered(post(cert, token(), {**good, "contacts": ["ops@a.example"]}))
    assert_equal(view["contacts"], ["ops@a.example"])


@test
def REG_32_one_source_of_keys():
    cert = self_signed(server.folder, "two sources")
    members = {"token_endpoint_auth_method": SELF, "grant_types": ["client_credentials"],
               "jwks": {"keys": [jwk(cert)]}}
    reason(post(cert, token(), {**members, "jwks_uri": "https://a.example/jwks"}), "jwks_uri")
    registered(post(cert, token(), members))


@test
def REG_45_flags():
    for name_ in ("tls_client_certificate_bound_access_tokens", "use_mtls_endpoint_aliases"):
        cert, members = fresh()
        reason(post(cert, token(), {**members, name_: "true"}), name_)
        view = registered(post(cert, token(), {**members, name_: True}))
        assert_equal(view[name_], True)
    cert, members = fresh()
    reason(post(cert, token(), {**members, "dpop_bound_access_tokens": True}),
           "dpop_bound_access_tokens")
    view = registered(post(cert, token(), {**members, "dpop_bound_access_tokens": False}))
    assert_equal(get_token(cert, view)[0], 200)


@each(("dns", "tls_client_auth_san_dns", "reg46.example", x509.DNSName("reg46.example")),
      ("uri", "tls_client_auth_san_uri", "https://reg46.example/a",
       x509.UniformResourceIdentifier("https://reg46.example/a")),
      ("ip", "tls_client_auth_san_ip", "192.0.2.46",
       x509.IPAddress(ipaddress.ip_address("192.0.2.46"))),
      ("email", "tls_client_auth_san_email", "reg46@example.com",
       x509.RFC822Name("reg46@example.com")))
def REG_46_subject_fields(member, text, san):
    cert = server.client_ca.issue("reg 46", [san])
    members = {"token_endpoint_auth_method": TLS, "grant_types": ["client_credentials"]}
    other = server.client_ca.issue("reg 46")
    reason(post(other, token(), {**members, member: text}), "certificate")
    view = registered(post(cert, token(), {**members, member: text}))
    assert_equal(get_token(cert, view)[0], 200)
    assert_equal(error_of(get_token(other, view)), (401, "invalid_client"))


@each(("RS256", "RS256"), ("HS256", "HS256"), ("none", "none"), ("ES384", "ES384"))
def REG_62_algorithms(alg):
    for flag in ("--introspection-signed-response-alg", "--access-token-signing-alg"):
        said = server.ctl("resource", "create", "--audience", "https://reg62.example", "--scope",
                          "reg62", "--token-endpoint-auth-method", TLS,
                          "--tls-client-auth-subject-dn", "CN=reg62", flag, alg, status=1)
        assert_in(flag[2:].replace("-", "_"), said["message"])
    cert, members = fresh()
    reason(post(cert, token(), {**members, "id_token_signed_response_alg": alg}),
           "id_token_signed_response_alg")


@test
def REG_110_response_types():
    document = json.loads(server.request("GET", "/.well-known/oauth-authorization-server",
                                         port=server.port)[2])
    assert_equal(document["response_types_supported"], [])
    cert, members = fresh()
    for wrong in ("code", "token", "code id_token", "none"):
        reason(post(cert, token(), {**members, "response_types": [wrong]}), "response_types")
    registered(post(cert, token(), {**members, "response_types": []}))


@test
def REG_94_each_token_works_at_its_own_place():
    cert, view = register()
    rat, one = view["registration_access_token"], token()
    access = json.loads(get_token(cert, view)[2])["access_token"]
    for wrong in (access, one):
        unauthorized(manage(view, "GET", with_token=wrong), True)
    _, members = fresh()
    for wrong in (access, rat):
        unauthorized(post(cert, wrong, members), True)
    for wrong in (rat, one):
        assert_equal(server.introspect(resource, wrong), {"active": False})
    assert_equal(manage(view, "GET")[0], 200)


@test
def REG_12_a_large_self_signed_certificate():
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from fapid import Cert, DAY, NOW
    key = rsa.generate_private_key(65537, 4096)
    subject = name(("CN", "large"))
    names = [x509.DNSName(f"host{number}.a-rather-long-name.example") for number in range(20)]
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
            .add_extension(x509.SubjectAlternativeName(names), False).sign(key, hashes.SHA256()))
    cert = Cert(made, key, server.folder)
    view = registered(post(cert, token(), {"token_endpoint_auth_method": SELF,
                                           "grant_types": ["client_credentials"],
                                           "jwks": {"keys": [jwk(cert)]}}))
    assert_equal(get_token(cert, view)[0], 200)


@test
def REG_12_a_body_that_is_too_large():
    cert, members = fresh()
    with_token = token()
    answer = post(cert, with_token, {**members, "foo": "x" * (257 * 1024)})
    assert_equal(answer[0], 413, answer[2])
    registered(post(cert, with_token, {**members, "foo": "x" * (200 * 1024)}))


@each(("array", "[]"), ("text", '"x"'), ("broken", "{"), ("empty", ""), ("twice", '{"a":1,"a":1}'),
      ("deep", "[" * 20 + "]" * 20), ("latin1", b'{"client_name":"\xe4"}'),
      ("nul", b'{"client_name":"a"}\x00'))
def REG_01_bodies(body):
    cert, members = fresh()
    with_token = token()
    assert_equal(error_of(post(cert, with_token, body)), (400, "invalid_client_metadata"))
    registered(post(cert, with_token, members))


@test
def REG_01_other_types_and_methods():
    cert, members = fresh()
    answer = server.request("POST", "/register", "a=b", {
        "Content-Type": "application/x-www-form-urlencoded", **bearer(token())}, cert)
    assert_equal(error_of(answer), (400, "invalid_client_metadata"))
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = server.request(method, "/register", fields=bearer(token()), cert=cert)
        assert_equal((answer[0], answer[1]["allow"]), (405, "POST"), method)
    registered(post(cert, token(), members))


@test
def REG_14_who_may_register():
    cert, members = fresh()
    unauthorized(post(cert, None, members), False)
    unauthorized(post(cert, "iat.garbage", members), True)
    short = token(None, "--expires-in", "1s")
    time.sleep(2.1)
    unauthorized(post(cert, short, members), True)
    revoked = iat()
    server.ctl("iat", "revoke", revoked["id"])
    unauthorized(post(cert, revoked["initial_access_token"], members), True)
    answer = post(cert, None, members, path="/register?access_token=" + token())
    assert_equal(error_of(answer), (400, "invalid_request"))
    access = json.loads(get_token(*register())[2])["access_token"]
    unauthorized(post(cert, access, members), True)  # REG-94
    registered(post(cert, token(), members))


@test
def REG_15_sixty_four_for_one_use():
    with_token = token()
    clients = [fresh() for _ in range(64)]
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda one: post(one[0], with_token, one[1]), clients))
    assert_equal(sorted(answer[0] for answer in answers), [201] + [401] * 63)
    for answer in answers:
        if answer[0] == 401:
            unauthorized(answer, True)


@test
def REG_16_strangers_are_rationed():
    open_ = Fapid.start(sets=["registration.mode=open", "registration.per_hour=5",
                              "registration.scope=accounts"])
    try:
        for number in range(7):
            cert, members = fresh(open_.client_ca)
            answer = post(cert, None, members, of=open_)
            if number < 5:
                assert_equal(registered(answer)["scope"], "accounts")
            else:
                assert_equal(error_of(answer), (429, "temporarily_unavailable"))
                assert 0 < int(answer[1]["retry-after"]) <= 3601, answer[1]
        # a reload forgives nobody
        open_.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 60
        while '"event":"reloaded"' not in open_.log():
            assert time.monotonic() < end, "no reload"
            time.sleep(0.02)
        cert, members = fresh(open_.client_ca)
        assert_equal(post(cert, None, members, of=open_)[0], 429)
        # another address, and a token
        cert, members = fresh(open_.client_ca)
        registered(post(cert, token(open_), members, of=open_))
    finally:
        open_.close()


@test
def REG_13_off():
    off = Fapid.start(sets=["registration.mode=off"])
    try:
        cert, members = fresh(off.client_ca)
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            for path in ("/register", "/register/x"):
                answer = off.request(method, path, json.dumps(members), JSON, cert)
                assert_equal(error_of(answer), (404, "not_found"), method + path)
        document = json.loads(off.request("GET", "/.well-known/oauth-authorization-server")[2])
        assert "registration_endpoint" not in document, document
        assert "registration_endpoint" not in document["mtls_endpoint_aliases"], document
    finally:
        off.close()


# ------------------------------------------------------------------------------------ certificates

@test
def REG_37_a_method_that_needs_keys():
    cert = self_signed(server.folder, "no keys")
    members = {"token_endpoint_auth_method": SELF, "grant_types": ["client_credentials"]}
    reason(post(cert, token(), members), "jwks")
    bare = {name_: value for name_, value in jwk(cert).items() if name_ != "x5c"}
    reason(post(cert, token(), {**members, "jwks": {"keys": [bare]}}), "x5c")
    registered(post(cert, token(), {**members, "jwks": {"keys": [jwk(cert)]}}))


@test
def a_name_is_proved():
    cert, members = fresh()
    foreign = server.other_ca.issue(members["tls_client_auth_subject_dn"][3:].split(",")[0])
    with_token = token()
    reason(post(None, with_token, members), "none was shown")
    reason(post(fresh()[0], with_token, members), "does not carry the name")
    reason(post(foreign, with_token, members), "leads to no authority")
    reason(post(None, with_token, members, port=server.port),
           f"served at https://localhost:{server.mtls_port}")
    registered(post(cert, with_token, members))


@test
def a_self_signed_certificate_is_proved():
    cert, other = self_signed(server.folder, "one"), self_signed(server.folder, "one")
    members = {"token_endpoint_auth_method": SELF, "grant_types": ["client_credentials"],
               "jwks": {"keys": [jwk(cert)]}}
    with_token = token()
    reason(post(other, with_token, members), "not one of those in jwks")
    reason(post(None, with_token, members), "none was shown")
    view = registered(post(cert, with_token, members))
    assert_equal(get_token(cert, view)[0], 200)
    assert_equal(error_of(get_token(other, view)), (401, "invalid_client"))


@test
def MTLS_114_one_name_one_client():
    cert, _ = fresh()
    members = {"token_endpoint_auth_method": TLS, "grant_types": ["client_credentials"],
               "tls_client_auth_subject_dn": f"CN=self registered {count},O=Test"}
    registered(post(cert, token(), members))
    reason(post(cert, token(), members), "another party is registered")


# ------------------------------------------------------------------------------------ metadata

@each(("redirect", {"redirect_uris": ["https://a.example/cb"]}), ("dpop", {
    "dpop_bound_access_tokens": True}), ("jar", {"require_signed_request_object": True}),
      ("jwe", {"introspection_encrypted_response_alg": "RSA1_5"}),
      ("id_token", {"id_token_signed_response_alg": "RS256"}),
      ("grant", {"grant_types": ["authorization_code"]}), ("no_grant", {"grant_types": None}),
      ("response", {"response_types": ["code"]}), ("scope", {"scope": "accounts nosuch"}),
      ("scope_array", {"scope": ["accounts"]}), ("contacts", {"contacts": "a@a.example"}),
      ("logo", {"logo_uri": "javascript:x"}), ("http", {"client_uri": "http://a.example"}),
      ("method", {"token_endpoint_auth_method": "none"}),
      ("secret", {"token_endpoint_auth_method": "client_secret_basic"}),
      ("no_method", {"token_endpoint_auth_method": None}),
      ("unbound", {"tls_client_certificate_bound_access_tokens": False}),
      ("profile", {"profile": "oauth"}), ("jwks_uri", {"jwks_uri": "https://a.example/jwks"}),
      ("long", {"client_name": "x" * 2049}), ("many", {"contacts": ["x"] * 65}),
      ("private", {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}))
def REG_27_refused(members):
    cert, good = fresh()
    with_token = token()
    assert_equal(error_of(post(cert, with_token, {**good, **members})),
                 (400, "invalid_client_metadata"))
    assert "c2VjcmV0" not in server.log()  # REG-34
    registered(post(cert, with_token, good))


@test
def REG_29_REG_38_kept_as_given():
    more = {"client_name#ja-Jpan-JP": "クライアント", "client_name": "Ü", "contacts": ["a", "b"],
            "software_id": "s", "software_version": "1", "policy_uri": "https://a.example/p"}
    view = register(**more, foo=1, trust="others", status="disabled")[1]
    for key, value in more.items():
        assert_equal(view[key], value, key)
    for key in ("foo", "trust", "status"):
        assert key not in view, key


# ------------------------------------------------------------------------------------ strange clients

@test
def REG_01_a_chunked_body():
    """As Java's HttpURLConnection sends it: chunked, its own Accept, and an odd weight in it."""
    cert, members = fresh()
    text = json.dumps(members).encode()
    connection = server.https(cert)
    try:
        connection.request("POST", "/register", iter([text[:7], text[7:60], text[60:]]), {
            "Content-Type": "application/json; charset=UTF-8", **bearer(token()),
            "User-Agent": "Java/17.0.2", "Transfer-Encoding": "chunked",
            "Accept": "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
            "Connection": "keep-alive"}, encode_chunked=True)
        answer = connection.getresponse()
        body = answer.read().decode()
        assert_equal(answer.status, 201, body)
        # and on the same connection
        view = json.loads(body)
        again = roundtrip(connection, "GET", f"/register/{view['client_id']}", None,
                          bearer(view["registration_access_token"]))
        assert_equal((again[0], json.loads(again[2])), (200, view))
    finally:
        connection.close()


@test
def REG_01_curl_waits_for_100_continue():
    cert, members = fresh()
    body = server.write("registration.json", json.dumps({**members, "client_name": "x" * 2000}))
    done = subprocess.run(
        ["curl", "-sv", "--http1.1", "--max-time", "60", "--expect100-timeout", "30", "--cacert",
         server.path("server-ca.pem"), "--cert", cert.files()[0], "--key", cert.files()[1],
         "-H", "Expect: 100-continue", "-H", "Content-Type: application/json",
         "-H", "Authorization: Bearer " + token(), "--data-binary", "@" + body,
         f"https://localhost:{server.mtls_port}/register"],
        capture_output=True, text=True, timeout=90, check=False)
    assert_equal(done.returncode, 0, done.stderr)
    assert_in("HTTP/1.1 100", done.stderr)
    assert_in("HTTP/1.1 201", done.stderr)
    assert_in("registration_access_token", done.stdout)


# ------------------------------------------------------------------------------------ management

@test
def REG_80_REG_95_the_token_is_one_client_s():
    _, one = register()
    _, two = register()
    unauthorized(manage(one, "GET", with_token=two["registration_access_token"]), True)
    unauthorized(manage(one, "DELETE", with_token=two["registration_access_token"]), True)
    unauthorized(manage(one, "GET", with_token=token()), True)
    answer = server.request("GET", f"/register/{one['client_id']}")
    unauthorized(answer, False)
    nobody = {**one, "registration_client_uri":
              f"https://localhost:{server.mtls_port}/register/nobody"}
    unauthorized(manage(nobody, "GET"), True)
    assert_equal(json.loads(manage(one, "GET")[2]), one)
    for method in ("PATCH", "POST"):
        answer = manage(one, method, {})
        assert_equal((answer[0], answer[1]["allow"]), (405, "GET, HEAD, PUT, DELETE"), method)


@test
def REG_83_REG_88_put():
    cert, view = register(contacts=["a"], client_name="n")
    status, _, body = manage(view, "PUT", put_of(view, contacts=None, client_name="m"))
    assert_equal(status, 200, body)
    new = json.loads(body)
    assert "contacts" not in new and new["client_name"] == "m", new
    assert_equal(json.loads(manage(new, "GET")[2]), new)
    assert_equal(new["registration_access_token"], view["registration_access_token"])
    for change in ({"client_id": None}, {"client_id": "x"}, {"scope": "accounts payments"},
                   {"grant_types": None}, {"token_endpoint_auth_method": "none"}):
        assert_equal(error_of(manage(new, "PUT", put_of(new, **change))),
                     (400, "invalid_client_metadata"), change)
    for key in ("registration_access_token", "registration_client_uri", "client_id_issued_at",
                "client_secret_expires_at"):
        assert_equal(error_of(manage(new, "PUT", put_of(new, **{key: "x"}))),
                     (400, "invalid_request"), key)
    assert_equal(json.loads(manage(new, "GET")[2]), new)
    assert_equal(get_token(cert, new)[0], 200)


@test
def REG_89_another_certificate():
    cert, view = register()
    issued = json.loads(get_token(cert, view)[2])["access_token"]
    assert_equal(server.introspect(resource, issued)["active"], True)
    other, members = fresh()
    reason(manage(view, "PUT", put_of(view, **members), cert), "does not carry the name")
    assert_equal(manage(view, "PUT", put_of(view, **members), other)[0], 200)
    assert_equal(error_of(get_token(cert, view)), (401, "invalid_client"))
    assert_equal(get_token(other, view)[0], 200)
    assert_equal(server.introspect(resource, issued), {"active": False})


@test
def REG_90_REG_91_delete():
    cert, view = register()
    issued = json.loads(get_token(cert, view)[2])["access_token"]
    status, _, body = manage(view, "DELETE")
    assert_equal((status, body), (204, ""))
    assert_equal(error_of(get_token(cert, view)), (401, "invalid_client"))
    assert_equal(server.introspect(resource, issued), {"active": False})
    for method, members in (("GET", None), ("PUT", put_of(view)), ("DELETE", None)):
        unauthorized(manage(view, method, members), True)


@test
def REG_92_locked_by_the_administrator():
    _, view = register()
    server.ctl("client", "disable", view["client_id"])
    for method, members in (("GET", None), ("PUT", put_of(view)), ("DELETE", None)):
        assert_equal(manage(view, method, members)[0], 403, method)
    server.ctl("client", "enable", view["client_id"])
    assert_equal(manage(view, "GET")[0], 200)


@test
def REG_96_twenty_puts_at_once():
    _, view = register()

    def put(number):
        return manage(view, "PUT", put_of(view, client_name=f"n{number}", contacts=[f"c{number}"]))
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(put, range(20)))
    assert_equal([answer[0] for answer in answers], [200] * 20)
    last = json.loads(manage(view, "GET")[2])
    assert_equal(last["client_name"][1:], last["contacts"][0][1:])  # never a mixture


@test
def REG_91_a_client_that_ends_meanwhile():
    _, view = register()

    def put(number):
        return manage(view, "DELETE" if number == 10 else "PUT",
                      None if number == 10 else put_of(view, client_name=f"n{number}"))
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(put, range(20)))
    assert_equal(answers[10][0], 204)
    assert {answer[0] for answer in answers} <= {200, 204, 401}, answers
    for answer in answers:
        if answer[0] == 401:
            unauthorized(answer, True)
    unauthorized(manage(view, "GET"), True)


@test
def REG_83_an_operator_who_comes_between():
    """A client that replaces itself all the time does not undo what an operator does."""
    _, view = register()

    def puts(number):
        return [manage(view, "PUT", put_of(view, client_name=f"n{number}"))[0] for _ in range(15)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        running = [pool.submit(puts, number) for number in range(6)]
        time.sleep(0.05)
        server.ctl("client", "disable", view["client_id"])
        seen = {status for one in running for status in one.result()}
    assert seen <= {200, 403}, seen
    assert_equal(server.ctl("client", "show", view["client_id"])["status"], "disabled")


# ------------------------------------------------------------------------------------ what is kept

@test
def REG_93_restart_database_and_logs():
    own = Fapid.start()
    try:
        cert, members = fresh(own.client_ca)
        made = iat(own, "--uses", "2")
        view = registered(post(cert, made["initial_access_token"], members, of=own))
        assert_equal(manage(view, "GET", of=own)[0], 200)
        assert_equal(own.stop(signal.SIGTERM), 0)
        own.run()
        assert_equal(json.loads(manage(view, "GET", of=own)[2]), view)
        assert_equal([(one["id"], one["uses"]) for one in own.ctl("iat", "list")],
                     [(made["id"], 1)])
        assert_equal(own.stop(signal.SIGTERM), 0)
        found = b""
        for file in os.listdir(own.folder):
            if os.path.isfile(own.path(file)):
                with open(own.path(file), "rb") as content:
                    found += content.read()
        assert made["id"].encode() in found
        for secret in (made["initial_access_token"], view["registration_access_token"]):
            assert secret.encode() not in found
            assert secret[4:].encode() not in found
            assert base64.urlsafe_b64decode(secret[4:]) not in found
    finally:
        own.close()


@test
def MTLS_118_the_audit_tells_who():
    made = iat()
    cert, members = fresh()
    view = registered(post(cert, made["initial_access_token"], members))
    manage(view, "PUT", put_of(view))
    manage(view, "DELETE")
    lines = [(line["event"], line.get("actor"), line["outcome"]) for line in server.audit_lines()
             if line.get("client_id") == view["client_id"]]
    assert_equal(lines, [("client_registered", "iat:" + made["id"], "success"),
                         ("client_updated", view["client_id"], "success"),
                         ("client_deleted", view["client_id"], "success")])


# ------------------------------------------------------------------------------------ fapictl

@test
def REG_15_fapictl_iat():
    made = server.ctl("iat", "create", "--profile", "oauth", "--scope", "accounts", "--uses", "3",
                      "--expires-in", "12h")
    assert_equal((made["profile"], made["scope"], made["uses"]), ("oauth", "accounts", 3))
    assert_equal(made["expires_at"] - made["created_at"], 12 * 3600)
    listed = next(one for one in server.ctl("iat", "list") if one["id"] == made["id"])
    assert_equal(listed, {k: v for k, v in made.items() if k != "initial_access_token"})
    server.ctl("iat", "revoke", made["id"])
    assert_equal(server.ctl("iat", "revoke", made["id"], status=3)["error"], "not_found")
    for flags in (("--uses", "x"), ("--uses", "-1"), ("--expires-in", "1y"), ("--expires-in", ""),
                  ("--nosuch", "x")):
        server.ctl("iat", "create", *flags, status=2)
    for flags in (("--uses", "0"), ("--expires-in", "367d"), ("--profile", "nosuch"),
                  ("--scope", "a  b")):
        server.ctl("iat", "create", *flags, status=1)
    code, shown, _ = server.fapictl("iat", "list")
    assert_equal((code, shown.split()[0]), (0, "ID"))


@test
def REG_60_a_client_of_another_profile():
    cert, members = fresh()
    view = registered(post(cert, token(None, "--profile", "oauth"), members))
    assert_equal((view["profile"], view["tls_client_certificate_bound_access_tokens"]),
                 ("oauth", False))
    answer = json.loads(get_token(cert, view)[2])
    assert "cnf" not in server.introspect(resource, answer["access_token"])


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
