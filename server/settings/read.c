/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files become a draft, by libconfuse. Its options are made from the table, all of them texts, and
 * each value is put into the draft by the callback that hears it, together with its place: what
 * libconfuse itself remembers is not used, since it forgets the first of two silently.
 *
 * libconfuse has no room for a pointer of ours and keeps its scanner in globals, so one reading
 * goes on at a time in a thread, and its draft stands in a variable of the thread meanwhile.
 */
#include "draft.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

AS_AUTO_DEFINE(cfg_t, cfg_free)

static _Thread_local struct reading {
    struct as_draft *draft;
    cfg_t *root;
    struct as_draft_section *open; /* NULL: none */
    unsigned depth;                /* files within files */
} reading;

static struct as_origin here(int line)
{
    struct as_origin at = {reading.draft->file, line};
    as_span name;

    if (!as_failed(as_arena_copy(reading.draft->mem, as_span_of(reading.root->filename), &name))) {
        at.file = name.ptr;
    }
    return at;
}

/* libconfuse's own findings. The name of the section helps where a setting is unknown. */
__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *format,
                                                           va_list arguments)
{
    char text[512];
    bool inside = cfg != reading.root;

    vsnprintf(text, sizeof(text), format, arguments);
    as_draft_refuse(reading.draft, here(cfg->line), "%s%s%s%s%s", text, inside ? " in " : "",
                    inside ? cfg->name : "", cfg->title != NULL ? " " : "",
                    cfg->title != NULL ? cfg->title : "");
}

static enum as_section_id section_named(const char *name)
{
    unsigned id = 1;

    while (id < AS_SECTIONS && strcmp(as_sections[id].name, name) != 0) {
        id++;
    }
    return (enum as_section_id)id;
}

/* The section that a value or a closing brace belongs to; opened by the first of them. */
static struct as_draft_section *section_of(cfg_t *cfg, int line)
{
    struct as_draft *draft = reading.draft;

    if (cfg == reading.root) {
        return as_draft_section(draft, AS_SECTION_ROOT, "");
    }
    if (reading.open == NULL) {
        reading.open = as_draft_open(draft, section_named(cfg->name),
                                     cfg->title != NULL ? cfg->title : "", here(line));
    }
    return reading.open;
}

/* libconfuse also finds "store|path" outside of its section. */
static bool is_own(const cfg_t *cfg, const cfg_opt_t *opt)
{
    const cfg_opt_t *own = cfg->opts;

    while (own->name != NULL && own != opt) {
        own++;
    }
    return own == opt;
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
    struct as_draft *draft = reading.draft;
    struct as_origin at = here(cfg->line);

    if (!is_own(cfg, opt)) {
        as_draft_refuse(draft, at, "no such option outside of its section: %s", opt->name);
        return 1;
    }
    struct as_draft_section *section = section_of(cfg, reading.root->line);
    if (section == NULL) {
        return 1;
    }
    const struct as_setting *row = as_setting_find(section->id, as_span_of(opt->name));
    const struct as_draft_value *value = &section->values[row - as_setting_table];
    /* libconfuse emptied the list for a new one, or overwrites a single value */
    if (value->given && opt->nvalues <= 1) {
        char path[AS_SETTING_PATH_TEXT];
        as_draft_path(section, row, path);
        as_draft_refuse(draft, at, "%s is given twice, first at %s:%d", path, value->at.file,
                        value->at.line);
        return 1;
    }
    *(const char **)result = text;
    return as_draft_put(draft, section, row, as_span_of(text), at) ? 0 : 1;
}

/* Called at the closing brace. */
static int on_section(cfg_t *cfg, cfg_opt_t *opt)
{
    cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
    bool fine = section_of(section, cfg->line) != NULL;

    reading.open = NULL;
    return fine ? 0 : 1;
}

/* The whole of a file; false, and a finding, otherwise. A pipe is as good as a file, but one that
 * nobody writes is not waited for: it is empty. */
static bool slurp(const char *path, struct as_origin at, struct as_buf *text)
{
    AS_AUTO_FD int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat about;
    bool opened = fd >= 0 && fstat(fd, &about) == 0 && fcntl(fd, F_SETFL, 0) == 0;

    if (opened && about.st_mode & S_IWOTH && S_ISREG(about.st_mode)) {
        as_draft_refuse(reading.draft, at, "%s may be written by everybody: chmod o-w", path);
        return false;
    }
    if (opened && as_file_read(fd, text)) {
        return true;
    }
    if (text->full) {
        as_draft_refuse(reading.draft, at, "%s is larger than %d octets", path,
                        AS_LIMIT_SETTING_FILE);
    } else {
        as_draft_refuse(reading.draft, at, "%s cannot be read: %s", path, strerrordesc_np(errno));
    }
    return false;
}

