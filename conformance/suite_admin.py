#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""fapictl as an operator uses it: its verbs, what they take, and who may use them."""
import base64
import contextlib
import grp
import json
import os
import shutil
import stat
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from fapid import AUDIENCE, DAY, NOW, Fapid, name, self_signed
from tap import assert_equal, assert_in, build_dir, each, main, skip, test

FINE, REFUSED, USAGE, NOT_FOUND, EXISTS, _, NOT_ALLOWED = range(7)
NOBODY = 65534
TLS, SELF = "tls_client_auth", "self_signed_tls_client_auth"

server = None


def setup():
    global server
    server = Fapid.start()


def teardown():
    server.close()


def run(*args, **options):
    return server.fapictl(*args, **options)


def create(subject, *flags, noun="client", **more):
    """Registers by name; what was shown."""
    own = ["--audience", f"https://{subject}.example"] if noun == "resource" else []
    return server.ctl(noun, "create", "--token-endpoint-auth-method", TLS,
                      "--tls-client-auth-subject-dn", f"CN={subject}", *own, *flags, **more)


def listed(noun="client"):
    return [one["client_id"] for one in server.ctl(noun, "list")]


def registered(subject, **members):
    return {"token_endpoint_auth_method": TLS, "tls_client_auth_subject_dn": f"CN={subject}",
            **members}


# ------------------------------------------------------------------------------------ the verbs

@each(("client", "client"), ("resource", "resource"))
def REG_10_the_life_of_a(noun):
    made = create(f"life-{noun}", "--client-name", "Life", "--scope", "a b", noun=noun)
    id_ = made["client_id"]
    assert_equal(server.ctl(noun, "show", id_), made)
    assert_in(id_, listed(noun))
    changed = server.ctl(noun, "update", id_, "--client-name", "Other", "--contacts", "x@a,y@a",
                         "--scope=")
    assert_equal((changed["client_name"], changed["contacts"], changed.get("scope")),
                 ("Other", ["x@a", "y@a"], None))
    assert_equal(server.ctl(noun, "show", id_), changed)
    assert_equal(server.ctl(noun, "disable", id_)["status"], "disabled")
    assert_equal(server.ctl(noun, "update", id_, "--client-name", "Third")["status"], "disabled")
    assert_equal(server.ctl(noun, "enable", id_)["status"], "enabled")
    assert_equal(server.ctl(noun, "delete", id_), None)
    assert_equal(server.ctl(noun, "show", id_, status=NOT_FOUND)["error"], "not_found")
    assert id_ not in listed(noun)


@test
def REG_05_a_chosen_id():
    assert_equal(create("chosen", "--client-id", "my.bank-1")["client_id"], "my.bank-1")
    said = create("chosen2", "--client-id", "my.bank-1", status=EXISTS)
    assert_equal(said["error"], "exists")
    said = create("chosen2", "--client-id", "a/b", status=REFUSED)
    assert_in("client_id must be", said["message"])


@test
def MTLS_15_disabled_and_enabled_again():
    rs, client = server.register_resource("life-rs"), server.register_client("life")
    token = server.token(client)
    server.ctl("client", "disable", client.id)
    assert_equal(server.ask_token(client)[0], 401)
    assert_equal(server.introspect(rs, token), {"active": False})
    server.ctl("client", "enable", client.id)
    assert_equal(server.introspect(rs, server.token(client))["active"], True)
    server.ctl("token", "revoke", "--client-id", client.id)
    assert_equal(server.introspect(rs, token), {"active": False})
    assert_equal(server.introspect(rs, server.token(client))["active"], True)
    server.ctl("client", "delete", client.id)
    assert_equal(server.ask_token(client)[0], 401)
    server.ctl("resource", "delete", rs.id)
    assert_equal(server.ctl("token", "revoke", "--client-id", client.id,
                            status=NOT_FOUND)["error"], "not_found")


