/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the edge: listeners shared by all, workers with all that is theirs alone, and the
 * connections of a worker.
 */
#ifndef AS_EDGE_PARTS_H
#define AS_EDGE_PARTS_H

#include "failing.h"
#include "front.h"
#include "guard.h"
#include "listen.h"
#include "peer.h"
#include "sources.h"
#include "timers.h"
#include "turns.h"
#include "wire.h"

#include <pthread.h>
#include <stdatomic.h>

#define AS_READ_ROOM ((size_t)16 * 1024) /* one read, one TLS record */

/* What an event of a worker's epoll set is about; the first member of each. */
enum as_event_kind { AS_EVENT_WAKE, AS_EVENT_LISTENER, AS_EVENT_CONN };

struct as_event {
    enum as_event_kind kind;
};

/* ---------------------------------------------------------------- listeners ------------------ */

struct as_listener {
    struct as_event event;
    enum as_listener_kind kind;
    int fd;
    bool inherited; /* the service manager keeps the socket: never shut down */
    char address[128];
    dev_t device; /* of the socket's file, to remove no other */
    ino_t inode;
    struct as_sources *sources; /* NULL: a socket, where nobody has an address */
    struct as_guard_rules rules;
    atomic_uint open; /* connections */
    pthread_mutex_t lock;
    struct as_front front; /* guarded by the lock */
};

/* listener.c. One that could not be opened is closed as well. */
enum as_edge_failure as_listener_open(struct as_listener *listener,
                                      const struct as_listener_conf *conf,
                                      const struct as_trust *trust, as_edge_tell tell, void *arg);
void as_listener_close(struct as_listener *listener);
/* Its present front, held for the caller. Any thread. */
struct as_front as_listener_front(struct as_listener *listener);
/* Exchanges the fronts and their holds. Any thread. */
void as_listener_swap(struct as_listener *listener, struct as_front *front);

struct as_guests;

struct as_edge {
    struct as_http_jobs *jobs;
    struct as_edge_bounds bounds;
    struct as_listener *listeners;
    size_t listener_count; /* opened so far */
    struct as_worker *workers;
    unsigned worker_count;
    struct as_guests *guests; /* one a worker */
    struct as_failing *failing;
    struct as_hash_seed seed; /* of lines */
    size_t places_max;        /* that connections may take, one each */
    size_t places_tls_max;    /* those of TLS listeners; the rest is for the others */
    atomic_size_t places;     /* that all have taken */
    atomic_size_t places_tls; /* those of TLS listeners among them */
    atomic_bool draining;
    atomic_bool stopping;
    atomic_llong stop_by;  /* monotonic milliseconds; set before `stopping` */
    atomic_uint accepting; /* workers that have not yet stopped accepting; set before `stopping` */
};

/* places.c. Counts what there is, with a word to the operator. */
enum as_edge_failure as_places_count(struct as_edge *edge, const struct as_edge_conf *conf,
                                     as_edge_tell tell, void *arg);
/*
 * A reload: is there memory for as many connections as were counted at the start, or as
 * max_connections lets in, now that each may show more? If not, the listener whose clients may show
 * most is told. They are not counted anew: where there may be fewer than there are, either
 * connections that are served end, or newcomers wait for as long as others stay.
 */
enum as_edge_failure as_places_check(struct as_edge *edge, const struct as_edge_conf *conf,
                                     as_edge_tell tell, void *arg);
/* How many sessions a TLS listener may keep, by memory alone. */
uint64_t as_places_sessions(const struct as_edge *edge, const struct as_edge_conf *conf);
/* For a connection of a listener of this kind. Any thread. */
bool as_place_take(struct as_edge *edge, enum as_listener_kind kind);
void as_place_give(struct as_edge *edge, enum as_listener_kind kind);
/* Is there one for a new connection? */
bool as_places_left(const struct as_edge *edge, enum as_listener_kind kind);

/* ---------------------------------------------------------------- workers -------------------- */

struct as_conn;

/* Listeners that share what their connections may take of the places. */
enum as_class { AS_CLASS_TLS, AS_CLASS_LOCAL, AS_CLASSES };

