/* SPDX-License-Identifier: Apache-2.0 */
/* The index of the names, certificates and keys that parties are known by (MTLS-114). */
#include "sqlite/backend.h"

static bool holds(const as_span *ids, size_t count, as_span id)
{
    for (size_t i = 0; i < count; i++) {
        if (as_span_equal(ids[i], id)) {
            return true;
        }
    }
    return false;
}

/* Adds the holders of one identifier; *count passes `room` by one at most. */
static as_err add_holders(struct as_reader *reader, struct as_arena *mem, enum as_party_kind kind,
                          const struct as_identifier *identifier, as_span *ids, size_t room,
                          size_t *count)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    AS_TRY(AS_SQL_OPEN(&reader->db, &rows,
                       "SELECT party.id FROM identifier JOIN party ON party.number = "
                       "identifier.party WHERE identifier.kind = ?1 AND identifier.digest = ?2 "
                       "AND party.kind = ?3",
                       AS_SQL_NUMBER(identifier->kind), AS_SQL_BLOB(identifier->digest, AS_DIGEST),
                       AS_SQL_NUMBER(kind)));
    AS_TRY(as_sql_next(&reader->db, rows, &found));
    while (found && *count <= room) {
        as_span id =
            as_span_bytes(sqlite3_column_blob(rows, 0), (size_t)sqlite3_column_bytes(rows, 0));
        if (!holds(ids, *count < room ? *count : room, id)) {
            if (*count < room) {
                AS_TRY(as_arena_copy(mem, id, &ids[*count]));
            }
            (*count)++;
        }
        AS_TRY(as_sql_next(&reader->db, rows, &found));
    }
    return AS_OK;
}

as_err as_sqlite_parties_of(struct as_reader *reader, struct as_arena *mem, enum as_party_kind kind,
                            const struct as_identifier *identifiers, size_t identifier_count,
                            as_span *ids, size_t room, size_t *count)
{
    size_t n = 0;

    for (size_t i = 0; i < identifier_count && n <= room; i++) {
        AS_TRY(add_holders(reader, mem, kind, &identifiers[i], ids, room, &n));
    }
    *count = n;
    return AS_OK;
}

/* Whoever came first and shares nothing keeps what it has: what others share with it is an
 * operator's word about them. What it did share, it may not keep alone. */
#define HELD_BY_ANOTHER                                                                            \
    "SELECT 1 FROM identifier AS other WHERE other.kind = ?1 AND other.digest = ?2 "               \
    "AND other.party <> ?3 AND NOT EXISTS (SELECT 1 FROM identifier AS own JOIN party ON "         \
    "party.number = own.party WHERE own.kind = ?1 AND own.digest = ?2 AND own.party = ?3 "         \
    "AND party.shared = 0)"

static as_err need_unheld(struct as_db *db, int64_t party, const struct as_identifier *identifier)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    AS_TRY(AS_SQL_OPEN(db, &rows, HELD_BY_ANOTHER, AS_SQL_NUMBER(identifier->kind),
                       AS_SQL_BLOB(identifier->digest, AS_DIGEST), AS_SQL_NUMBER(party)));
    AS_TRY(as_sql_next(db, rows, &found));
    AS_NEED(!found || identifier->kind != AS_IDENTIFIER_SOFTWARE, AS_INVALID_CLIENT_METADATA,
            "another client has this software_id and software_version");
    AS_NEED(!found, AS_INVALID_CLIENT_METADATA,
            "another party has this name, certificate or key; shared_identifier true allows it");
    return AS_OK;
}

static as_err need_all_unheld(struct as_db *db, int64_t party, const struct as_party_write *write)
{
    for (size_t i = 0; i < write->identifier_count && !write->party->shared; i++) {
        AS_TRY(need_unheld(db, party, &write->identifiers[i]));
    }
    return AS_OK;
}

/* A party may name an identifier twice: two of its certificates may share a key. */
as_err as_sqlite_identifiers_put(struct as_db *db, int64_t party,
                                 const struct as_party_write *write)
{
    AS_TRY(need_all_unheld(db, party, write));
    AS_TRY(AS_SQL_RUN(db, "DELETE FROM identifier WHERE party = ?1", AS_SQL_NUMBER(party)));
    for (size_t i = 0; i < write->identifier_count; i++) {
        AS_TRY(AS_SQL_RUN(db,
                          "INSERT OR IGNORE INTO identifier (kind, digest, party) "
                          "VALUES (?1, ?2, ?3)",
                          AS_SQL_NUMBER(write->identifiers[i].kind),
                          AS_SQL_BLOB(write->identifiers[i].digest, AS_DIGEST),
                          AS_SQL_NUMBER(party)));
    }
    return AS_OK;
}