@test
def REG_08_what_is_ignored_is_told():
    file = server.write("extra.json", json.dumps(registered("extra", foo=1, audience=["urn:x"])))
    code, out, err = run("-o", "json", "client", "create", "--json", file)
    assert_equal(code, FINE)
    assert "foo" not in json.loads(out)
    assert_in("foo is not known for a client and was ignored", err)
    assert_in("audience is not known for a client and was ignored", err)


@test
def REG_10_a_warning_does_not_steer_the_terminal():
    file = server.write("steers.json", json.dumps(registered("steers", **{"x\x1b[2J\n": 1})))
    code, _, err = run("client", "create", "--json", file)
    assert_equal((code, err), (FINE, "fapictl: warning: x\\x1b[2J\\x0a is not known for a client "
                                     "and was ignored.\n"))


# ------------------------------------------------------------------------------------ warnings

def warned(*args):
    """Data, and the warnings of an operation that went well."""
    code, out, err = run("-o", "json", *args)
    assert_equal(code, FINE, err)
    data = json.loads(out)
    assert "warnings" not in data, data
    return data, [json.loads(line)["warning"] for line in err.splitlines()]


def of_certificate(noun, subject, cert, *flags, method=TLS):
    own = ["--audience", f"https://{subject}.example"] if noun == "resource" else []
    return warned(noun, "create", "--client-id", subject, "--token-endpoint-auth-method", method,
                  "--certificate", cert.files()[0], *own, *flags)[1]


@test
def D13_a_scope_that_nobody_owns_is_told():
    server.register_resource("warned-rs", audience="https://warned.example", scope="owned")
    flags = ["client", "create", "--client-id", "warned", "--token-endpoint-auth-method", TLS,
             "--tls-client-auth-subject-dn", "CN=warned"]
    assert_equal(warned(*flags, "--scope", "owned", "--dry-run")[1], [])
    told = ["warned: No enabled resource server has the scope lost typo: a request for it is "
            "refused."]
    assert_equal(warned(*flags, "--scope", "lost owned typo")[1], told)
    assert_equal(warned("client", "show", "warned")[1], told)
    assert_equal(warned("client", "update", "warned", "--scope", "owned")[1], [])
    file = server.write("warned.json", json.dumps([registered("warned2", client_id="w2",
                                                              scope="lost")]))
    assert_equal(warned("client", "import", file)[1],
                 ["w2: No enabled resource server has the scope lost: a request for it is "
                  "refused."])
    code, _, err = run("client", "show", "w2")  # for people
    assert_equal((code, err), (FINE, "fapictl: warning: w2: No enabled resource server has the "
                               "scope lost: a request for it is refused.\n"))


@each(("client", "client"), ("resource", "resource"))
def MTLS_22_a_certificate_that_nobody_vouches_for_is_told(noun):
    strange = self_signed(server.folder, f"strange-{noun}")
    told = of_certificate(noun, f"strange-{noun}", strange)
    assert_equal(len(told), 1, told)
    assert_in("does not vouch for the certificate: it will be refused with cert_untrusted (",
              told[0])
    good = server.client_ca.issue(f"vouched-{noun}")
    assert_equal(of_certificate(noun, f"vouched-{noun}", good), [])


@test
def MTLS_56_dates_of_a_registered_certificate_are_told_where_they_count():
    """They do not unless the setting says so: flow/admin/warnings.c has the other half."""
    for cn, begins, ends in (("past", -9, -2), ("future", 2, 9), ("present", -1, 1)):
        cert = self_signed(server.folder, cn, not_before=NOW + begins * DAY,
                           not_after=NOW + ends * DAY)
        assert_equal(of_certificate("client", cn, cert, method=SELF), [], cn)


# ------------------------------------------------------------------------------------ input

