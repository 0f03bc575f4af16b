/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/ip.h"

#include <arpa/inet.h>
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
