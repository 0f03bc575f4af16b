/* SPDX-License-Identifier: Apache-2.0 */
#include "as/fetch.h"

#include <curl/curl.h>

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
    AS_NEED(code != CURLE_COULDNT_CONNECT, AS_UNAVAILABLE, "nothing answers at the admin socket");
    AS_NEED(code != CURLE_OPERATION_TIMEDOUT, AS_UNAVAILABLE, "the answer did not come in time");
    AS_NEED(code == CURLE_OK, AS_UNAVAILABLE, "the admin socket broke off");
    AS_NEED(curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK, AS_SERVER_ERROR,
            "curl tells no status");
    answer->status = (unsigned)status;
    return AS_OK;
}
