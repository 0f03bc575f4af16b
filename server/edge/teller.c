/* SPDX-License-Identifier: Apache-2.0 */
#include "teller.h"

#include <stdarg.h>
#include <stdio.h>

void as_teller_say(const struct as_teller *teller, const char *format, ...)
{
    char message[512];
    va_list args;

    if (teller->tell == NULL) {
        return;
    }
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    teller->tell(teller->arg, teller->listener, message);
}
