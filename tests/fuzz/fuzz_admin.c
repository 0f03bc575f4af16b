/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin API, whole requests of root without sockets. The input is requests with an empty line
 * between them: `METHOD /path?query`, and the body on the lines below. Properties:
 * - each answer is one that a handler made; an error names itself as RFC 6749 5.2 writes it, and
 *   405 says which methods there are;
 * - a refusal, a dry run and a GET change nothing that is stored, audit rows included;
 * - what was accepted is shown as it was answered, and sent back as shown it is the same again
 *   (REG-10, REG-87);
 * - a patch is the PUT of the object with its members replaced, accepted or not (REG-89);
 * - a page of a list is the rest of the whole list.
 */
#include "admin_world.h"

#define STEPS_MAX 8

struct step {
    char *method, *path, *query, *body; /* query: NULL when there is none */
};

/* ------------------------------------------------------------ what is accepted ---------------- */

static json_t *without_time(json_t *view)
{
    json_object_del(view, "updated_at");
    json_object_del(view, "warnings"); /* they tell of others */
    return view;
}

/* Shown as it was answered; PUT as it is shown, it is the same. */
static void check_party(const char *path, const json_t *answer, bool again)
{
    json_t *view = shown(path);
    json_t *copy = json_copy((json_t *)answer);

    json_object_del(copy, "warnings"); /* they tell of others */
    json_object_del(view, "warnings");
    FUZZ_HOLDS(view != NULL && json_equal(view, copy));
    json_decref(copy);
    json_t *put = again ? sent("PUT", path, NULL, view) : json_incref(view);
    FUZZ_HOLDS(put != NULL && same(without_time(put), without_time(view)));
}

static void check_created(const char *path, const json_t *answer)
{
    const char *id = json_string_value(json_object_get(answer, "client_id"));
    char *own = NULL;

    FUZZ_HOLDS(id != NULL && asprintf(&own, "%s/%s", path, id) > 0);
    check_party(own, answer, true);
    free(own);
}

static void check_imported(const char *path, const json_t *answer)
{
    const json_t *list = json_object_get(answer, strrchr(path, '/') + 1);

    FUZZ_HOLDS(json_array_size(list) > 0);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *view = json_incref(json_array_get(list, i));
        check_created(path, view);
        json_decref(view);
    }
}

static void check_iat(const json_t *answer)
{
    json_int_t uses = json_integer_value(json_object_get(answer, "uses"));
    json_int_t life = json_integer_value(json_object_get(answer, "expires_at")) -
                      json_integer_value(json_object_get(answer, "created_at"));
    json_t *view = json_copy((json_t *)answer);
    json_t *all = shown("/v1/initial-access-tokens");
    const json_t *list = json_object_get(all, "initial_access_tokens");
    bool found = false;

    FUZZ_HOLDS(uses >= 1 && uses <= AS_LIMIT_IAT_USES && life >= 1 && life <= AS_LIMIT_IAT_S);
    FUZZ_HOLDS(json_object_del(view, "initial_access_token") == 0); /* it is told once */
    for (size_t i = 0; i < json_array_size(list); i++) {
        found = found || json_equal(json_array_get(list, i), view);
    }
    FUZZ_HOLDS(found);
    json_decref(view);
    json_decref(all);
}

/* ------------------------------------------------------------ patches ------------------------- */

/* RFC 7396, where a member replaces the whole of what was there. NULL: no patch. */
static json_t *merged(const json_t *before, const char *body)
{
    json_t *patch = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    json_t *out = json_is_object(patch) ? json_copy((json_t *)before) : NULL;
    const char *name;
    json_t *value;

    json_object_foreach(patch, name, value)
    {
        if (json_is_null(value)) {
            json_object_del(out, name);
        } else {
            json_object_set(out, name, value);
        }
    }
    if (json_object_size(patch) == 0) {
        json_decref(out);
        out = NULL;
    }
    json_decref(patch);
    return out;
}

/* The one change that asks nothing of the other members. */
static bool is_of_status(const struct step *step)
{
    json_t *patch = json_loads(step->body, 0, NULL);
    bool is = json_object_size(patch) == 1 && json_object_get(patch, "status") != NULL;

    json_decref(patch);
    return is && step->query == NULL;
}

/* `answer`: of the patch, NULL when it was refused. */
static void check_patch(const struct step *step, const json_t *before, const json_t *answer)
{
    json_t *whole = before != NULL ? merged(before, step->body) : NULL;

    if (whole == NULL) {
        FUZZ_HOLDS(answer == NULL);
        return;
    }
    json_t *rehearsed = sent("PUT", step->path, "dry_run=true", whole);
    FUZZ_HOLDS(is_of_status(step) || (answer == NULL) == (rehearsed == NULL));
    if (answer != NULL && rehearsed != NULL) {
        json_t *copy = json_copy((json_t *)answer);
        FUZZ_HOLDS(json_equal(without_time(rehearsed), without_time(copy)));
        json_decref(copy);
    }
    json_decref(rehearsed);
    json_decref(whole);
}

/* ------------------------------------------------------------ lists --------------------------- */

