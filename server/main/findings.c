/* SPDX-License-Identifier: Apache-2.0 */
#include "findings.h"

#include <stdarg.h>
#include <string.h>

static const char warning[] = "warning: ";

static void show(const struct as_findings *findings, enum as_log_level level,
                 const struct as_finding *finding)
{
    if (findings->to == NULL) {
        AS_LOG(level, "configuration", AS_LOG_TEXT("where", finding->where),
               AS_LOG_TEXT("message", finding->message));
        return;
    }
    fprintf(findings->to, "%s%s%s%s\n", finding->where, finding->where[0] != '\0' ? ": " : "",
            level == AS_LOG_WARNING ? warning : "", finding->message);
}

static void take(struct as_findings *findings, enum as_log_level level)
{
    findings->warnings += level == AS_LOG_WARNING;
    if (level == AS_LOG_ERROR && findings->refusals++ == 0) {
        findings->first = findings->last;
    }
    show(findings, level, &findings->last);
}

void as_findings_tell(struct as_findings *findings, enum as_log_level level, const char *key,
                      const char *format, ...)
{
    va_list arguments;

    findings->last.where[0] = '\0';
    if (key != NULL && findings->settings != NULL) {
        as_settings_where(findings->settings, key, findings->last.where);
    }
    va_start(arguments, format);
    vsnprintf(findings->last.message, sizeof(findings->last.message), format, arguments);
    va_end(arguments);
    take(findings, level);
}

/* The text comes whole: `file:line: message` or `file:line: warning: message`. */
void as_findings_of_settings(void *arg, const char *message)
{
    struct as_findings *findings = arg;
    struct as_finding *last = &findings->last;
    const char *colon = strstr(message, ": ");
    size_t len = colon != NULL ? (size_t)(colon - message) : 0;
    const char *says = colon != NULL ? colon + 2 : message;
    bool warns = strncmp(says, warning, sizeof(warning) - 1) == 0;

    snprintf(last->where, sizeof(last->where), "%.*s", (int)len, message);
    snprintf(last->message, sizeof(last->message), "%s", says + (warns ? sizeof(warning) - 1 : 0));
    take(findings, warns ? AS_LOG_WARNING : AS_LOG_ERROR);
}

void as_findings_of_trust(void *arg, const char *group, const char *file, const char *message,
                          bool fatal)
{
    char key[AS_SETTINGS_KEY];

    snprintf(key, sizeof(key), "trust.%s.anchors", group);
    as_findings_tell(arg, fatal ? AS_LOG_ERROR : AS_LOG_WARNING, key, "%s%s%s",
                     file != NULL ? file : "", file != NULL ? ": " : "", message);
}

static bool is_of_one(const char *message, const char *const *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(files[i]);

        if (strncmp(message, files[i], len) == 0 && message[len] == ':') {
            return true;
        }
    }
    return false;
}

/* The setting of a listener that a message is about: one that it names at its beginning, or that of
 * the file it begins with. */
static const char *setting_of(const struct as_settings *settings, const char *listener,
                              const char *message)
{
    static const char *const named[] = {"max_cert_list", "client_certificate"};

    for (size_t i = 0; i < AS_COUNT(named); i++) {
        if (is_of_one(message, &named[i], 1)) {
            return named[i];
        }
    }
    for (size_t i = 0; settings != NULL && i < settings->listener_count; i++) {
        const struct as_listener_settings *one = &settings->listeners[i];

        if (strcmp(one->name, listener) == 0) {
            return is_of_one(message, one->certificate, one->certificate_count) ? "certificate"
                   : is_of_one(message, one->key, one->key_count)               ? "key"
                                                                                : "address";
        }
    }
    return "address";
}

void as_findings_of_edge(void *arg, const char *listener, const char *message)
{
    const struct as_findings *findings = arg;
    bool warns = strncmp(message, warning, sizeof(warning) - 1) == 0;
    const char *says = message + (warns ? sizeof(warning) - 1 : 0);
    char key[AS_SETTINGS_KEY];

    if (strcmp(listener, "admin-socket") == 0 || strcmp(listener, "admin-http") == 0) {
        snprintf(key, sizeof(key), "admin.%s", listener + strlen("admin-"));
    } else {
        snprintf(key, sizeof(key), "listener.%s.%s", listener,
                 setting_of(findings->settings, listener, says));
    }
    as_findings_tell(arg, warns ? AS_LOG_WARNING : AS_LOG_NOTICE, listener[0] != '\0' ? key : NULL,
                     "%s%s%s", listener, listener[0] != '\0' ? ": " : "", says);
}

void as_findings_blame_last(struct as_findings *findings, const char *else_)
{
    if (findings->refusals++ > 0) {
        return;
    }
    findings->first = findings->last;
    if (findings->first.message[0] == '\0') {
        snprintf(findings->first.message, sizeof(findings->first.message), "%s", else_);
    }
}
