/* SPDX-License-Identifier: Apache-2.0 */
/* Parties, read: rows become records without a look at their JSON. */
#include "as/jose.h"
#include "sqlite/backend.h"

/* The columns in the order of enum column; the set of resource servers needs no metadata. */
#define COLUMNS(metadata)                                                                          \
    "number, id, kind, status, method, name_kind, name_canon, certificates, trust, epoch, "        \
    "shared, created, updated, " metadata                                                          \
    ", scope, profile, grants, default_resource, bound_tokens, rat, token_format, token_alg, "     \
    "introspection_alg, scopes_hidden"

enum column {
    COLUMN_NUMBER,
    COLUMN_ID,
    COLUMN_KIND,
    COLUMN_STATUS,
    COLUMN_METHOD,
    COLUMN_NAME_KIND,
    COLUMN_NAME_CANON,
    COLUMN_CERTIFICATES,
    COLUMN_TRUST,
    COLUMN_EPOCH,
    COLUMN_SHARED,
    COLUMN_CREATED,
    COLUMN_UPDATED,
    COLUMN_METADATA,
    COLUMN_SCOPE,
    COLUMN_PROFILE,
    COLUMN_GRANTS,
    COLUMN_DEFAULT_RESOURCE,
    COLUMN_BOUND_TOKENS,
    COLUMN_RAT,
    COLUMN_TOKEN_FORMAT,
    COLUMN_TOKEN_ALG,
    COLUMN_INTROSPECTION_ALG,
    COLUMN_SCOPES_HIDDEN
};

/* A number in [0, end); what this program does not know is refused, never taken for something. */
static as_err take_choice(sqlite3_stmt *rows, int column, int64_t end, unsigned *out)
{
    int64_t number = sqlite3_column_int64(rows, column);

    AS_NEED(number >= 0 && number < end, AS_SERVER_ERROR, "a stored party has an unknown kind");
    *out = (unsigned)number;
    return AS_OK;
}

static as_err take_certificates(sqlite3_stmt *rows, struct as_arena *mem, struct as_party *party)
{
    as_span bytes = AS_SPAN_NONE;

    AS_TRY(as_sql_take(rows, COLUMN_CERTIFICATES, mem, &bytes));
    AS_NEED(bytes.len % AS_DIGEST == 0, AS_SERVER_ERROR, "a stored party has a broken digest");
    party->certificates = (const unsigned char(*)[AS_DIGEST])(const void *)bytes.ptr;
    party->certificate_count = bytes.len / AS_DIGEST;
    return AS_OK;
}

/* SHA-256 of a registration access token, or nothing. */
static as_err take_rat(sqlite3_stmt *rows, struct as_party *party)
{
    party->has_rat = sqlite3_column_bytes(rows, COLUMN_RAT) > 0;
    return party->has_rat ? as_sql_take_fixed(rows, COLUMN_RAT, party->rat, AS_DIGEST) : AS_OK;
}

static as_err take_format(sqlite3_stmt *rows, enum as_token_format *out)
{
    unsigned format = 0;

    AS_TRY(take_choice(rows, COLUMN_TOKEN_FORMAT, AS_TOKEN_FORMATS, &format));
    *out = (enum as_token_format)format;
    return AS_OK;
}

static as_err take_alg(sqlite3_stmt *rows, int column, enum as_alg *out)
{
    as_span name = as_span_bytes(sqlite3_column_blob(rows, column),
                                 (size_t)sqlite3_column_bytes(rows, column));

    *out = AS_ALG_NONE;
    AS_NEED(name.len == 0 || as_alg_named(name, out), AS_SERVER_ERROR,
            "a stored party has an unknown algorithm");
    return AS_OK;
}

static as_err take_client(sqlite3_stmt *rows, struct as_arena *mem, struct as_party *party)
{
    struct as_client *client = as_arena_alloc(mem, sizeof(*client));

    AS_NEED_MEM(client);
    client->party = party;
    AS_TRY(take_choice(rows, COLUMN_GRANTS, 1 << AS_GRANT_TYPES, &client->grants));
    client->bound_access_tokens = sqlite3_column_int64(rows, COLUMN_BOUND_TOKENS) != 0;
    AS_TRY(take_format(rows, &client->token_format));
    AS_TRY(as_sql_take(rows, COLUMN_PROFILE, mem, &client->profile));
    AS_TRY(as_sql_take(rows, COLUMN_SCOPE, mem, &client->scope));
    AS_TRY(as_sql_take(rows, COLUMN_DEFAULT_RESOURCE, mem, &client->default_resource));
    party->client = client;
    return AS_OK;
}

