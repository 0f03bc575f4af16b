/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TOK-15: memory runs out at each place of a judgement in turn. What is good is called good or
 * nothing is said of it; it is never called bad, and what is found of it is all there.
 */
#include "as/jose.h"
#include "as/trust.h"
#include "fault/support/memory.h"
#include "harness.h"
#include "support/certs.h"

static struct test_cert *ca, *leaf;
static as_span der;
static char *pem;
static as_span private_key;
static struct as_arena *mem;

static void start(void)
{
    struct as_jws_key *key = NULL;

    mem = as_arena_new(1 << 20);
    ca = test_ca("CN=ca");
    leaf = test_cert(ca, (struct test_cert_ask){.subject = "C=GB,O=Acme,CN=a",
                                                .san = "DNS:a.example,URI:urn:a,IP:192.0.2.1,"
                                                       "email:a@a.example"});
    der = test_cert_der(leaf);
    const struct test_cert *both[] = {leaf, ca};
    pem = test_certs_pem(both, 2);
    ck_ok(as_jws_key_make(AS_ALG_PS256, &key));
    ck_ok(as_jws_key_private(key, mem, &private_key));
    as_jws_key_free(key);
}

static void stop(void)
{
    test_cert_free(leaf);
    test_cert_free(ca);
    free((char *)(uintptr_t)der.ptr);
    free(pem);
    as_arena_free(mem);
}

/* ------------------------------------------------------------ what is judged ------------------ */

/* What was found amiss, looked at when there is memory again. */
static char amiss[128];

static void need(bool fine, const char *what)
{
    if (!fine && amiss[0] == '\0') {
        snprintf(amiss, sizeof(amiss), "%s", what);
    }
}

static void is_whole(const struct as_cert *cert)
{
    need(cert->fault == NULL, cert->fault != NULL ? cert->fault_why : "");
    need(cert->name_count == 4, "a name is missing");
    for (size_t i = 0; i < cert->name_count; i++) {
        need(cert->names[i].canon.len > 0, "a name is no name");
    }
    need(cert->subject.len > 0, "the subject is missing");
    need(cert->key.kind == AS_KEY_P256, "the key is missing");
}

static as_err judge_der(void)
{
    struct as_cert *cert = NULL;

    AS_TRY(as_cert_of_der(&der, 1, &cert));
    is_whole(cert);
    as_cert_drop(cert);
    return AS_OK;
}

static as_err judge_pem(void)
{
    struct as_cert *cert = NULL;

    AS_TRY(as_cert_of_pem(as_span_of(pem), &cert));
    is_whole(cert);
    need(cert->chain_count == 1, "the chain is cut");
    as_cert_drop(cert);
    return AS_OK;
}

static as_err judge_name(enum as_name_kind kind, const char *text)
{
    struct as_arena *own = as_arena_new(1 << 16);
    as_span canon = AS_SPAN_NONE;

    AS_NEED(own != NULL, AS_SERVER_ERROR, "out of memory");
    as_err err = as_name_parse(kind, as_span_of(text), own, &canon);
    need(as_failed(err) || canon.len > 0, "the name is empty");
    as_arena_free(own);
    return err;
}

static as_err judge_dn(void)
{
    return judge_name(AS_NAME_SUBJECT_DN, "CN=a\\2Cb+2.5.4.4=c,O=\xC3\x84 x,1.2.3=#0C0161");
}

static as_err judge_uri(void)
{
    return judge_name(AS_NAME_SAN_URI, "https://a.example/b");
}

static as_err judge_private(void)
{
    struct as_jws_key *key = NULL;

    AS_TRY(as_jws_key_of_private(AS_ALG_PS256, private_key, &key));
    as_jws_key_free(key);
    return AS_OK;
}

static as_err judge_jwk(const char *members)
{
    struct as_jws_key *key = NULL;

    AS_TRY(as_jws_key_of_text(AS_ALG_ES256, as_span_of(members), &key));
    as_jws_key_free(key);
    return AS_OK;
}

/* The key of RFC 7517 appendix A.1. */
static as_err judge_key(void)
{
    return judge_jwk("{\"kty\":\"EC\",\"crv\":\"P-256\","
                     "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
                     "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"}");
}

static const struct {
    const char *name;
    as_err (*judge)(void);
} judgements[] = {
    {"a certificate in DER", judge_der},      {"a certificate in PEM", judge_pem},
    {"a distinguished name", judge_dn},       {"a URI", judge_uri},
    {"a private key of ours", judge_private}, {"a public key of others", judge_key},
};

/* ------------------------------------------------------------ memory runs out ----------------- */

START_TEST(TOK_15_no_memory_is_no_verdict)
{
    ck_ok(judgements[_i].judge());
    ck_assert_str_eq(amiss, "");
    for (int for_good = 0; for_good < 2; for_good++) {
        gate_arm(GATE_NEVER, false);
        ck_ok(judgements[_i].judge());
        long total = gate_disarm();
        ck_assert_int_gt(total, 0);
        for (long at = 1; at <= total; at++) {
            gate_arm(at, for_good != 0);
            as_err err = judgements[_i].judge();
            gate_disarm();
            ck_assert_msg(amiss[0] == '\0', "%s, failing at %ld of %ld %s: %s", judgements[_i].name,
                          at, total, for_good ? "for good" : "once", amiss);
            ck_assert_msg(!as_failed(err) || as_err_is(err, AS_SERVER_ERROR),
                          "%s, failing at %ld of %ld %s: %s (%s)", judgements[_i].name, at, total,
                          for_good ? "for good" : "once", err.fault->code, err.why);
        }
        ck_ok(judgements[_i].judge());
    }
}
END_TEST

AS_TESTS("fault/memory/judging", {
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_loop_test(t, TOK_15_no_memory_is_no_verdict, 0, AS_COUNT(judgements));
})
