/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error value.
 *
 * as_err is returned by value, owns nothing and must be looked at. Its three pointers are static:
 * the fault row (what the outside may learn), `why` (a reason code or a short English phrase for
 * the log) and `where` (file:line). AS_OK is the empty one.
 *
 * Absent is not broken: a look-up that finds nothing returns AS_OK with a NULL out-pointer.
 * Out-parameters are written only on AS_OK unless a function says otherwise.
 *
 * Threads: values only; any thread.
 */
#ifndef AS_BASE_ERR_H
#define AS_BASE_ERR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The fault table: name, OAuth error code, HTTP status, public sentence, may `why` be shown,
 * log level. The public sentence obeys RFC 6749 5.2: printable ASCII without quote or backslash.
 * `why` is shown only for faults of form and registration, where it helps the caller and tells
 * nothing of other clients; for client authentication it stays in the log (MTLS-119).
 */
#define AS_FAULTS(X)                                                                               \
    /* RFC 6749 5.2 */                                                                             \
    X(AS_INVALID_REQUEST, "invalid_request", 400, "The request is malformed.", true, AS_LOG_INFO)  \
    X(AS_INVALID_CLIENT, "invalid_client", 401, "Client authentication failed.", false,            \
      AS_LOG_NOTICE)                                                                               \
    X(AS_INVALID_GRANT, "invalid_grant", 400, "The grant or token is not valid for this client.",  \
      false, AS_LOG_INFO)                                                                          \
    X(AS_UNAUTHORIZED_CLIENT, "unauthorized_client", 400,                                          \
      "The client is not allowed to use this grant type.", false, AS_LOG_INFO)                     \
    X(AS_UNSUPPORTED_GRANT_TYPE, "unsupported_grant_type", 400,                                    \
      "The grant type is not supported.", false, AS_LOG_INFO)                                      \
    X(AS_INVALID_SCOPE, "invalid_scope", 400,                                                      \
      "The scope is unknown, malformed or not allowed for this client.", false, AS_LOG_INFO)       \
    /* RFC 8707 2 */                                                                               \
    X(AS_INVALID_TARGET, "invalid_target", 400,                                                    \
      "The resource is unknown, or none was named and none can be inferred.", false, AS_LOG_INFO)  \
    /* RFC 7591 3.2.2 */                                                                           \
    X(AS_INVALID_CLIENT_METADATA, "invalid_client_metadata", 400,                                  \
      "The client metadata is not acceptable.", true, AS_LOG_INFO)                                 \
    /* RFC 6750 3: the challenge is made by endpoint/reply.c; no token at all, and a bad one */    \
    X(AS_TOKEN_MISSING, "invalid_token", 401, "A bearer token is needed.", false, AS_LOG_INFO)     \
    X(AS_INVALID_TOKEN, "invalid_token", 401,                                                      \
      "The bearer token is malformed, unknown, expired or not good for this.", false,              \
      AS_LOG_NOTICE)                                                                               \
    /* REG-16 */                                                                                   \
    X(AS_TOO_MANY_REGISTRATIONS, "temporarily_unavailable", 429,                                   \
      "Too many registrations; try again later.", false, AS_LOG_NOTICE)                            \
    /* RFC 6749 2.3.1, TOK-13 */                                                                   \
    X(AS_TOO_MANY_FAILURES, "temporarily_unavailable", 429,                                        \
      "Too many failed authentications; try again later.", false, AS_LOG_NOTICE)                   \
    /* the admin API */                                                                            \
    X(AS_NOT_FOUND, "not_found", 404, "There is nothing here.", true, AS_LOG_INFO)                 \
    X(AS_ALREADY_EXISTS, "already_exists", 409, "It exists already.", true, AS_LOG_INFO)           \
    X(AS_CONFLICT, "conflict", 409, "It cannot be done beside what is under way.", true,           \
      AS_LOG_INFO)                                                                                 \
    X(AS_NOT_ALLOWED, "access_denied", 403, "This caller is not allowed here.", true,              \
      AS_LOG_NOTICE)                                                                               \
    X(AS_NOT_DONE, "not_done", 500, "It could not be done.", true, AS_LOG_ERROR)                   \
    /* a change of that or of RFC 7591; the row in the store tells of it */                        \
    X(AS_NOT_AUDITED, "server_error", 500,                                                         \
      "It was done, but could not be noted in the audit file; do not repeat it.", false,           \
      AS_LOG_ERROR)                                                                                \
    /* HTTP as such */                                                                             \
    X(AS_METHOD_NOT_ALLOWED, "invalid_request", 405, "The method is not allowed here.", false,     \
      AS_LOG_INFO)                                                                                 \
    /* the server itself */                                                                        \
    X(AS_SERVER_ERROR, "server_error", 500, "The server met an internal fault.", false,            \
      AS_LOG_ERROR)                                                                                \
    X(AS_UNAVAILABLE, "temporarily_unavailable", 503,                                              \
      "The server cannot do this at the moment; try again later.", false, AS_LOG_WARNING)          \
    /* never answered: this handler must run on a job thread (design D10); only http/ sees it */   \
    X(AS_ELSEWHERE, "server_error", 500, "The server met an internal fault.", false, AS_LOG_ERROR) \
    /* settings and command line: `why` is shown to the operator with file and line */             \
    X(AS_BAD_CONFIGURATION, "bad_configuration", 500, "The configuration is not valid.", true,     \
      AS_LOG_ERROR)

enum as_log_level { AS_LOG_DEBUG, AS_LOG_INFO, AS_LOG_NOTICE, AS_LOG_WARNING, AS_LOG_ERROR };

enum as_fault_id {
#define AS_FAULT_ID(name, code, status, says, show_why, level) name,
    AS_FAULTS(AS_FAULT_ID)
#undef AS_FAULT_ID
        AS_FAULT_COUNT
};

struct as_fault {
    const char *code;        /* the `error` member */
    const char *says;        /* the public sentence, `error_description` */
    uint16_t status;         /* HTTP status */
    bool show_why;           /* may `why` follow the public sentence? */
    enum as_log_level level; /* at which the log line of the request stands */
};

extern const struct as_fault as_faults[AS_FAULT_COUNT];

#if defined(__clang__)
#define AS_MUST_LOOK __attribute__((warn_unused_result))
#else
#define AS_MUST_LOOK
#endif

typedef struct AS_MUST_LOOK as_err {
    const struct as_fault *fault; /* NULL: no error */
    const char *why;              /* static; a reason code or a phrase, never a client's text */
    const char *where;            /* static; room/file:line */
} as_err;

#define AS_STRING_(x) #x
#define AS_STRING(x)  AS_STRING_(x)
#define AS_HERE       __FILE__ ":" AS_STRING(__LINE__)

#define AS_OK ((as_err){0})

/* An error value; `why` must be static text. */
#define AS_FAIL(id, reason) ((as_err){&as_faults[id], (reason), AS_HERE})

/* Pass an error on. */
#define AS_TRY(call)                                                                               \
    do {                                                                                           \
        as_err as_try_ = (call);                                                                   \
        if (as_try_.fault != NULL) {                                                               \
            return as_try_;                                                                        \
        }                                                                                          \
    } while (0)

/* Raise an error unless the condition holds. */
#define AS_NEED(condition, id, reason)                                                             \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return AS_FAIL(id, reason);                                                            \
        }                                                                                          \
    } while (0)

/* Is there an error? */
static inline bool as_failed(as_err err)
{
    return err.fault != 0;
}

/* Is this error of that fault row? */
static inline bool as_err_is(as_err err, enum as_fault_id id)
{
    return err.fault == &as_faults[id];
}

#endif
