#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The metadata document (RFC 8414, RFC 8705 3.3 and 5): it says what works, and what it says works."""
import json
import os
import re
import subprocess
import urllib.parse

from fapid import AUDIENCE, Fapid, error_of
from tap import assert_equal, assert_in, each, main, test

SNAPSHOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "metadata.json")
WELL_KNOWN = "/.well-known/oauth-authorization-server"
ENDPOINTS = ("token_endpoint", "introspection_endpoint", "revocation_endpoint",
             "registration_endpoint")
METHOD_MEMBERS = tuple(f"{one}_auth_methods_supported" for one in ENDPOINTS[:3])
BOTH = ["tls_client_auth", "self_signed_tls_client_auth"]
GRANT = "client_credentials"

server = alice = sally = resource = None


def setup():
    global server, alice, sally, resource
    server = Fapid.start(sets=["authentication.failures_per_minute=100000"])
    resource = server.register_resource()
    alice = server.register_client("alice")
    sally = server.register_client("sally", method="self_signed_tls_client_auth")


def teardown():
    server.close()


def document(of=None, path=WELL_KNOWN, port=None):
    status, fields, body = (of or server).request("GET", path, port=port or (of or server).port)
    assert_equal((status, fields["content-type"]), (200, "application/json"), path)
    return json.loads(body)


def post_url(of, url, cert, **form):
    """POST to an absolute URL as a client does that knows nothing but the document."""
    parts = urllib.parse.urlsplit(url)
    assert_equal((parts.scheme, parts.hostname, parts.query), ("https", "localhost", ""), url)
    return of.post(cert, parts.path, form=form, port=parts.port)


def token_at(of, client, url):
    status, _, body = post_url(of, url, client.cert, grant_type=GRANT, client_id=client.id)
    assert_equal(status, 200, body)
    return json.loads(body)["access_token"]


def active_at(of, rs, token, url):
    status, _, body = post_url(of, url, rs.cert, client_id=rs.id, token=token)
    assert_equal(status, 200, body)
    return json.loads(body)["active"]


def asks_for_certificate(of, port, version):
    """Does the listener send a CertificateRequest? s_client then tells what was asked for."""
    said = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername",
                           "localhost", "-CAfile", of.path("server-ca.pem"), version],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False).stdout
    assert_in("Verify return code: 0 (ok)", said)
    return "Requested Signature Algorithms" in said


# ------------------------------------------------------------------------------------ the document

@test
def REG_102_answer():
    status, fields, body = server.request("GET", WELL_KNOWN, port=server.port)
    assert_equal(status, 200)
    assert_equal(fields["content-type"], "application/json")
    assert_equal(fields["cache-control"], "public, max-age=3600")
    assert_equal(fields["access-control-allow-origin"], "*")
    assert "pragma" not in fields, fields
    head, head_fields, nothing = server.request("HEAD", WELL_KNOWN, port=server.port)
    assert_equal((head, nothing), (200, ""))
    assert_equal(head_fields["content-length"], str(len(body)))
    answer = server.request("POST", WELL_KNOWN, "", port=server.port)
    assert_equal((answer[0], answer[1]["allow"]), (405, "GET, HEAD"))


@test
def REG_102_no_empty_member_but_one():
    for member, value in document().items():
        assert value or member == "response_types_supported", member
    assert_equal(document()["response_types_supported"], [])


@test
def REG_103_the_issuer_is_the_same_everywhere():
    seen = server.introspect(resource, server.token(alice))
    assert_equal(document()["issuer"], server.issuer)
    assert_equal(seen["iss"], server.issuer)
    assert_equal(document(port=server.mtls_port), document(), "at the mTLS origin")


@test
def REG_105_REG_107_endpoints_stand_at_the_issuer():
    seen = document()
    for member, path in zip((*ENDPOINTS, "jwks_uri"),
                            ("/token", "/introspect", "/revoke", "/register", "/jwks")):
        assert_equal(seen[member], server.issuer + path, member)


@test
def REG_100_only_one_url():
    assert_equal(server.request("GET", WELL_KNOWN, port=server.port)[0], 200)
    for path in (WELL_KNOWN + "/", WELL_KNOWN + "/x", WELL_KNOWN.upper()):
        assert_equal(error_of(server.request("GET", path, port=server.port)), (404, "not_found"))


