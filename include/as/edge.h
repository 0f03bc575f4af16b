/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edge/: listeners, workers, TLS, the framing guard. Ends mutual TLS by OpenSSL, admits only
 * complete and unambiguous HTTP/1.1 requests, and drives http/. Knows no OAuth (design D1 to D4,
 * D6, D7).
 *
 * The handshake accepts any client certificate that proves its key; who may use it is judged per
 * request, elsewhere. Threads: one worker per core; a peer is immutable and counted.
 */
#ifndef AS_EDGE_H
#define AS_EDGE_H

#include "as/base.h"
#include "as/http.h"
#include "as/trust.h"

#include <sys/types.h>

enum as_listener_kind {
    AS_LISTENER_TLS,
    AS_LISTENER_PLAIN, /* admin.http: loopback only, health and metrics */
    AS_LISTENER_SOCKET /* admin.socket */
};

/* The word of a profile (base/listener.h). */
const char *as_suite_profile_name(enum as_suite_profile profile);

/* What a caller gives is copied: only `site` must live on. */
struct as_listener_conf {
    const char *name;
    enum as_listener_kind kind;
    const char *address;      /* "127.0.0.1:8443", "[::1]:8443", or the path of a socket */
    const char *const *names; /* host names served, TLS-36 to 39; the first answers without SNI */
    size_t name_count;
    const char *const *certificate_files; /* PEM chains, paired with key_files by position */
    const char *const *key_files;
    size_t certificate_count;
    enum as_client_certificate client_certificate;
    enum as_suite_profile suites;
    bool tls13_only;
    bool ca_names;     /* list the client CAs in CertificateRequest (D6) */
    bool resumption;   /* D7 */
    bool hsts_preload; /* of Strict-Transport-Security, which each answer over TLS has (TLS-41) */
    /* Per listener. One more is closed at accept; or, with TLS, another that is in the midst of
     * nothing goes for it, if its address has more (or as many, and it has been idle for long). */
    unsigned max_connections;
    unsigned max_per_address; /* 0: no bound (gateways) */
    unsigned max_cert_list;   /* octets of the Certificate message (D4) */
    gid_t socket_group;       /* AS_LISTENER_SOCKET: owner group of the socket */
    bool socket_group_set;
    /* A listening socket that the service manager handed over (sd_listen_fds(3): 3 or more), which
     * must be bound to `address`; the edge takes it, closes it at the end and leaves what waits in
     * its queue, and a socket's file, to the manager. -1: none, the edge makes its own. Only
     * as_edge_new looks at it. */
    int inherited_fd;
    const struct as_http_site *site; /* what is served here; it outlives the edge */
    const char *note; /* the composition's own text, shown as peer->listener->note; NULL: none */
};

/* Who is at the other end of a connection. Immutable once made. */
struct as_peer {
    const struct as_listener_conf *listener; /* as it was at accept; lives as long as the peer */
    char address[48];                        /* text without port; "unix" on a socket */
    const struct as_cert *cert;              /* NULL: none was shown */
    const char *tls_version;                 /* "TLSv1.3"; NULL without TLS */
    const char *suite;                       /* IANA name */
    bool resumed;
    uid_t uid; /* AS_LISTENER_SOCKET only (SO_PEERCRED) */
    gid_t gid;
};

struct as_edge;

/* Deadlines and bounds of a worker; all but tests take those of base/limits.h. Milliseconds. */
struct as_edge_bounds {
    int handshake_ms; /* from accept */
    int head_ms;      /* from the first octet of a request: 408 */
    int body_ms;      /* from the end of the head: 408 */
    int request_ms;   /* from the first octet of a request to the last of its answer: 408 or 503 */
    int idle_ms;      /* between requests */
    int rest_ms;      /* between requests, until the memory is given back */
    int linger_ms;    /* after a refusal */
    int yield_ms;     /* buffers are full: whoever has taken longer to send a request goes first */
    int farewell_ms;  /* an idle connection may still ask something once the edge stops */
    /* Buffered by one worker: 503. Large requests may fill three quarters of it, others over TLS
     * 15 of 16 parts, and all of it those of listeners without TLS. */
    size_t worker_bytes;
    /* What the process may have: connections at AS_LIMIT_CONNECTION_BYTES and AS_LIMIT_CERT_GROWTH
     * times the largest max_cert_list each take half of it at most, their buffers a quarter,
     * sessions at AS_LIMIT_SESSION_BYTES each an eighth. 0: what as_memory_limit() tells. */
    uint64_t memory;
};

