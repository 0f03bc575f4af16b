/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses as text. Threads: any. */
#ifndef AS_BASE_IP_H
#define AS_BASE_IP_H

#include "as/base/span.h"

/*
 * Reads an address of the family AF_INET into 4 octets, of AF_INET6 into 16, as inet_pton does: no
 * brackets, no zone, no leading zeros of a decimal part. False when it is none.
 */
bool as_ip_parse(int family, as_span text, void *out);

#endif