@test
def REG_100_an_issuer_with_a_path():
    brand = Fapid.make()
    brand.run([f"issuer={brand.issuer}/brand1"])
    try:
        seen = document(brand, WELL_KNOWN + "/brand1")
        assert_equal(seen["issuer"], brand.issuer + "/brand1")
        for path in (WELL_KNOWN, "/brand1" + WELL_KNOWN, WELL_KNOWN + "/brand1/",
                     WELL_KNOWN + "/brand2"):
            assert_equal(error_of(brand.request("GET", path, port=brand.port)), (404, "not_found"))
        rs, client = brand.register_resource(), brand.register_client("zoe")
        token = token_at(brand, client, seen["mtls_endpoint_aliases"]["token_endpoint"])
        assert_equal(brand.introspect(rs, token)["iss"], brand.issuer + "/brand1")
    finally:
        brand.close()


@each(("root", "/.well-known/openid-configuration"), ("userinfo", "/userinfo"),
      ("authorization", "/authorize"), ("par", "/par"))
def REG_101_what_is_not_offered_is_not_found(path):
    for port in (server.port, server.mtls_port):
        assert_equal(error_of(server.request("GET", path, port=port)), (404, "not_found"))


def full():
    """A server with every option on that shows in the document, and what it shows."""
    made = Fapid.make(top="""
keys { algs = {ES256, PS256, EdDSA} }
metadata { service_documentation = "https://as.example/doc"
           op_policy_uri = "https://as.example/policy"  op_tos_uri = "https://as.example/tos" }
""")
    made.run()
    made.register_resource("one", "urn:x:one", "write read")
    made.register_resource("two", "urn:x:two", "admin read")
    made.register_resource("three", "urn:x:three", "internal", flags=("--scopes-hidden", "true"))
    return made


@test
def REG_126_snapshot():
    """Every member of a full configuration, octet for octet: what changes here is seen."""
    made = full()
    try:
        text = made.request("GET", WELL_KNOWN, port=made.port)[2]
        text = text.replace(f":{made.port}", "").replace(f"localhost:{made.mtls_port}",
                                                         "mtls.localhost")
        shown = json.dumps(json.loads(text), indent=2) + "\n"
        with open(SNAPSHOT, encoding="utf-8") as expected:
            assert_equal(shown, expected.read())
    finally:
        made.close()


@test
def REG_126_REG_127_nothing_else_is_promised():
    known = {"issuer", *ENDPOINTS, *METHOD_MEMBERS, "jwks_uri", "response_types_supported",
             "grant_types_supported", "introspection_signing_alg_values_supported",
             "tls_client_certificate_bound_access_tokens", "mtls_endpoint_aliases",
             "scopes_supported"}
    assert_equal(set(document()), known)


@test
def REG_126_what_is_listed_works():
    """Each URL answers to its method, and refuses what it does not know."""
    methods = {"jwks_uri": "GET"}
    urls = {**{member: document()[member] for member in (*ENDPOINTS, "jwks_uri")},
            **{"alias of " + member: url
               for member, url in document()["mtls_endpoint_aliases"].items()}}
    for member, url in urls.items():
        parts = urllib.parse.urlsplit(url)
        method = methods.get(member, "POST")
        answer = server.request(method, parts.path, "" if method == "POST" else None,
                                port=parts.port)
        assert answer[0] in (200, 400, 401), (member, answer)
        other = server.request("PATCH", parts.path, port=parts.port)
        assert_equal((other[0], method in other[1]["allow"]), (405, True), member)


@test
def REG_106_keys_of_what_is_signed():
    status, _, body = server.request("GET", "/jwks", port=server.port)
    algs = {key["alg"] for key in json.loads(body)["keys"]}
    assert_equal(status, 200)
    listed = document()["introspection_signing_alg_values_supported"]
    assert_equal(listed, ["ES256", "PS256"])
    assert set(listed) <= algs, algs
    # a resource server may register each of them, and none else
    for alg in ("ES256", "PS256", "EdDSA", "RS256", "HS256", "none"):
        flags = ["resource", "create", "--dry-run", "--token-endpoint-auth-method", BOTH[0],
                 "--tls-client-auth-subject-dn", "CN=dry", "--audience", "urn:x:dry",
                 "--introspection-signed-response-alg", alg]
        server.ctl(*flags, status=0 if alg in listed else 1)


