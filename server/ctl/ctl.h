/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fapictl NOUN VERB (reload is one word): talks to the admin socket, never to the database (design
 * D15); `cert` works locally. Data on standard output, talk on standard error; with `-o json`
 * errors are {"error","message"}. Exit codes: 0, 1 refused, 2 usage, 3 not found, 4 exists,
 * 5 unreachable, 6 not allowed.
 */
#ifndef AS_CTL_H
#define AS_CTL_H

#include "as/base.h"

#include <jansson.h>

enum ctl_exit {
    CTL_FINE = 0,
    CTL_REFUSED = 1,
    CTL_USAGE = 2,
    CTL_NOT_FOUND = 3,
    CTL_EXISTS = 4,
    CTL_UNREACHABLE = 5,
    CTL_NOT_ALLOWED = 6
};

/* The command line, taken apart: words in order, flags with their values. */
#define CTL_WORDS 4
#define CTL_FLAGS 64

struct ctl_flag {
    const char *name;  /* without the dashes */
    const char *value; /* "" where none was given */
};

struct ctl {
    const char *socket;
    bool json;
    const char *words[CTL_WORDS]; /* noun, verb, then what the verb takes */
    size_t word_count;
    struct ctl_flag flags[CTL_FLAGS];
    size_t flag_count;
    struct as_arena *mem;
};

struct as_cert;

AS_AUTO_DEFINE(json_t, json_decref)

/* args.c: false after it said what is wrong. */
bool ctl_args(int argc, char **argv, struct ctl *ctl);
/* The value of a flag, "" when it stands without one, NULL when it was not given. */
const char *ctl_flag(const struct ctl *ctl, const char *name);
/* Does a flag of the same name stand before this one? */
bool ctl_is_repeated(const struct ctl *ctl, size_t index);

/* flags.c. Refuses flags outside the list (NULL-terminated) and, where `members`, the table of
 * members; and one given twice that may not be. */
bool ctl_flags_known(const struct ctl *ctl, const char *const *names, bool members);
/* The same for a verb that takes none. */
bool ctl_no_flags(const struct ctl *ctl);

/* members.c: flags named after the members of RFC 7591 and RFC 8705 in kebab case, as JSON. Fills
 * only what was given; another code than CTL_FINE after it said what is wrong. */
enum ctl_exit ctl_members(const struct ctl *ctl, json_t *into);
/* Is this the flag of a member? May it be given several times? */
bool ctl_is_member(const char *flag);
bool ctl_may_repeat(const char *flag);
void ctl_members_help(void);

/* certificate.c: --certificate FILE gives the identifier or the key set of the chosen method; the
 * certificate is the caller's. */
enum ctl_exit ctl_certificate(const struct ctl *ctl, const char *file, json_t *into,
                              struct as_cert **out);
enum ctl_exit ctl_cert_show(const struct ctl *ctl);
enum ctl_exit ctl_cert_match(const struct ctl *ctl);

/* call.c: one request to the admin socket, not judged: the status and the answer, NULL without a
 * body. */
as_err ctl_ask(const struct ctl *ctl, const char *method, const char *path, const json_t *body,
               unsigned *status, json_t **out);
/* Says why nobody was asked; says what the server refused, if it did. */
enum ctl_exit ctl_unasked(const struct ctl *ctl, as_err err);
enum ctl_exit ctl_judge(const struct ctl *ctl, unsigned status, const json_t *said);
/* The three in one. *out is the answer, NULL without a body. */
enum ctl_exit ctl_call(const struct ctl *ctl, const char *method, const char *path,
                       const json_t *body, json_t **out);
/* All pages of a collection, whose member of this name is the list, into one array. */
enum ctl_exit ctl_call_all(const struct ctl *ctl, const char *collection, const char *member,
                           json_t *all);
/* COLLECTION/ID?query, id and query where there are any; an id that cannot be one leads nowhere. */
const char *ctl_path(const struct ctl *ctl, const char *collection, const char *id,
                     const char *query);
