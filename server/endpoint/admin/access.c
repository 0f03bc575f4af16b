/* SPDX-License-Identifier: Apache-2.0 */
/* Who may administrate: root, the daemon's own user, members of admin.group (design D15). */
#include "admin.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

/* Is the user a member of the group, primary or supplementary? Asks the system's databases, so it
 * runs on job threads alone. A question that cannot be answered is no. */
static bool is_member(uid_t uid, gid_t primary, gid_t wanted)
{
    struct passwd entry, *found = NULL;
    char text[4096];
    gid_t groups[AS_LIMIT_ADMIN_GROUPS];
    int count = AS_LIMIT_ADMIN_GROUPS;

    if (primary == wanted) {
        return true;
    }
    if (getpwuid_r(uid, &entry, text, sizeof(text), &found) != 0 || found == NULL ||
        getgrouplist(found->pw_name, found->pw_gid, groups, &count) < 0) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (groups[i] == wanted) {
            return true;
        }
    }
    return false;
}

as_err as_admin_check(const struct as_visit *visit)
{
    const struct as_peer *peer = visit->peer;
    const struct as_generation_conf *conf = &visit->generation->conf;

    AS_NEED(peer->listener->kind == AS_LISTENER_SOCKET, AS_NOT_ALLOWED, "not the admin socket");
    if (peer->uid == 0 || peer->uid == geteuid()) {
        return AS_OK;
    }
    AS_NEED(conf->admin_group_set && is_member(peer->uid, peer->gid, conf->admin_group),
            AS_NOT_ALLOWED, "not root, not the server's user, not in admin.group");
    return AS_OK;
}
