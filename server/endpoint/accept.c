/* SPDX-License-Identifier: Apache-2.0 */
#include "accept.h"

/* qvalue of RFC 9110 12.4.2 in thousandths: 0, 0.5, 1.000; 0 for what is none. */
static unsigned weight_of(as_span text)
{
    unsigned weight = 0, unit = 1000;

    if (text.len == 0 || text.len > 5 || (text.ptr[0] != '0' && text.ptr[0] != '1') ||
        (text.len > 1 && text.ptr[1] != '.')) {
        return 0;
    }
    for (size_t i = 0; i < text.len; i += i == 0 ? 2 : 1, unit /= 10) {
        if (!as_ascii_is_digit(text.ptr[i])) {
            return 0;
        }
        weight += (unsigned)(text.ptr[i] - '0') * unit;
    }
    return weight <= 1000 ? weight : 0;
}

/* The weight of one element of the list, for this media type; -1: it is another. */
static int weight_in(as_span element, as_span type)
{
    as_span parameter, name;
    int weight = 1000;

    (void)as_span_cut(&element, ';', &parameter);
    if (!as_span_equal_nocase(as_span_trim(parameter), type)) {
        return -1;
    }
    while (as_span_cut(&element, ';', &parameter)) {
        (void)as_span_cut(&parameter, '=', &name);
        if (as_span_equal_nocase(as_span_trim(name), AS_LIT("q"))) {
            weight = (int)weight_of(as_span_trim(parameter));
        }
    }
    return weight;
}

/* The greatest weight that any Accept field gives the media type; 0: none does. */
static int weight(const struct as_http_request *request, const char *type)
{
    int best = 0;

    for (size_t i = 0; i < request->field_count; i++) {
        as_span rest = request->fields[i].value, element;

        while (as_span_is(request->fields[i].name, "accept") && as_span_cut(&rest, ',', &element)) {
            int found = weight_in(element, as_span_of(type));

            best = found > best ? found : best;
        }
    }
    return best;
}

bool as_accept_wants(const struct as_http_request *request, const char *type, const char *usual)
{
    int wanted = weight(request, type);

    return wanted > 0 && wanted >= weight(request, usual);
}
