/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that only grow: `epoch` of parties (design D8), `store`, `probe`. */
#include "sqlite/backend.h"

/* What is beyond was not counted there: far enough below what the column holds that the server
 * itself goes on. A copy must stay far below that again, since the store that it becomes goes on
 * counting, and is to be found sound for as long as it may write. */
#define SEQUENCE_END      (INT64_C(1) << 61)
#define SEQUENCE_COPY_END (INT64_C(1) << 60)

static as_err take(struct as_db *db, sqlite3_stmt *rows, int64_t *out)
{
    bool found = false;

    AS_TRY(as_sql_next(db, rows, &found));
    AS_NEED(found, AS_SERVER_ERROR, "the store has lost a sequence");
    *out = sqlite3_column_int64(rows, 0);
    return AS_OK;
}

as_err as_sequence_get(struct as_db *db, as_span name, int64_t *out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;

    AS_TRY(AS_SQL_OPEN(db, &rows, "SELECT value FROM sequence WHERE name = ?1", AS_SQL_TEXT(name)));
    return take(db, rows, out);
}

as_err as_sequence_next(struct as_db *db, int64_t *out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;

    AS_TRY(as_sql_open(db, &rows,
                       "UPDATE sequence SET value = value + 1 WHERE name = 'epoch' "
                       "RETURNING value",
                       NULL, 0));
    return take(db, rows, out);
}

as_err as_sequence_raise(struct as_db *db, as_span name, int64_t least)
{
    return AS_SQL_RUN(db, "UPDATE sequence SET value = max(value, ?2) WHERE name = ?1",
                      AS_SQL_TEXT(name), AS_SQL_NUMBER(least));
}

/* An epoch given twice would revive tokens. */
static as_err check_epochs(struct as_db *db)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    AS_TRY(as_sql_open(db, &rows,
                       "SELECT 1 FROM party WHERE epoch > "
                       "(SELECT value FROM sequence WHERE name = 'epoch') LIMIT 1",
                       NULL, 0));
    AS_TRY(as_sql_next(db, rows, &found));
    AS_NEED(!found, AS_SERVER_ERROR, "an epoch in use was never given");
    return AS_OK;
}

static as_err need_below(struct as_db *db, int64_t end)
{
    static const as_span names[] = {AS_LIT_ROW("epoch"), AS_LIT_ROW("probe"), AS_LIT_ROW("store")};

    for (size_t i = 0; i < AS_COUNT(names); i++) {
        int64_t value = 0;
        AS_TRY(as_sequence_get(db, names[i], &value));
        AS_NEED(value >= 0 && value < end, AS_SERVER_ERROR, "a sequence has an impossible value");
    }
    return AS_OK;
}

as_err as_sequences_need_sound(struct as_db *db)
{
    AS_TRY(need_below(db, SEQUENCE_END));
    return check_epochs(db);
}

as_err as_sequences_need_room(struct as_db *db)
{
    return need_below(db, SEQUENCE_COPY_END);
}

as_err as_sqlite_sequences_check(struct as_reader *reader, struct as_arena *mem)
{
    (void)mem;
    return as_sequences_need_sound(&reader->db);
}