/* Set: these listeners are out of the epoll set. */
struct as_pause {
    struct as_timer timer;
    struct as_worker *worker;
    enum as_class class;
    struct as_log_pace told; /* that there is no room */
};

/* Accepted by a worker that has no room for it; another may have. */
struct as_guest {
    struct as_listener *listener;
    int fd;
    struct sockaddr_storage from;
    unsigned asked; /* workers so far */
};

#define AS_GUESTS_MAX 16 /* that wait to be asked of one worker: more are refused */

struct as_worker {
    struct as_event wake; /* the eventfd */
    struct as_edge *edge;
    pthread_t thread;
    bool started;
    int epoll;
    int wake_fd;
    struct as_http_engine *engine;
    struct as_timers timers;
    struct as_pause pauses[AS_CLASSES];
    int64_t now; /* monotonic milliseconds, once per turn */
    atomic_uint turns;
    unsigned turns_seen; /* alive.c's */
    struct as_conn *all;
    size_t count;
    struct as_turns greeting; /* handshakes, and ... */
    struct as_turns asking;   /* ... all else that is to be driven in this turn or a later one */
    struct as_conn *gone;     /* freed when no event of this turn can name them any more */
    size_t octets;            /* buffered by connections */
    struct as_log_pace memory_told; /* that memory is short, and ... */
    unsigned memory_ended;          /* how many connections went for it since the last time */
    bool stopping;
    char scratch[AS_READ_ROOM];
};

as_err as_worker_start(struct as_worker *worker, struct as_edge *edge);
/* Any thread. */
void as_worker_wake(struct as_worker *worker);
/* Waits for the end of the thread. */
void as_worker_join(struct as_worker *worker);

/* stop.c. Once per turn. */
void as_worker_see_stop(struct as_worker *worker);

/* accept.c */
/* The listeners of a class into the epoll set, and out of it. */
as_err as_accept_watch(struct as_worker *worker, enum as_class class);
void as_accept_unwatch(struct as_worker *worker, enum as_class class);
void as_accept_from(struct as_worker *worker, struct as_listener *listener);
/* They wait in the backlog for a moment, where other workers may take them. */
void as_accept_pause(struct as_worker *worker, enum as_class class);
void as_accept_again(struct as_pause *pause); /* it is over */
/* One that another worker has accepted. */
void as_accept_guest(struct as_worker *worker, struct as_guest guest);
/* All that wait now, for the last time. */
void as_accept_rest(struct as_worker *worker, struct as_listener *listener);

/* guests.c: for each worker those that others have no room for. NULL: no memory. */
struct as_guests *as_guests_new(unsigned workers);
/* NULL is allowed. */
void as_guests_free(struct as_guests *guests, unsigned workers);
/* False: no other worker is left to be asked, and the descriptor stays the caller's. */
bool as_guest_hand_on(struct as_worker *worker, struct as_guest guest);
/* At the start of a worker, and when it is woken. */
void as_guests_take(struct as_worker *worker);
/* At its end: none comes after. */
void as_guests_leave(struct as_worker *worker);

/* ---------------------------------------------------------------- connections ---------------- */

enum as_conn_state {
    AS_CONN_HANDSHAKE,
    AS_CONN_READING,   /* between requests, or in one */
    AS_CONN_ANSWERING, /* the engine has a request */
    AS_CONN_REFUSING,  /* the last words are on their way */
    AS_CONN_LINGERING, /* they are said; what still comes is not looked at */
    AS_CONN_GONE,
    AS_CONN_STATES
};

struct as_conn {
    struct as_event event;
    enum as_conn_state state;
    struct as_worker *worker;
    struct as_listener *listener;
    struct as_wire wire;
    struct as_source source;
    bool counted;
    struct as_peer *peer; /* ours to fill until the handshake is over; has the configuration */
    const char *sni;
    struct as_guard guard;
    struct as_buf in;
    struct as_buf out; /* what the wire did not take yet */
    struct as_http_link *link;
    struct as_timer stage; /* handshake, head, body, idle, linger */
    struct as_timer whole; /* the request */
    size_t octets;         /* counted in worker->octets */
    bool readable;         /* something may have come that no read has met since the last event */
    bool ending;           /* the other side sends no more: there is an end to be read */
    bool blocked;          /* a write has */
    bool broken;           /* the wire is of no use any more */
    bool said;             /* something of the present answer is out */
    bool answered;         /* all of it has left the engine */
    bool close;            /* after the present answer */
    bool unread;           /* and what comes of its request's body is not looked at */
    size_t lingered;       /* octets read away */
    struct as_ticket ticket;
    struct as_conn *next_all;
    struct as_conn *prev_all;
    struct as_conn *next_gone;
};

