/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd as an engine that never sees the network, nor an octet of a request (design D1): an
 * epoll daemon without a listening socket, driven by hand, which reads one constant HEAD request
 * from one end of a socketpair and answers it. So it writes the head of an answer and no more: the
 * body goes out beside it. It is left in the dark about time and is not asked to log or to decode.
 *
 * Answers of one second mostly have the same head, but for their request id. So the last few are
 * kept until the second is over: to have one written takes 6 calls of the system and 5 of the 37 us
 * of a kept-alive token.
 */
#include "head.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

AS_AUTO_DEFINE(struct MHD_Response, MHD_destroy_response)

#define HEAD_ROOM ((size_t)AS_LIMIT_REPLY_HEAD + 4 * 1024) /* and what is added to it */
#define PAIRS_MAX 4 /* one, and those that the daemon has not yet let go of */
#define TURNS_MAX 8 /* of the daemon, for one head */
#define KEPT      16
#define KEPT_ROOM ((size_t)1024) /* longer heads, and those of longer fields, are not kept */

static const as_span request = AS_LIT_ROW("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
static const as_span empty_line = AS_LIT_ROW("\r\n\r\n");

struct kept {
    as_time second;
    size_t about_len, len;
    char about[KEPT_ROOM]; /* all that makes it what it is */
    char octets[KEPT_ROOM];
};

struct as_heads {
    struct MHD_Daemon *daemon;
    int fd; /* our end of the pair; -1: there is none now */
    const struct as_head *asked;
    struct as_arena *mem; /* of who asks */
    size_t len;
    char octets[HEAD_ROOM];
    struct kept kept[KEPT];
    size_t oldest;
};

/* ---------------------------------------------------------------- what the daemon is told ---- */

/* Names and values end in a NUL here. */
static bool add_field(struct MHD_Response *response, struct as_arena *mem,
                      const struct as_http_field *field)
{
    const char *name = NULL;
    const char *value = NULL;

    return !as_failed(as_arena_text(mem, field->name, &name)) &&
           !as_failed(as_arena_text(mem, field->value, &value)) &&
           MHD_add_response_header(response, name, value) == MHD_YES;
}

/* It adds Date and Content-Length. A body is never asked of it, and so there is none. */
static enum MHD_Result answer(struct as_heads *heads, struct MHD_Connection *mhd)
{
    static const struct as_http_field closes = {AS_LIT_ROW("Connection"), AS_LIT_ROW("close")};
    const struct as_head *head = heads->asked;
    AS_AUTO(MHD_destroy_response)
    struct MHD_Response *response = MHD_create_response_from_buffer(
        head->body_len, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    bool fine = response != NULL;

    for (size_t i = 0; fine && i < head->field_count; i++) {
        fine = add_field(response, heads->mem, &head->fields[i]);
    }
    fine = fine && (!head->close || add_field(response, heads->mem, &closes));
    return fine ? MHD_queue_response(mhd, head->status, response) : MHD_NO;
}

/* Called with the head, then once more, since there is never a body. An answer given at the first
 * call would make it close the connection. */
static enum MHD_Result handle(void *cls, struct MHD_Connection *mhd, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **seen)
{
    struct as_heads *heads = cls;

    (void)url, (void)method, (void)version, (void)upload, (void)upload_size;
    if (heads->asked == NULL) {
        return MHD_NO;
    }
    if (*seen == NULL) {
        *seen = heads;
        return MHD_YES;
    }
    return answer(heads, mhd);
}

/* Nothing is decoded; the constant request holds no escape anyway. */
static size_t keep_escapes(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls, (void)mhd;
    return strlen(text);
}

/* ---------------------------------------------------------------- the pair ------------------- */

static as_err open_pair(struct as_heads *heads)
{
    const struct sockaddr nobody = {.sa_family = AF_UNIX};
    int pair[2];

    if (heads->fd >= 0) {
        return AS_OK;
    }
    AS_NEED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0,
            AS_UNAVAILABLE, "no descriptors for the HTTP engine");
    /* it closes its descriptor on failure too */
    if (MHD_add_connection(heads->daemon, pair[1], &nobody, sizeof(nobody.sa_family)) != MHD_YES) {
        (void)close(pair[0]);
        return AS_FAIL(AS_UNAVAILABLE, "the HTTP engine takes no connection");
    }
    heads->fd = pair[0];
    return AS_OK;
}

static void close_pair(struct as_heads *heads)
{
    (void)close(heads->fd);
    heads->fd = -1;
    (void)MHD_run(heads->daemon); /* it lets go of its end */
}

static bool is_whole(const struct as_heads *heads)
{
    return heads->len >= empty_line.len &&
           memcmp(heads->octets + heads->len - empty_line.len, empty_line.ptr, empty_line.len) == 0;
}

static bool ask_daemon(struct as_heads *heads)
{
    heads->len = 0;
    if (send(heads->fd, request.ptr, request.len, MSG_NOSIGNAL) != (ssize_t)request.len) {
        return false;
    }
    for (int i = 0; i < TURNS_MAX && !is_whole(heads); i++) {
        (void)MHD_run(heads->daemon);
        ssize_t len = recv(heads->fd, heads->octets + heads->len, HEAD_ROOM - heads->len, 0);
        heads->len += len > 0 ? (size_t)len : 0;
    }
    return is_whole(heads);
}

/* Into `octets`. A connection that is said to close is closed by the daemon. */
static as_err write_head(struct as_heads *heads, const struct as_head *head, struct as_arena *mem)
{
    AS_TRY(open_pair(heads));
    heads->asked = head;
    heads->mem = mem;
    bool whole = ask_daemon(heads);
    heads->asked = NULL;
    heads->mem = NULL;
    if (!whole || head->close) {
        close_pair(heads);
    }
    AS_NEED(whole, AS_UNAVAILABLE, "the HTTP engine wrote no head");
    heads->len -= strlen("\r\n");
    return AS_OK;
}

/* ---------------------------------------------------------------- what is kept --------------- */

/* Of answers that went well alone: others are rare, or lead somewhere by a field that may be a
 * secret. False: it is not to be kept. */
static bool write_about(const struct as_head *head, struct as_buf *about)
{
    as_buf_add_number(about, (int64_t)head->body_len);
    as_buf_add_byte(about, head->close ? '-' : '+');
    for (size_t i = 0; i < head->field_count; i++) {
        as_buf_add(about, head->fields[i].name);
        as_buf_add_byte(about, ':');
        as_buf_add(about, head->fields[i].value);
        as_buf_add_byte(about, '\n');
    }
    return head->status == 200 && !about->full;
}

static const struct kept *find(const struct as_heads *heads, as_span about, as_time now)
{
    for (size_t i = 0; i < KEPT; i++) {
        const struct kept *kept = &heads->kept[i];
        if (kept->second == now && as_span_equal((as_span){kept->about, kept->about_len}, about)) {
            return kept;
        }
    }
    return NULL;
}

static void keep(struct as_heads *heads, as_span about, as_time now)
{
    struct kept *kept = &heads->kept[heads->oldest];

    if (heads->len <= KEPT_ROOM) {
        heads->oldest = (heads->oldest + 1) % KEPT;
        kept->second = now;
        kept->about_len = about.len;
        kept->len = heads->len;
        memcpy(kept->about, about.ptr, about.len);
        memcpy(kept->octets, heads->octets, heads->len);
    }
}

as_err as_heads_write(struct as_heads *heads, const struct as_head *head, struct as_arena *mem,
                      as_span *out)
{
    char room[KEPT_ROOM];
    struct as_buf about = {room, 0, sizeof(room), sizeof(room), false, false};
    const bool may_keep = write_about(head, &about);
    const as_time now = as_clock_now();
    const struct kept *kept = may_keep ? find(heads, as_buf_span(&about), now) : NULL;

    if (kept != NULL) {
        *out = (as_span){kept->octets, kept->len};
        return AS_OK;
    }
    AS_TRY(write_head(heads, head, mem));
    if (may_keep) {
        keep(heads, as_buf_span(&about), now);
    }
    *out = (as_span){heads->octets, heads->len};
    return AS_OK;
}

/* ---------------------------------------------------------------- life ----------------------- */

void as_heads_free(struct as_heads *heads)
{
    if (heads != NULL) {
        if (heads->fd >= 0) {
            (void)close(heads->fd);
        }
        MHD_stop_daemon(heads->daemon);
        explicit_bzero(heads, sizeof(*heads));
        free(heads);
    }
}

as_err as_heads_new(struct as_heads **out)
{
    struct as_heads *heads = calloc(1, sizeof(*heads));

    AS_NEED_MEM(heads);
    heads->fd = -1;
    heads->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, handle, heads,
        MHD_OPTION_CONNECTION_LIMIT, PAIRS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_ROOM,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_END);
    if (heads->daemon == NULL) {
        free(heads);
        return AS_FAIL(AS_SERVER_ERROR, "the HTTP engine cannot be started");
    }
    as_err err = open_pair(heads); /* while there are descriptors */
    if (as_failed(err)) {
        as_heads_free(heads);
        return err;
    }
    *out = heads;
    return AS_OK;
}
