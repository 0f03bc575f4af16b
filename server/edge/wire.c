/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---------------------------------------------------------------- without TLS ---------------- */

static enum as_io plain_handshake(struct as_wire *wire, const char **why)
{
    (void)wire, (void)why;
    return AS_IO_DONE;
}

static as_err plain_fill(const struct as_wire *wire, struct as_peer *peer)
{
    (void)wire, (void)peer;
    return AS_OK;
}

static const char *plain_sni(const struct as_wire *wire)
{
    (void)wire;
    return NULL;
}

static enum as_io moved_of(ssize_t len, size_t *moved)
{
    if (len > 0) {
        *moved = (size_t)len;
        return AS_IO_DONE;
    }
    if (len == 0) {
        return AS_IO_END;
    }
    return errno == EAGAIN || errno == EINTR ? AS_IO_AGAIN : AS_IO_FAILED;
}

static enum as_io plain_read(struct as_wire *wire, char *to, size_t room, size_t *moved)
{
    ssize_t len = recv(wire->fd, to, room, 0);

    wire->dry = len > 0 && (size_t)len < room;
    return moved_of(len, moved);
}

static enum as_io plain_write(struct as_wire *wire, const char *from, size_t len, size_t *moved)
{
    return moved_of(send(wire->fd, from, len, MSG_NOSIGNAL), moved);
}

static void plain_end(struct as_wire *wire)
{
    (void)shutdown(wire->fd, SHUT_WR);
}

static const struct as_wire_kind plain = {plain_handshake, plain_fill,  plain_sni,
                                          plain_read,      plain_write, plain_end};

/* ---------------------------------------------------------------- with TLS ------------------- */

/* OpenSSL's error queue is one per thread: what stood in it would be taken for ours. */
static enum as_io io_of(const struct as_wire *wire, int result)
{
    switch (SSL_get_error(wire->ssl, result)) {
    case SSL_ERROR_NONE:
        return AS_IO_DONE;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return AS_IO_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return AS_IO_END;
    default:
        return AS_IO_FAILED;
    }
}

static enum as_io tls_handshake(struct as_wire *wire, const char **why)
{
    ERR_clear_error();
    int result = SSL_do_handshake(wire->ssl);
    enum as_io io = io_of(wire, result);

    if (io == AS_IO_FAILED || io == AS_IO_END) {
        *why = as_tls_failure(SSL_get_error(wire->ssl, result));
        return AS_IO_FAILED;
    }
    return io;
}

static as_err tls_fill(const struct as_wire *wire, struct as_peer *peer)
{
    return as_tls_peer_fill(wire->ssl, peer);
}

static const char *tls_sni(const struct as_wire *wire)
{
    return as_tls_peer_sni(wire->ssl);
}

static enum as_io tls_read(struct as_wire *wire, char *to, size_t room, size_t *moved)
{
    ERR_clear_error();
    enum as_io io = io_of(wire, SSL_read_ex(wire->ssl, to, room, moved));
    wire->dry = wire->dry && SSL_has_pending(wire->ssl) == 0;
    return io;
}

static enum as_io tls_write(struct as_wire *wire, const char *from, size_t len, size_t *moved)
{
    ERR_clear_error();
    return io_of(wire, SSL_write_ex(wire->ssl, from, len, moved));
}

/* After a failure there is nothing to say, and OpenSSL must not be asked to (SSL_shutdown(3)). */
static void tls_end(struct as_wire *wire)
{
    ERR_clear_error();
    if (SSL_is_init_finished(wire->ssl) == 1) {
        (void)SSL_shutdown(wire->ssl);
    }
    ERR_clear_error();
    (void)shutdown(wire->fd, SHUT_WR);
}

static const struct as_wire_kind tls = {tls_handshake, tls_fill,  tls_sni,
                                        tls_read,      tls_write, tls_end};

/* ---------------------------------------------------------------- both ----------------------- */

/* Tells of each read of the socket whether it gave less than was asked for (epoll(7), question 9):
 * so one that would be told "again" is spared, a call of the system for each request. */
static long note_read(BIO *bio, int what, const char *octets, size_t asked, int argi, long argl,
                      int result, size_t *got)
{
    (void)octets, (void)argi, (void)argl;
    if (what == (BIO_CB_READ | BIO_CB_RETURN)) {
        struct as_wire *wire = (struct as_wire *)(void *)BIO_get_callback_arg(bio);
        wire->dry = result > 0 && *got < asked;
    }
    return result;
}

static void watch_reads(struct as_wire *wire)
{
    BIO *bio = SSL_get_rbio(wire->ssl);

    BIO_set_callback_arg(bio, (char *)wire);
    BIO_set_callback_ex(bio, note_read);
}

/*
 * Two things that suit this loop. Whole records are read by one call of the system, as everything
 * is read until "again" anyway. And a connection closed without close_notify, as most clients do,
 * is closed and no fault: OpenSSL would answer with an alert and forget the session, and nothing
 * here takes the end of the connection for the end of a message.
 */
as_err as_wire_open(struct as_wire *wire, int fd, struct as_tls_context *context)
{
    *wire = (struct as_wire){.kind = context != NULL ? &tls : &plain, .fd = fd};
    if (context == NULL) {
        return AS_OK;
    }
    AS_TRY(as_tls_context_accept(context, fd, &wire->ssl));
    watch_reads(wire);
    SSL_set_read_ahead(wire->ssl, 1);
    (void)SSL_set_options(wire->ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
    return AS_OK;
}

/* SSL_free would take the session of a connection that just broke off out of the cache, and the
 * client could not resume it (ssl_clear_bad_session); a fatal alert has already taken it out. */
void as_wire_close(struct as_wire *wire)
{
    if (wire->ssl != NULL && SSL_is_init_finished(wire->ssl) == 1) {
        SSL_set_shutdown(wire->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    SSL_free(wire->ssl);
    (void)close(wire->fd);
    wire->ssl = NULL;
    wire->fd = -1;
}

bool as_wire_has_heard(const struct as_wire *wire)
{
    return wire->ssl != NULL && BIO_number_read(SSL_get_rbio(wire->ssl)) > 0;
}
