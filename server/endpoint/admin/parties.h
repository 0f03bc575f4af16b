/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about clients and resource servers share. */
#ifndef AS_ENDPOINT_ADMIN_PARTIES_H
#define AS_ENDPOINT_ADMIN_PARTIES_H

#include "admin.h"
#include "registration.h"

/* A collection, by the kind of what is in it. */
struct as_party_words {
    const char *path;
    const char *member;                                /* of a list */
    const char *created, *replaced, *deleted, *status; /* events of the audit */
};

/* party_call.c. The kind by the path, and the words of it. */
enum as_party_kind as_admin_kind(const struct as_http_call *call);
const struct as_party_words *as_admin_words(const struct as_http_call *call);
/* The party of the path, of the kind of the path. */
as_err as_admin_find(const struct as_http_call *call, const struct as_party **out);
/* The object as a party to be written, in the place of `existing` where there is one. */
as_err as_admin_read_party(struct as_http_call *call, const struct as_party *existing,
                           const json_t *json, struct as_party_write *out);
/* In the place of an answer that was made before. Made before the write that it tells of, so that
 * who hears of a fault may try again; a write that fails makes it void. */
as_err as_admin_reply_party(struct as_http_call *call, unsigned status,
                            const struct as_party *party);
/* Creates all or none, or rehearses it. */
as_err as_admin_write_new(struct as_http_call *call, const struct as_party_write *writes,
                          size_t count);

/* warnings.c: adds `warnings` to the object shown, when there are any: {"client_id", "warning"}. */
as_err as_admin_warn(struct as_http_call *call, const struct as_party *party, json_t *answer);

/* imports.c: POST of an array. */
as_err as_admin_import(struct as_http_call *call, const json_t *list);

#endif