@test
def REG_87_a_dry_run_writes_nothing():
    before = listed()
    shown = create("dry", "--dry-run", "--client-id", "dry")
    assert_equal(shown["client_id"], "dry")
    assert_equal(listed(), before)
    said = create("dry,,", "--dry-run", status=REFUSED)
    assert_in("tls_client_auth_subject_dn", said["message"])
    id_ = create("wet")["client_id"]
    said = create("wet", "--dry-run", status=REFUSED)  # another has this name
    assert_equal(said["error"], "refused")
    said = create("damp", "--dry-run", "--client-id", id_, status=EXISTS)
    assert_equal(said["error"], "exists")
    kept = server.ctl("client", "show", id_)
    assert_equal(server.ctl("client", "update", id_, "--client-name", "X",
                            "--dry-run")["client_name"], "X")
    assert_equal(server.ctl("client", "show", id_), kept)
    file = server.write("dry.json", json.dumps([registered("dry")]))
    assert_equal(len(server.ctl("client", "import", file, "--dry-run")), 1)
    assert id_ in listed() and len(listed()) == len(before) + 1


@test
def REG_10_json_from_standard_input():
    view = server.ctl("client", "create", "--json", "-", "--client-name", "over",
                      text=json.dumps(registered("stdin", client_name="under", scope="a")))
    assert_equal((view["client_name"], view["scope"]), ("over", "a"))  # flags win
    for bad in ("", "{", "[]", '{"a":1,"a":2}', "1"):
        assert_equal(server.ctl("client", "create", "--json", "-", text=bad,
                                status=REFUSED)["error"], "refused")
    said = server.ctl("client", "create", "--json", server.path("nosuch.json"), status=REFUSED)
    assert_in("No such file", said["message"])


@test
def MTLS_20_certificate_gives_the_subject():
    subject = name(("C", "GB"), ("O", "Acme, Inc."), ("CN", "c1"))
    cert = server.client_ca.issue(subject)
    view = server.ctl("client", "create", "--token-endpoint-auth-method", TLS, "--scope",
                      "accounts", "--certificate", cert.files()[0])
    assert_equal(view["tls_client_auth_subject_dn"], r"CN=c1,O=Acme\, Inc.,C=GB")
    assert "jwks" not in view


@test
def MTLS_20_certificate_without_a_subject():
    def issue(*san):
        return server.client_ca.issue(x509.Name([]), san=san).files()[0]
    view = server.ctl("client", "create", "--token-endpoint-auth-method", TLS, "--certificate",
                      issue(x509.DNSName("only.example")))
    assert_equal(view["tls_client_auth_san_dns"], "only.example")
    two = issue(x509.DNSName("a.example"), x509.DNSName("b.example"))
    said = server.ctl("client", "create", "--token-endpoint-auth-method", TLS, "--certificate",
                      two, status=USAGE)
    assert_in("say which", said["message"])
    view = server.ctl("client", "create", "--token-endpoint-auth-method", TLS, "--certificate",
                      two, "--tls-client-auth-san-dns", "b.example")
    assert_equal(view["tls_client_auth_san_dns"], "b.example")


@each(("ec", "ec"), ("rsa", "rsa"), ("p384", "p384"))
def MTLS_50_certificate_gives_the_key_set(kind):
    cert = self_signed(server.folder, f"self {kind}", key=kind)
    der = server.write(f"{kind}.der", cert.der())
    for file in (cert.files()[0], der):  # PEM or DER
        view = server.ctl("client", "create", "--token-endpoint-auth-method", SELF,
                          "--shared-identifier", "true", "--certificate", file)
        assert_equal(base64.b64decode(view["jwks"]["keys"][0]["x5c"][0]), cert.der())
        assert "tls_client_auth_subject_dn" not in view


@test
def MTLS_50_a_key_set_from_a_file():
    cert = self_signed(server.folder, "filed")
    view = server.ctl("client", "create", "--token-endpoint-auth-method", SELF, "--certificate",
                      cert.files()[0], "--dry-run")
    file = server.write("jwks.json", json.dumps(view["jwks"]))
    again = server.ctl("client", "create", "--token-endpoint-auth-method", SELF, "--jwks", file)
    assert_equal(again["jwks"], view["jwks"])


