#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""JWT access tokens (RFC 9068) as a resource server meets them that verifies by itself: by another
library (PyJWT) and by the jose command, with nothing but the metadata and /jwks.
"""
import base64
import hashlib
import json
import shutil
import subprocess
import time

import jwt

from fapid import AUDIENCE, Fapid
from tap import assert_equal, each, main, skip, test

PAYMENTS = "https://api.example/payments"
TRANSFERS = "https://api.example/transfers"
LEDGER = "https://api.example/ledger"

server = accounts = payments = transfers = ledger = alice = None


def setup():
    global server, accounts, payments, transfers, ledger, alice
    server = Fapid.start(sets=["keys.algs=ES256,PS256,EdDSA"])
    accounts = server.register_resource(flags=["--token-format", "jwt"])
    payments = server.register_resource(
        "payments", PAYMENTS, "payments",
        flags=["--token-format", "jwt", "--access-token-signing-alg", "PS256"])
    transfers = server.register_resource(
        "transfers", TRANSFERS, "transfers",
        flags=["--token-format", "jwt", "--access-token-signing-alg", "EdDSA"])
    ledger = server.register_resource("ledger", LEDGER, "ledger")
    alice = server.register_client("alice", scope="accounts balances payments transfers ledger")


def teardown():
    server.close()


def jwks():
    status, fields, body = server.request("GET", "/jwks", port=server.port)
    assert_equal(status, 200)
    return fields, json.loads(body)


def key_of(token):
    kid = jwt.get_unverified_header(token)["kid"]
    return next(key for key in jwks()[1]["keys"] if key["kid"] == kid)


def verified(token, audience, alg):
    key = jwt.PyJWK.from_dict(key_of(token)).key
    return jwt.decode(token, key, algorithms=[alg], audience=audience, issuer=server.issuer,
                      options={"require": ["iss", "exp", "aud", "sub", "iat", "jti"]})


def by_jose(text, key):
    if shutil.which("jose") is None:
        skip("the jose command is not here")
    path = server.write("one.jwk", json.dumps(key))
    return subprocess.run(["jose", "jws", "ver", "-i", "-", "-k", path, "-O", "-"], input=text,
                          capture_output=True, text=True, timeout=60, check=False)


@each(("ES256", "accounts", AUDIENCE, "ES256"), ("PS256", "payments", PAYMENTS, "PS256"),
      ("EdDSA", "transfers", TRANSFERS, "EdDSA"))
def TOK_120_126_verified_by_another_library(scope, audience, alg):
    token = server.token(alice, scope=scope)
    header = jwt.get_unverified_header(token)
    assert_equal((header["typ"], header["alg"]), ("at+jwt", alg))
    assert_equal(sorted(header), ["alg", "kid", "typ"])  # REG-142
    claims = verified(token, audience, alg)
    assert_equal((claims["iss"], claims["sub"], claims["client_id"], claims["aud"],
                  claims["scope"]), (server.issuer, alice.id, alice.id, audience, scope))
    assert_equal(claims["cnf"], {"x5t#S256": alice.cert.x5t()})
    assert_equal(claims["exp"] - claims["iat"], 300)


@each(("ES256", "accounts"), ("PS256", "payments"))
def TOK_120_verified_by_jose(scope):
    token = server.token(alice, scope=scope)
    key = key_of(token)
    done = by_jose(token, key)
    assert_equal(done.returncode, 0, done.stderr)
    assert_equal(json.loads(done.stdout)["client_id"], alice.id)
    head, body, signature = token.split(".")
    changed = bytearray(base64.urlsafe_b64decode(body + "==="))
    changed[-2] ^= 1
    other = base64.urlsafe_b64encode(changed).decode().rstrip("=")
    assert by_jose(".".join((head, other, signature)), key).returncode != 0


@test
def TOK_128_both_forms_say_the_same():
    opaque = server.introspect(ledger, server.token(alice, scope="ledger"))
    token = server.token(alice, scope="accounts")
    shown = server.introspect(accounts, token)
    claims = verified(token, AUDIENCE, "ES256")
    assert_equal(sorted(shown), sorted(opaque))
    for member in ("iss", "sub", "aud", "client_id", "scope", "exp", "iat", "jti", "cnf"):
        assert_equal(shown[member], claims[member], member)
    assert server.token(alice, scope="ledger").startswith("fat1.")


@test
def TOK_124_inactive_for_another_resource_server():
    token = server.token(alice, scope="accounts")
    assert_equal(server.introspect(payments, token), {"active": False})
    try:
        verified(token, PAYMENTS, "ES256")
    except jwt.InvalidAudienceError:
        return
    raise AssertionError("another audience verified")


@test
def TOK_147_tampered():
    token = server.token(alice, scope="accounts")
    head, body, signature = token.split(".")
    swapped = signature[:-3] + ("A" if signature[-3] != "A" else "B") + signature[-2:]
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
    for text in (".".join((head, body, swapped)), ".".join((none, body, "")),
                 ".".join((none, body, signature)), ".".join((head, body)), token + "."):
        assert_equal(server.introspect(accounts, text), {"active": False}, text[:40])
    assert_equal(server.introspect(accounts, token)["active"], True)


@test
def TOK_170_revoked():
    token = server.token(alice, scope="accounts")
    assert_equal(server.post(alice.cert, "/revoke", client_id=alice.id, token=token)[0], 200)
    assert_equal(server.introspect(accounts, token), {"active": False})


def thumbprint(key):
    """RFC 7638: the required members in the order of their names."""
    names = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}
    text = json.dumps({name: key[name] for name in names[key["kty"]]}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@test
def REG_140_141_143_the_key_set():
    fields, body = jwks()
    assert fields["content-type"].split(";")[0] in ("application/jwk-set+json", "application/json")
    assert_equal(fields["access-control-allow-origin"], "*")
    assert "max-age=" in fields["cache-control"] and fields["etag"].startswith('"')
    keys = body["keys"]
    assert_equal(len({key["kid"] for key in keys}), len(keys))
    assert_equal({key["alg"] for key in keys}, {"ES256", "PS256", "EdDSA"})
    for key in keys:
        assert_equal(key["kid"], thumbprint(key))
        assert_equal(key["use"], "sig")
        assert not set(key) & {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}, sorted(key)
        assert not any(value.endswith("=") for value in key.values())
        if key["kty"] == "EC":
            assert_equal((len(key["x"]), len(key["y"])), (43, 43))
        if key["kty"] == "RSA":
            assert_equal(key["e"], "AQAB")
            assert base64.urlsafe_b64decode(key["n"] + "===")[0] != 0


@test
def REG_140_unchanged_is_told():
    fields, _ = jwks()
    again = server.request("GET", "/jwks", fields={"If-None-Match": fields["etag"]},
                           port=server.port)
    assert_equal((again[0], again[2]), (304, ""))
    other = server.request("GET", "/jwks", fields={"If-None-Match": '"other"'}, port=server.port)
    assert_equal(other[0], 200)
    assert_equal(server.request("HEAD", "/jwks", port=server.port)[2], "")
    assert_equal(server.request("POST", "/jwks", "", port=server.port)[0], 405)


@test
def REG_106_TOK_123_the_metadata_leads_there():
    _, _, body = server.request("GET", "/.well-known/oauth-authorization-server", port=server.port)
    document = json.loads(body)
    assert_equal(document["jwks_uri"], server.issuer + "/jwks")
    claims = verified(server.token(alice, scope="accounts"), AUDIENCE, "ES256")
    assert_equal(claims["iss"], document["issuer"])


# What follows changes keys: it stands last, in this order.

@test
def REG_146_every_token_verifies_during_a_rotation():
    """With a copy of /jwks that is never older than its max-age, as a resource server keeps it."""
    quick = Fapid.start(sets=["keys.rotate_every=4s", "keys.publish_lead=2s", "keys.algs=ES256",
                              "lifetime.access_token=2s", "token.format=jwt"])
    try:
        api = quick.register_resource()
        bob = quick.register_client("bob")
        seen, kept, kept_at, looks = set(), {}, 0, 0
        end = time.monotonic() + 60
        while time.monotonic() < end and (len(seen) < 3 or looks <= 10):
            if time.monotonic() - kept_at >= 0.8 or not kept:
                kept_at = time.monotonic()  # no later than it was answered
                _, fields, body = quick.request("GET", "/jwks", port=quick.port)
                assert "max-age=1" in fields["cache-control"].split(", "), fields
                kept = jwt.PyJWKSet.from_dict(json.loads(body))
            token = quick.token(bob)
            slow = time.monotonic() - kept_at > 1  # the copy is older than it may be
            kid = jwt.get_unverified_header(token)["kid"]
            known = {key.key_id: key.key for key in kept.keys}
            if not slow:
                assert kid in known, f"{kid} signed before it was shown"
                jwt.decode(token, known[kid], algorithms=["ES256"], audience=AUDIENCE)
                looks += 1
            assert quick.introspect(api, token)["active"]
            seen.add(kid)
            time.sleep(0.05)
        assert len(seen) >= 2 and looks > 10, (seen, looks)
    finally:
        quick.close()


@test
def REG_147_removal_ends_what_it_signed():
    token = server.token(alice, scope="accounts")
    other = server.token(alice, scope="payments")
    kid = jwt.get_unverified_header(token)["kid"]
    server.ctl("key", "revoke", "--", kid)
    assert_equal(server.introspect(accounts, token), {"active": False})
    assert_equal(server.introspect(payments, other)["active"], True)
    assert kid not in {key["kid"] for key in jwks()[1]["keys"]}
    fresh = server.token(alice, scope="accounts")
    assert_equal(server.introspect(accounts, fresh)["active"], True)
    verified(fresh, AUDIENCE, "ES256")


@test
def REG_147_a_restart_keeps_the_active_key():
    kid = jwt.get_unverified_header(server.token(alice, scope="accounts"))["kid"]
    assert_equal(server.stop(), 0)
    server.run(["keys.algs=ES256,PS256,EdDSA"])
    token = server.token(alice, scope="accounts")
    assert_equal(jwt.get_unverified_header(token)["kid"], kid)
    verified(token, AUDIENCE, "ES256")


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
