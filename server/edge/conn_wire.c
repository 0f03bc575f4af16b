/* SPDX-License-Identifier: Apache-2.0 */
/* Octets of a connection: from the wire into `in`, to the wire or into `out`. */
#include "parts.h"

#define READ_LEAST 2048 /* room for one read */

void as_conn_count(struct as_conn *conn)
{
    size_t octets = conn->in.room + conn->out.room;

    conn->worker->octets += octets - conn->octets; /* wraps around and back */
    conn->octets = octets;
}

/* A buffer grows to twice its room. */
size_t as_conn_growth(const struct as_conn *conn)
{
    const struct as_buf *in = &conn->in;

    if (in->room - in->len >= READ_LEAST) {
        return 0;
    }
    return in->room > READ_LEAST ? in->room : READ_LEAST;
}

enum as_io as_conn_read(struct as_conn *conn)
{
    size_t moved = 0;

    if (!as_buf_reserve(&conn->in, READ_LEAST)) {
        return AS_IO_FAILED;
    }
    as_conn_count(conn);
    enum as_io io = conn->wire.kind->read(&conn->wire, conn->in.ptr + conn->in.len,
                                          conn->in.room - conn->in.len, &moved);
    if (io == AS_IO_DONE) {
        conn->in.len += moved;
    }
    if (io == AS_IO_AGAIN || (io == AS_IO_DONE && conn->wire.dry && !conn->ending)) {
        conn->readable = false; /* what comes now makes an event */
    }
    conn->broken = conn->broken || io == AS_IO_FAILED;
    return io;
}

/* *taken octets are gone; AS_STEP_ON: all of them. */
static enum as_step push(struct as_conn *conn, as_span octets, size_t *taken)
{
    *taken = 0;
    while (*taken < octets.len) {
        size_t moved = 0;
        as_span rest = as_span_from(octets, *taken);
        enum as_io io = conn->wire.kind->write(&conn->wire, rest.ptr, rest.len, &moved);
        if (io == AS_IO_AGAIN) {
            conn->blocked = true;
            return AS_STEP_WAIT;
        }
        if (io != AS_IO_DONE) {
            conn->broken = true;
            return as_conn_end(conn);
        }
        *taken += moved;
    }
    return AS_STEP_ON;
}

enum as_step as_conn_flush(struct as_conn *conn)
{
    size_t taken = 0;
    enum as_step step = AS_STEP_ON;

    if (conn->out.len > 0) {
        step = push(conn, as_buf_span(&conn->out), &taken);
    }
    if (taken > 0 && step != AS_STEP_GONE) {
        as_buf_drop(&conn->out, taken);
    }
    return step;
}

/* ON and WAIT both took everything. */
enum as_step as_conn_write(struct as_conn *conn, as_span octets)
{
    size_t taken = 0;
    enum as_step step = as_conn_flush(conn);

    if (step == AS_STEP_ON) {
        step = push(conn, octets, &taken);
    }
    if (step == AS_STEP_WAIT && !as_buf_add(&conn->out, as_span_from(octets, taken))) {
        conn->broken = true;
        return as_conn_end(conn);
    }
    return step;
}
