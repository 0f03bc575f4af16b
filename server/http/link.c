/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edge's side of a link. What stands in the pair is pulled, never announced: nothing happens in
 * the daemon but when it is run, and every run is followed by a read here. So a pair needs no place
 * in the worker's epoll set.
 */
#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_TURNS 3

/* What the daemon reads: whether a body follows the head of the answer, and whether to close. */
static const as_span heads[2][2] = {
    {AS_LIT_ROW("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
     AS_LIT_ROW("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")},
    {AS_LIT_ROW("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"),
     AS_LIT_ROW("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")},
};

static void let_go(struct as_http_link *link)
{
    if (link->fd >= 0 || link->mhd != NULL) {
        return;
    }
    if (link->exchange != NULL) {
        as_engine_give_back(link->engine, link->exchange);
    }
    link->engine->conf.peers->drop(link->conf.peer);
    free(link);
}

void as_link_freed_by_daemon(struct as_http_link *link)
{
    link->mhd = NULL;
    let_go(link);
}

void as_link_answered(struct as_http_link *link, bool whole)
{
    link->answered = whole;
    link->broken = !whole;
}

/* The daemon closes its descriptor on failure too. Its address is of no use to anybody. */
static bool add_to_daemon(struct as_http_link *link, int fd)
{
    const struct sockaddr nobody = {.sa_family = AF_UNIX};

    link->engine->opening = link;
    enum MHD_Result added =
        MHD_add_connection(link->engine->daemon, fd, &nobody, sizeof(nobody.sa_family));
    link->engine->opening = NULL;
    return added == MHD_YES;
}

as_err as_http_link_open(struct as_http_engine *engine, const struct as_http_link_conf *conf,
                         struct as_http_link **out)
{
    int pair[2];
    struct as_http_link *link = calloc(1, sizeof(*link));

    AS_NEED(link != NULL, AS_UNAVAILABLE, "no memory for a link");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
        free(link);
        return AS_FAIL(AS_UNAVAILABLE, "no descriptors for a link");
    }
    *link = (struct as_http_link){.engine = engine, .conf = *conf, .fd = pair[0]};
    engine->conf.peers->hold(conf->peer);
    if (!add_to_daemon(link, pair[1])) {
        as_http_link_close(link);
        return AS_FAIL(AS_UNAVAILABLE, "the HTTP engine takes no more connections");
    }
    *out = link;
    return AS_OK;
}

void as_http_link_close(struct as_http_link *link)
{
    (void)close(link->fd);
    link->fd = -1;
    link->engine->stale = true;
    let_go(link);
}

as_err as_http_link_ask(struct as_http_link *link, const struct as_http_ask *ask)
{
    struct as_http_engine *engine = link->engine;

    AS_NEED(link->exchange == NULL, AS_UNAVAILABLE, "the answer before was not read");
    link->exchange = as_engine_take(engine);
    AS_NEED(link->exchange != NULL, AS_UNAVAILABLE, "no memory for a request");
    link->exchange->link = link;
    as_err err = as_exchange_begin(link->exchange, link->conf.site, link->conf.peer, ask,
                                   engine->conf.request_ms);
    engine->octets += link->exchange->octets;
    AS_TRY(err);

    const as_span *head = &heads[link->exchange->head][ask->close];
    ssize_t sent = send(link->fd, head->ptr, head->len, MSG_NOSIGNAL);
    AS_NEED(sent == (ssize_t)head->len, AS_UNAVAILABLE, "the HTTP engine takes no request");
    return AS_OK;
}

static enum as_http_read end_answer(struct as_http_link *link)
{
    bool closes = link->exchange->close;

    link->answered = false;
    as_engine_give_back(link->engine, link->exchange);
    link->exchange = NULL;
    return closes ? AS_HTTP_READ_CLOSE : AS_HTTP_READ_END;
}

/* What a read of the pair tells; a short one has emptied it. */
static enum as_http_read take(struct as_http_link *link, char *to, size_t room, size_t *got)
{
    ssize_t len = recv(link->fd, to, room, 0);

    *got = len > 0 ? (size_t)len : 0;
    if (len < 0 && errno != EAGAIN && errno != EINTR) {
        return AS_HTTP_READ_BROKEN;
    }
    if (*got < room && link->answered) {
        return end_answer(link);
    }
    if (*got > 0) {
        return AS_HTTP_READ_MORE;
    }
    return link->broken || len == 0 ? AS_HTTP_READ_BROKEN : AS_HTTP_READ_WAIT;
}

enum as_http_read as_http_link_read(struct as_http_link *link, char *to, size_t room, size_t *got)
{
    enum as_http_read told = AS_HTTP_READ_BROKEN;

    *got = 0;
    if (link->exchange == NULL) {
        return AS_HTTP_READ_BROKEN;
    }
    for (int i = 0; i < READ_TURNS; i++) {
        if (link->away) {
            return AS_HTTP_READ_WAIT;
        }
        if (i > 0 || !link->answered) {
            as_engine_run(link->engine);
        }
        told = link->away ? AS_HTTP_READ_WAIT : take(link, to, room, got);
        if (told != AS_HTTP_READ_WAIT || link->away) {
            return told;
        }
    }
    return AS_HTTP_READ_BROKEN;
}