@test
def REG_109_every_scope_can_be_requested():
    made = full()
    try:
        listed = document(made)["scopes_supported"]
        assert_equal(listed, ["admin", "read", "write"])
        client = made.register_client("zoe", scope="admin read write internal")
        for scope, target in (("admin", "urn:x:two"), ("read", "urn:x:one"),
                              ("write", "urn:x:one"), ("internal", "urn:x:three")):
            assert made.token(client, scope=scope, resource=target)
        assert_equal(error_of(made.ask_token(client, scope="nosuch")), (400, "invalid_scope"))
    finally:
        made.close()


# ------------------------------------------------------------------------------------ what works

@test
def REG_112_grant_types():
    listed = document()["grant_types_supported"]
    assert_equal(listed, [GRANT])
    for grant in (GRANT, "authorization_code", "refresh_token", "password", "implicit",
                  "urn:ietf:params:oauth:grant-type:token-exchange"):
        answer = server.ask_token(alice, grant_type=grant)
        if grant in listed:
            assert_equal(answer[0], 200, grant)
        else:
            assert_equal(error_of(answer), (400, "unsupported_grant_type"), grant)


def trial(of, rs, clients):
    """The methods that get a token at each endpoint's first call."""
    token = None
    works = {}
    for method, client in clients.items():
        answer = of.ask_token(client)
        works[method] = answer[0] == 200
        if works[method]:
            token = json.loads(answer[2])["access_token"]
        else:
            assert_equal(error_of(answer), (401, "invalid_client"), method)
    assert token is None or of.introspect(rs, token)["active"]
    return [method for method, fine in works.items() if fine]


@test
def MTLS_13_REG_113_the_list_equals_what_works():
    clients = dict(zip(BOTH, (alice, sally)))
    for member in METHOD_MEMBERS:
        assert_equal(document()[member], BOTH, member)
    assert_equal(trial(server, resource, clients), BOTH)
    # and what is not listed does not
    for form in ({"client_secret": "s"},
                 {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                  "client_assertion": "e30.e30.e30"}):
        answer = server.ask_token(alice, cert=None, **form)
        assert_equal(error_of(answer), (401, "invalid_client"), form)
    answer = server.ask_token(alice, cert=None)
    assert_equal(error_of(answer), (401, "invalid_client"), "none")


@each(("tls_client_auth", 0), ("self_signed_tls_client_auth", 1))
def MTLS_13_a_method_switched_off(number):
    off = Fapid.start()
    try:
        rs = off.register_resource()
        clients = dict(zip(BOTH, (off.register_client("one"), off.register_client(
            "two", method="self_signed_tls_client_auth"))))
        assert_equal(trial(off, rs, clients), BOTH)
        assert_equal(off.stop(), 0)
        off.run([f"authentication.methods={BOTH[number]}"])
        for member in METHOD_MEMBERS:
            assert_equal(document(off)[member], [BOTH[number]], member)
        answers = [off.ask_token(clients[one])[0] for one in BOTH]
        assert_equal(answers, [200 if i == number else 401 for i in range(2)])
        # MTLS-14: nor can it be registered
        gone = BOTH[1 - number]
        said = off.ctl("client", "create", "--token-endpoint-auth-method", gone,
                       "--tls-client-auth-subject-dn", "CN=x", status=1)
        assert_in("switched off", said["message"])
    finally:
        off.close()


@test
def MTLS_74_REG_119_bound_tokens():
    assert_equal(document()["tls_client_certificate_bound_access_tokens"], True)
    assert_equal(server.introspect(resource, server.token(alice))["cnf"],
                 {"x5t#S256": alice.cert.x5t()})


# ------------------------------------------------------------------------------------ two listeners

@test
def MTLS_100_every_alias_works_with_a_certificate():
    aliases = document()["mtls_endpoint_aliases"]
    token = token_at(server, alice, aliases["token_endpoint"])
    assert_equal(active_at(server, resource, token, aliases["introspection_endpoint"]), True)
    status, _, body = post_url(server, aliases["revocation_endpoint"], alice.cert,
                               client_id=alice.id, token=token)
    assert_equal((status, body), (200, ""))
    assert_equal(active_at(server, resource, token, aliases["introspection_endpoint"]), False)


@test
def MTLS_101_only_what_clients_call_directly():
    aliases = document()["mtls_endpoint_aliases"]
    assert_equal(set(aliases), set(ENDPOINTS))
    for url in aliases.values():
        assert re.match(rf"https://localhost:{server.mtls_port}/\w+$", url), url


@each(("tls12", "-tls1_2"), ("tls13", "-tls1_3"))
def MTLS_103_only_the_alias_asks_for_a_certificate(version):
    assert_equal(asks_for_certificate(server, server.port, version), False)
    assert_equal(asks_for_certificate(server, server.mtls_port, version), True)


