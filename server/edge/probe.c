/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include "probe_hello.h"
#include "teller.h"

#include <openssl/err.h>

AS_AUTO_DEFINE(SSL_CTX, SSL_CTX_free)

#define TLS12 0x0303
#define TLS13 0x0304

/* One run: what is asked, what is expected, and how often that was not so. */
struct run {
    SSL_CTX *ctx;
    struct as_teller teller;
    const struct as_suite *expected[AS_SUITES_MAX];
    size_t expected_count;
    size_t differences;
};

/* Names for what OpenSSL does not list among its own suites of TLS 1.3. */
static const struct {
    uint16_t id;
    const char *name;
} others_13[] = {{0x1304, "TLS_AES_128_CCM_SHA256"}, {0x1305, "TLS_AES_128_CCM_8_SHA256"}};

static const struct {
    uint16_t version;
    const char *name;
} old_versions[] = {{0x0300, "SSL 3.0"}, {0x0301, "TLS 1.0"}, {0x0302, "TLS 1.1"}};

/* False when there was no answer, which is a difference of its own. */
static bool ask(struct run *run, uint16_t version, const uint16_t *suites, size_t count,
                const char *what, struct as_probe_answer *out)
{
    const struct as_probe_question question = {version, suites, count};
    as_err err = as_probe_ask(run->ctx, &question, out);

    if (as_failed(err)) {
        run->differences++;
        as_teller_say(&run->teller, "self-probe: %s: %s", what, err.why);
        return false;
    }
    return true;
}

/* Offers one suite alone and compares. */
static void try_suite(struct run *run, uint16_t version, uint16_t id, const char *name,
                      bool expected)
{
    struct as_probe_answer answer;

    if (!ask(run, version, &id, 1, name, &answer)) {
        return;
    }
    bool taken = answer.hello && answer.suite == id;
    if (taken != expected || answer.hello != taken) {
        run->differences++;
        as_teller_say(&run->teller, "self-probe: %s is %s in TLS %s, against the profile", name,
                      expected ? "refused" : "accepted", version == TLS13 ? "1.3" : "1.2");
    }
}

static bool expects(const struct run *run, uint16_t id)
{
    for (size_t i = 0; i < run->expected_count; i++) {
        if (run->expected[i]->id == id) {
            return true;
        }
    }
    return false;
}

static bool is_13(uint16_t id)
{
    return id >> 8 == 0x13;
}

/* What the profile has, and every other suite that this OpenSSL knows, at its lowest security
 * level: one that the library lost is a difference too. */
static void try_all_below_13(struct run *run)
{
    for (size_t i = 0; i < run->expected_count; i++) {
        try_suite(run, TLS12, run->expected[i]->id, run->expected[i]->openssl, true);
    }
    AS_AUTO(SSL_CTX_free) SSL_CTX *every = SSL_CTX_new(TLS_method());

    if (every != NULL) {
        SSL_CTX_set_security_level(every, 0);
    }
    if (every == NULL || SSL_CTX_set_cipher_list(every, "ALL:COMPLEMENTOFALL") != 1) {
        run->differences++;
        as_teller_say(&run->teller, "self-probe: OpenSSL does not list its suites");
        return;
    }
    STACK_OF(SSL_CIPHER) *list = SSL_CTX_get_ciphers(every);
    for (int i = 0; i < sk_SSL_CIPHER_num(list); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(list, i);
        uint16_t id = SSL_CIPHER_get_protocol_id(cipher);
        if (!is_13(id) && !expects(run, id)) {
            try_suite(run, TLS12, id, SSL_CIPHER_get_name(cipher), false);
        }
    }
}

static void try_all_13(struct run *run)
{
    for (size_t i = 0; i < AS_SUITES_13; i++) {
        try_suite(run, TLS13, as_suites_13[i].id, as_suites_13[i].name, true);
    }
    for (size_t i = 0; i < AS_COUNT(others_13); i++) {
        try_suite(run, TLS13, others_13[i].id, others_13[i].name, false);
    }
}

/* TLS-02: offered with suites that old versions knew as well. */
static void try_old_versions(struct run *run)
{
    static const uint16_t suites[] = {0xC014, 0xC013, 0x0039, 0x0033, 0x0035, 0x002F, 0xC02F};
    struct as_probe_answer answer;

    for (size_t i = 0; i < AS_COUNT(old_versions); i++) {
        if (ask(run, old_versions[i].version, suites, AS_COUNT(suites), old_versions[i].name,
                &answer) &&
            answer.hello) {
            run->differences++;
            as_teller_say(&run->teller, "self-probe: %s is accepted", old_versions[i].name);
        }
    }
}

/* TLS-14: whatever the client prefers, the server's first suite is taken. */
static void try_order(struct run *run)
{
    uint16_t suites[AS_SUITES_MAX];
    struct as_probe_answer answer;

    for (size_t i = 0; i < run->expected_count; i++) {
        suites[i] = run->expected[run->expected_count - 1 - i]->id;
    }
    if (run->expected_count > 0 &&
        ask(run, TLS12, suites, run->expected_count, "the order of suites", &answer) &&
        answer.suite != run->expected[0]->id) {
        run->differences++;
        as_teller_say(&run->teller, "self-probe: the order of the client's suites wins");
    }
}

size_t as_tls_probe(const struct as_tls_context *context, as_edge_tell tell, void *arg)
{
    struct run run = {.ctx = as_tls_context_ssl(context),
                      .teller = {tell, arg, as_tls_context_conf(context)->name}};

    run.expected_count = as_tls_context_suites(context, run.expected);
    try_old_versions(&run);
    try_all_below_13(&run);
    try_all_13(&run);
    try_order(&run);
    ERR_clear_error();
    return run.differences;
}