static as_err take_audience(struct as_db *db, sqlite3_stmt *rows, struct as_arena *mem,
                            as_span *out)
{
    bool found = false;

    AS_TRY(as_sql_next(db, rows, &found));
    AS_NEED(found, AS_SERVER_ERROR, "a stored audience is missing");
    return as_sql_take(rows, 0, mem, out);
}

static as_err count_audiences(struct as_db *db, int64_t number, size_t *out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    AS_TRY(AS_SQL_OPEN(db, &rows, "SELECT count(*) FROM audience WHERE party = ?1",
                       AS_SQL_NUMBER(number)));
    AS_TRY(as_sql_next(db, rows, &found));
    *out = (size_t)sqlite3_column_int64(rows, 0);
    return AS_OK;
}

static as_err take_resource(struct as_db *db, sqlite3_stmt *party_row, struct as_arena *mem,
                            struct as_party *party)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    struct as_resource *resource = as_arena_alloc(mem, sizeof(*resource));
    int64_t number = sqlite3_column_int64(party_row, COLUMN_NUMBER);
    as_span *audience = NULL;

    AS_NEED_MEM(resource);
    AS_TRY(count_audiences(db, number, &resource->audience_count));
    audience = as_arena_array(mem, resource->audience_count + 1, sizeof(*audience));
    AS_NEED_MEM(audience);
    AS_TRY(AS_SQL_OPEN(db, &rows, "SELECT uri FROM audience WHERE party = ?1 ORDER BY position",
                       AS_SQL_NUMBER(number)));
    for (size_t i = 0; i < resource->audience_count; i++) {
        AS_TRY(take_audience(db, rows, mem, &audience[i]));
    }
    AS_TRY(as_sql_take(party_row, COLUMN_SCOPE, mem, &resource->scope));
    AS_TRY(take_format(party_row, &resource->token_format));
    AS_TRY(take_alg(party_row, COLUMN_TOKEN_ALG, &resource->token_alg));
    AS_TRY(take_alg(party_row, COLUMN_INTROSPECTION_ALG, &resource->introspection_alg));
    resource->scopes_hidden = sqlite3_column_int64(party_row, COLUMN_SCOPES_HIDDEN) != 0;
    resource->audience = audience;
    resource->party = party;
    party->resource = resource;
    return AS_OK;
}

static as_err take_numbers(sqlite3_stmt *rows, struct as_party *party)
{
    unsigned kind = 0;
    unsigned status = 0;
    unsigned method = 0;
    unsigned name_kind = 0;

    AS_TRY(take_choice(rows, COLUMN_KIND, AS_PARTY_RESOURCE + 1, &kind));
    AS_TRY(take_choice(rows, COLUMN_STATUS, AS_PARTY_STATUSES, &status));
    AS_TRY(take_choice(rows, COLUMN_METHOD, AS_METHODS, &method));
    AS_TRY(take_choice(rows, COLUMN_NAME_KIND, AS_NAME_KINDS, &name_kind));
    party->kind = (enum as_party_kind)kind;
    party->status = (enum as_party_status)status;
    party->method = (enum as_method)method;
    party->name_kind = (enum as_name_kind)name_kind;
    party->epoch = sqlite3_column_int64(rows, COLUMN_EPOCH);
    party->shared = sqlite3_column_int64(rows, COLUMN_SHARED) != 0;
    party->created = sqlite3_column_int64(rows, COLUMN_CREATED);
    party->updated = sqlite3_column_int64(rows, COLUMN_UPDATED);
    return AS_OK;
}

static as_err take_party(struct as_db *db, sqlite3_stmt *rows, struct as_arena *mem,
                         const struct as_party **out)
{
    struct as_party *party = as_arena_alloc(mem, sizeof(*party));

    AS_NEED_MEM(party);
    AS_TRY(take_numbers(rows, party));
    AS_TRY(as_sql_take(rows, COLUMN_ID, mem, &party->id));
    AS_TRY(as_sql_take(rows, COLUMN_NAME_CANON, mem, &party->name_canon));
    AS_TRY(as_sql_take(rows, COLUMN_TRUST, mem, &party->trust));
    AS_TRY(as_sql_take(rows, COLUMN_METADATA, mem, &party->metadata));
    AS_TRY(take_certificates(rows, mem, party));
    AS_TRY(take_rat(rows, party));
    AS_TRY(party->kind == AS_PARTY_CLIENT ? take_client(rows, mem, party)
                                          : take_resource(db, rows, mem, party));
    *out = party;
    return AS_OK;
}

