/* SPDX-License-Identifier: Apache-2.0 */
#include "conf.h"

#include <stdlib.h>
#include <string.h>

#define CONF_MAX ((size_t)4 * 1024 * 1024) /* the settings hold far less */

static as_err copy_text(struct as_arena *mem, const char **text)
{
    return *text != NULL ? as_arena_text(mem, as_span_of(*text), text) : AS_OK;
}

static as_err copy_list(struct as_arena *mem, const char *const **list, size_t count)
{
    const char **copy = as_arena_array(mem, count, sizeof(*copy));

    AS_NEED_MEM(copy);
    for (size_t i = 0; i < count; i++) {
        copy[i] = (*list)[i];
        AS_TRY(copy_text(mem, &copy[i]));
    }
    *list = copy;
    return AS_OK;
}

static as_err copy_all(struct as_conf *conf)
{
    struct as_listener_conf *it = &conf->it;

    AS_TRY(copy_text(conf->mem, &it->name));
    AS_TRY(copy_text(conf->mem, &it->address));
    AS_TRY(copy_text(conf->mem, &it->note));
    AS_TRY(copy_list(conf->mem, &it->names, it->name_count));
    AS_TRY(copy_list(conf->mem, &it->certificate_files, it->certificate_count));
    return copy_list(conf->mem, &it->key_files, it->certificate_count);
}

static void free_conf(struct as_conf *conf)
{
    as_arena_free(conf->mem);
    free(conf);
}

struct as_conf *as_conf_new(const struct as_listener_conf *from)
{
    struct as_conf *conf = calloc(1, sizeof(*conf));

    if (conf == NULL) {
        return NULL;
    }
    conf->it = *from;
    conf->mem = as_arena_new(CONF_MAX);
    atomic_init(&conf->holders, 1);
    if (conf->mem == NULL || as_failed(copy_all(conf))) {
        free_conf(conf);
        return NULL;
    }
    return conf;
}

struct as_conf *as_conf_hold(struct as_conf *conf)
{
    atomic_fetch_add_explicit(&conf->holders, 1, memory_order_relaxed);
    return conf;
}

void as_conf_drop(struct as_conf *conf)
{
    if (conf != NULL && atomic_fetch_sub_explicit(&conf->holders, 1, memory_order_acq_rel) == 1) {
        free_conf(conf);
    }
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_group(const struct as_listener_conf *a, const struct as_listener_conf *b)
{
    return a->socket_group_set == b->socket_group_set &&
           (!a->socket_group_set || a->socket_group == b->socket_group);
}

const char *as_conf_difference(const struct as_listener_conf *a, const struct as_listener_conf *b)
{
    const struct {
        bool same;
        const char *what;
    } rows[] = {
        {same_text(a->name, b->name), "name"},
        {a->kind == b->kind, "kind"},
        {same_text(a->address, b->address), "address"},
        {a->kind != AS_LISTENER_SOCKET || same_group(a, b), "group"},
        {a->max_per_address == b->max_per_address, "max_per_address"},
        {a->site == b->site, "site"},
    };

    for (size_t i = 0; i < AS_COUNT(rows); i++) {
        if (!rows[i].same) {
            return rows[i].what;
        }
    }
    return NULL;
}
