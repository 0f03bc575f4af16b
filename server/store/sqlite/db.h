/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One SQLite connection, its prepared statements, and what an error of SQLite means to us. A
 * connection belongs to one thread (SQLITE_OPEN_NOMUTEX).
 *
 * Statements are prepared once and found again by the address of their text, a literal:
 *
 *     AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
 *     AS_TRY(AS_SQL_OPEN(db, &rows, "SELECT value FROM sequence WHERE name = ?1",
 *                        AS_SQL_TEXT(name)));
 *     AS_TRY(as_sql_next(db, rows, &found));
 *
 * Released means reset: a SELECT left open would hold its snapshot and hide what is committed
 * later. What is bound must outlive the statement's release; parameters never reach the log.
 */
#ifndef AS_STORE_SQLITE_DB_H
#define AS_STORE_SQLITE_DB_H

#include "as/base.h"

#include <sqlite3.h>
#include <stdatomic.h>

#define AS_DB_STATEMENTS 128

#define AS_DB_MEANINGS 11

/* Troubles that the connections of a store have met. Any thread. */
struct as_db_faults {
    struct as_log_pace told[AS_DB_MEANINGS];
    atomic_bool damaged; /* something could not be read, or was nonsense */
};

struct as_db {
    sqlite3 *handle;
    struct as_db_faults *faults; /* NULL: nobody keeps count, and each is logged */
    bool may_wait;               /* a lock of others is waited for, and then AS_UNAVAILABLE */
    bool doubtful;               /* it has met damage, and may hold it in memory */
    size_t count;
    struct {
        const char *sql;
        sqlite3_stmt *handle;
    } statements[AS_DB_STATEMENTS];
};

/* What a connection is for. */
enum as_db_role {
    AS_DB_WORKER,
    AS_DB_JOB,
    AS_DB_WRITER,
    AS_DB_TIDIER,
    AS_DB_CHECKER,
    AS_DB_COPIER, /* reads all for a copy */
    AS_DB_COPY    /* a private copy of which nothing need last */
};

/* SQLite's own result codes, where what one means depends on who asks: to a request it is
 * as_db_fail that says so, while opening as_open_need (backend.h).
 *
 * Opens and sets all that we rely on; an empty file is SQLITE_NOTADB to who only reads. `db` is
 * zeroed before, but for `faults`, and to be closed whatever is returned. */
int as_db_open(struct as_db *db, const char *path, enum as_db_role role);
void as_db_close(struct as_db *db);
/* One or more statements without parameters and results that matter. */
int as_db_exec(struct as_db *db, const char *sql);
/* The one number that a statement without parameters gives. */
int as_db_number(struct as_db *db, const char *sql, int64_t *out);

/* Logs an SQLite result code (never parameters), each kind now and then (as_log_is_due), and says
 * what it means to the caller. */
as_err as_db_fail(struct as_db *db, int code);
/* AS_OK for SQLITE_OK. */
as_err as_db_need(struct as_db *db, int code);
/* Statements end with SQLITE_INTERRUPT once *cancelled is true; NULL: no more. */
void as_db_watch(struct as_db *db, const atomic_bool *cancelled);
#define AS_DB_CANCELLED "the server is stopping"
/* Between two transactions: forgets the pages in memory after damage was met, so that a file that
 * was put right is read anew. */
void as_db_refresh(struct as_db *db);
/* Between two transactions: gives back the pages in memory (2 MB at most, SQLite's measure). */
void as_db_rest(struct as_db *db);

struct as_sql_value {
    enum { AS_SQL_IS_NUMBER, AS_SQL_IS_TEXT, AS_SQL_IS_BLOB } type;
    as_span bytes;
    int64_t number;
};

#define AS_SQL_NUMBER(value)                                                                       \
    ((struct as_sql_value){AS_SQL_IS_NUMBER, AS_SPAN_NONE, (int64_t)(value)})
#define AS_SQL_TEXT(span) ((struct as_sql_value){AS_SQL_IS_TEXT, (span), 0})
#define AS_SQL_BLOB(bytes_, len_)                                                                  \
    ((struct as_sql_value){AS_SQL_IS_BLOB, as_span_bytes((bytes_), (len_)), 0})

/* Prepares (or finds) a statement and binds its parameters in order. */
as_err as_sql_open(struct as_db *db, sqlite3_stmt **out, const char *sql,
                   const struct as_sql_value *values, size_t count);
#define AS_SQL_OPEN(db, out, sql, ...)                                                             \
    as_sql_open((db), (out), (sql), (const struct as_sql_value[]){__VA_ARGS__},                    \
                sizeof((const struct as_sql_value[]){__VA_ARGS__}) / sizeof(struct as_sql_value))
/* The next row; false when there is none. */
as_err as_sql_next(struct as_db *db, sqlite3_stmt *rows, bool *found);
/* Runs a statement to its end. */
as_err as_sql_run(struct as_db *db, const char *sql, const struct as_sql_value *values,
                  size_t count);
#define AS_SQL_RUN(db, sql, ...)                                                                   \
    as_sql_run((db), (sql), (const struct as_sql_value[]){__VA_ARGS__},                            \
               sizeof((const struct as_sql_value[]){__VA_ARGS__}) / sizeof(struct as_sql_value))
/* Did the statement that was run last on this connection change a row? */
bool as_sql_has_changed(const struct as_db *db);
void as_sql_release(sqlite3_stmt *rows);
AS_AUTO_DEFINE(sqlite3_stmt, as_sql_release)

/* A column of the present row, copied. */
as_err as_sql_take(sqlite3_stmt *rows, int column, struct as_arena *mem, as_span *out);
/* A column of exactly `len` octets; a server error for any other. */
as_err as_sql_take_fixed(sqlite3_stmt *rows, int column, void *out, size_t len);

#endif