static void check_page(const struct step *step, const json_t *page)
{
    const char *member = strrchr(step->path, '/') + 1;
    const char *after = step->query != NULL ? step->query + strlen("after=") : "";
    json_t *all = shown(step->path);
    json_t *rest = json_array(), *list = json_object_get(all, member);

    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *view = json_array_get(list, i);
        if (strcmp(json_string_value(json_object_get(view, "client_id")), after) > 0) {
            json_array_append(rest, view);
        }
    }
    FUZZ_HOLDS(json_equal(rest, json_object_get(page, member)));
    json_decref(rest);
    json_decref(all);
}

/* ------------------------------------------------------------ one request --------------------- */

static void check_refusal(const struct step *step, const struct flow_answer *answer)
{
    const char *description = flow_text(answer, "error_description");

    FUZZ_HOLDS(answer->status < 500);
    FUZZ_HOLDS(flow_text(answer, "error")[0] != '\0' && description[0] != '\0');
    for (const char *c = description; *c != '\0'; c++) {
        FUZZ_HOLDS(as_ascii_is_nqschar(*c)); /* RFC 6749 5.2 */
    }
    const char *allow = strstr(answer->fields, "Allow: ");
    FUZZ_HOLDS((answer->status == 405) == (allow != NULL));
    if (allow != NULL) {
        char *methods = strndup(allow, strcspn(allow, "\n"));
        char *list = methods + strlen("Allow: "), *one;
        while ((one = strsep(&list, ", ")) != NULL) {
            FUZZ_HOLDS(strcmp(one, step->method) != 0);
        }
        free(methods);
    }
}

static bool is_list(const struct step *step)
{
    return strcmp(step->path, "/v1/clients") == 0 || strcmp(step->path, "/v1/resources") == 0;
}

static void check_accepted(const struct step *step, const json_t *before, const json_t *answer)
{
    bool rehearsal = step->query != NULL;

    if (strcmp(step->method, "GET") == 0) {
        if (is_list(step)) {
            check_page(step, answer);
        }
    } else if (strcmp(step->path, "/v1/initial-access-tokens") == 0) {
        check_iat(answer);
    } else if (is_list(step) && !rehearsal) {
        if (json_object_get(answer, "client_id") != NULL) {
            check_created(step->path, answer);
        } else {
            check_imported(step->path, answer);
        }
    } else if (strcmp(step->method, "PATCH") == 0) {
        check_patch(step, before, answer);
    }
    bool changed = strcmp(step->method, "PUT") == 0 || strcmp(step->method, "PATCH") == 0;
    if (changed && !rehearsal) {
        check_party(step->path, answer, !is_of_status(step));
    }
}

static bool only_reads(const struct step *step)
{
    return strcmp(step->method, "GET") == 0 || strcmp(step->path, "/v1/verdicts") == 0;
}

static void check_step(const struct step *step)
{
    json_t *object = strcmp(step->method, "PATCH") == 0 ? shown(step->path) : NULL;

    remember_stored();
    const struct flow_answer *now = ask(step->method, step->path, step->query, step->body);
    json_t *answer = now->status < 300 ? json_incref(now->json) : NULL;
    bool refused = now->status >= 300, reads = only_reads(step);

    if (refused) {
        check_refusal(step, now);
    }
    keys_changed = keys_changed || (!refused && !reads && strncmp(step->path, "/v1/k", 5) == 0);
    if (refused || reads || step->query != NULL) {
        check_unchanged();
    }
    if (answer != NULL) {
        check_accepted(step, object, answer);
    } else if (refused && strcmp(step->method, "PATCH") == 0 &&
               (step->query == NULL || strcmp(step->query, "dry_run=true") == 0)) {
        check_patch(step, object, NULL);
    }
    json_decref(answer);
    json_decref(object);
}

/* ------------------------------------------------------------ the input ----------------------- */

/* The edge wants a method, and neither blanks nor controls in a target; a backup and a restore are
 * files. */
static bool may_ask(const struct step *step)
{
    for (const char *c = step->path; *c != '\0'; c++) {
        if (!as_ascii_is_uri_char(*c)) {
            return false;
        }
    }
    return step->method[0] != '\0' && step->path[0] == '/' &&
           strncmp(step->path, "/v1/db/", 7) != 0 && strcmp(step->method, "HEAD") != 0;
}

/* Cuts the text up in place. */
static struct step read_step(char *text)
{
    struct step step = {.method = text, .path = "", .body = ""};
    char *line = strsep(&text, "\n");

    step.body = text != NULL ? text : "";
    strsep(&line, " ");
    if (line != NULL) {
        step.path = line;
        step.query = strchr(line, '?');
    }
    if (step.query != NULL) {
        *step.query++ = '\0';
        step.query = step.query[0] != '\0' ? step.query : NULL;
    }
    return step;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 1), *rest = text; /* not strndup: the input ends in no NUL */

    FUZZ_HOLDS(text != NULL);
    memcpy(text, data, size);
    begin();
    for (int i = 0; i < STEPS_MAX && rest != NULL; i++) {
        char *next = strstr(rest, "\n\n");
        if (next != NULL) {
            *next = '\0';
            next += 2;
        }
        const struct step step = read_step(rest);
        if (may_ask(&step)) {
            check_step(&step);
        }
        rest = next;
    }
    end();
    free(text);
    return 0;
}
