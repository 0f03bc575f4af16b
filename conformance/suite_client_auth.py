#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Client authentication by mutual TLS, as outsiders meet it (RFC 8705 2)."""
import base64
import ipaddress
import json
import socket
import ssl
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from fapid import DAY, NOW, Authority, Cert, Fapid, error_of, name, roundtrip, self_signed
from hostile import alike
from tap import assert_equal, assert_in, each, main, test

ENDPOINTS = (("token", "/token", {"grant_type": "client_credentials"}),
             ("introspection", "/introspect", {"token": "x"}),
             ("revocation", "/revoke", {"token": "x"}))
INVALID_CLIENT = (401, "invalid_client")

server = alice = bob = carol = resource = None


def setup():
    global server, alice, bob, carol, resource
    server = Fapid.start(sets=["authentication.failures_per_minute=100000"])
    resource = server.register_resource()
    alice = server.register_client("alice", flags=("--profile", "oauth"))
    bob = server.register_client("bob")
    carol = server.register_client("carol", method="self_signed_tls_client_auth")


def teardown():
    server.close()


@test
def MTLS_01_client_id_is_needed():
    status, error = error_of(server.post(alice.cert, "/token", grant_type="client_credentials"))
    assert status in (400, 401) and error in ("invalid_client", "invalid_request"), (status, error)
    assert_equal(server.ask_token(alice)[0], 200)


@test
def MTLS_02_the_record_decides_not_the_certificate():
    assert_equal(error_of(server.ask_token(alice, cert=bob.cert)), INVALID_CLIENT)
    assert_equal(error_of(server.ask_token(bob, cert=alice.cert)), INVALID_CLIENT)
    assert_equal(error_of(server.ask_token(carol, cert=alice.cert)), INVALID_CLIENT)


@test
def MTLS_03_client_id_in_the_url_is_refused():
    answer = server.post(alice.cert, f"/token?client_id={alice.id}",
                         grant_type="client_credentials", client_id=alice.id)
    assert_equal(error_of(answer), (400, "invalid_request"))


@each(*ENDPOINTS)
def MTLS_04_no_certificate(path, form):
    answer = server.post(None, path, form={**form, "client_id": alice.id})
    assert_equal(error_of(answer), INVALID_CLIENT)


@each(*ENDPOINTS)
def MTLS_05_wrong_certificate(path, form):
    other = server.client_ca.issue("mallory")
    assert_equal(error_of(server.post(other, path, form={**form, "client_id": alice.id})),
                 INVALID_CLIENT)


@each(*ENDPOINTS)
def MTLS_11_right_certificate(path, form):
    assert_equal(server.post(alice.cert, path, form={**form, "client_id": alice.id})[0], 200)


@each(*ENDPOINTS)
def MTLS_06_refusals_look_alike(path, form):
    def rows():
        wrong = server.client_ca.issue("mallory")
        return ((wrong, "no-such-client"), (wrong, alice.id), (None, alice.id),
                (None, "no-such-client"), (wrong, carol.id))

    def ask(cert, client_id):
        status, fields, body = server.post(cert, path, form={**form, "client_id": client_id})
        return status, body, {key: value for key, value in fields.items()
                              if key not in ("date", "x-request-id")}

    alike(server, ask, rows)


@test
def MTLS_07_the_key_must_be_proved():
    # a certificate of alice's with another key: TLS libraries refuse to load it, so it is served
    # by an OpenSSL that does not compare
    cert, _ = alice.cert.files()
    _, key = bob.cert.files()
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.mtls_port}",
                           "-cert", cert, "-key", key], input=b"", capture_output=True, timeout=30)
    assert done.returncode != 0, "openssl accepted a foreign key"