/* ------------------------------------------------------------ verbs --------------------------- */

as_err as_sqlite_party_get(struct as_reader *reader, struct as_arena *mem, as_span id,
                           const struct as_party **out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    *out = NULL;
    AS_TRY(AS_SQL_OPEN(&reader->db, &rows,
                       "SELECT " COLUMNS("metadata") " FROM party WHERE id = ?1", AS_SQL_TEXT(id)));
    AS_TRY(as_sql_next(&reader->db, rows, &found));
    return found ? take_party(&reader->db, rows, mem, out) : AS_OK;
}

as_err as_sqlite_party_list(struct as_reader *reader, struct as_arena *mem, enum as_party_kind kind,
                            as_span after, size_t limit, const struct as_party *const **out,
                            size_t *count)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    const struct as_party **parties = as_arena_array(mem, limit + 1, sizeof(*parties));
    bool found = false;
    size_t n = 0;

    AS_NEED_MEM(parties);
    AS_TRY(
        AS_SQL_OPEN(&reader->db, &rows,
                    "SELECT " COLUMNS(
                        "metadata") " FROM party WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
                    AS_SQL_NUMBER(kind), AS_SQL_TEXT(after), AS_SQL_NUMBER(limit)));
    AS_TRY(as_sql_next(&reader->db, rows, &found));
    while (found && n < limit) {
        AS_TRY(take_party(&reader->db, rows, mem, &parties[n++]));
        AS_TRY(as_sql_next(&reader->db, rows, &found));
    }
    *out = parties;
    *count = n;
    return AS_OK;
}

static as_err take_set(struct as_reader *reader, struct as_arena *mem, sqlite3_stmt *rows,
                       struct as_resource_set *set)
{
    const struct as_resource **items =
        as_arena_array(mem, AS_LIMIT_RESOURCE_SERVERS, sizeof(*items));
    bool found = false;

    AS_NEED_MEM(items);
    AS_TRY(as_sql_next(&reader->db, rows, &found));
    while (found) {
        const struct as_party *party = NULL;
        AS_NEED(set->count < AS_LIMIT_RESOURCE_SERVERS, AS_SERVER_ERROR,
                "too many resource servers are stored");
        AS_TRY(take_party(&reader->db, rows, mem, &party));
        items[set->count++] = party->resource;
        AS_TRY(as_sql_next(&reader->db, rows, &found));
    }
    set->items = items;
    return AS_OK;
}

as_err as_sqlite_resources(struct as_reader *reader, struct as_arena *mem,
                           const struct as_resource_set **out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    struct as_resource_set *set = as_arena_alloc(mem, sizeof(*set));

    AS_NEED_MEM(set);
    AS_TRY(AS_SQL_OPEN(&reader->db, &rows,
                       "SELECT " COLUMNS("''") " FROM party WHERE kind = ?1 ORDER BY id",
                       AS_SQL_NUMBER(AS_PARTY_RESOURCE)));
    AS_TRY(take_set(reader, mem, rows, set));
    *out = set;
    return AS_OK;
}

/* Who is asked for the party shows it to others as JSON. */
static as_err need_metadata(const struct as_party *party)
{
    struct json_t *json = NULL;
    as_err err = as_json_parse(party->metadata, &json);
    bool object = !as_failed(err) && party->metadata.ptr[0] == '{';

    as_json_free(json);
    AS_NEED(object || as_err_is(err, AS_SERVER_ERROR), AS_SERVER_ERROR,
            "the metadata of a stored party is no JSON object");
    return err;
}

as_err as_sqlite_parties_check(struct as_reader *reader, struct as_arena *mem)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    const struct as_party *party = NULL;
    bool found = false;

    AS_TRY(as_sql_open(&reader->db, &rows, "SELECT " COLUMNS("metadata") " FROM party", NULL, 0));
    AS_TRY(as_sql_next(&reader->db, rows, &found));
    while (found) {
        as_arena_reset(mem);
        AS_TRY(take_party(&reader->db, rows, mem, &party));
        AS_TRY(need_metadata(party));
        AS_TRY(as_sql_next(&reader->db, rows, &found));
    }
    return AS_OK;
}
