/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parties, written. There is one writer, so that what is asked here still holds when it is written.
 * Epochs come from one sequence and never repeat (design D8).
 */
#include "sqlite/backend.h"

/* The number of a party; 0: there is none. */
static as_err number_of(struct as_db *db, enum as_party_kind kind, as_span id, int64_t *out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    AS_TRY(AS_SQL_OPEN(db, &rows, "SELECT number FROM party WHERE kind = ?1 AND id = ?2",
                       AS_SQL_NUMBER(kind), AS_SQL_TEXT(id)));
    AS_TRY(as_sql_next(db, rows, &found));
    *out = found ? sqlite3_column_int64(rows, 0) : 0;
    return AS_OK;
}

/* Is there a party of this id, of either kind? */
static as_err is_taken(struct as_db *db, as_span id, bool *out)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;

    AS_TRY(AS_SQL_OPEN(db, &rows, "SELECT 1 FROM party WHERE id = ?1", AS_SQL_TEXT(id)));
    return as_sql_next(db, rows, out);
}

/* ------------------------------------------------------------ refusals ------------------------ */

static as_err need_free_id(struct as_db *db, as_span id)
{
    bool found = false;

    AS_NEED(id.len > 0 && id.len <= AS_LIMIT_PARTY_ID && !as_span_has_control(id),
            AS_INVALID_CLIENT_METADATA, "the id is empty, too long or has control characters");
    AS_TRY(is_taken(db, id, &found));
    AS_NEED(!found, AS_ALREADY_EXISTS, "the id is taken");
    return AS_OK;
}

/* So many as may be stored are read at once, each with its structs (party.c): what is written can
 * be read. */
_Static_assert((AS_LIMIT_RESOURCE_OCTETS + 1024) * AS_LIMIT_RESOURCE_SERVERS <=
                   AS_LIMIT_RESOURCE_BYTES,
               "the largest set of resource servers fits");

static as_err need_small(const struct as_party *party)
{
    const struct as_resource *resource = party->resource;
    size_t octets = party->id.len + party->name_canon.len + party->trust.len +
                    party->certificate_count * AS_DIGEST;

    if (resource == NULL) {
        return AS_OK;
    }
    octets += resource->scope.len;
    for (size_t i = 0; i < resource->audience_count; i++) {
        octets += resource->audience[i].len + 32;
    }
    AS_NEED(octets <= AS_LIMIT_RESOURCE_OCTETS, AS_INVALID_CLIENT_METADATA,
            "audience and scope are too long together");
    return AS_OK;
}

static as_err need_room(struct as_db *db, const struct as_party *party)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    if (party->kind != AS_PARTY_RESOURCE) {
        return AS_OK;
    }
    AS_TRY(AS_SQL_OPEN(db, &rows, "SELECT count(*) FROM party WHERE kind = ?1",
                       AS_SQL_NUMBER(AS_PARTY_RESOURCE)));
    AS_TRY(as_sql_next(db, rows, &found));
    AS_NEED(sqlite3_column_int64(rows, 0) < AS_LIMIT_RESOURCE_SERVERS, AS_NOT_ALLOWED,
            "there are too many resource servers");
    return AS_OK;
}

static as_err need_free_audience(struct as_db *db, as_span uri)
{
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;
    bool found = false;

    AS_TRY(AS_SQL_OPEN(db, &rows, "SELECT 1 FROM audience WHERE uri = ?1", AS_SQL_TEXT(uri)));
    AS_TRY(as_sql_next(db, rows, &found));
    AS_NEED(!found, AS_ALREADY_EXISTS, "the audience is taken");
    return AS_OK;
}

/* ------------------------------------------------------------ what hangs on a party ----------- */

static as_err audiences_put(struct as_db *db, int64_t number, const struct as_party *party)
{
    size_t count = party->resource != NULL ? party->resource->audience_count : 0;

    for (size_t i = 0; i < count; i++) {
        as_span uri = party->resource->audience[i];
        AS_TRY(need_free_audience(db, uri));
        AS_TRY(AS_SQL_RUN(db, "INSERT INTO audience (uri, party, position) VALUES (?1, ?2, ?3)",
                          AS_SQL_TEXT(uri), AS_SQL_NUMBER(number), AS_SQL_NUMBER(i)));
    }
    return AS_OK;
}

static as_err need_whole(const struct as_party *party)
{
    bool whole = party->kind == AS_PARTY_CLIENT ? party->client != NULL && party->resource == NULL
                                                : party->resource != NULL && party->client == NULL;

    AS_NEED(whole, AS_SERVER_ERROR, "a party lacks the record of its kind");
    return AS_OK;
}