@test
def MTLS_105_a_token_is_good_at_both_origins():
    both = Fapid.start(public="request", mtls="request")
    try:
        rs, client = both.register_resource(), both.register_client("zoe")
        for issued, asked in ((both.port, both.mtls_port), (both.mtls_port, both.port)):
            answer = both.post(client.cert, "/token", grant_type=GRANT, client_id=client.id,
                               port=issued)
            assert_equal(answer[0], 200)
            token = json.loads(answer[2])["access_token"]
            form = {"client_id": rs.id, "token": token}
            for port in (issued, asked):
                answer = both.post(rs.cert, "/introspect", form=form, port=port)
                assert_equal(json.loads(answer[2])["iss"], both.issuer)
            answer = both.post(client.cert, "/revoke", client_id=client.id, token=token,
                               port=asked)
            assert_equal(answer[0], 200)
            answer = both.post(rs.cert, "/introspect", form=form, port=issued)
            assert_equal(answer[2], '{"active":false}')
    finally:
        both.close()


@test
def MTLS_106_where_to_go_with_a_certificate():
    bodies = set()
    for client_id in (alice.id, sally.id, "nobody"):
        answer = server.post(None, "/token", grant_type=GRANT, client_id=client_id,
                             port=server.port)
        assert_equal(error_of(answer), (401, "invalid_client"))
        bodies.add(answer[2])
    answer = server.post(None, "/introspect", token="x", port=server.port)
    bodies.add(answer[2])
    assert_equal(len(bodies), 1)
    assert_in(f"https://localhost:{server.mtls_port}", bodies.pop())
    answer = server.post(None, "/token", grant_type=GRANT, client_id=alice.id)
    assert "https://" not in answer[2], answer[2]


# ------------------------------------------------------------------------------------ other settings

@test
def MTLS_102_MTLS_104_one_listener_that_asks_everywhere():
    one = Fapid.make(public="request")
    whole = open(one.path("fapid.conf"), encoding="utf-8").read()
    one.write("fapid.conf", re.sub(r"listener mtls \{.*?\n\}\n", "", whole, flags=re.DOTALL))
    one.mtls_port = one.port
    one.run()
    try:
        seen = document(one)
        assert "mtls_endpoint_aliases" not in seen, seen
        assert_equal(seen["tls_client_certificate_bound_access_tokens"], True)
        assert_equal(seen["token_endpoint_auth_methods_supported"], BOTH)
        assert_equal(asks_for_certificate(one, one.port, "-tls1_3"), True)
        rs, client = one.register_resource(), one.register_client("zoe")
        token = token_at(one, client, seen["token_endpoint"])
        assert_equal(active_at(one, rs, token, seen["introspection_endpoint"]), True)
        # a browser without a certificate still reads the document, and learns of no other origin
        answer = one.post(None, "/token", grant_type=GRANT, client_id=client.id)
        assert_equal(error_of(answer), (401, "invalid_client"))
        assert "https://" not in answer[2], answer[2]
    finally:
        one.close()


@test
def MTLS_74_nobody_asks():
    """Nothing could authenticate: such a configuration is refused."""
    none = Fapid.make(mtls="none")
    try:
        done = subprocess.run(none.command("-t"), capture_output=True, text=True, timeout=60,
                              check=False)
        assert_equal(done.returncode, 78)
        assert_in("no listener asks for client certificates", done.stderr)
    finally:
        none.close()


@test
def MTLS_104_both_ask():
    both = Fapid.start(public="request", aliases=False)
    try:
        assert "mtls_endpoint_aliases" not in document(both)
        rs, client = both.register_resource(), both.register_client("zoe")
        token = token_at(both, client, document(both)["token_endpoint"])
        assert_equal(active_at(both, rs, token, document(both)["introspection_endpoint"]), True)
    finally:
        both.close()


@test
def REG_104_another_issuer_is_another_server():
    other = Fapid.start()
    try:
        stranger = other.register_resource()
        token = server.token(alice)
        assert_equal(server.introspect(resource, token)["active"], True)
        assert_equal(other.introspect(stranger, token), {"active": False})
        answer = other.post(alice.cert, "/token", grant_type=GRANT, client_id=alice.id)
        assert_equal(error_of(answer), (401, "invalid_client"))
        assert_equal(stranger.view["audience"], [AUDIENCE])
    finally:
        other.close()


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
