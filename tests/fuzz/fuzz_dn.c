/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distinguished names, as RFC 4514 text and as DER. Properties: the text that is written of a name
 * reads back, and to the same canonical octets; capitals for small letters and small letters for
 * capitals make no other name of it; nothing but a flaw comes of foreign octets.
 */
#include "fuzz.h"
#include "trust/dn.h"

#include <string.h>

/* Written and read again, the name is the same. */
static void check_again(const struct as_dn *dn, struct as_arena *mem)
{
    as_span text = AS_SPAN_NONE;
    as_span canon = AS_SPAN_NONE;
    as_span again_canon = AS_SPAN_NONE;
    struct as_dn again;
    as_dn_flaw flaw = NULL;
    as_dn_flaw again_flaw = NULL;

    FUZZ_HOLDS(!as_failed(as_dn_write(dn, mem, &text)));
    FUZZ_HOLDS(!as_failed(as_dn_canon(dn, mem, &canon, &flaw)));
    FUZZ_HOLDS(as_span_is_utf8(text) && !as_span_has_control(text));
    if (dn->count == 0 || text.len > AS_LIMIT_DN_OCTETS) {
        return;
    }
    FUZZ_HOLDS(!as_failed(as_dn_of_text(text, mem, &again, &again_flaw)));
    FUZZ_HOLDS(again_flaw == NULL);
    FUZZ_HOLDS(again.count == dn->count && again.rdns == dn->rdns);
    FUZZ_HOLDS(!as_failed(as_dn_canon(&again, mem, &again_canon, &again_flaw)));
    FUZZ_HOLDS((flaw == NULL) == (again_flaw == NULL));
    FUZZ_HOLDS(flaw != NULL || (canon.len > 0 && as_span_equal(canon, again_canon)));
}

/* No type that is known distinguishes cases (RFC 4519), and no escape does. */
static void check_case(as_span text, as_span canon, struct as_arena *mem)
{
    char *other = malloc(text.len);
    as_span again = AS_SPAN_NONE;
    struct as_dn dn;
    as_dn_flaw flaw = NULL;

    FUZZ_HOLDS(other != NULL);
    for (size_t i = 0; i < text.len; i++) {
        other[i] = (char)(as_ascii_is_letter(text.ptr[i]) ? text.ptr[i] ^ 0x20 : text.ptr[i]);
    }
    FUZZ_HOLDS(!as_failed(as_dn_of_text((as_span){other, text.len}, mem, &dn, &flaw)));
    FUZZ_HOLDS(flaw == NULL && !as_failed(as_dn_canon(&dn, mem, &again, &flaw)));
    FUZZ_HOLDS(flaw == NULL && as_span_equal(again, canon));
    free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct as_arena *mem = as_arena_new((size_t)64 * 1024 * 1024);
    struct as_dn dn;
    as_span canon = AS_SPAN_NONE;
    as_dn_flaw flaw = NULL;

    FUZZ_HOLDS(mem != NULL);
    FUZZ_HOLDS(!as_failed(as_dn_of_text(as_span_bytes(data, size), mem, &dn, &flaw)));
    if (flaw == NULL) {
        FUZZ_HOLDS(dn.count > 0 && dn.rdns > 0 && dn.rdns <= AS_LIMIT_DN_RDNS);
        check_again(&dn, mem);
        FUZZ_HOLDS(!as_failed(as_dn_canon(&dn, mem, &canon, &flaw)));
        if (flaw == NULL) {
            check_case(as_span_bytes(data, size), canon, mem);
        }
    }
    FUZZ_HOLDS(!as_failed(as_dn_of_der(as_span_bytes(data, size), mem, &dn, &flaw)));
    if (flaw == NULL) {
        check_again(&dn, mem);
    }
    as_arena_free(mem);
    return 0;
}