enum as_step {
    AS_STEP_ON,   /* the state may have changed: go on */
    AS_STEP_WAIT, /* for an event, a job or a deadline */
    AS_STEP_GONE
};

/* What a connection is made of: taken as it is, but for the context, which it holds itself. */
struct as_arrival {
    struct as_listener *listener;
    int fd;
    struct as_source source;
    bool counted; /* among those whose handshakes fail, if this one does */
    struct as_peer *peer;
    struct as_tls_context *tls;
};

/* conn.c. NULL: nothing is taken. */
struct as_conn *as_conn_new(struct as_worker *worker, const struct as_arrival *arrival);
void as_conn_event(struct as_conn *conn, uint32_t events);
/* Goes on as far as can be without waiting; bounded, then it waits for another turn. */
void as_conn_drive(struct as_conn *conn);
/* Waits for its turn to be driven. */
void as_conn_later(struct as_conn *conn);
/* The turn has come; it may have ended meanwhile. */
void as_conn_turn(struct as_conn *conn);
/* Nothing of a handshake or of a request has come? */
bool as_conn_is_idle(const struct as_conn *conn);
enum as_step as_conn_end(struct as_conn *conn);
/* At the end of a turn. */
void as_conn_free(struct as_conn *conn);

/* conn_wire.c: buffers and the wire. */
enum as_step as_conn_write(struct as_conn *conn, as_span octets);
enum as_step as_conn_flush(struct as_conn *conn);
/* Reads once into `in`; AS_IO_DONE: something came. */
enum as_io as_conn_read(struct as_conn *conn);
/* By how much `in` will grow for that. */
size_t as_conn_growth(const struct as_conn *conn);
void as_conn_count(struct as_conn *conn);

/* displace.c. An address, which has this connection counted already, is one too many at a listener:
 * does another's connection go for it? */
bool as_displace(struct as_worker *worker, const struct as_listener *listener,
                 struct as_source source);
/* Takes a place for a connection of this listener and address; another's may have to go. */
bool as_displace_for_place(struct as_worker *worker, const struct as_listener *listener,
                           struct as_source source);
/* Once per turn: makes whole again what is set apart for when there is no memory, or accepts nobody
 * until it is. */
void as_displace_for_memory(struct as_worker *worker);
/* Is there anybody who might go, for the right newcomer? */
bool as_displace_might(struct as_worker *worker);

/* conn_room.c. May it buffer so many octets more? Others may have to yield for that. */
bool as_conn_may_buffer(const struct as_conn *conn, size_t octets);

/* conn_handshake.c, conn_request.c, conn_answer.c, conn_refuse.c: the steps. */
enum as_step as_conn_step_handshake(struct as_conn *conn);
enum as_step as_conn_step_read(struct as_conn *conn);
enum as_step as_conn_step_answer(struct as_conn *conn);
enum as_step as_conn_step_refuse(struct as_conn *conn);
enum as_step as_conn_step_linger(struct as_conn *conn);
enum as_step as_conn_refuse(struct as_conn *conn, enum as_refusal_id id);
enum as_step as_conn_refuse_row(struct as_conn *conn, const struct as_refusal *row);
/* Logs and counts it, and lets an alert out. */
enum as_step as_conn_fail_handshake(struct as_conn *conn, const char *why);
void as_conn_drop_link(struct as_conn *conn);

/* conn_deadline.c. Between requests: deadlines of idleness. */
void as_conn_set_idle(struct as_conn *conn);
void as_conn_expire(struct as_conn *conn, enum as_timer_kind kind);

#endif
