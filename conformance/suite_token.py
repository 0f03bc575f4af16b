#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The token endpoint as clients meet it: HTTP rules, client_credentials, binding, revocation."""
import json
import re
import time

from fapid import AUDIENCE, Fapid, error_of, roundtrip
from tap import assert_equal, assert_in, each, main, test

FORM = "application/x-www-form-urlencoded"
DIRECT = (("token", "/token"), ("introspection", "/introspect"), ("revocation", "/revoke"))

server = alice = bob = plain = resource = payments = None


def setup():
    global server, alice, bob, plain, resource, payments
    server = Fapid.start(sets=["authentication.failures_per_minute=100000"])
    resource = server.register_resource()
    payments = server.register_resource("payments", "https://api.example/payments", "payments")
    alice = server.register_client("alice", scope="accounts balances")
    bob = server.register_client("bob", scope="accounts payments unowned",
                                 flags=("--default-resource", AUDIENCE))
    plain = server.register_client("plain", flags=("--profile", "oauth"))


def teardown():
    server.close()


def good(**more):
    return {"grant_type": "client_credentials", "client_id": alice.id, **more}


# ------------------------------------------------------------------------------------ HTTP

@each(*DIRECT)
def TOK_01_post_only(path):
    for method in ("GET", "PUT", "HEAD", "DELETE"):
        status, fields, _ = server.request(method, path, cert=alice.cert)
        assert_equal((method, status), (method, 405))
        assert_equal(fields["allow"], "POST")


@each(*DIRECT)
def TOK_02_form_only(path):
    for kind, body in (("application/json", "{}"), ("multipart/form-data; boundary=x", "--x--"),
                       ("text/plain", "a=b")):
        answer = server.request("POST", path, body, {"Content-Type": kind}, alice.cert)
        assert_equal(error_of(answer), (400, "invalid_request"), kind)


@test
def TOK_02_media_type_without_case_parameters_ignored():
    body = f"grant_type=client_credentials&client_id={alice.id}"
    for kind in ("Application/X-WWW-Form-URLEncoded", FORM + "; charset=UTF-8"):
        assert_equal(server.request("POST", "/token", body, {"Content-Type": kind},
                                    alice.cert)[0], 200)


@each(("escape", "%zz"), ("short_escape", "%4"), ("nul", "%00"), ("utf8", "%ff"), ("control", "%01"))
def TOK_03_bad_octets(value):
    body = f"grant_type=client_credentials&client_id={alice.id}&scope={value}"
    assert_equal(error_of(server.request("POST", "/token", body, {"Content-Type": FORM},
                                         alice.cert)), (400, "invalid_request"))


@each(("client_id", "client_id"), ("grant_type", "grant_type"), ("scope", "scope"))
def TOK_04_repeated(parameter):
    form = list(good(scope="accounts").items())
    assert_equal(server.post(alice.cert, "/token", form=form)[0], 200)
    for value in (dict(form)[parameter], "other"):
        answer = server.post(alice.cert, "/token", form=form + [(parameter, value)])
        assert_equal(error_of(answer), (400, "invalid_request"))


@test
def TOK_05_empty_is_absent():
    status, _, body = server.post(alice.cert, "/token", form=good(scope=""))
    assert_equal(status, 200)
    assert_equal(json.loads(body)["scope"], "accounts balances")
    assert_equal(error_of(server.post(alice.cert, "/token", form=good(grant_type=""))),
                 (400, "invalid_request"))


@test
def TOK_06_unknown_parameters_are_ignored():
    assert_equal(server.post(alice.cert, "/token", form=good(foo="bar"))[0], 200)


@test
def TOK_07_nothing_in_the_url_and_no_query_in_the_log():
    answer = server.post(alice.cert, "/token?grant_type=client_credentials&marker-in-url=1",
                         form=good())
    assert_equal(error_of(answer), (400, "invalid_request"))
    assert "marker-in-url" not in server.log()


