/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no single setting can get wrong alone. Each finding stands where the operator would repair
 * it and says how.
 */
#include "draft.h"

#include <string.h>

static const struct as_origin nowhere;

static struct as_draft_section *section_of(const struct as_draft *draft, size_t listener)
{
    return as_draft_nth(draft, AS_SECTION_LISTENER, listener);
}

static struct as_origin where(const struct as_draft *draft, enum as_section_id id, const char *key)
{
    return as_draft_where(as_draft_section(draft, id, ""), key);
}

static bool has_name(const struct as_listener_settings *listener, as_span host)
{
    for (size_t i = 0; i < listener->name_count; i++) {
        if (as_span_is(host, listener->names[i])) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- one listener --------------- */

static void verify_certificates(struct as_draft *draft, size_t index,
                                const struct as_listener_settings *listener)
{
    if (listener->certificate_count != listener->key_count) {
        as_draft_refuse(draft, as_draft_where(section_of(draft, index), "key"),
                        "listener %s: %zu certificate files and %zu key files; they go in pairs",
                        listener->name, listener->certificate_count, listener->key_count);
    }
}

static void verify_origin(struct as_draft *draft, size_t index,
                          const struct as_listener_settings *listener)
{
    if (listener->origin == NULL) {
        return;
    }
    as_span host = as_url_cut(listener->origin).host;
    if (!has_name(listener, host)) {
        as_draft_refuse(draft, as_draft_where(section_of(draft, index), "origin"),
                        "listener %s: the host of its origin is not among its names: add %.*s",
                        listener->name, (int)host.len, host.ptr);
    }
}

/* ---------------------------------------------------------------- addresses ------------------ */

static bool is_any(as_span ip)
{
    return as_span_is(ip, "0.0.0.0") || as_span_is(ip, "[::]");
}

/* Can both be bound? Port 0 is whatever is free. */
static bool addresses_meet(const char *one, const char *other)
{
    struct as_host_port a, b;

    return as_host_port_cut(as_span_of(one), &a) && as_host_port_cut(as_span_of(other), &b) &&
           as_span_equal(a.port, b.port) && !as_span_is(a.port, "0") &&
           a.bracketed == b.bracketed &&
           (as_span_equal(a.host, b.host) || is_any(a.host) || is_any(b.host));
}

/* The listeners of the section admin are called so in logs and LISTEN_FDNAMES. */
static void verify_names(struct as_draft *draft, const struct as_settings *settings)
{
    static const char *const taken[] = {"admin-socket", "admin-http"};

    for (size_t i = 0; i < settings->listener_count; i++) {
        for (size_t k = 0; k < AS_COUNT(taken); k++) {
            if (strcmp(settings->listeners[i].name, taken[k]) == 0) {
                as_draft_refuse(draft, as_draft_where(section_of(draft, i), "address"),
                                "listener %s: the name is that of a listener of the section admin",
                                taken[k]);
            }
        }
    }
}

static void verify_addresses(struct as_draft *draft, const struct as_settings *settings)
{
    for (size_t i = 0; i < settings->listener_count; i++) {
        const struct as_listener_settings *listener = &settings->listeners[i];

        for (size_t k = 0; k < i; k++) {
            if (addresses_meet(listener->address, settings->listeners[k].address)) {
                as_draft_refuse(draft, as_draft_where(section_of(draft, i), "address"),
                                "listener %s: its address is that of listener %s; give it another "
                                "port",
                                listener->name, settings->listeners[k].name);
            }
        }
        if (settings->admin_http != NULL &&
            addresses_meet(listener->address, settings->admin_http)) {
            as_draft_refuse(draft, where(draft, AS_SECTION_ADMIN, "http"),
                            "admin.http: its address is that of listener %s; give it another port",
                            listener->name);
        }
    }
}

/* ---------------------------------------------------------------- issuer and aliases --------- */

/* How well a listener serves the issuer's URLs: 0 not at all. */
static unsigned fitness(const struct as_listener_settings *listener, const char *issuer)
{
    const struct as_url url = as_url_cut(issuer);
    struct as_host_port own;
    uint16_t port = 0;

    if (!has_name(listener, url.host)) {
        return 0;
    }
    if (listener->origin != NULL) {
        return as_span_is(url.origin, listener->origin) ? 4 : 1;
    }
    /* behind a balancer the ports may differ */
    bool same_port = as_host_port_cut(as_span_of(listener->address), &own) &&
                     as_port_parse(own.port, &port) && port == url.port;
    return same_port ? 3 : 2;
}

static void choose_issuer_listener(struct as_draft *draft, struct as_settings *settings)
{
    unsigned best = 0;

    for (size_t i = 0; i < settings->listener_count; i++) {
        unsigned fits = fitness(&settings->listeners[i], settings->issuer);

        if (fits > best) {
            best = fits;
            settings->issuer_listener = &settings->listeners[i];
        }
    }
    if (best == 0) {
        as_draft_refuse(draft, where(draft, AS_SECTION_ROOT, "issuer"),
                        "issuer: no listener has its host among its names");
    }
}

/* The first listener that asks for certificates, one with an origin before one without. */
static const struct as_listener_settings *asking_listener(const struct as_settings *settings)
{
    const struct as_listener_settings *found = NULL;

    for (size_t i = 0; i < settings->listener_count; i++) {
        const struct as_listener_settings *listener = &settings->listeners[i];

        if (listener->client_certificate == AS_CLIENT_CERTIFICATE_NONE) {
            continue;
        }
        if (listener->origin != NULL) {
            return listener;
        }
        found = found == NULL ? listener : found;
    }
    return found;
}

/*
 * Where the issuer's own listener asks for no certificate, clients are sent to the one that does
 * (RFC 8705 5), and it must be known under which URL.
 */
static void choose_mtls_origin(struct as_draft *draft, struct as_settings *settings)
{
    const struct as_listener_settings *asking = asking_listener(settings);

    if (asking == NULL) {
        as_draft_refuse(draft, where(draft, AS_SECTION_AUTHENTICATION, "methods"),
                        "no listener asks for client certificates, by which all clients "
                        "authenticate: set client_certificate = request in one");
        return;
    }
    if (settings->issuer_listener == NULL ||
        settings->issuer_listener->client_certificate != AS_CLIENT_CERTIFICATE_NONE) {
        return;
    }
    size_t index = (size_t)(asking - settings->listeners);
    if (asking->origin == NULL) {
        as_draft_refuse(draft, section_of(draft, index)->at,
                        "listener %s asks for certificates and the issuer's listener %s does not: "
                        "set origin, so that clients learn where to go",
                        asking->name, settings->issuer_listener->name);
        return;
    }
    settings->mtls_origin = asking->origin;
}

static void verify_origins_differ(struct as_draft *draft, const struct as_settings *settings)
{
    const as_span issuer_origin = as_url_cut(settings->issuer).origin;

    for (size_t i = 0; i < settings->listener_count; i++) {
        const struct as_listener_settings *listener = &settings->listeners[i];
        bool taken = listener->origin != NULL && listener != settings->issuer_listener &&
                     as_span_is(issuer_origin, listener->origin);

        for (size_t k = 0; k < i && listener->origin != NULL; k++) {
            const char *other = settings->listeners[k].origin;
            taken = taken || (other != NULL && strcmp(other, listener->origin) == 0);
        }
        if (taken) {
            as_draft_refuse(draft, as_draft_where(section_of(draft, i), "origin"),
                            "listener %s: another listener has this origin", listener->name);
        }
    }
}

/* ---------------------------------------------------------------- trust ---------------------- */

static size_t groups_of(const struct as_settings *settings, enum as_trust_use use)
{
    size_t count = 0;

    for (size_t i = 0; i < settings->trust_count; i++) {
        count += settings->trusts[i].use == use;
    }
    return count;
}

static void verify_default_trust(struct as_draft *draft, const struct as_settings *settings)
{
    for (size_t i = 0; i < settings->trust_count; i++) {
        if (strcmp(settings->trusts[i].name, settings->default_trust) != 0) {
            continue;
        }
        if (settings->trusts[i].use != AS_USE_CLIENT) {
            as_draft_refuse(draft, where(draft, AS_SECTION_ROOT, "default_trust"),
                            "default_trust: trust %s has not use = client",
                            settings->default_trust);
        }
        return;
    }
    as_draft_refuse(draft, where(draft, AS_SECTION_ROOT, "default_trust"),
                    "default_trust: there is no section trust %s", settings->default_trust);
}

/* Without a group the server starts and refuses all PKI clients (MTLS-45). */
static void verify_trust(struct as_draft *draft, const struct as_settings *settings)
{
    size_t groups = groups_of(settings, AS_USE_CLIENT);

    if (groups_of(settings, AS_USE_RESOURCE) > 1) {
        as_draft_warn(draft, nowhere,
                      "several trust sections have use = resource: resource servers that are not "
                      "pinned to one will be refused");
    }
    if (settings->default_trust != NULL) {
        verify_default_trust(draft, settings);
    } else if (groups == 0 && settings->methods & 1U << AS_METHOD_TLS_CLIENT_AUTH) {
        as_draft_warn(draft, nowhere,
                      "no trust section has use = client: every client of tls_client_auth will be "
                      "refused");
    } else if (groups > 1) {
        as_draft_warn(draft, nowhere,
                      "several trust sections have use = client and default_trust is not set: "
                      "clients that are not pinned to one will be refused");
    }
}

/* ---------------------------------------------------------------- the rest ------------------- */

/* A copy of the database alone must open nothing (design D16). */
static void verify_store(struct as_draft *draft, const struct as_settings *settings)
{
    if (strcmp(settings->store_path, settings->store_key_file) == 0) {
        as_draft_refuse(draft, where(draft, AS_SECTION_STORE, "key_file"),
                        "store.key_file: this is the file of store.path");
    }
}

/* A key that is shown as long as it signs would leave two of a line in between (REG-146). */
static void verify_keys(struct as_draft *draft, const struct as_settings *settings)
{
    if ((settings->key_algs & 1U << settings->key_alg) == 0) {
        as_draft_refuse(draft, where(draft, AS_SECTION_KEYS, "alg"),
                        "keys.alg: %s is not among keys.algs", as_alg_name(settings->key_alg));
    }
    if (settings->key_publish_lead >= settings->key_rotate_every) {
        as_draft_refuse(draft, where(draft, AS_SECTION_KEYS, "publish_lead"),
                        "keys.publish_lead must be shorter than keys.rotate_every");
    }
}

void as_draft_verify(struct as_draft *draft, struct as_settings *settings)
{
    if (settings->listener_count == 0) {
        as_draft_refuse(draft, nowhere, "there is no listener: add a section `listener NAME { }`");
        return;
    }
    for (size_t i = 0; i < settings->listener_count; i++) {
        verify_certificates(draft, i, &settings->listeners[i]);
        verify_origin(draft, i, &settings->listeners[i]);
    }
    verify_names(draft, settings);
    verify_addresses(draft, settings);
    choose_issuer_listener(draft, settings);
    choose_mtls_origin(draft, settings);
    verify_origins_differ(draft, settings);
    verify_trust(draft, settings);
    verify_store(draft, settings);
    verify_keys(draft, settings);
}