/* What replace may change, in the order of ?3 to ?20 of both statements below. */
#define PARTY_VALUES(party, client, resource, scope_)                                              \
    AS_SQL_NUMBER((party)->status), AS_SQL_NUMBER((party)->method),                                \
        AS_SQL_NUMBER((party)->name_kind),                                                         \
        AS_SQL_BLOB((party)->name_canon.ptr, (party)->name_canon.len),                             \
        AS_SQL_BLOB((party)->certificates, (party)->certificate_count *AS_DIGEST),                 \
        AS_SQL_TEXT((party)->trust), AS_SQL_NUMBER((party)->shared),                               \
        AS_SQL_NUMBER((party)->updated), AS_SQL_TEXT((party)->metadata), AS_SQL_TEXT(scope_),      \
        AS_SQL_TEXT((client)->profile), AS_SQL_NUMBER((client)->grants),                           \
        AS_SQL_TEXT((client)->default_resource), AS_SQL_NUMBER((client)->bound_access_tokens),     \
        AS_SQL_NUMBER(format_of(party)), AS_SQL_TEXT(alg_text((resource)->token_alg)),             \
        AS_SQL_TEXT(alg_text((resource)->introspection_alg)),                                      \
        AS_SQL_NUMBER((resource)->scopes_hidden)

static const struct as_client no_client;
static const struct as_resource no_resource;

static const struct as_client *client_of(const struct as_party *party)
{
    return party->client != NULL ? party->client : &no_client;
}

static const struct as_resource *resource_of(const struct as_party *party)
{
    return party->resource != NULL ? party->resource : &no_resource;
}

static enum as_token_format format_of(const struct as_party *party)
{
    return party->client != NULL ? party->client->token_format : party->resource->token_format;
}

static as_span alg_text(enum as_alg alg)
{
    return alg != AS_ALG_NONE ? as_span_of(as_alg_name(alg)) : AS_SPAN_NONE;
}

static as_span scope_of(const struct as_party *party)
{
    return party->client != NULL ? party->client->scope : party->resource->scope;
}

/* ------------------------------------------------------------ verbs --------------------------- */

static as_err party_insert(struct as_db *db, const struct as_party *party, int64_t epoch)
{
    return AS_SQL_RUN(
        db,
        "INSERT INTO party (id, kind, status, method, name_kind, name_canon, certificates, trust, "
        "shared, updated, metadata, scope, profile, grants, default_resource, bound_tokens, "
        "token_format, token_alg, introspection_alg, scopes_hidden, epoch, created, rat) VALUES "
        "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "
        "?20, ?21, ?22, ?23)",
        AS_SQL_TEXT(party->id), AS_SQL_NUMBER(party->kind),
        PARTY_VALUES(party, client_of(party), resource_of(party), scope_of(party)),
        AS_SQL_NUMBER(epoch), AS_SQL_NUMBER(party->created),
        AS_SQL_BLOB(party->rat, party->has_rat ? sizeof(party->rat) : 0));
}

as_err as_sqlite_party_create(struct as_backend *backend, const struct as_party_write *write)
{
    struct as_db *db = &backend->writer;
    int64_t epoch = 0;

    AS_TRY(need_whole(write->party));
    AS_TRY(need_small(write->party));
    AS_TRY(need_free_id(db, write->party->id));
    AS_TRY(need_room(db, write->party));
    AS_TRY(as_sequence_next(db, &epoch));
    AS_TRY(party_insert(db, write->party, epoch));
    int64_t number = sqlite3_last_insert_rowid(db->handle);
    AS_TRY(audiences_put(db, number, write->party));
    return as_sqlite_identifiers_put(db, number, write);
}

static as_err party_update(struct as_db *db, const struct as_party *party)
{
    return AS_SQL_RUN(
        db,
        "UPDATE party SET status = ?3, method = ?4, name_kind = ?5, name_canon = ?6, "
        "certificates = ?7, trust = ?8, shared = ?9, updated = ?10, metadata = ?11, scope = ?12, "
        "profile = ?13, grants = ?14, default_resource = ?15, bound_tokens = ?16, "
        "token_format = ?17, token_alg = ?18, introspection_alg = ?19, scopes_hidden = ?20 "
        "WHERE id = ?1 AND kind = ?2",
        AS_SQL_TEXT(party->id), AS_SQL_NUMBER(party->kind),
        PARTY_VALUES(party, client_of(party), resource_of(party), scope_of(party)));
}

/* Another method or another name is another identity: what was issued to the old one ends with it,
 * as with a certificate taken out of jwks. */
static as_err end_tokens_of_another_identity(struct as_db *db, int64_t number,
                                             const struct as_party *party)
{
    int64_t epoch = 0;

    AS_TRY(as_sequence_next(db, &epoch));
    return AS_SQL_RUN(db,
                      "UPDATE party SET epoch = ?2 WHERE number = ?1 AND "
                      "(method <> ?3 OR name_kind <> ?4 OR name_canon IS NOT ?5)",
                      AS_SQL_NUMBER(number), AS_SQL_NUMBER(epoch), AS_SQL_NUMBER(party->method),
                      AS_SQL_NUMBER(party->name_kind),
                      AS_SQL_BLOB(party->name_canon.ptr, party->name_canon.len));
}

/* A certificate that nobody has registered any more confirms no token (D9), and its notAfter is
 * whatever its owner wrote: a client that goes through many would leave a row of each for ever. */