@test
def MTLS_115_certificates_that_cannot_be_used():
    no_cert = server.write("text.pem", "no certificate")
    said = server.ctl("client", "create", "--token-endpoint-auth-method", TLS, "--certificate",
                      no_cert, status=REFUSED)
    assert_equal(said["error"], "refused")
    weak = self_signed(server.folder, "weak", old_key=rsa.generate_private_key(65537, 1024))
    for method in (TLS, SELF):
        said = server.ctl("client", "create", "--token-endpoint-auth-method", method,
                          "--certificate", weak.files()[0], status=REFUSED)
        assert_in("the RSA key is not of 2048 to 4096 bits", said["message"])
    said = server.ctl("client", "create", "--certificate",
                      server.client_ca.issue("x").files()[0], status=USAGE)
    assert_in("--token-endpoint-auth-method", said["message"])


@test
def MTLS_22_an_import_is_all_or_none():
    before = listed()
    bad = registered("two", client_id="two-names", tls_client_auth_san_dns="two.example")
    file = server.write("bad.json", json.dumps([registered("fine"), bad]))
    said = server.ctl("client", "import", file, status=REFUSED)
    assert_in("two-names", said["message"])
    assert_in("exactly one of tls_client_auth_subject_dn", said["message"])
    assert_equal(listed(), before)
    said = server.ctl("client", "import", server.write("object.json", "{}"), status=REFUSED)
    assert_in("not a JSON array", said["message"])


@each(("client", "client"), ("resource", "resource"))
def REG_10_export_and_import(noun):
    first = create(f"exported-{noun}", "--scope", "x y", "--client-name", "Ü", noun=noun)
    create(f"exported2-{noun}", "--status", "disabled", noun=noun)
    code, text, _ = run(noun, "export")
    assert_equal(code, FINE)
    whole = json.loads(text)
    assert_in(first, whole)
    for one in whole:
        server.ctl(noun, "delete", one["client_id"])
    file = server.write("export.json", text)
    server.ctl(noun, "import", file)
    times = ("client_id_issued_at", "updated_at")
    assert_equal([{k: v for k, v in one.items() if k not in times} for one in
                  server.ctl(noun, "list")],
                 [{k: v for k, v in one.items() if k not in times} for one in whole])
    assert_equal(server.ctl(noun, "import", file, status=EXISTS)["error"], "exists")


@test
def REG_10_a_thousand_exported_import_in_one_piece():
    """All with a certificate: far more than a request may else be (256 KiB)."""
    pem = self_signed(server.folder, "many").files()[0]
    key = server.ctl("client", "create", "--dry-run", "--token-endpoint-auth-method", SELF,
                     "--certificate", pem)["jwks"]["keys"][0]
    many = [registered(f"many{at}", client_id=f"many{at}", client_name="\u00fc" * 500,
                       contacts=["x" * 100 + "@example"] * 9,
                       jwks={"keys": [{**key, "kid": f"{at}-{n}"} for n in range(4)]})
            for at in range(1000)]
    text = json.dumps(many)
    assert 4 * 1024 * 1024 < len(text) < 8 * 1024 * 1024, len(text)
    with contextlib.closing(Fapid.start()) as old, contextlib.closing(Fapid.start()) as new:
        assert_equal(len(old.ctl("client", "import", old.write("many.json", text))), 1000)
        exported = old.ctl("client", "export")
        assert_equal(len(exported), 1000)
        file = new.write("again.json", json.dumps(exported))
        assert_equal(len(new.ctl("client", "import", file)), 1000)
        imported = new.ctl("client", "export")
    for one in exported + imported:
        del one["client_id_issued_at"], one["updated_at"]
    assert imported == exported, "another thousand"
    huge = registered("huge", client_id="huge", contacts=["x" * 2000] * 64,
                      software_id="y" * 2000, software_version="z" * 2000,
                      jwks={"keys": [{**key, "kid": str(n), "more": "m" * 9000}
                                     for n in range(32)]})
    said = server.ctl("client", "import", server.write("huge.json", json.dumps([huge])),
                      status=REFUSED)
    assert_in("huge", said["message"])
    assert_in("the object is larger than 256 KiB", said["message"])
    too_much = server.write("too-much.json", json.dumps(many + many))
    said = server.ctl("client", "import", too_much, status=REFUSED)
    assert_in("larger than the server takes at once (8 MiB)", said["message"])