@test
def TOK_08_every_answer_is_json_and_TOK_09_not_stored():
    answers = [server.post(alice.cert, "/token", form=good()),
               server.post(alice.cert, "/token", form=good(grant_type="x")),
               server.post(None, "/token", form=good()),
               server.request("GET", "/token"), server.request("GET", "/nowhere"),
               server.request("POST", "/token", "x" * (64 * 1024 + 1), {"Content-Type": FORM}),
               server.request("GET", "/" + "x" * (17 * 1024)),
               server.request("GET", "/", fields={"X": "y" * (17 * 1024)})]
    assert_equal([one[0] for one in answers], [200, 400, 401, 405, 404, 413, 414, 431])
    for status, fields, body in answers:
        assert_equal(fields["content-type"], "application/json", status)
        assert_equal(fields["cache-control"], "no-store", status)
        assert_equal(fields["pragma"], "no-cache", status)
        assert isinstance(json.loads(body), dict), body


@test
def TOK_10_descriptions_echo_nothing():
    for value in ('"', "\\", "é", "\r\nX: y", "<script>"):
        for parameter in ("grant_type", "scope", "resource", "client_id"):
            _, _, body = server.post(alice.cert, "/token", form=good(**{parameter: value}))
            text = json.loads(body).get("error_description", "")
            assert re.fullmatch(r"[\x20\x21\x23-\x5b\x5d-\x7e]*", text), text
            assert "script" not in text


@test
def TOK_12_limits():
    for count, status in ((61, 200), (65, 400)):
        form = list(good(scope="accounts").items()) + [(f"p{i}", "x") for i in range(count)]
        assert_equal(server.post(alice.cert, "/token", form=form)[0], status, count)
    for size, status in ((64 * 1024, 400), (64 * 1024 + 1, 413)):
        answer = server.request("POST", "/token", "x" * size, {"Content-Type": FORM}, alice.cert)
        assert_equal(answer[0], status, size)
        assert_equal(answer[1].get("connection", "").lower() == "close", status == 413)


@test
def TLS_41_strict_transport_security_once():
    connection = server.https(alice.cert)
    for method, path in (("GET", "/nowhere"), ("GET", "/token"),
                         ("GET", "/.well-known/oauth-authorization-server")):
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        assert_equal(answer.headers.get_all("Strict-Transport-Security"),
                     ["max-age=31536000; includeSubDomains"], path)
    connection.close()
    answer = server.request("GET", "/" + "x" * (17 * 1024))
    assert_equal(answer[1]["strict-transport-security"], "max-age=31536000; includeSubDomains")


