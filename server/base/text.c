/* SPDX-License-Identifier: Apache-2.0 */
#include "as/base/text.h"

#include "as/base/ascii.h"

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Writes the characters of the bytes, four for three, without padding; returns how many. */
static size_t encode(const char *alphabet, as_span bytes, char *out)
{
    const unsigned char *from = as_span_u8(bytes);
    size_t len = 0;

    for (size_t at = 0; at < bytes.len; at += 3) {
        const size_t left = bytes.len - at;
        const uint32_t bits = (uint32_t)from[at] << 16 |
                              (left > 1 ? (uint32_t)from[at + 1] << 8 : 0) |
                              (left > 2 ? from[at + 2] : 0);
        out[len++] = alphabet[bits >> 18];
        out[len++] = alphabet[bits >> 12 & 0x3F];
        if (left > 1) {
            out[len++] = alphabet[bits >> 6 & 0x3F];
        }
        if (left > 2) {
            out[len++] = alphabet[bits & 0x3F];
        }
    }
    return len;
}

/* By ranges: a search in the alphabet was half the work of opening a token. */
static bool digit_of(const char *alphabet, char c, uint32_t *out)
{
    if (c >= 'A' && c <= 'Z') {
        *out = (uint32_t)(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
        *out = (uint32_t)(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
        *out = (uint32_t)(c - '0') + 52;
    } else if (c == alphabet[62] || c == alphabet[63]) {
        *out = c == alphabet[62] ? 62 : 63;
    } else {
        return false;
    }
    return true;
}

/* Undoes encode(). `out` has room for text.len * 3 / 4 octets; *len is written on success only. */
static bool decode(const char *alphabet, as_span text, unsigned char *out, size_t *len)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t done = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint32_t digit = 0;
        if (!digit_of(alphabet, text.ptr[i], &digit)) {
            return false;
        }
        bits = bits << 6 | digit;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[done++] = (unsigned char)(bits >> held);
        }
    }
    /* Six bits left: a lone character. Bits that are not zero: a second text for the same octets.
     */
    if (held >= 6 || (bits & ((1U << held) - 1)) != 0) {
        return false;
    }
    *len = done;
    return true;
}

/* The octets that `text` characters decode to, without the overflow of len * 3. */
static size_t decoded_len(size_t text)
{
    return text / 4 * 3 + text % 4 * 3 / 4;
}

void as_base64url_write(as_span bytes, char *out)
{
    out[encode(base64url, bytes, out)] = '\0';
}

bool as_base64url_parse(as_span text, void *out, size_t room, size_t *len)
{
    return decoded_len(text.len) <= room && decode(base64url, text, out, len);
}

static as_err take(struct as_arena *mem, const char *alphabet, as_span text, as_span *out)
{
    size_t len = 0;
    unsigned char *bytes = as_arena_alloc(mem, decoded_len(text.len) + 1);

    AS_NEED_MEM(bytes);
    AS_NEED(decode(alphabet, text, bytes, &len), AS_INVALID_REQUEST, "base64 is ill-formed");
    *out = as_span_bytes(bytes, len);
    return AS_OK;
}

as_err as_base64url_take(struct as_arena *mem, as_span text, as_span *out)
{
    return take(mem, base64url, text, out);
}

as_err as_base64_take(struct as_arena *mem, as_span text, as_span *out)
{
    AS_NEED(text.len % 4 == 0, AS_INVALID_REQUEST, "base64 is ill-formed");
    for (int i = 0; i < 2 && text.len > 0 && text.ptr[text.len - 1] == '='; i++) {
        text.len--;
    }
    return take(mem, base64, text, out);
}

as_err as_base64_put(struct as_arena *mem, as_span bytes, as_span *out)
{
    AS_NEED(bytes.len <= SIZE_MAX / 2, AS_SERVER_ERROR, "out of memory");
    char *text = as_arena_alloc(mem, (bytes.len + 2) / 3 * 4 + 1);
    AS_NEED_MEM(text);
    size_t len = encode(base64, bytes, text);
    while (len % 4 != 0) {
        text[len++] = '=';
    }
    *out = (as_span){text, len};
    return AS_OK;
}

void as_hex_write(as_span bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = as_span_u8(bytes)[i];
        *out++ = digits[c >> 4];
        *out++ = digits[c & 0xF];
    }
    *out = '\0';
}

bool as_hex_parse(as_span text, void *out)
{
    unsigned char *octets = out;

    if (text.len % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < text.len; i += 2) {
        int high = as_ascii_hex(text.ptr[i]);
        int low = as_ascii_hex(text.ptr[i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        octets[i / 2] = (unsigned char)(high << 4 | low);
    }
    return true;
}
