/* SPDX-License-Identifier: Apache-2.0 */
#include "as/fetch.h"

#include <curl/curl.h>
#include <errno.h>

AS_AUTO_DEFINE(CURL, curl_easy_cleanup)
AS_AUTO_DEFINE(struct curl_slist, curl_slist_free_all)

/* Taking less than was offered makes curl give up: that is what happens at the maximum. */
static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
    return as_buf_add(arg, (as_span){bytes, size * count}) ? size * count : 0;
}

static bool set_request(CURL *curl, const struct as_fetch_ask *ask, struct as_buf *body)
{
    return curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, ask->socket) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_URL, ask->url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ask->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, ask->method) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, body) == CURLE_OK;
}

static bool set_body(CURL *curl, const struct as_fetch_ask *ask, struct curl_slist **fields)
{
    struct as_buf type = AS_BUF(256);
    bool fine =
        as_buf_printf(&type, "Content-Type: %s", ask->content_type) && as_buf_add_byte(&type, '\0');

    *fields = fine ? curl_slist_append(NULL, type.ptr) : NULL;
    as_buf_free(&type);
    return *fields != NULL && curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *fields) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.len) ==
               CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDS, ask->body.len > 0 ? ask->body.ptr : "") ==
               CURLE_OK;
}

/* Why connect(2) to a Unix socket fails, as an operator has to act on it. */
static const struct {
    int error;
    enum as_fault_id fault;
    const char *why;
} refusals[] = {
    {ENOENT, AS_UNAVAILABLE, "there is no such socket: is fapid running, and with this socket?"},
    {ENOTDIR, AS_UNAVAILABLE, "there is no such socket: part of its path is no folder"},
    {ECONNREFUSED, AS_UNAVAILABLE, "nobody listens at this socket: fapid is not running"},
    {EACCES, AS_NOT_ALLOWED,
     "permission denied: the socket is for root, fapid's own user and members of admin.group, "
     "who must be let into its folder too"},
    {EAGAIN, AS_UNAVAILABLE, "fapid is busy: its queue of connections is full"},
};

static as_err not_connected(CURL *curl)
{
    long error = 0;

    (void)curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &error);
    for (size_t i = 0; i < AS_COUNT(refusals); i++) {
        if (refusals[i].error == error) {
            return AS_FAIL(refusals[i].fault, refusals[i].why);
        }
    }
    return AS_FAIL(AS_UNAVAILABLE, "this socket cannot be connected to");
}

as_err as_fetch(const struct as_fetch_ask *ask, struct as_fetch_answer *answer)
{
    AS_AUTO(curl_slist_free_all) struct curl_slist *fields = NULL;
    AS_AUTO(curl_easy_cleanup) CURL *curl = curl_easy_init();
    long status = 0;

    AS_NEED_MEM(curl);
    AS_NEED(set_request(curl, ask, &answer->body), AS_SERVER_ERROR, "curl refuses an option");
    AS_NEED(ask->content_type == NULL || set_body(curl, ask, &fields), AS_SERVER_ERROR,
            "curl refuses an option");
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_COULDNT_CONNECT) {
        return not_connected(curl);
    }
    AS_NEED(code != CURLE_OPERATION_TIMEDOUT, AS_UNAVAILABLE,
            "no answer came in time; what was asked may still be done");
    AS_NEED(code != CURLE_WRITE_ERROR, AS_UNAVAILABLE, "the answer is too long");
    AS_NEED(code == CURLE_OK, AS_UNAVAILABLE,
            "the connection broke off before the answer; what was asked may be done");
    AS_NEED(curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK, AS_SERVER_ERROR,
            "curl tells no status");
    answer->status = (unsigned)status;
    return AS_OK;
}
