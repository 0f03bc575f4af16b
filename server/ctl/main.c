/* SPDX-License-Identifier: Apache-2.0 */
#include "as/version.h"
#include "ctl.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA          (256 * 1024 * 1024)
#define DEFAULT_SOCKET "/run/fapid/admin.sock"

/* Clients and resource servers have the same verbs. */
#define PARTY                                                                                      \
    {                                                                                              \
        "client", "resource"                                                                       \
    }

static const struct {
    const char *nouns[2];
    const char *verb;     /* NULL: the noun says it all */
    const char *argument; /* NULL: none */
    const char *help;
    enum ctl_exit (*run)(const struct ctl *ctl);
} verbs[] = {
    {PARTY, "create", NULL, "register one", ctl_party_create},
    {PARTY, "show", "ID", "one of them", ctl_party_show},
    {PARTY, "list", NULL, "all of them", ctl_party_list},
    {PARTY, "update", "ID", "change what is given; --flag= takes a member away", ctl_party_update},
    {PARTY, "enable", "ID", "let it in again", ctl_party_enable},
    {PARTY, "disable", "ID", "refuse it; its tokens, and those for it, are inactive",
     ctl_party_disable},
    {PARTY, "delete", "ID", "remove it; its tokens end", ctl_party_delete},
    {PARTY, "export", NULL, "all of them as a JSON array", ctl_party_export},
    {PARTY, "import", "FILE", "register an array, all or none", ctl_party_import},
    {{"reload"}, NULL, NULL, "use the configuration as it is now; exit 1 when refused", ctl_reload},
    {{"token"}, "revoke", NULL, "--client-id ID: end all tokens of a client", ctl_token_revoke},
    {{"key"}, "list", NULL, "the server's own keys", ctl_key_list},
    {{"key"},
     "rotate",
     NULL,
     "publish successors; [--alg ALG] [--purpose access_token|signature]",
     ctl_key_rotate},
    {{"key"}, "retire", "KID", "its successor, once shown long enough, takes over", ctl_key_retire},
    {{"key"}, "revoke", "KID", "it goes at once, and what it made is inactive", ctl_key_revoke},
    {{"db"}, "status", NULL, "schema, size, rows", ctl_db_status},
    {{"db"}, "audit", NULL, "who changed what, oldest first", ctl_db_audit},
    {{"db"}, "backup", "FILE", "fapid writes a copy there, as its own user", ctl_db_backup},
    {{"db"}, "restore", "FILE", "--yes: everything as in the copy; all tokens end", ctl_db_restore},
    {{"db"}, "check", NULL, "read everything; exit 1 when something is wrong", ctl_db_check},
    {{"iat"}, "create", NULL, "make a token to register with, shown once", ctl_iat_create},
    {{"iat"}, "list", NULL, "all of them, without the tokens", ctl_iat_list},
    {{"iat"}, "revoke", "ID", "nothing more is registered with it", ctl_iat_revoke},
    {{"cert"}, "show", "FILE", "what a certificate says, as it is registered", ctl_cert_show},
    {{"cert"},
     "match",
     "FILE",
     "--tls-client-auth-...: does it carry this name? exit 0 or 1",
     ctl_cert_match},
};

