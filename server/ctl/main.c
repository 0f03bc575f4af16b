/* SPDX-License-Identifier: Apache-2.0 */
#include "as/version.h"
#include "ctl.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA          (256 * 1024 * 1024)
#define DEFAULT_SOCKET "/run/fapid/admin.sock"

static const struct {
    const char *noun;
    const char *verb;
    const char *argument; /* NULL: none */
    const char *help;
    enum ctl_exit (*run)(const struct ctl *ctl);
} verbs[] = {
    {"client", "create", NULL, "register a client", ctl_party_create},
    {"client", "show", "ID", "one client", ctl_party_show},
    {"client", "list", NULL, "all clients", ctl_party_list},
    {"client", "update", "ID", "change what is given; --flag= takes a member away",
     ctl_party_update},
    {"client", "enable", "ID", "let it in again", ctl_party_enable},
    {"client", "disable", "ID", "refuse it and its tokens", ctl_party_disable},
    {"client", "delete", "ID", "remove it; its tokens end", ctl_party_delete},
    {"client", "export", NULL, "all clients as a JSON array", ctl_party_export},
    {"client", "import", "FILE", "register an array, all or none", ctl_party_import},
    {"resource", "create", NULL, "register a resource server", ctl_party_create},
    {"resource", "show", "ID", "one resource server", ctl_party_show},
    {"resource", "list", NULL, "all resource servers", ctl_party_list},
    {"resource", "update", "ID", "change what is given; --flag= takes a member away",
     ctl_party_update},
    {"resource", "enable", "ID", "let it in again", ctl_party_enable},
    {"resource", "disable", "ID", "refuse it; tokens for it are inactive", ctl_party_disable},
    {"resource", "delete", "ID", "remove it", ctl_party_delete},
    {"resource", "export", NULL, "all resource servers as a JSON array", ctl_party_export},
    {"resource", "import", "FILE", "register an array, all or none", ctl_party_import},
    {"token", "revoke", NULL, "--client-id ID: end all tokens of a client", ctl_token_revoke},
    {"cert", "show", "FILE", "what a certificate says, as it is registered", ctl_cert_show},
    {"cert", "match", "FILE", "does it carry this name? exit 0 or 1", ctl_cert_match},
};

static int help(void)
{
    printf("fapictl [--socket PATH] [-o table|json] NOUN VERB [ARGUMENT] [--flag VALUE]...\n\n");
    for (size_t i = 0; i < AS_COUNT(verbs); i++) {
        printf("  %-9s %-8s %-5s %s\n", verbs[i].noun, verbs[i].verb,
               verbs[i].argument != NULL ? verbs[i].argument : "", verbs[i].help);
    }
    printf("\ncreate and update:\n");
    printf("  --%-44s %s\n", "certificate FILE", "take identifier or x5c from this certificate");
    printf("  --%-44s %s\n", "json FILE", "start from this object; - is standard input");
    printf("  --%-44s %s\n", "dry-run", "check everything, write nothing");
    ctl_members_help();
    printf("\nThe socket: --socket, else FAPICTL_SOCKET, else " DEFAULT_SOCKET "\n");
    return CTL_FINE;
}

static enum ctl_exit run(const struct ctl *ctl)
{
    if (ctl_flag(ctl, "help") != NULL) {
        return (enum ctl_exit)help();
    }
    if (ctl_flag(ctl, "version") != NULL) {
        printf("fapictl " AS_VERSION "\n");
        return CTL_FINE;
    }
    if (ctl->word_count < 2) {
        return ctl_say(ctl, CTL_USAGE, "wants a noun and a verb; see fapictl --help");
    }
    for (size_t i = 0; i < AS_COUNT(verbs); i++) {
        if (strcmp(verbs[i].noun, ctl->words[0]) == 0 &&
            strcmp(verbs[i].verb, ctl->words[1]) == 0) {
            size_t wanted = verbs[i].argument != NULL ? 3 : 2;

            return ctl->word_count == wanted
                       ? verbs[i].run(ctl)
                       : ctl_say(ctl, CTL_USAGE, "%s %s wants %s", ctl->words[0], ctl->words[1],
                                 wanted == 3 ? verbs[i].argument : "no argument");
        }
    }
    return ctl_say(ctl, CTL_USAGE, "there is no %s %s; see fapictl --help", ctl->words[0],
                   ctl->words[1]);
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
