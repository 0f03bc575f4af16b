#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Introspection (RFC 7662) and revocation (RFC 7009) as resource servers and clients meet them."""
import base64
import json
import shutil
import subprocess
import threading
import time

from fapid import AUDIENCE, Fapid, error_of
from tap import assert_equal, assert_in, each, main, skip, test

INACTIVE = '{"active":false}'

server = alice = bob = resource = payments = None


def setup():
    global server, alice, bob, resource, payments
    server = Fapid.start(sets=["authentication.failures_per_minute=100000"])
    resource = server.register_resource()
    payments = server.register_resource("payments", "https://api.example/payments", "payments")
    alice = server.register_client("alice", scope="accounts balances payments")
    bob = server.register_client("bob")


def teardown():
    server.close()


def ask(token, resource_=None, cert=None, **more):
    who = resource_ or resource
    status, _, body = server.post(cert or who.cert, "/introspect",
                                  form={"client_id": who.id, "token": token, **more})
    return status, body


@test
def TOK_140_the_caller_is_authenticated():
    token = server.token(alice, scope="accounts")
    answer = server.post(None, "/introspect", client_id=resource.id, token=token)
    assert_equal(error_of(answer), (401, "invalid_client"))
    assert "scope" not in json.loads(answer[2])
    answer = server.post(alice.cert, "/introspect", client_id=resource.id, token=token)
    assert_equal(error_of(answer), (401, "invalid_client"))


@test
def TOK_141_a_bearer_token_is_no_right():
    token = server.token(alice, scope="accounts")
    status, fields, body = server.post(resource.cert, "/introspect", token=token,
                                       fields={"Authorization": "Bearer " + token})
    assert_equal((status, json.loads(body)["error"]), (401, "invalid_client"))
    assert fields["www-authenticate"].startswith("Bearer"), fields


@test
def TOK_142_only_resource_servers():
    token = server.token(alice, scope="accounts")
    assert_equal(ask(token)[0], 200)
    for party in (alice, bob):
        status, _, body = server.post(party.cert, "/introspect", client_id=party.id, token=token)
        assert_equal((status, body), (200, INACTIVE))


@test
def TOK_143_token_is_needed():
    answer = server.post(resource.cert, "/introspect", client_id=resource.id)
    assert_equal(error_of(answer), (400, "invalid_request"))


@each(("right", "access_token"), ("wrong", "refresh_token"), ("unknown", "foo"))
def TOK_144_the_hint_changes_nothing(hint):
    token = server.token(alice, scope="accounts")
    assert_equal(json.loads(ask(token, token_type_hint=hint)[1])["active"], True)


@test
def TOK_145_members():
    before = int(time.time())
    token = server.token(alice, scope="accounts")
    seen = json.loads(ask(token)[1])
    assert_equal({key: seen[key] for key in ("active", "iss", "sub", "client_id", "aud", "scope",
                                             "token_type", "cnf")},
                 {"active": True, "iss": server.issuer, "sub": alice.id, "client_id": alice.id,
                  "aud": AUDIENCE, "scope": "accounts", "token_type": "Bearer",
                  "cnf": {"x5t#S256": alice.cert.x5t()}})
    assert before - 1 <= seen["iat"] <= time.time() + 1, seen
    assert_equal(seen["nbf"], seen["iat"])
    assert_equal(seen["exp"] - seen["iat"], 300)
    assert len(seen["jti"]) == 22, seen


@test
def TOK_146_everything_else_is_inactive():
    token = server.token(alice, scope="accounts")
    revoked = server.token(alice, scope="accounts")
    server.post(alice.cert, "/revoke", client_id=alice.id, token=revoked)
    foreign = server.token(alice, scope="payments")
    for what, text in (("unknown", "x" * 200), ("malformed", "fat1.%%%"), ("empty", "fat1."),
                       ("long", "fat1." + "A" * 3000), ("cut", token[:-1]), ("longer", token + "A"),
                       ("revoked", revoked), ("other audience", foreign),
                       ("other prefix", "fat2." + token[5:]), ("case", token.swapcase())):
        assert_equal(ask(text), (200, INACTIVE), what)
    assert_equal(json.loads(ask(token)[1])["active"], True)


@test
def TOK_147_every_octet_is_protected():
    token = server.token(alice, scope="accounts")
    for at in range(5, len(token), 7):
        other = "A" if token[at] != "A" else "B"
        assert_equal(ask(token[:at] + other + token[at + 1:])[1], INACTIVE, at)