static bool has_noun(size_t verb, const char *noun)
{
    for (size_t i = 0; i < AS_COUNT(verbs[verb].nouns); i++) {
        if (verbs[verb].nouns[i] != NULL && strcmp(verbs[verb].nouns[i], noun) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_meant(size_t verb, const struct ctl *ctl)
{
    const char *wanted = verbs[verb].verb;

    return ctl->word_count > 0 && has_noun(verb, ctl->words[0]) &&
           (wanted == NULL || (ctl->word_count > 1 && strcmp(wanted, ctl->words[1]) == 0));
}

static enum ctl_exit run_with(size_t verb, const struct ctl *ctl)
{
    const char *name = verbs[verb].verb, *argument = verbs[verb].argument;
    size_t wanted = (size_t)1 + (name != NULL) + (argument != NULL);

    return ctl->word_count == wanted
               ? verbs[verb].run(ctl)
               : ctl_say(ctl, CTL_USAGE, "%s%s%s wants %s; see fapictl --help", ctl->words[0],
                         name != NULL ? " " : "", name != NULL ? name : "",
                         argument != NULL ? argument : "no argument");
}

static int help(void)
{
    printf("fapictl [--socket PATH] [-o table|json] NOUN VERB [ARGUMENT] [--flag VALUE]...\n\n");
    for (size_t i = 0; i < AS_COUNT(verbs); i++) {
        const char *other = verbs[i].nouns[1];
        char noun[32];

        snprintf(noun, sizeof(noun), "%s%s%s", verbs[i].nouns[0], other != NULL ? "|" : "",
                 other != NULL ? other : "");
        printf("  %-15s %-7s %-4s %s\n", noun, verbs[i].verb != NULL ? verbs[i].verb : "",
               verbs[i].argument != NULL ? verbs[i].argument : "", verbs[i].help);
    }
    printf("\ncreate and update:\n");
    printf("  --%-44s %s\n", "certificate FILE", "take identifier or x5c from this certificate");
    printf("  --%-44s %s\n", "json FILE", "start from this object; - is standard input");
    printf("  --%-44s %s\n", "dry-run", "check everything, write nothing");
    ctl_members_help();
    printf("\niat create:\n");
    printf("  --%-44s %s\n", "profile NAME", "of what is registered with it; default fapi1");
    printf("  --%-44s %s\n", "scope VALUES", "what may be asked for; default none");
    printf("  --%-44s %s\n", "uses NUMBER", "registrations; default 1");
    printf("  --%-44s %s\n", "expires-in TIME", "90s, 30m, 12h, 7d; default 24h");
    printf("\nBehind -- nothing is a flag: for an argument that begins with two dashes.\n");
    printf("The socket: --socket, else FAPICTL_SOCKET, else " DEFAULT_SOCKET "\n");
    return CTL_FINE;
}

static enum ctl_exit run_verb(const struct ctl *ctl)
{
    if (ctl_flag(ctl, "help") != NULL) {
        return (enum ctl_exit)help();
    }
    if (ctl_flag(ctl, "version") != NULL) {
        printf("fapictl " AS_VERSION "\n");
        return CTL_FINE;
    }
    for (size_t i = 0; i < AS_COUNT(verbs); i++) {
        if (is_meant(i, ctl)) {
            return run_with(i, ctl);
        }
    }
    return ctl->word_count < 2
               ? ctl_say(ctl, CTL_USAGE, "wants a noun and a verb; see fapictl --help")
               : ctl_say(ctl, CTL_USAGE, "there is no %s %s; see fapictl --help", ctl->words[0],
                         ctl->words[1]);
}

/* What nobody could read was not done: a token that is shown once may be lost with it. */
static enum ctl_exit run(const struct ctl *ctl)
{
    enum ctl_exit code = run_verb(ctl);
    bool lost = fflush(stdout) != 0 || ferror(stdout) != 0;

    return lost && code == CTL_FINE
               ? ctl_say(ctl, CTL_REFUSED, "it is done, but what it says cannot be written")
               : code;
}

int main(int argc, char **argv)
{
    const char *socket = getenv("FAPICTL_SOCKET");
    struct ctl ctl = {
        .socket = socket != NULL && socket[0] != '\0' ? socket : DEFAULT_SOCKET,
        .mem = as_arena_new(ARENA),
    };
    enum ctl_exit code = CTL_REFUSED;

    if (ctl.mem != NULL) {
        code = ctl_args(argc, argv, &ctl) ? run(&ctl) : CTL_USAGE;
    }
    as_arena_free(ctl.mem);
    return (int)code;
}