@each(("secret", {"client_secret": "s3cret"}),
      ("assertion", {"client_assertion_type":
                     "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                     "client_assertion": "a.b.c"}))
def MTLS_08_another_mechanism(extra):
    assert_equal(error_of(server.ask_token(alice, **extra)), INVALID_CLIENT)


@test
def MTLS_08_basic():
    answer = server.post(alice.cert, "/token", grant_type="client_credentials",
                         fields={"Authorization": "Basic YTpi"})
    assert_equal(error_of(answer), INVALID_CLIENT)


@test
def TOK_11_challenge_after_authorization():
    status, fields, _ = server.post(alice.cert, "/token", grant_type="client_credentials",
                                    fields={"Authorization": "Basic YTpi"})
    assert_equal(status, 401)
    assert fields["www-authenticate"].startswith("Basic "), fields
    _, fields, _ = server.ask_token(alice, cert=bob.cert)
    assert "www-authenticate" not in fields, fields


@test
def MTLS_10_two_mechanisms():
    two = {"client_secret": "s", "client_assertion": "a.b.c"}
    assert_equal(error_of(server.ask_token(alice, **two)), (400, "invalid_request"))
    answer = server.post(alice.cert, "/token", grant_type="client_credentials",
                         client_id=alice.id, client_secret="s",
                         fields={"Authorization": "Basic YTpi"})
    assert_equal(error_of(answer), (400, "invalid_request"))
    # an empty value counts as absent (TOK-05)
    assert_equal(server.ask_token(alice, client_secret="", client_assertion="")[0], 200)


@test
def MTLS_12_method_names_are_exact():
    refusal = server.ctl("client", "create", "--token-endpoint-auth-method", "TLS_CLIENT_AUTH",
                         "--tls-client-auth-subject-dn", "CN=x", status=1)
    assert_in("token_endpoint_auth_method", refusal["message"])


@test
def MTLS_15_each_request_is_judged():
    dave = server.register_client("dave")
    connection = server.https(dave.cert)
    form = f"grant_type=client_credentials&client_id={dave.id}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert_equal(roundtrip(connection, "POST", "/token", form, kind)[0], 200)
    server.ctl("client", "disable", dave.id)
    assert_equal(error_of(roundtrip(connection, "POST", "/token", form, kind)), INVALID_CLIENT)
    server.ctl("client", "enable", dave.id)
    assert_equal(roundtrip(connection, "POST", "/token", form, kind)[0], 200)
    server.ctl("client", "delete", dave.id)
    assert_equal(error_of(roundtrip(connection, "POST", "/token", form, kind)), INVALID_CLIENT)
    connection.close()


@test
def MTLS_20_untrusted_ca():
    rogue = Authority(server.folder, "client CA")  # the same name, another key
    forged = rogue.issue("alice")
    assert_equal(error_of(server.ask_token(alice, cert=forged)), INVALID_CLIENT)


@test
def TLS_66_server_auth_only():
    cert = server.client_ca.issue("alice", eku=(ExtendedKeyUsageOID.SERVER_AUTH,))
    assert_equal(error_of(server.ask_token(alice, cert=cert)), INVALID_CLIENT)


@each(("expired", NOW - 2 * DAY, NOW - DAY), ("not_yet_valid", NOW + DAY, NOW + 2 * DAY))
def TLS_61_validity(not_before, not_after):
    cert = server.client_ca.issue("alice", not_before=not_before, not_after=not_after)
    assert_equal(error_of(server.ask_token(alice, cert=cert)), INVALID_CLIENT)


@test
def TLS_71_path_through_intermediates():
    chain, issuer = [], server.client_ca
    for depth in range(1, 7):
        issuer = Authority(server.folder, f"intermediate {depth}", issuer=issuer)
        chain.insert(0, issuer.cert)
        cert = issuer.issue("alice", chain=tuple(chain))
        status = server.ask_token(alice, cert=cert)[0]
        assert_equal(status, 200 if depth <= 5 else 401, f"{depth} intermediates")
    missing = issuer.issue("alice")
    assert_equal(error_of(server.ask_token(alice, cert=missing)), INVALID_CLIENT)


@test
def TLS_75_a_ca_is_no_client():
    cert = server.client_ca.issue("alice", ca=True)
    assert_equal(error_of(server.ask_token(alice, cert=cert)), INVALID_CLIENT)


@test
def MTLS_26_order_of_the_name():
    subject = name(("C", "GB"), ("O", "Acme"), ("CN", "c1"))
    cert = server.client_ca.issue(subject)
    party = server.register_client("order", cert, flags=("--tls-client-auth-subject-dn",
                                                         "CN=c1,O=Acme,C=GB"))
    assert_equal(server.ask_token(party)[0], 200)
    for other in (name(("CN", "c1"), ("O", "Acme"), ("C", "GB")),
                  name(("C", "GB"), ("O", "Acme")),
                  name(("C", "GB"), ("O", "Acme"), ("OU", "x"), ("CN", "c1"))):
        answer = server.ask_token(party, cert=server.client_ca.issue(other))
        assert_equal(error_of(answer), INVALID_CLIENT, str(other))


@test
def MTLS_29_case_and_blanks():
    party = server.register_client("blanks", server.client_ca.issue(name(("CN", "client one"))),
                                   flags=("--tls-client-auth-subject-dn", "CN=Client  ONE"))
    assert_equal(server.ask_token(party)[0], 200)
    wrong = server.client_ca.issue(name(("CN", "clientone")))
    assert_equal(error_of(server.ask_token(party, cert=wrong)), INVALID_CLIENT)


@test
def MTLS_34_no_wildcards():
    party = server.register_client("star", server.client_ca.issue(name(("CN", "*"))),
                                   flags=("--tls-client-auth-subject-dn", "CN=*"))
    assert_equal(server.ask_token(party)[0], 200)
    wrong = server.client_ca.issue(name(("CN", "anything")))
    assert_equal(error_of(server.ask_token(party, cert=wrong)), INVALID_CLIENT)


SAN = (("MTLS_36_dns", "--tls-client-auth-san-dns", "client.example.com",
        x509.DNSName("Client.Example.com"), x509.DNSName("client.example.org")),
       ("MTLS_37_wildcard", "--tls-client-auth-san-dns", "a.example.net",
        x509.DNSName("a.example.net"), x509.DNSName("*.example.net")),
       ("MTLS_38_uri", "--tls-client-auth-san-uri", "urn:x:A",
        x509.UniformResourceIdentifier("urn:x:A"), x509.UniformResourceIdentifier("urn:x:a")),
       ("MTLS_39_ip", "--tls-client-auth-san-ip", "2001:db8:0:0:0:0:0:1",
        x509.IPAddress(ipaddress.ip_address("2001:DB8::1")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::2"))),
       ("MTLS_41_email", "--tls-client-auth-san-email", "a@X.test",
        x509.RFC822Name("a@x.test"), x509.RFC822Name("A@x.test")))


@each(*SAN)
def MTLS_43_alternative_names(flag, value, good, bad):
    more = [x509.DNSName("one.test"), x509.DNSName("two.test")]
    cert = server.client_ca.issue("san", [*more, good])
    party = server.register_client("san", cert, flags=(flag, value))
    assert_equal(server.ask_token(party)[0], 200)
    wrong = server.client_ca.issue("san", [*more, bad])
    assert_equal(error_of(server.ask_token(party, cert=wrong)), INVALID_CLIENT)


@test
def MTLS_42_no_fallback_to_the_common_name():
    cert = server.client_ca.issue(name(("CN", "cn.example.com")))
    party = server.register_client("fallback", cert,
                                   flags=("--tls-client-auth-san-dns", "cn.example.com"))
    assert_equal(error_of(server.ask_token(party)), INVALID_CLIENT)
    right = server.client_ca.issue(name(("CN", "cn.example.com")),
                                   [x509.DNSName("cn.example.com")])
    assert_equal(server.ask_token(party, cert=right)[0], 200)


@test
def MTLS_44_a_renewed_certificate_works_at_once():
    renewed = server.client_ca.issue("alice")
    assert_equal(server.ask_token(alice, cert=renewed)[0], 200)


@test
def MTLS_46_a_pin_narrows_the_trust():
    cert = server.other_ca.issue("pinned")
    pinned = server.register_client("pinned", cert, flags=("--trust", "others"))
    assert_equal(server.ask_token(pinned)[0], 200)
    assert_equal(error_of(server.ask_token(pinned, cert=server.client_ca.issue("pinned"))),
                 INVALID_CLIENT)
    # and without a pin the other CA vouches for nobody (MTLS-45)
    assert_equal(error_of(server.ask_token(alice, cert=server.other_ca.issue("alice"))),
                 INVALID_CLIENT)


@test
def MTLS_50_registered_certificate():
    assert_equal(server.ask_token(carol)[0], 200)


@test
def MTLS_54_the_same_key_is_not_enough():
    again = self_signed(server.folder, "carol", old_key=carol.cert.key)
    assert_equal(error_of(server.ask_token(carol, cert=again)), INVALID_CLIENT)


@each(("unknown_ca", "ca"), ("cA_true", "is_ca"), ("expired", "expired"))
def MTLS_55_the_chain_is_not_validated(kind):
    made = {"ca": lambda: Authority(server.folder, "unknown").issue("erin", eku=()),
            "is_ca": lambda: self_signed(server.folder, "erin", ca=True),
            "expired": lambda: self_signed(server.folder, "erin", not_before=NOW - 9 * DAY,
                                           not_after=NOW - DAY)}[kind]()
    erin = server.register_client("erin", made, method="self_signed_tls_client_auth")
    assert_equal(server.ask_token(erin)[0], 200)


@test
def MTLS_57_any_of_several():
    first, second = (self_signed(server.folder, f"frank{i}") for i in (1, 2))
    other = server.register_client("tmp1", first, method="self_signed_tls_client_auth")
    keys = other.view["jwks"]["keys"]
    server.ctl("client", "delete", other.id)
    other = server.register_client("tmp2", second, method="self_signed_tls_client_auth")
    keys += other.view["jwks"]["keys"]
    server.ctl("client", "delete", other.id)
    file = server.write("frank.jwks", json.dumps({"keys": keys}))
    frank = server.ctl("client", "create", "--token-endpoint-auth-method",
                       "self_signed_tls_client_auth", "--jwks", file, "--scope", "accounts")
    for cert in (first, second):
        answer = server.post(cert, "/token", grant_type="client_credentials",
                             client_id=frank["client_id"])
        assert_equal(answer[0], 200)


@test
def MTLS_57_only_element_0_is_a_credential():
    authority = Authority(server.folder, "element 1")
    leaf = authority.issue("grace", chain=(authority.cert,))
    grace = server.register_client("grace", leaf, method="self_signed_tls_client_auth")
    keys = grace.view["jwks"]
    keys["keys"][0]["x5c"].append(base64.b64encode(
        authority.cert.public_bytes(serialization.Encoding.DER)).decode())
    server.ctl("client", "update", grace.id, "--jwks",
               server.write("grace.jwks", json.dumps(keys)))
    assert_equal(server.ask_token(grace)[0], 200)
    element_1 = Cert(authority.cert, authority.key, server.folder)
    assert_equal(error_of(server.ask_token(grace, cert=element_1)), INVALID_CLIENT)


@test
def MTLS_62_a_registered_certificate_is_no_anchor():
    rogue = Authority(server.folder, "registered CA")
    own = Cert(rogue.cert, rogue.key, server.folder)
    heidi = server.register_client("heidi", own, method="self_signed_tls_client_auth")
    assert_equal(server.ask_token(heidi)[0], 200)
    forged = rogue.issue("alice", chain=(rogue.cert,))
    assert_equal(error_of(server.ask_token(alice, cert=forged)), INVALID_CLIENT)


@test
def MTLS_63_one_listener_serves_both_methods():
    assert_equal(server.ask_token(carol)[0], 200)
    assert_equal(error_of(server.ask_token(alice, cert=self_signed(server.folder, "alice"))),
                 INVALID_CLIENT)
    assert_equal(server.ask_token(alice)[0], 200)


@each(("1_2", ssl.TLSVersion.TLSv1_2), ("1_3", ssl.TLSVersion.TLSv1_3))
def MTLS_112_both_versions(version):
    form = {"grant_type": "client_credentials", "client_id": alice.id}
    assert_equal(server.post(alice.cert, "/token", form=form, version=version)[0], 200)
    assert_equal(error_of(server.post(bob.cert, "/token", form=form, version=version)),
                 INVALID_CLIENT)


@each(("1_2", ssl.TLSVersion.TLSv1_2), ("1_3", ssl.TLSVersion.TLSv1_3))
def MTLS_113_a_resumed_session_keeps_its_certificate(version):
    def visit(client_id, session=None, cert=None):
        context = visit.context if session is not None else server.context(cert, version)
        visit.context = context
        plain = socket.create_connection(("127.0.0.1", server.mtls_port), timeout=30)
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as tls:
            body = f"grant_type=client_credentials&client_id={client_id}"
            tls.sendall(("POST /token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                         "Content-Type: application/x-www-form-urlencoded\r\n"
                         f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
            answer = b""
            while True:
                part = tls.recv(65536)
                if not part:
                    break
                answer += part
            return int(answer.split()[1]), tls.session, tls.session_reused

    status, session, _ = visit(alice.id, cert=alice.cert)
    assert_equal(status, 200)
    assert session is not None
    status, _, reused = visit(alice.id, session)
    assert_equal((status, reused), (200, True))
    status, session, reused = visit(alice.id, session)
    status, _, reused = visit(bob.id, session)
    assert_equal(status, 401, "another client on a resumed session")


@test
def MTLS_114_an_identifier_is_registered_once():
    again = server.ctl("client", "create", "--scope", "accounts", "--token-endpoint-auth-method",
                       "tls_client_auth", "--certificate", alice.cert.files()[0], status=1)
    assert_equal(again["error"], "refused")
    server.ctl("client", "create", "--scope", "accounts", "--token-endpoint-auth-method",
               "self_signed_tls_client_auth", "--certificate", carol.cert.files()[0], status=1)
    shared = server.ctl("client", "create", "--scope", "accounts", "--token-endpoint-auth-method",
                        "tls_client_auth", "--certificate", alice.cert.files()[0],
                        "--shared-identifier", "true")
    assert_equal(shared["shared_identifier"], True)
    # a second client with a name that alice's certificate also has does not lock alice out
    assert_equal(server.ask_token(alice)[0], 200)
    server.ctl("client", "delete", shared["client_id"])


@test
def MTLS_118_the_audit_says_why():
    server.ask_token(alice, cert=bob.cert)
    line = server.audit_lines()[-1]
    assert_equal((line["event"], line["outcome"], line["client_id"], line["reason"],
                  line["auth_method"], line["thumbprint"]),
                 ("client_authentication", "refused", alice.id, "cert_subject_mismatch",
                  "tls_client_auth", bob.cert.x5t()))
    for member in ("serial", "issuer", "request_id", "ts"):
        assert line[member], member


@test
def MTLS_119_the_answer_does_not_say_why():
    bodies = {server.ask_token(alice, cert=cert)[2] for cert in
              (bob.cert, None, self_signed(server.folder, "x"),
               server.client_ca.issue("alice", not_after=NOW - DAY, not_before=NOW - 2 * DAY))}
    assert_equal(len(bodies), 1, str(bodies))


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
