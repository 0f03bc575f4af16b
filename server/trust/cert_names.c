/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subjectAltName: the entries of the four kinds a client is known by, decoded once. Values are
 * octets with a length, never C strings (MTLS-35); what is no name of its kind stays in the list,
 * for whoever shows it, and matches nothing.
 */
#include "cert.h"
#include "name.h"

#include <arpa/inet.h>

static bool kind_of(int type, enum as_name_kind *kind)
{
    static const struct {
        int type;
        enum as_name_kind kind;
    } kinds[] = {
        {GEN_DNS, AS_NAME_SAN_DNS},
        {GEN_URI, AS_NAME_SAN_URI},
        {GEN_IPADD, AS_NAME_SAN_IP},
        {GEN_EMAIL, AS_NAME_SAN_EMAIL},
    };

    for (size_t i = 0; i < AS_COUNT(kinds); i++) {
        if (kinds[i].type == type) {
            *kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

/* Visible ASCII as it is, anything else and the backslash as \hh. */
static as_err write_octets(as_span octets, struct as_arena *mem, as_span *text)
{
    char *out = as_arena_alloc(mem, octets.len * 3 + 1);
    size_t len = 0;

    AS_NEED_MEM(out);
    for (size_t i = 0; i < octets.len; i++) {
        unsigned char c = as_span_u8(octets)[i];
        if (c > 0x20 && c < 0x7F && c != '\\') {
            out[len++] = (char)c;
            continue;
        }
        out[len++] = '\\';
        as_hex_write((as_span){octets.ptr + i, 1}, out + len);
        len += 2;
    }
    *text = (as_span){out, len};
    return AS_OK;
}

/* RFC 5952, which is what inet_ntop writes; other lengths than 4 and 16 as octets (MTLS-40). */
static as_err read_ip(as_span octets, struct as_arena *mem, struct as_cert_name *name)
{
    char text[INET6_ADDRSTRLEN];

    if (octets.len != 4 && octets.len != 16) {
        return write_octets(octets, mem, &name->text);
    }
    inet_ntop(octets.len == 4 ? AF_INET : AF_INET6, octets.ptr, text, sizeof(text));
    AS_TRY(as_arena_copy(mem, octets, &name->canon));
    return as_arena_copy(mem, as_span_of(text), &name->text);
}

static as_err read_name(const GENERAL_NAME *entry, struct as_arena *mem, struct as_cert_name *name)
{
    int type = 0;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(entry, &type);
    as_span octets = as_span_bytes(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));

    if (name->kind == AS_NAME_SAN_IP) {
        return read_ip(octets, mem, name);
    }
    name->wildcard = name->kind == AS_NAME_SAN_DNS && as_span_has_byte(octets, '*');
    (void)as_name_canon(name->kind, octets, mem, &name->canon);
    return write_octets(octets, mem, &name->text);
}

as_err as_cert_read_names(X509 *x509, struct as_arena *mem, struct as_cert *cert)
{
    int critical = 0;
    AS_AUTO(GENERAL_NAMES_free)
    GENERAL_NAMES *entries = X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, NULL);
    int count = sk_GENERAL_NAME_num(entries);

    if (entries == NULL && critical != -1) {
        as_cert_blame(cert, "cert_malformed", "subjectAltName cannot be decoded");
        return AS_OK;
    }
    if (count > AS_LIMIT_CERT_NAMES) {
        as_cert_blame(cert, "cert_malformed", "subjectAltName has too many entries");
        return AS_OK;
    }
    if (count <= 0) {
        return AS_OK;
    }
    struct as_cert_name *names = as_arena_array(mem, (size_t)count, sizeof(*names));
    AS_NEED_MEM(names);
    for (int i = 0; i < count; i++) {
        const GENERAL_NAME *entry = sk_GENERAL_NAME_value(entries, i);
        if (kind_of(entry->type, &names[cert->name_count].kind)) {
            AS_TRY(read_name(entry, mem, &names[cert->name_count]));
            cert->name_count++;
        }
    }
    cert->names = names;
    return AS_OK;
}