@test
def TOK_149_disabled_and_deleted_clients():
    dave = server.register_client("dave")
    token = server.token(dave)
    assert_equal(json.loads(ask(token)[1])["active"], True)
    server.ctl("client", "disable", dave.id)
    assert_equal(ask(token)[1], INACTIVE)
    server.ctl("client", "enable", dave.id)
    assert_equal(json.loads(ask(token)[1])["active"], True)
    server.ctl("client", "delete", dave.id)
    assert_equal(ask(token)[1], INACTIVE)


@test
def TOK_149_a_client_brought_back_revives_no_token():
    erin = server.register_client("erin")
    token = server.token(erin)
    view = {key: value for key, value in erin.view.items()}
    server.ctl("client", "delete", erin.id)
    server.ctl("client", "import", server.write("erin.json", json.dumps([view])))
    assert_equal(server.ask_token(erin)[0], 200)
    assert_equal(ask(token)[1], INACTIVE)


@test
def TOK_149_rights_taken_away():
    frank = server.register_client("frank", scope="accounts balances")
    token = server.token(frank, scope="balances")
    assert_equal(json.loads(ask(token)[1])["active"], True)
    server.ctl("client", "update", frank.id, "--scope", "accounts")
    assert_equal(ask(token)[1], INACTIVE)


@test
def TOK_149_another_name():
    ken = server.register_client("ken")
    token = server.token(ken)
    server.ctl("client", "update", ken.id, "--client-name", "Ken")
    assert_equal(json.loads(ask(token)[1])["active"], True)
    server.ctl("client", "update", ken.id, "--tls-client-auth-subject-dn", "CN=ken2,O=Test")
    assert_equal(ask(token)[1], INACTIVE)
    assert_equal(server.ask_token(ken)[0], 401)


@test
def TOK_149_a_registered_certificate_taken_away():
    grace = server.register_client("grace", method="self_signed_tls_client_auth")
    other = server.register_client("other", method="self_signed_tls_client_auth")
    token = server.token(grace)
    assert_equal(json.loads(ask(token)[1])["active"], True)
    keys = server.write("keys.json", json.dumps(other.view["jwks"]))
    server.ctl("client", "update", grace.id, "--jwks", keys, "--shared-identifier", "true")
    assert_equal(ask(token)[1], INACTIVE)
    assert_equal(server.ask_token(grace)[0], 401)


@test
def TOK_149_a_resource_server_disabled():
    api = server.register_resource("tmp", "https://api.example/tmp", "tmp")
    heidi = server.register_client("heidi", scope="tmp")
    token = server.token(heidi)
    assert_equal(json.loads(ask(token, api)[1])["active"], True)
    server.ctl("resource", "disable", api.id)
    answer = server.post(api.cert, "/introspect", client_id=api.id, token=token)
    assert_equal(error_of(answer), (401, "invalid_client"))
    server.ctl("resource", "enable", api.id)
    assert_equal(json.loads(ask(token, api)[1])["active"], True)
    server.ctl("resource", "delete", api.id)
    answer = server.post(api.cert, "/introspect", client_id=api.id, token=token)
    assert_equal(error_of(answer), (401, "invalid_client"))


@test
def TOK_145_each_sees_its_own_scopes():
    status, _, body = server.post(alice.cert, "/token", form=[
        ("grant_type", "client_credentials"), ("client_id", alice.id),
        ("scope", "accounts payments"), ("resource", AUDIENCE),
        ("resource", "https://api.example/payments")])
    assert_equal(status, 200)
    token = json.loads(body)["access_token"]
    first, second = (json.loads(ask(token, one)[1]) for one in (resource, payments))
    assert_equal((first["scope"], second["scope"]), ("accounts", "payments"))
    assert_equal(sorted(first["aud"]), sorted([AUDIENCE, "https://api.example/payments"]))


@test
def MTLS_01a_a_certificate_alone():
    token = server.token(alice, scope="accounts")
    status, _, body = server.post(resource.cert, "/introspect", token=token)
    assert_equal((status, json.loads(body)["active"]), (200, True))
    # no resource server has this one
    answer = server.post(alice.cert, "/introspect", token=token)
    assert_equal(error_of(answer), (401, "invalid_client"))
    # two have it
    twin = server.ctl("resource", "create", "--audience", "https://api.example/twin",
                      "--token-endpoint-auth-method", "tls_client_auth", "--certificate",
                      resource.cert.files()[0], "--shared-identifier", "true")
    answer = server.post(resource.cert, "/introspect", token=token)
    assert_equal(error_of(answer), (401, "invalid_client"))
    assert_equal(json.loads(ask(token)[1])["active"], True)
    server.ctl("resource", "delete", twin["client_id"])
    # never elsewhere
    for path, form in (("/token", {"grant_type": "client_credentials"}), ("/revoke", {"token": "x"})):
        assert server.post(resource.cert, path, form=form)[0] in (400, 401), path