static as_err forget_certificates(struct as_db *db, int64_t number, const struct as_party *kept)
{
    size_t count = kept != NULL ? kept->certificate_count : 0;

    return AS_SQL_RUN(db,
                      "DELETE FROM certificate WHERE class = ?1 AND thumbprint IN "
                      "(SELECT digest FROM identifier WHERE party = ?2 AND kind = ?3) "
                      "AND instr(?4, thumbprint) = 0 AND NOT EXISTS "
                      "(SELECT 1 FROM identifier AS other WHERE other.kind = ?3 "
                      "AND other.digest = certificate.thumbprint AND other.party <> ?2)",
                      AS_SQL_NUMBER(AS_CERTIFICATE_REGISTERED), AS_SQL_NUMBER(number),
                      AS_SQL_NUMBER(AS_IDENTIFIER_CERTIFICATE),
                      AS_SQL_BLOB(count > 0 ? kept->certificates : NULL, count * AS_DIGEST));
}

as_err as_sqlite_party_replace(struct as_backend *backend, const struct as_party_write *write,
                               bool *found)
{
    struct as_db *db = &backend->writer;
    int64_t number = 0;

    AS_TRY(need_whole(write->party));
    AS_TRY(need_small(write->party));
    AS_TRY(number_of(db, write->party->kind, write->party->id, &number));
    *found = number != 0;
    if (number == 0) {
        return AS_OK;
    }
    AS_TRY(end_tokens_of_another_identity(db, number, write->party));
    AS_TRY(forget_certificates(db, number, write->party));
    AS_TRY(AS_SQL_RUN(db, "DELETE FROM audience WHERE party = ?1", AS_SQL_NUMBER(number)));
    AS_TRY(audiences_put(db, number, write->party));
    AS_TRY(as_sqlite_identifiers_put(db, number, write));
    return party_update(db, write->party);
}

/* The metadata hold whatever else can be replaced. */
as_err as_sqlite_party_is_still(struct as_backend *backend, const struct as_party *was,
                                bool altogether, bool *still)
{
    struct as_db *db = &backend->writer;
    AS_AUTO(as_sql_release) sqlite3_stmt *rows = NULL;

    AS_TRY(AS_SQL_OPEN(
        db, &rows,
        "SELECT 1 FROM party WHERE kind = ?1 AND id = ?2 AND status = ?3 AND trust = ?4 AND "
        "shared = ?5 AND profile = ?6 AND scope = ?7 AND rat = ?8 AND (?9 = 0 OR metadata = ?10)",
        AS_SQL_NUMBER(was->kind), AS_SQL_TEXT(was->id), AS_SQL_NUMBER(was->status),
        AS_SQL_TEXT(was->trust), AS_SQL_NUMBER(was->shared), AS_SQL_TEXT(client_of(was)->profile),
        AS_SQL_TEXT(scope_of(was)), AS_SQL_BLOB(was->rat, was->has_rat ? sizeof(was->rat) : 0),
        AS_SQL_NUMBER(altogether), AS_SQL_TEXT(was->metadata)));
    return as_sql_next(db, rows, still);
}

as_err as_sqlite_party_set_status(struct as_backend *backend, enum as_party_kind kind, as_span id,
                                  enum as_party_status status, as_time at, bool *found)
{
    struct as_db *db = &backend->writer;

    AS_TRY(AS_SQL_RUN(db,
                      "UPDATE party SET status = ?3, updated = max(updated, ?4) "
                      "WHERE id = ?1 AND kind = ?2",
                      AS_SQL_TEXT(id), AS_SQL_NUMBER(kind), AS_SQL_NUMBER(status),
                      AS_SQL_NUMBER(at)));
    *found = as_sql_has_changed(db);
    return AS_OK;
}

as_err as_sqlite_party_delete(struct as_backend *backend, enum as_party_kind kind, as_span id,
                              bool *found)
{
    struct as_db *db = &backend->writer;
    int64_t number = 0;

    AS_TRY(number_of(db, kind, id, &number));
    *found = number != 0;
    if (number == 0) {
        return AS_OK;
    }
    AS_TRY(forget_certificates(db, number, NULL));
    return AS_SQL_RUN(db, "DELETE FROM party WHERE number = ?1", AS_SQL_NUMBER(number));
}

as_err as_sqlite_client_revoke_tokens(struct as_backend *backend, as_span id, bool *found)
{
    struct as_db *db = &backend->writer;
    int64_t number = 0, epoch = 0;

    AS_TRY(number_of(db, AS_PARTY_CLIENT, id, &number));
    *found = number != 0;
    if (number == 0) {
        return AS_OK; /* without an epoch, which would be written */
    }
    AS_TRY(as_sequence_next(db, &epoch));
    return AS_SQL_RUN(db, "UPDATE party SET epoch = ?2 WHERE number = ?1", AS_SQL_NUMBER(number),
                      AS_SQL_NUMBER(epoch));
}