@test
def TOK_16_no_cors():
    _, fields, _ = server.post(alice.cert, "/token", form=good(),
                               fields={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in fields, fields


@test
def TLS_33_no_compression():
    _, fields, _ = server.post(alice.cert, "/token", form=good(),
                               fields={"Accept-Encoding": "gzip, br"})
    assert "content-encoding" not in fields, fields


@test
def TOK_13_failures_are_counted_and_successes_are_not():
    guarded = Fapid.start(sets=["authentication.failures_per_minute=5"])
    try:
        eve = guarded.register_client("eve", flags=("--profile", "oauth"))
        guarded.register_resource()
        for _ in range(20):
            assert_equal(guarded.ask_token(eve)[0], 200)
        seen = [guarded.ask_token(eve, cert=None)[0] for _ in range(20)]
        assert_equal(seen[0], 401)
        assert_equal(seen[-1], 429)
        _, fields, body = guarded.ask_token(eve, cert=None)
        assert int(fields["retry-after"]) > 0, fields
        assert isinstance(json.loads(body)["error"], str)
    finally:
        guarded.close()


# ------------------------------------------------------------------------------------ grants

@test
def TOK_60_grant_types():
    assert_equal(error_of(server.post(alice.cert, "/token", client_id=alice.id)),
                 (400, "invalid_request"))
    assert_equal(error_of(server.post(alice.cert, "/token", form=good(grant_type="nosuch"))),
                 (400, "unsupported_grant_type"))
    answer = server.post(resource.cert, "/token", grant_type="client_credentials",
                         client_id=resource.id)
    assert_equal(error_of(answer), (400, "unauthorized_client"))


@each(("password", "password"), ("implicit", "implicit"), ("code", "authorization_code"),
      ("refresh", "refresh_token"))
def TOK_61_not_offered(grant):
    answer = server.post(alice.cert, "/token", form=good(grant_type=grant, username="u",
                                                         password="p", code="c"))
    assert_equal(error_of(answer), (400, "unsupported_grant_type"))


@test
def TOK_62_form_before_client_before_grant():
    assert_equal(error_of(server.post(None, "/token", client_id=alice.id)),
                 (400, "invalid_request"))
    assert_equal(error_of(server.post(None, "/token", form=good(scope="nosuch"))),
                 (401, "invalid_client"))


@test
def TOK_63_success():
    status, fields, body = server.post(alice.cert, "/token", form=good(scope="accounts"))
    answer = json.loads(body)
    assert_equal(status, 200)
    assert_equal(sorted(answer), ["access_token", "expires_in", "scope", "token_type"])
    assert_equal(answer["token_type"], "Bearer", "MTLS-77")
    assert_equal(type(answer["expires_in"]), int)
    assert_equal(answer["scope"], "accounts")
    assert re.fullmatch(r"fat1\.[A-Za-z0-9_-]+", answer["access_token"])
    # TOK-65: no refresh token with client_credentials
    assert "refresh_token" not in answer


@test
def TOK_66_scopes():
    for scope in ("accounts balances", "balances accounts"):
        status, _, body = server.post(alice.cert, "/token", form=good(scope=scope))
        assert_equal(status, 200)
        assert_equal(sorted(json.loads(body)["scope"].split()), ["accounts", "balances"])
    for scope in ("Accounts", 'acc"ounts', "payments", "nosuch", "accounts nosuch", "a\\b"):
        assert_equal(error_of(server.post(alice.cert, "/token", form=good(scope=scope))),
                     (400, "invalid_scope"), scope)


@test
def TOK_67_the_default_is_shown():
    _, _, body = server.post(alice.cert, "/token", form=good())
    assert_equal(json.loads(body)["scope"], "accounts balances")


@each(("openid", "openid"), ("offline_access", "offline_access"))
def TOK_68_scopes_of_users(scope):
    assert_equal(error_of(server.post(alice.cert, "/token", form=good(scope=scope))),
                 (400, "invalid_scope"))


@test
def TOK_68_the_subject_is_the_client():
    assert_equal(server.introspect(resource, server.token(alice, scope="accounts"))["sub"],
                 alice.id)


@test
def TOK_69_ids_are_the_servers():
    first, second = (server.register_client(f"id{i}") for i in (1, 2))
    assert first.id != second.id
    assert re.fullmatch(r"[A-Za-z0-9_-]{22,}", first.id), first.id


@test
def TOK_124_audiences():
    def audience(**more):
        status, _, body = server.post(bob.cert, "/token", form={
            "grant_type": "client_credentials", "client_id": bob.id, **more})
        if status != 200:
            return json.loads(body)["error"]
        token = json.loads(body)["access_token"]
        seen = [server.introspect(one, token) for one in (resource, payments)]
        return [one.get("aud") for one in seen]

    assert_equal(audience(scope="accounts"), [AUDIENCE, None])
    assert_equal(audience(scope="payments"), [None, "https://api.example/payments"])
    assert_equal(audience(scope="payments", resource="https://api.example/payments"),
                 [None, "https://api.example/payments"])
    assert_equal(audience(scope="accounts", resource="https://api.example/payments"),
                 "invalid_scope")
    assert_equal(audience(scope="accounts", resource="https://nosuch.example"), "invalid_target")
    assert_equal(audience(scope="accounts", resource="not a uri"), "invalid_target")
    assert_equal(audience(scope="unowned"), "invalid_scope")
    assert_equal(audience(), [AUDIENCE, None], "default_resource")


@test
def TOK_70_only_bound_tokens():
    answer = server.introspect(resource, server.token(alice, scope="accounts"))
    assert_equal(answer["cnf"], {"x5t#S256": alice.cert.x5t()})


# ------------------------------------------------------------------------------------ binding

@test
def MTLS_70_thumbprint_of_the_certificate():
    answer = server.introspect(resource, server.token(alice, scope="accounts"))
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", answer["cnf"]["x5t#S256"])
    assert_equal(answer["cnf"]["x5t#S256"], alice.cert.x5t())
    # MTLS-88: no SHA-1 member
    assert_equal(list(answer["cnf"]), ["x5t#S256"])


@test
def MTLS_73_the_flag_is_boolean_and_shown():
    assert_equal(plain.view["tls_client_certificate_bound_access_tokens"], False)
    assert_equal(alice.view["tls_client_certificate_bound_access_tokens"], True)
    file = server.write("flag.json", json.dumps({
        "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "CN=flag",
        "tls_client_certificate_bound_access_tokens": "true"}))
    refusal = server.ctl("client", "create", "--json", file, status=1)
    assert_in("tls_client_certificate_bound_access_tokens", refusal["message"])


@test
def MTLS_76_unbound_outside_fapi():
    answer = server.introspect(resource, server.token(plain, scope="accounts"))
    assert_equal((answer["active"], answer.get("cnf")), (True, None))


@test
def MTLS_76_always_bind():
    binding = Fapid.start(sets=["token.always_bind=on"])
    try:
        rs = binding.register_resource()
        judy = binding.register_client("judy", flags=("--profile", "oauth"))
        answer = binding.introspect(rs, binding.token(judy))
        assert_equal(answer["cnf"], {"x5t#S256": judy.cert.x5t()})
    finally:
        binding.close()


@test
def MTLS_83_after_a_renewal_tokens_are_bound_to_the_new_one():
    renewed = server.client_ca.issue("alice")
    status, _, body = server.ask_token(alice, cert=renewed, scope="accounts")
    assert_equal(status, 200)
    answer = server.introspect(resource, json.loads(body)["access_token"])
    assert_equal(answer["cnf"]["x5t#S256"], renewed.x5t())
    assert renewed.x5t() != alice.cert.x5t()


@test
def TOK_17_credentials_do_not_repeat():
    seen = {server.token(alice, scope="accounts") for _ in range(50)}
    assert_equal(len(seen), 50)


@test
def TOK_18_no_token_in_the_database_and_TOK_19_none_in_the_log():
    token = server.token(alice, scope="accounts")
    server.introspect(resource, token)
    server.post(alice.cert, "/revoke", client_id=alice.id, token=token)
    server.settle_audit()
    for file in ("fapid.db", "fapid.db-wal", "fapid.log", "audit.jsonl"):
        with open(server.path(file), "rb") as content:
            assert token[5:40].encode() not in content.read(), file


@test
def TOK_63_lifetime_ends():
    short = Fapid.start(sets=["lifetime.access_token=1s"])
    try:
        rs = short.register_resource()
        kim = short.register_client("kim")
        _, _, body = short.ask_token(kim)
        answer = json.loads(body)
        assert_equal(answer["expires_in"], 1)
        end = time.monotonic() + 10
        while short.introspect(rs, answer["access_token"])["active"]:
            assert time.monotonic() < end, "the token does not expire"
            time.sleep(0.1)
    finally:
        short.close()


@test
def MTLS_01_keep_alive_and_many_requests_on_one_connection():
    connection = server.https(alice.cert)
    body = f"grant_type=client_credentials&client_id={alice.id}"
    for _ in range(20):
        assert_equal(roundtrip(connection, "POST", "/token", body, {"Content-Type": FORM})[0], 200)
    connection.close()


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
