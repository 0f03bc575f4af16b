/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about certificates as parties and tokens know them. */
#include "as/model.h"

#include <string.h>

bool as_party_has_certificate(const struct as_party *party,
                              const unsigned char thumbprint[AS_DIGEST])
{
    for (size_t i = 0; i < party->certificate_count; i++) {
        if (memcmp(party->certificates[i], thumbprint, AS_DIGEST) == 0) {
            return true;
        }
    }
    return false;
}

/* A link's octets (as/model.h). */
#define AT_LEN    32
#define AT_SERIAL 33
#define AT_END    53

void as_path_link_write(const struct as_path_link *link, unsigned char out[AS_PATH_LINK])
{
    memset(out, 0, AS_PATH_LINK);
    memcpy(out, link->issuer_spki, AS_DIGEST);
    out[AT_LEN] = link->serial_len;
    memcpy(out + AT_SERIAL, link->serial, link->serial_len);
    as_octets_put(out + AT_END, (uint64_t)link->not_after, AS_PATH_LINK - AT_END);
}

bool as_path_link_parse(const unsigned char in[AS_PATH_LINK], struct as_path_link *out)
{
    struct as_path_link link = {.serial_len = in[AT_LEN]};

    if (link.serial_len > sizeof(link.serial)) {
        return false;
    }
    memcpy(link.issuer_spki, in, AS_DIGEST);
    memcpy(link.serial, in + AT_SERIAL, link.serial_len);
    link.not_after = (as_time)as_octets_get(in + AT_END, AS_PATH_LINK - AT_END);
    *out = link;
    return true;
}
