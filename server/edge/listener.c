/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listener: its socket for as long as the edge lives, and its front, which a reload swaps under a
 * lock that is held for a few instructions at each accept.
 */
#include "parts.h"

#include <sys/stat.h>
#include <unistd.h>

#define FIRST_INHERITED 3 /* SD_LISTEN_FDS_START of sd_listen_fds(3) */

/* Where no route is, the answer is known before the body: nobody is to fill us up with those. */
static size_t body_cap(const void *arg, as_span method, as_span path)
{
    _Static_assert(AS_HTTP_NO_ROUTE == AS_GUARD_UNREAD, "both say that no body is wanted");
    return as_http_body_cap(arg, method, path);
}

static void note_file(struct as_listener *listener)
{
    struct stat found;

    if (listener->kind == AS_LISTENER_SOCKET && !listener->inherited &&
        stat(listener->address, &found) == 0) {
        listener->device = found.st_dev;
        listener->inode = found.st_ino;
    }
}

static void set_rules(struct as_listener *listener, const struct as_http_site *site)
{
    listener->rules = AS_GUARD_RULES;
    listener->rules.body_max =
        listener->kind == AS_LISTENER_SOCKET ? AS_LIMIT_IMPORT : AS_LIMIT_BODY;
    listener->rules.body_cap = body_cap;
    listener->rules.body_arg = site;
}

/* The connections of the listener take it over. Otherwise the system lets each have megabytes of
 * answers that nobody reads. */
static void bound_answers(const struct as_listener *listener)
{
    int most = AS_LIMIT_SEND_BUFFER;

    if (listener->kind == AS_LISTENER_TLS) {
        (void)setsockopt(listener->fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof(most));
    }
}

static bool make_sources(struct as_listener *listener, const struct as_listener_conf *conf)
{
    if (conf->kind == AS_LISTENER_SOCKET) {
        return true;
    }
    listener->sources = as_sources_new(conf->max_per_address);
    return listener->sources != NULL;
}

enum as_edge_failure as_listener_open(struct as_listener *listener,
                                      const struct as_listener_conf *conf,
                                      const struct as_trust *trust, as_edge_tell tell, void *arg)
{
    *listener = (struct as_listener){.event = {AS_EVENT_LISTENER}, .kind = conf->kind, .fd = -1};
    (void)pthread_mutex_init(&listener->lock, NULL);
    set_rules(listener, conf->site);
    if (!make_sources(listener, conf)) {
        tell(arg, conf->name, "out of memory");
        return AS_EDGE_UNAVAILABLE;
    }
    enum as_edge_failure failure = as_front_make(conf, trust, tell, arg, &listener->front);
    if (failure == AS_EDGE_FINE) {
        listener->inherited = conf->inherited_fd >= FIRST_INHERITED;
        failure = (listener->inherited ? as_listen_inherited : as_listen)(
            conf, tell, arg, &listener->fd, listener->address, sizeof(listener->address));
    }
    if (failure == AS_EDGE_FINE) {
        note_file(listener);
        bound_answers(listener);
    }
    return failure;
}

/* The file of a socket goes with it, unless another has taken its place. */
void as_listener_close(struct as_listener *listener)
{
    struct stat found;

    if (listener->inode != 0 && lstat(listener->address, &found) == 0 &&
        found.st_dev == listener->device && found.st_ino == listener->inode) {
        (void)unlink(listener->address);
    }
    if (listener->fd >= 0) {
        (void)close(listener->fd);
    }
    as_front_drop(&listener->front);
    as_sources_free(listener->sources);
    (void)pthread_mutex_destroy(&listener->lock);
}

struct as_front as_listener_front(struct as_listener *listener)
{
    (void)pthread_mutex_lock(&listener->lock);
    struct as_front front = as_front_hold(&listener->front);
    (void)pthread_mutex_unlock(&listener->lock);
    return front;
}

void as_listener_swap(struct as_listener *listener, struct as_front *front)
{
    (void)pthread_mutex_lock(&listener->lock);
    struct as_front old = listener->front;
    listener->front = *front;
    (void)pthread_mutex_unlock(&listener->lock);
    *front = old;
}
