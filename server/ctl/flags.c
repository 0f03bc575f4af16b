/* SPDX-License-Identifier: Apache-2.0 */
/* Which flags a verb takes: its own, and of some the members of a party. */
#include "ctl.h"

#include <string.h>

static bool is_listed(const char *const *names, const char *name)
{
    for (; *names != NULL; names++) {
        if (strcmp(*names, name) == 0) {
            return true;
        }
    }
    return false;
}

bool ctl_flags_known(const struct ctl *ctl, const char *const *names, bool members)
{
    for (size_t i = 0; i < ctl->flag_count; i++) {
        const char *name = ctl->flags[i].name;

        if (!is_listed(names, name) && !(members && ctl_is_member(name))) {
            const char *verb = ctl->words[1];
            ctl_say(ctl, CTL_USAGE, "--%s is no flag of %s%s%s", name, ctl->words[0],
                    verb != NULL ? " " : "", verb != NULL ? verb : "");
            return false;
        }
        if (ctl_is_repeated(ctl, i) && !ctl_may_repeat(name)) {
            ctl_say(ctl, CTL_USAGE, "--%s is given twice", name);
            return false;
        }
    }
    return true;
}

bool ctl_no_flags(const struct ctl *ctl)
{
    static const char *const none[] = {NULL};

    return ctl_flags_known(ctl, none, false);
}
