/* SPDX-License-Identifier: Apache-2.0 */
/* Listener settings become listener configurations of the edge, each with what it serves. */
#include "reading.h"

#include <string.h>

/* Room for the admin socket and the admin HTTP listener. */
#define ADMIN_LISTENERS 2

static void add_tls(struct as_reading *reading, const struct as_listener_settings *from,
                    const struct as_http_site *site)
{
    bool asks = from->client_certificate != AS_CLIENT_CERTIFICATE_NONE;

    reading->listeners[reading->listener_count++] = (struct as_listener_conf){
        .name = from->name,
        .kind = AS_LISTENER_TLS,
        .address = from->address,
        .names = from->names,
        .name_count = from->name_count,
        .certificate_files = from->certificate,
        .key_files = from->key,
        .certificate_count = from->certificate_count,
        .client_certificate = from->client_certificate,
        .suites = from->profile,
        .tls13_only = strcmp(from->min_version, "TLSv1.3") == 0,
        .ca_names = from->ca_names,
        .resumption = from->resumption,
        .hsts_preload = reading->settings->hsts_preload,
        .max_connections = from->max_connections,
        .max_per_address = from->max_per_address,
        .max_cert_list = from->max_cert_list,
        .inherited_fd = -1,
        .site = site,
        .note = asks ? NULL : reading->settings->mtls_origin,
    };
}

static void add_admin(struct as_reading *reading, enum as_listener_kind kind, const char *name,
                      const char *address, const struct as_http_site *site)
{
    size_t at = reading->listener_count++;

    reading->listeners[at] = (struct as_listener_conf){
        .name = name,
        .kind = kind,
        .address = address,
        .max_connections = AS_LIMIT_ADMIN_CONNECTIONS,
        .socket_group = reading->admin_group,
        .socket_group_set = reading->admin_group_set,
        .inherited_fd = -1,
        .site = site,
    };
}

/*
 * Any page that a browser on this machine shows may call a loopback port, and by a name of its own
 * that leads there (DNS rebinding) it could read the answer. So the Host is the address or
 * localhost.
 */
static as_err name_loopback(struct as_reading *reading)
{
    struct as_listener_conf *conf = &reading->listeners[reading->listener_count - 1];
    const char **names = as_arena_array(reading->mem, 2, sizeof(*names));
    struct as_host_port cut;
    as_span host;

    AS_NEED_MEM(names);
    AS_NEED(as_host_port_cut(as_span_of(conf->address), &cut), AS_SERVER_ERROR,
            "admin.http is no address");
    AS_TRY(as_arena_copy(reading->mem, cut.host, &host));
    names[0] = "localhost";
    names[1] = host.ptr;
    conf->names = names;
    conf->name_count = 2;
    return AS_OK;
}

static const struct as_http_site *site_of(const struct as_app *app, enum as_site_kind kind)
{
    return app != NULL ? as_app_site(app, kind) : NULL;
}

as_err as_reading_listeners(struct as_reading *reading, const struct as_app *app)
{
    const struct as_settings *settings = reading->settings;
    size_t room = settings->listener_count + ADMIN_LISTENERS;

    reading->listener_count = 0;
    reading->listeners = as_arena_array(reading->mem, room, sizeof(*reading->listeners));
    AS_NEED(reading->listeners != NULL, AS_SERVER_ERROR, "out of memory");
    for (size_t i = 0; i < settings->listener_count; i++) {
        add_tls(reading, &settings->listeners[i], site_of(app, AS_SITE_OAUTH));
    }
    if (settings->admin_socket != NULL) {
        add_admin(reading, AS_LISTENER_SOCKET, "admin-socket", settings->admin_socket,
                  site_of(app, AS_SITE_ADMIN));
    }
    if (settings->admin_http != NULL) {
        add_admin(reading, AS_LISTENER_PLAIN, "admin-http", settings->admin_http,
                  site_of(app, AS_SITE_HEALTH));
        AS_TRY(name_loopback(reading));
    }
    return AS_OK;
}
