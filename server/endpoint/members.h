/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the table of metadata members: name, JSON type, whose it is, what is done with it. */
#ifndef AS_ENDPOINT_MEMBERS_H
#define AS_ENDPOINT_MEMBERS_H

#include "registration.h"

enum as_member_type {
    AS_MEMBER_TEXT,
    AS_MEMBER_URI,   /* absolute, without fragment */
    AS_MEMBER_PAGE,  /* the same for people to look at; from a client https (REG-30) */
    AS_MEMBER_TEXTS, /* an array of strings */
    AS_MEMBER_FLAG,
    AS_MEMBER_OBJECT,
    AS_MEMBER_SHOWN /* by us, so that what was shown may be sent back; not the sender's to set */
};

enum as_member_trait {
    AS_MEMBER_NOT_KEPT = 1, /* today's value is shown from the record instead */
    AS_MEMBER_OPERATOR = 2, /* ignored when a client sends it (REG-08) */
    AS_MEMBER_TAGGED = 4    /* also as name#language (RFC 7591 2.2) */
};

struct as_member {
    const char *name;
    enum as_member_type type;
    unsigned kinds;  /* bits 1 << as_party_kind */
    unsigned traits; /* of as_member_trait */
    /* NULL: checked for its type, kept and shown. */
    as_err (*read)(struct as_registration *reg, const char *name, const json_t *value);
};

/* RFC 3986 absolute-URI, checked as far as we rely on it: a scheme, something after it, printable
 * ASCII, no fragment (RFC 8707 2). */
bool as_member_is_uri(as_span uri);

/* readers.c */
#define AS_MEMBER_READER(what)                                                                     \
    as_err as_member_read_##what(struct as_registration *reg, const char *name, const json_t *value)

AS_MEMBER_READER(id);
AS_MEMBER_READER(method);
AS_MEMBER_READER(name);
AS_MEMBER_READER(jwks);
AS_MEMBER_READER(scope);
AS_MEMBER_READER(grant_types);
AS_MEMBER_READER(response_types);
AS_MEMBER_READER(application_type);
AS_MEMBER_READER(software_id);
AS_MEMBER_READER(software_version);
AS_MEMBER_READER(profile);
AS_MEMBER_READER(status);
AS_MEMBER_READER(trust);
AS_MEMBER_READER(shared);
AS_MEMBER_READER(bound);
AS_MEMBER_READER(default_resource);
AS_MEMBER_READER(audience);
AS_MEMBER_READER(token_format);
AS_MEMBER_READER(token_alg);
AS_MEMBER_READER(introspection_alg);
AS_MEMBER_READER(scopes_hidden);

#undef AS_MEMBER_READER

#endif