@test
def TOK_151_no_get():
    token = server.token(alice, scope="accounts")
    status, _, body = server.request("GET", f"/introspect?token={token}", cert=resource.cert)
    assert_equal(status, 405)
    assert "scope" not in json.loads(body)
    assert token not in server.log()


# ------------------------------------------------------------------------------------ revocation

def revoke(party, token, **more):
    return server.post(party.cert, "/revoke", form={"client_id": party.id, "token": token, **more})


@test
def TOK_170_revoked_at_once():
    token, kept = server.token(alice, scope="accounts"), server.token(alice, scope="accounts")
    status, _, body = revoke(alice, token)
    assert_equal((status, body), (200, ""))
    assert_equal(ask(token)[1], INACTIVE)
    assert_equal(json.loads(ask(kept)[1])["active"], True)


@test
def TOK_171_the_client_is_authenticated():
    token = server.token(alice, scope="accounts")
    for cert in (None, bob.cert):
        answer = server.post(cert, "/revoke", client_id=alice.id, token=token)
        assert_equal(error_of(answer), (401, "invalid_client"))
    assert_equal(json.loads(ask(token)[1])["active"], True)


@test
def TOK_172_anothers_token():
    token = server.token(alice, scope="accounts")
    assert_equal(error_of(revoke(bob, token)), (400, "invalid_grant"))
    assert_equal(json.loads(ask(token)[1])["active"], True)


@test
def TOK_173_what_is_no_token_is_revoked_already():
    token = server.token(alice, scope="accounts")
    for text in (token, token, "garbage", "fat1.garbage", "x" * 5000):
        status, _, body = revoke(alice, text)
        assert_equal((status, body), (200, ""))


@each(("wrong", "refresh_token"), ("unknown", "foo"))
def TOK_174_the_hint_changes_nothing(hint):
    token = server.token(alice, scope="accounts")
    assert_equal(revoke(alice, token, token_type_hint=hint)[0], 200)
    assert_equal(ask(token)[1], INACTIVE)


@test
def TOK_176_token_is_needed():
    answer = server.post(alice.cert, "/revoke", client_id=alice.id)
    assert_equal(error_of(answer), (400, "invalid_request"))


@test
def TOK_178_no_jsonp():
    token = server.token(alice, scope="accounts")
    status, _, body = revoke(alice, token, callback="f")
    assert_equal((status, body), (200, ""))


@test
def TOK_170_all_tokens_of_a_client():
    ivan = server.register_client("ivan")
    tokens = [server.token(ivan) for _ in range(3)]
    assert_equal([json.loads(ask(one)[1])["active"] for one in tokens], [True] * 3)
    server.ctl("token", "revoke", "--client-id", ivan.id)
    assert_equal([ask(one)[1] for one in tokens], [INACTIVE] * 3)
    assert_equal(json.loads(ask(server.token(ivan))[1])["active"], True)
    refusal = server.ctl("token", "revoke", "--client-id", "nosuch", status=3)
    assert_equal(refusal["error"], "not_found")


@test
def TOK_170_every_thread_sees_a_revocation():
    token = server.token(alice, scope="accounts")
    answers, go = [], threading.Event()

    def look():
        for _ in range(5):
            server.introspect(resource, token)  # warm whatever a worker keeps
        go.wait(60)
        answers.append(ask(token)[1])

    threads = [threading.Thread(target=look) for _ in range(8)]
    for one in threads:
        one.start()
    time.sleep(1)
    assert_equal(revoke(alice, token)[0], 200)
    go.set()
    for one in threads:
        one.join(60)
    assert_equal(answers, [INACTIVE] * 8)


@test
def TOK_170_a_revocation_outlives_the_process():
    again = Fapid.start()
    try:
        api = again.register_resource()
        judy = again.register_client("judy")
        gone, kept = again.token(judy), again.token(judy)
        assert_equal(again.post(judy.cert, "/revoke", client_id=judy.id, token=gone)[0], 200)
        assert_equal(again.stop(), 0)
        again.run()
        assert_equal(again.introspect(api, gone), {"active": False})
        assert_equal(again.introspect(api, kept)["active"], True)
    finally:
        again.close()


# ------------------------------------------------------------------------------------ RFC 9701

