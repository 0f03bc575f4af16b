/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attribute types known by a keyword: the table of RFC 4514 3, then what certificates of banks
 * carry besides (MTLS-33). Any other type is written by its OID.
 */
#include "dn.h"

struct type_row {
    const char *keyword;
    as_span oid;
};

static const struct type_row types[] = {
    {"CN", {"\x55\x04\x03", 3}},
    {"L", {"\x55\x04\x07", 3}},
    {"ST", {"\x55\x04\x08", 3}},
    {"O", {"\x55\x04\x0a", 3}},
    {"OU", {"\x55\x04\x0b", 3}},
    {"C", {"\x55\x04\x06", 3}},
    {"STREET", {"\x55\x04\x09", 3}},
    {"DC", {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10}},
    {"UID", {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", 10}},
    {"SN", {"\x55\x04\x04", 3}},
    {"serialNumber", {"\x55\x04\x05", 3}},
    {"title", {"\x55\x04\x0c", 3}},
    {"businessCategory", {"\x55\x04\x0f", 3}},
    {"givenName", {"\x55\x04\x2a", 3}},
    {"GN", {"\x55\x04\x2a", 3}}, /* as the openssl command prints it; read only */
    {"organizationIdentifier", {"\x55\x04\x61", 3}},
    {"emailAddress", {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9}},
    {"jurisdictionL", {"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x01", 11}},
    {"jurisdictionST", {"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x02", 11}},
    {"jurisdictionC", {"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", 11}},
};

as_span as_dn_type_oid(as_span keyword)
{
    for (size_t i = 0; i < AS_COUNT(types); i++) {
        if (as_span_equal_nocase(keyword, as_span_of(types[i].keyword))) {
            return types[i].oid;
        }
    }
    return AS_SPAN_NONE;
}

const char *as_dn_type_keyword(as_span oid)
{
    for (size_t i = 0; i < AS_COUNT(types); i++) {
        if (as_span_equal(oid, types[i].oid)) {
            return types[i].keyword;
        }
    }
    return NULL;
}
