/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: words, and flags anywhere among them. --name=value and --name value are the
 * same; a flag of the table of switches takes no value: --yes=no must not mean yes. Behind -- there
 * are words only. The word behind noun and verb may begin with one dash all the same where it is as
 * long as an id: the kid of a key is a thumbprint in base64url (REG-141), and one in 64 of them
 * does.
 */
#include "ctl.h"

#include <string.h>

/* Flags without a value. */
static const char *const switches[] = {"dry-run", "help", "version", "yes"};

static bool is_switch(const char *name)
{
    for (size_t i = 0; i < AS_COUNT(switches); i++) {
        if (strcmp(switches[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool set_output(struct ctl *ctl, const char *value)
{
    if (value != NULL && strcmp(value, "json") == 0) {
        ctl->json = true;
    } else if (value == NULL || strcmp(value, "table") != 0) {
        ctl_say(ctl, CTL_USAGE, "-o takes table or json");
        return false;
    }
    return true;
}

static bool add_flag(struct ctl *ctl, const char *name, const char *value)
{
    if (ctl->flag_count == CTL_FLAGS) {
        ctl_say(ctl, CTL_USAGE, "too many flags");
        return false;
    }
    ctl->flags[ctl->flag_count++] = (struct ctl_flag){name, value};
    return true;
}

/* One argument that begins with "--"; `next` is the one behind it, *used says that it was taken. */
static bool take_flag(struct ctl *ctl, char *text, const char *next, bool *used)
{
    char *equals = strchr(text, '=');
    const char *name = text + 2, *value = NULL;

    if (equals != NULL) {
        *equals = '\0';
        value = equals + 1;
    } else if (!is_switch(name)) {
        *used = next != NULL;
        value = next;
    }
    if ((value == NULL) != is_switch(name)) {
        ctl_say(ctl, CTL_USAGE, "--%s %s", name,
                value == NULL ? "wants a value" : "takes no value");
        return false;
    }
    if (strcmp(name, "output") == 0) {
        return set_output(ctl, value);
    }
    if (strcmp(name, "socket") == 0) {
        ctl->socket = value;
        return true;
    }
    return add_flag(ctl, name, value != NULL ? value : "");
}

static bool take_short(struct ctl *ctl, const char *text, const char *next, bool *used)
{
    *used = next != NULL;
    if (strcmp(text, "-o") == 0) {
        return set_output(ctl, next);
    }
    if (strcmp(text, "-s") == 0 && next != NULL) {
        ctl->socket = next;
        return true;
    }
    ctl_say(ctl, CTL_USAGE, "%s is no flag; see fapictl --help", text);
    return false;
}

/* What begins with one dash: is it an id, of 128 bits or more, that a verb takes? */
static bool is_argument(const struct ctl *ctl, const char *text)
{
    return ctl->word_count == 2 && strlen(text) >= AS_BASE64URL_LEN(16);
}

static bool take_word(struct ctl *ctl, const char *text)
{
    if (ctl->word_count == CTL_WORDS) {
        ctl_say(ctl, CTL_USAGE, "too many words: %s", text);
        return false;
    }
    ctl->words[ctl->word_count++] = text;
    return true;
}

bool ctl_args(int argc, char **argv, struct ctl *ctl)
{
    bool words_only = false;

    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        bool used = false, fine = true;

        if (words_only || argv[i][0] != '-' || argv[i][1] == '\0') {
            fine = take_word(ctl, argv[i]);
        } else if (strcmp(argv[i], "--") == 0) {
            words_only = true;
        } else if (argv[i][1] == '-') {
            fine = take_flag(ctl, argv[i], next, &used);
        } else if (is_argument(ctl, argv[i])) {
            fine = take_word(ctl, argv[i]);
        } else {
            fine = take_short(ctl, argv[i], next, &used);
        }
        if (!fine) {
            return false;
        }
        i += used;
    }
    return true;
}

const char *ctl_flag(const struct ctl *ctl, const char *name)
{
    for (size_t i = 0; i < ctl->flag_count; i++) {
        if (strcmp(ctl->flags[i].name, name) == 0) {
            return ctl->flags[i].value;
        }
    }
    return NULL;
}

bool ctl_is_repeated(const struct ctl *ctl, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(ctl->flags[i].name, ctl->flags[index].name) == 0) {
            return true;
        }
    }
    return false;
}
