/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in: the answer to a request to the admin socket, refusals as exit codes; files. */
#include "as/fetch.h"
#include "as/jose.h"
#include "ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX (64 * 1024 * 1024)
#define FILE_MAX   (16 * 1024 * 1024)
#define TIMEOUT_MS 30000
#define PAGES_MAX  10000

static const struct {
    unsigned status;
    const char *error; /* NULL: any other */
    enum ctl_exit code;
} exits[] = {
    {403, NULL, CTL_NOT_ALLOWED},   {404, NULL, CTL_NOT_FOUND},
    {409, "conflict", CTL_REFUSED}, /* it may be asked again */
    {409, NULL, CTL_EXISTS},        {503, NULL, CTL_UNREACHABLE},
};

static enum ctl_exit exit_of(unsigned status, const json_t *said)
{
    const char *error = json_string_value(json_object_get(said, "error"));

    for (size_t i = 0; i < AS_COUNT(exits); i++) {
        if (exits[i].status == status &&
            (exits[i].error == NULL || (error != NULL && strcmp(error, exits[i].error) == 0))) {
            return exits[i].code;
        }
    }
    return status >= 200 && status < 300 ? CTL_FINE : CTL_REFUSED;
}

/* A success but 204 has a body; what is no JSON does not come from fapid, or not all of it. */
enum ctl_exit ctl_judge(const struct ctl *ctl, unsigned status, const json_t *said)
{
    enum ctl_exit code = exit_of(status, said);
    const char *text = json_string_value(json_object_get(said, "error_description"));

    if (code == CTL_FINE) {
        return said != NULL || status == 204
                   ? CTL_FINE
                   : ctl_say(ctl, CTL_REFUSED, "the answer (%u) cannot be read", status);
    }
    return ctl_say(ctl, code, "%s", text != NULL ? text : "the server refused");
}

as_err ctl_ask(const struct ctl *ctl, const char *method, const char *path, const json_t *body,
               unsigned *status, json_t **out)
{
    struct as_fetch_answer answer = {.body = AS_BUF(ANSWER_MAX)};
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    char url[1024];
    struct as_fetch_ask ask = {
        .socket = ctl->socket,
        .method = method,
        .url = url,
        .content_type = body != NULL ? "application/json" : NULL,
        .body = as_span_of(text),
        .timeout_ms = TIMEOUT_MS,
    };

    *out = NULL;
    as_err err = snprintf(url, sizeof(url), "http://localhost%s", path) < (int)sizeof(url)
                     ? as_fetch(&ask, &answer)
                     : AS_FAIL(AS_INVALID_REQUEST, "the id is too long");
    if (!as_failed(err)) {
        *status = answer.status;
        *out = answer.body.len > 0 ? json_loadb(answer.body.ptr, answer.body.len, 0, NULL) : NULL;
    }
    as_buf_free(&answer.body);
    free(text);
    return err;
}

enum ctl_exit ctl_unasked(const struct ctl *ctl, as_err err)
{
    if (as_err_is(err, AS_INVALID_REQUEST)) {
        return ctl_say(ctl, CTL_USAGE, "%s", err.why);
    }
    return ctl_say(ctl, as_err_is(err, AS_NOT_ALLOWED) ? CTL_NOT_ALLOWED : CTL_UNREACHABLE,
                   "%s: %s", ctl->socket, err.why);
}

enum ctl_exit ctl_call(const struct ctl *ctl, const char *method, const char *path,
                       const json_t *body, json_t **out)
{
    unsigned status = 0;
    as_err err = ctl_ask(ctl, method, path, body, &status, out);
    enum ctl_exit code = as_failed(err) ? ctl_unasked(ctl, err) : ctl_judge(ctl, status, *out);

    if (code != CTL_FINE) {
        json_decref(*out);
        *out = NULL;
    }
    return code;
}

enum ctl_exit ctl_call_all(const struct ctl *ctl, const char *collection, const char *member,
                           json_t *all)
{
    as_span query = AS_SPAN_NONE;

    for (int page = 0; page < PAGES_MAX; page++) {
        AS_AUTO(json_decref) json_t *answer = NULL;
        const char *path = ctl_path(ctl, collection, NULL, query.ptr);
        enum ctl_exit code = ctl_call(ctl, "GET", path, NULL, &answer);

        if (code != CTL_FINE) {
            return code;
        }
        if (json_array_extend(all, json_object_get(answer, member)) != 0) {
            return ctl_say(ctl, CTL_REFUSED, "the answer has no list of %s", member);
        }
        const char *next = json_string_value(json_object_get(answer, "next"));
        if (next == NULL) {
            return CTL_FINE;
        }
        if (as_failed(as_arena_printf(ctl->mem, &query, "after=%s", next))) {
            break;
        }
    }
    return ctl_say(ctl, CTL_REFUSED, "the list does not end");
}

const char *ctl_path(const struct ctl *ctl, const char *collection, const char *id,
                     const char *query)
{
    as_span path = AS_SPAN_NONE;

    for (const char *p = id; p != NULL && *p != '\0'; p++) {
        if (strchr("/?#% ", *p) != NULL || (unsigned char)*p < 0x21 || (unsigned char)*p > 0x7e) {
            return CTL_NO_PATH; /* no id looks like this */
        }
    }
    as_err err =
        as_arena_printf(ctl->mem, &path, "%s%s%s%s%s", collection, id != NULL ? "/" : "",
                        id != NULL ? id : "", query != NULL ? "?" : "", query != NULL ? query : "");
    return as_failed(err) ? CTL_NO_PATH : path.ptr;
}

as_span ctl_read_file(const struct ctl *ctl, const char *file)
{
    struct as_buf text = AS_BUF(FILE_MAX);
    FILE *in = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
    as_span out = AS_SPAN_NONE;
    size_t got = 1;

    if (in == NULL) {
        ctl_say(ctl, CTL_REFUSED, "%s: %s", file, strerror(errno));
        return out;
    }
    while (got > 0 && as_buf_reserve(&text, 4096)) {
        got = fread(text.ptr + text.len, 1, 4096, in);
        text.len += got;
    }
    if (got > 0 || ferror(in) != 0 ||
        as_failed(as_arena_copy(ctl->mem, as_buf_span(&text), &out))) {
        ctl_say(ctl, CTL_REFUSED, "%s: cannot be read, or is larger than 16 MiB", file);
        out = AS_SPAN_NONE;
    }
    as_buf_free(&text);
    if (in != stdin) {
        fclose(in);
    }
    return out;
}

json_t *ctl_read_json(const struct ctl *ctl, const char *file)
{
    as_span text = ctl_read_file(ctl, file);
    json_t *json = NULL;

    if (text.ptr == NULL) {
        return NULL;
    }
    as_err err = as_json_parse(text, &json);
    if (as_failed(err)) {
        ctl_say(ctl, CTL_REFUSED, "%s: %s", file, err.why);
        return NULL;
    }
    return json;
}