static bool load(const char *path, struct as_origin at, as_span *out)
{
    AS_AUTO_BUF struct as_buf text = AS_BUF(AS_LIMIT_SETTING_FILE + 1);

    return slurp(path, at, &text) && as_draft_scan(reading.draft, path, as_buf_span(&text), out);
}

AS_AUTO_DEFINE(FILE, fclose)
AS_AUTO_DEFINE(char, free)

/* Reads one file into the same draft. Its name stands in the root while it is read. */
static bool parse(const char *path, struct as_origin at)
{
    cfg_t *root = reading.root;
    char *outer = root->filename;
    int line = root->line;
    as_span text;

    if (!load(path, at, &text)) {
        return false;
    }
    AS_AUTO(fclose) FILE *stream = fmemopen((void *)(uintptr_t)text.ptr, text.len, "r");
    AS_AUTO(free) char *name = strdup(path);
    if (stream == NULL || name == NULL) {
        as_draft_refuse(reading.draft, at, "%s does not fit into memory", path);
        return false;
    }
    root->filename = name;
    bool fine = cfg_parse_fp(root, stream) == CFG_SUCCESS;
    root->filename = outer;
    root->line = line;
    return fine;
}

/* include("file"), relative to the file that says it. */
static int on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
    struct as_origin at = here(cfg->line);
    const char *slash = strrchr(cfg->filename, '/');
    int folder =
        slash != NULL && argc > 0 && argv[0][0] != '/' ? (int)(slash - cfg->filename) + 1 : 0;
    as_span path;

    (void)opt;
    if (argc != 1 || argv[0][0] == '\0') {
        as_draft_refuse(reading.draft, at, "include takes one file: include(\"file\")");
        return 1;
    }
    if (reading.depth == AS_LIMIT_SETTING_INCLUDES) {
        as_draft_refuse(reading.draft, at, "files are included too deeply, or in a circle");
        return 1;
    }
    if (as_failed(
            as_arena_printf(reading.draft->mem, &path, "%.*s%s", folder, cfg->filename, argv[0]))) {
        as_draft_refuse(reading.draft, at, "the configuration is too large");
        return 1;
    }
    reading.depth++;
    bool fine = parse(path.ptr, at);
    reading.depth--;
    return fine ? 0 : 1;
}

/* The options of libconfuse for one section: a text or a list of texts per row. */
static size_t make_options(enum as_section_id id, cfg_opt_t *out)
{
    size_t count = 0;

    for (size_t i = 0; i < as_setting_count; i++) {
        const struct as_setting *row = &as_setting_table[i];
        if (row->section == id) {
            out[count++] = (cfg_opt_t){
                .name = row->key,
                .type = CFGT_STR,
                .flags = CFGF_NODEFAULT | (row->list ? CFGF_LIST : CFGF_NONE),
                .parsecb = on_value,
            };
        }
    }
    return count;
}

static cfg_t *make_root(void)
{
    static const cfg_opt_t end = CFG_END();
    cfg_opt_t inner[AS_SECTIONS][AS_SETTING_MAX + 1];
    cfg_opt_t options[AS_SETTING_MAX + AS_SECTIONS + 2];
    size_t count = make_options(AS_SECTION_ROOT, options);

    for (unsigned id = 1; id < AS_SECTIONS; id++) {
        inner[id][make_options((enum as_section_id)id, inner[id])] = end;
        options[count++] = (cfg_opt_t){
            .name = as_sections[id].name,
            .type = CFGT_SEC,
            .flags =
                as_sections[id].titled ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE,
            .subopts = inner[id],
            .validcb = on_section,
        };
    }
    options[count++] = (cfg_opt_t)CFG_FUNC("include", on_include);
    options[count] = end;
    return cfg_init(options, CFGF_NONE); /* copies them */
}

bool as_draft_read(struct as_draft *draft)
{
    AS_AUTO(cfg_free) cfg_t *root = make_root();
    struct as_origin start = {draft->file, 1};

    if (root == NULL) {
        as_draft_refuse(draft, start, "the configuration does not fit into memory");
        return false;
    }
    cfg_set_error_function(root, on_error);
    reading = (struct reading){.draft = draft, .root = root};
    bool fine = parse(draft->file, start);
    /* not every syntax error of libconfuse has words */
    if (!fine && draft->errors == 0) {
        as_draft_refuse(draft, start, "the configuration cannot be read");
    }
    reading = (struct reading){0};
    return fine && draft->errors == 0;
}