# ------------------------------------------------------------------------------------ who may

def mode_of(path):
    return oct(stat.S_IMODE(os.stat(path).st_mode))


@test
def D15_the_socket_is_closed_to_others():
    assert stat.S_ISSOCK(os.stat(server.socket).st_mode)
    assert_equal(mode_of(server.socket), oct(0o600))


def run_as_nobody(of, groups, *args):
    """fapictl as another user, from within the server's folder."""
    if os.geteuid() != 0:
        skip("only root can become another user")

    def become():
        os.setgroups(groups)
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    os.chmod(of.folder, 0o711)
    shutil.copy(os.path.join(build_dir(), "fapictl"), of.path("fapictl"))
    os.chmod(of.path("fapictl"), 0o755)
    try:
        done = subprocess.run(["./fapictl", "--socket", "admin.sock", "-o", "json", *args],
                              cwd=of.folder, preexec_fn=become, capture_output=True, text=True,
                              timeout=60, check=False)
    finally:
        os.chmod(of.folder, 0o700)
    return done.returncode, done.stdout, done.stderr


@test
def D15_another_user_does_not_reach_the_socket():
    code, out, err = run_as_nobody(server, [], "client", "list")
    assert_equal((code, out), (NOT_ALLOWED, ""))
    assert_in("permission denied", err)


@test
def D15_another_user_is_not_allowed():
    """Whoever comes as far as the socket is still asked who he is."""
    os.chmod(server.socket, 0o666)
    try:
        for args in (("client", "list"), ("client", "delete", "a"), ("token", "revoke",
                                                                     "--client-id", "a")):
            code, out, err = run_as_nobody(server, [], *args)
            assert_equal((code, out), (NOT_ALLOWED, ""), err)
            assert_equal(json.loads(err)["error"], "not_allowed")
    finally:
        os.chmod(server.socket, 0o600)
    line = server.audit_lines()[-1]
    assert_equal((line["event"], line["actor"], line["outcome"]),
                 ("admin_access", f"uid:{NOBODY}", "refused"))


@test
def D15_admin_group():
    group = grp.getgrgid(NOBODY)  # nogroup, which nobody is a member of
    open_ = Fapid.start(sets=[f"admin.group={group.gr_name}"])
    try:
        assert_equal(os.stat(open_.socket).st_gid, group.gr_gid)
        assert_equal(mode_of(open_.socket), oct(0o660))
        code, out, err = run_as_nobody(open_, [], "client", "list")
        assert_equal((code, out.strip()), (FINE, "[]"), err)
    finally:
        open_.close()


@test
def MTLS_118_the_operator_s_deeds_are_audited():
    id_ = create("audited", "--client-id", "audited")["client_id"]
    server.ctl("client", "update", id_, "--client-name", "x")
    server.ctl("client", "disable", id_)
    server.ctl("token", "revoke", "--client-id", id_)
    server.ctl("client", "delete", id_)
    seen = [(line["event"], line["actor"], line["outcome"]) for line in server.audit_lines()
            if line.get("client_id") == id_]
    who = f"uid:{os.geteuid()}"
    assert_equal(seen, [(event, who, "success") for event in
                        ("client_created", "client_updated", "client_status_changed",
                         "client_tokens_revoked", "client_deleted")])


@test
def D13_default_resource_and_audiences():
    view = create("api-x", "--audience", "urn:x:1", "--audience", "urn:x:2,urn:x:3",
                  noun="resource")
    assert_equal(view["audience"], ["https://api-x.example", "urn:x:1", "urn:x:2", "urn:x:3"])
    assert_equal(create("def", "--default-resource", AUDIENCE)["default_resource"], AUDIENCE)
    said = create("bad", "--default-resource", "api", status=REFUSED)
    assert_in("default_resource", said["message"])


if __name__ == "__main__":
    main(setup=setup, teardown=teardown)