JWT = "application/token-introspection+jwt"


def signing_resource(common_name, alg):
    return server.register_resource(common_name, f"https://api.example/{common_name}", common_name,
                                    flags=("--introspection-signed-response-alg", alg))


def ask_signed(who, token, accept=JWT, cert=...):
    return server.post(who.cert if cert is ... else cert, "/introspect", fields={"Accept": accept},
                       form={"client_id": who.id, "token": token})


def part(jwt, number):
    text = jwt.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def jose_verifies(jwt, keys):
    """What the jose command makes of it; None: it does not verify."""
    if shutil.which("jose") is None:
        skip("there is no jose command")
    key_file = server.write("jwks.json", keys)
    done = subprocess.run(["jose", "jws", "ver", "-i", "-", "-k", key_file, "-O", "-"], input=jwt,
                          capture_output=True, text=True, timeout=60, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


@each(("es256", "ES256"), ("ps256", "PS256"))
def TOK_152_TOK_153_a_signed_answer(alg):
    who = signing_resource("signed" + alg.lower(), alg)
    client = server.register_client("for" + alg, scope="signed" + alg.lower())
    token = server.token(client)
    plain = ask_signed(who, token, "application/json")
    status, fields, jwt = ask_signed(who, token)
    assert_equal((status, fields["content-type"], fields["vary"]), (200, JWT, "Accept"))
    assert_equal((plain[1]["content-type"], plain[1]["vary"]), ("application/json", "Accept"))
    keys = server.request("GET", "/jwks", port=server.port)[2]
    claims = jose_verifies(jwt, keys)
    assert claims is not None, "jose does not verify it"
    signature = jwt.split(".")[2]
    other = "A" if signature[10] != "A" else "B"
    assert_equal(jose_verifies(jwt[:-len(signature)] + signature[:10] + other + signature[11:],
                               keys), None, "a changed signature")
    assert_equal(set(part(jwt, 0)), {"alg", "kid", "typ"})
    assert_equal((part(jwt, 0)["alg"], part(jwt, 0)["typ"]), (alg, "token-introspection+jwt"))
    assert_in(part(jwt, 0)["kid"], [key["kid"] for key in json.loads(keys)["keys"]])
    assert_equal(set(claims), {"iss", "aud", "iat", "token_introspection"})
    assert_equal((claims["iss"], claims["aud"]), (server.issuer, who.id))
    assert abs(claims["iat"] - time.time()) < 60, claims
    assert_equal(claims["token_introspection"], json.loads(plain[2]))
    # TOK-157: it is no access token
    assert_equal(ask_signed(who, jwt, "application/json")[2], INACTIVE)


@test
def TOK_154_inactive_inside():
    who = signing_resource("inactive", "ES256")
    client = server.register_client("ended", scope="inactive")
    token = server.token(client)
    server.post(client.cert, "/revoke", client_id=client.id, token=token)
    for text in (token, "x", server.token(alice, scope="accounts")):
        claims = part(ask_signed(who, text)[2], 1)
        assert_equal(claims["token_introspection"], {"active": False})
        assert_equal(set(claims), {"iss", "aud", "iat", "token_introspection"})


@test
def TOK_155_nobody_else_gets_a_jwt():
    token = server.token(alice, scope="accounts")
    answer = ask_signed(resource, token)  # no algorithm registered
    assert_equal((answer[0], answer[1]["content-type"]), (200, "application/json"))
    answer = ask_signed(alice, token)
    assert_equal((answer[1]["content-type"], answer[2]), ("application/json", INACTIVE))
    who = signing_resource("strict", "ES256")
    assert_equal(error_of(ask_signed(who, token, cert=None)), (401, "invalid_client"))
    for accept in ("*/*", "application/*", "application/jwt", JWT + ";q=0",
                   "application/json, " + JWT + ";q=0.9"):
        assert_equal(ask_signed(who, token, accept)[1]["content-type"], "application/json", accept)
    for accept in (JWT.upper(), "text/html;q=0.3, " + JWT + "; q=0.2"):
        assert_equal(ask_signed(who, token, accept)[1]["content-type"], JWT, accept)


@test
def TOK_156_algorithms():
    for alg in ("RS256", "HS256", "none", "EdDSA"):  # the last is switched off here
        server.ctl("resource", "create", "--token-endpoint-auth-method", "tls_client_auth",
                   "--tls-client-auth-subject-dn", "CN=alg", "--audience", "urn:x:alg",
                   "--introspection-signed-response-alg", alg, status=1)


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