extern const struct as_edge_bounds as_edge_bounds_usual;

struct as_edge_conf {
    const struct as_listener_conf *listeners;
    size_t listener_count;
    unsigned workers;             /* 0: one per core */
    const struct as_trust *trust; /* anchor set and CA names alone; not kept */
    struct as_http_jobs *jobs;
    /* An address (IPv6: its /64) whose TLS handshakes failed so often in AS_LIMIT_FAILED_WINDOW_MS
     * is closed at accept, on TLS listeners, until that time is over. 0: no bound. */
    unsigned failed_handshakes;
    const char *const *exempt; /* addresses that are never counted so */
    size_t exempt_count;
    const struct as_edge_bounds *bounds; /* NULL: as_edge_bounds_usual */
};

/* Told what an operator should know at start: what a listener offers; and what is probably not
 * meant, such as a name not in the SAN, as `warning: ...`. `listener` is "" where none is
 * concerned; what is said of one of its files, or of one setting, begins with that: `/path: ...`,
 * `max_cert_list: ...`. */
typedef void (*as_edge_tell)(void *arg, const char *listener, const char *message);

enum as_edge_failure {
    AS_EDGE_FINE,
    AS_EDGE_BAD_CONFIGURATION, /* exit 78: key, certificate, address text, a socket handed over */
    AS_EDGE_PROBE_FAILED,      /* exit 70: the self-probe saw another set of suites */
    AS_EDGE_UNAVAILABLE        /* exit 69: the port or socket cannot be had */
};

/*
 * Makes the TLS contexts and checks keys and certificates, without a socket: what `fapid -t` and
 * the start share. The text of a failure goes to `tell`.
 */
enum as_edge_failure as_edge_check(const struct as_edge_conf *conf, as_edge_tell tell, void *arg);

/* Probes every TLS context, binds and listens, but accepts nothing yet. */
enum as_edge_failure as_edge_new(const struct as_edge_conf *conf, as_edge_tell tell, void *arg,
                                 struct as_edge **out);
/* Starts the workers, with all signals blocked: they are the main thread's. */
as_err as_edge_start(struct as_edge *edge);
/*
 * New certificates, keys, names and TLS settings for the listeners, without a dropped connection:
 * every TLS context is made anew and probed, and only if all are fine all are swapped. New
 * connections see the new ones, with empty session caches (D7); old ones live on under theirs. Also
 * replaces max_connections, note, failed_handshakes and exempt; `workers`, `jobs` and `bounds`
 * stay.
 *
 * The listeners must be the same by position: name, kind, address, group of the socket,
 * max_per_address and site. Connections may show more certificates than before (max_cert_list,
 * client_certificate) if there is memory for it with as many as were counted at the start, or as
 * max_connections lets in. Otherwise, or when a file is wrong, nothing changes, and the reason is
 * told. From one thread at a time, between as_edge_start and as_edge_stop; never waits for workers.
 */
enum as_edge_failure as_edge_reload(struct as_edge *edge, const struct as_edge_conf *conf,
                                    as_edge_tell tell, void *arg);
/* Would that change something? For one whose other steps cannot be taken back: tells and refuses
 * the same, and changes nothing. */
enum as_edge_failure as_edge_reload_check(struct as_edge *edge, const struct as_edge_conf *conf,
                                          as_edge_tell tell, void *arg);

/*
 * From now on each answer says `Connection: close` and its connection ends after it; listeners go
 * on accepting, so that nobody is refused while callers find another server. Once or often; any
 * thread.
 */
void as_edge_drain(struct as_edge *edge);

/*
 * Drains, accepts who waits already, then closes the listeners and lets connections go on to one
 * more answer: idle ones have `farewell_ms` to ask, and end in order. After `grace_ms` all are
 * ended. A job that writes runs to its end whatever that takes. Once; from the thread that started.
 */
void as_edge_stop(struct as_edge *edge, int grace_ms);
void as_edge_free(struct as_edge *edge);

/*
 * Has every worker turned since the last call? Wakes them, so that the next call may ask again; let
 * it follow a good while later. The first call tells nothing. One thread, between as_edge_start and
 * as_edge_stop.
 */
bool as_edge_is_alive(struct as_edge *edge);

/* The address a listener is bound to, with the port the system chose where 0 was asked. */
as_err as_edge_address(const struct as_edge *edge, size_t listener, char *out, size_t room);

/* Counting, for http/ (struct as_http_peers). */
void as_peer_hold(const void *peer);
void as_peer_drop(const void *peer);

#endif
