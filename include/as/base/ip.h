/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP addresses: as text, as one value that compares octet for octet, and as lists of them. Threads:
 * any; a list is immutable.
 */
#ifndef AS_BASE_IP_H
#define AS_BASE_IP_H

#include "as/base/err.h"
#include "as/base/span.h"

struct sockaddr_storage; /* sys/socket.h */

/*
 * Reads an address of the family AF_INET into 4 octets, of AF_INET6 into 16, as inet_pton does: no
 * brackets, no zone, no leading zeros of a decimal part. False when it is none.
 */
bool as_ip_parse(int family, as_span text, void *out);

/* An address of either family. IPv4 stands as in RFC 4291 2.5.5.2 (::ffff:192.0.2.1), so that an
 * address has one form, whatever socket or text it comes from. */
struct as_ip {
    unsigned char octets[16];
};

/* False, and all zero, when the text or the socket's address is none. */
bool as_ip_read(as_span text, struct as_ip *out);
bool as_ip_of(const struct sockaddr_storage *from, struct as_ip *out);
bool as_ip_equal(const struct as_ip *a, const struct as_ip *b);

/*
 * What one caller has: whoever has an IPv6 address has the other 2^64 of its link too (RFC 4291
 * 2.5.4), which are one network; an IPv4 address stands for itself.
 */
struct as_ip as_ip_network(struct as_ip ip);
/* What a caller is counted by, whose address is this text: its network, kept in *room, or the text
 * itself where that is no address (a socket). */
as_span as_ip_caller(as_span address, struct as_ip *room);

/* Addresses, not networks. Errors: AS_BAD_CONFIGURATION when a text is no address. */
struct as_ip_list;
as_err as_ip_list_new(const char *const *texts, size_t count, struct as_ip_list **out);
/* NULL is allowed, for both: a list of none. */
void as_ip_list_free(struct as_ip_list *list);
bool as_ip_list_has(const struct as_ip_list *list, const struct as_ip *ip);

#endif