#define CTL_NO_PATH "/v1/none/none"
/* Reads a whole file, "-" is standard input; NULL ptr after it said what is wrong. */
as_span ctl_read_file(const struct ctl *ctl, const char *file);
/* The same as one JSON value, the caller's; NULL after it said what is wrong. */
json_t *ctl_read_json(const struct ctl *ctl, const char *file);

/* say.c: on standard error, where what steers a terminal is escaped. */
enum ctl_exit ctl_say(const struct ctl *ctl, enum ctl_exit code, const char *message, ...)
    __attribute__((format(printf, 3, 4)));
/* The exit code stays. */
void ctl_warn(const struct ctl *ctl, const char *message, ...)
    __attribute__((format(printf, 2, 3)));
/* Data on standard output; another code than CTL_FINE after it said why it is not there. */
enum ctl_exit ctl_print(const struct ctl *ctl, const json_t *value);
/* Always as JSON. */
enum ctl_exit ctl_print_json(const struct ctl *ctl, const json_t *value);
/* A list as a table, in which - stands for what is absent, or as JSON. */
struct ctl_column {
    const char *member, *head;
    size_t width; /* 0: the last */
    bool time;    /* seconds since 1970 are shown as a date */
};
enum ctl_exit ctl_print_list(const struct ctl *ctl, const json_t *list,
                             const struct ctl_column *columns, size_t count);

/* warnings.c */
/* Takes `warnings` out of an answer and tells them. */
void ctl_tell_warnings(const struct ctl *ctl, json_t *answer);
/* Tells when the server would not accept this certificate for the party as it was answered. */
void ctl_tell_certificate(const struct ctl *ctl, const struct as_cert *cert, const json_t *party);

/* parties.c: the verbs. */
enum ctl_exit ctl_party_create(const struct ctl *ctl);
enum ctl_exit ctl_party_show(const struct ctl *ctl);
enum ctl_exit ctl_party_list(const struct ctl *ctl);
enum ctl_exit ctl_party_update(const struct ctl *ctl);
enum ctl_exit ctl_party_enable(const struct ctl *ctl);
enum ctl_exit ctl_party_disable(const struct ctl *ctl);
enum ctl_exit ctl_party_delete(const struct ctl *ctl);
enum ctl_exit ctl_party_import(const struct ctl *ctl);
enum ctl_exit ctl_party_export(const struct ctl *ctl);
enum ctl_exit ctl_token_revoke(const struct ctl *ctl);

/* iat.c */
enum ctl_exit ctl_iat_create(const struct ctl *ctl);
enum ctl_exit ctl_iat_list(const struct ctl *ctl);
enum ctl_exit ctl_iat_revoke(const struct ctl *ctl);

/* keys.c */
enum ctl_exit ctl_key_list(const struct ctl *ctl);
enum ctl_exit ctl_key_rotate(const struct ctl *ctl);
enum ctl_exit ctl_key_retire(const struct ctl *ctl);
enum ctl_exit ctl_key_revoke(const struct ctl *ctl);

/* job.c: begins what takes its time in the server and waits for its end. */
struct ctl_wait {
    int64_t most_ms;   /* 0: as long as it takes */
    const char *later; /* where it is told afterwards how it went */
};
/* *job is what the server tells of it, ended. */
enum ctl_exit ctl_job_wait(const struct ctl *ctl, const char *path, const json_t *body,
                           const struct ctl_wait *wait, json_t **job);
/* Judges that as if a request had been answered with it; *out is its result. */
enum ctl_exit ctl_job_judge(const struct ctl *ctl, const json_t *job, json_t **out);

/* reload.c */
enum ctl_exit ctl_reload(const struct ctl *ctl);

/* database.c */
enum ctl_exit ctl_db_status(const struct ctl *ctl);
enum ctl_exit ctl_db_audit(const struct ctl *ctl);
enum ctl_exit ctl_db_backup(const struct ctl *ctl);
enum ctl_exit ctl_db_restore(const struct ctl *ctl);
enum ctl_exit ctl_db_check(const struct ctl *ctl);

#endif
