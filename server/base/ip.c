/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

bool as_ip_parse(int family, as_span text, void *out)
{
    char copy[INET6_ADDRSTRLEN];

    if (text.len == 0 || text.len >= sizeof(copy) || as_span_has_byte(text, '\0')) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return inet_pton(family, copy, out) == 1;
}

/* ---------------------------------------------------------------- one value ------------------ */

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static void put_v4(struct as_ip *out, const unsigned char octets[4])
{
    memcpy(out->octets, mapped, sizeof(mapped));
    memcpy(out->octets + sizeof(mapped), octets, 4);
}

bool as_ip_read(as_span text, struct as_ip *out)
{
    unsigned char v4[4];
    struct as_ip read = {{0}};
    bool fine = true;

    if (as_ip_parse(AF_INET, text, v4)) {
        put_v4(&read, v4);
    } else {
        fine = as_ip_parse(AF_INET6, text, read.octets);
    }
    *out = read;
    return fine;
}

bool as_ip_of(const struct sockaddr_storage *from, struct as_ip *out)
{
    *out = (struct as_ip){{0}};
    if (from->ss_family == AF_INET) {
        unsigned char v4[4];
        memcpy(v4, &((const struct sockaddr_in *)(const void *)from)->sin_addr, sizeof(v4));
        put_v4(out, v4);
        return true;
    }
    if (from->ss_family == AF_INET6) {
        memcpy(out->octets, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr,
               sizeof(out->octets));
        return true;
    }
    return false;
}

bool as_ip_equal(const struct as_ip *a, const struct as_ip *b)
{
    return memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

struct as_ip as_ip_network(struct as_ip ip)
{
    if (memcmp(ip.octets, mapped, sizeof(mapped)) != 0) {
        memset(ip.octets + 8, 0, sizeof(ip.octets) - 8);
    }
    return ip;
}

as_span as_ip_caller(as_span address, struct as_ip *room)
{
    if (!as_ip_read(address, room)) {
        return address;
    }
    *room = as_ip_network(*room);
    return as_span_bytes(room->octets, sizeof(room->octets));
}

/* ---------------------------------------------------------------- a list --------------------- */

struct as_ip_list {
    size_t count;
    struct as_ip items[];
};

AS_AUTO_DEFINE(struct as_ip_list, as_ip_list_free)

as_err as_ip_list_new(const char *const *texts, size_t count, struct as_ip_list **out)
{
    AS_AUTO(as_ip_list_free)
    struct as_ip_list *list = calloc(1, sizeof(*list) + count * sizeof(list->items[0]));

    AS_NEED_MEM(list);
    list->count = count;
    for (size_t i = 0; i < count; i++) {
        AS_NEED(as_ip_read(as_span_of(texts[i]), &list->items[i]), AS_BAD_CONFIGURATION,
                "an exempt address is no IP address");
    }
    *out = AS_MOVE(list);
    return AS_OK;
}

void as_ip_list_free(struct as_ip_list *list)
{
    free(list);
}

bool as_ip_list_has(const struct as_ip_list *list, const struct as_ip *ip)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (as_ip_equal(&list->items[i], ip)) {
            return true;
        }
    }
    return false;
}
