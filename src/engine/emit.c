/*
 * All pointers in an event are valid only while the handler runs, so nothing is copied except
 * redacted texts.  The handler runs inside a turn: it may call fa_session_stop(), which only sets
 * a flag.
 *
 * Without memory for a redacted text, "?" is sent, never the text itself.
 */
#include "engine/emit.h"

#include <fetchall/redact.h>

#include "transfer/secret_key.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A program may have no handler: it then only gets the result of the run. */
void fa_emit_send(const struct fa_emitter *emitter, const struct fa_event *event)
{
    if (emitter->handler)
        emitter->handler(emitter->ctx, event);
}

struct fa_error fa_emit_redact(const struct fa_emitter *emitter, const struct fa_error *error)
{
    struct fa_error copy = *error;
    char *text = fa_redact_text(error->msg, emitter->secret_keys);
    snprintf(copy.msg, sizeof(copy.msg), "%s", text ? text : "?");
    free(text);
    return copy;
}

/* The URL was redacted when the request was prepared. */
/* A value may be a signed URL. */
char *fa_emit_redact_column(const struct fa_emitter *emitter, const struct fa_list_column *column)
{
    const char *keys = emitter->secret_keys;
    bool secret = fa_secret_key(column->name, strlen(column->name), strlen(column->value), keys);
    return secret ? strdup("***") : fa_redact_text(column->value, keys);
}

void fa_emit_started(const struct fa_emitter *emitter, const struct fa_job *job, const char *url)
{
    struct fa_event event = {.type = FA_EVENT_STARTED};
    if (job->robots)
        return; /* it is no entry */
    event.started.list = job->entry->list;
    event.started.line = job->entry->line;
    event.started.url = url;
    event.started.attempt = job->tries.attempts;
    event.started.tag = job->entry->tag;
    fa_emit_send(emitter, &event);
}

void fa_emit_retry(const struct fa_emitter *emitter, const struct fa_job *job, double wait)
{
    struct fa_event event = {.type = FA_EVENT_RETRY};
    if (job->robots)
        return;
    struct fa_error error = fa_emit_redact(emitter, &job->outcome.error);
    event.retry.list = job->entry->list;
    event.retry.line = job->entry->line;
    event.retry.url = job->effective_url;
    event.retry.attempt = job->tries.attempts;
    event.retry.wait = wait;
    event.retry.error = &error;
    fa_emit_send(emitter, &event);
}

void fa_emit_host(const struct fa_emitter *emitter, const struct fa_origin *origin,
                  enum fa_host_change change, double wait, double left)
{
    struct fa_event event = {.type = FA_EVENT_HOST};
    struct fa_error error = fa_emit_redact(emitter, &origin->last_error);
    event.host.origin = origin->name;
    event.host.change = change;
    event.host.wait = wait;
    event.host.left = left;
    event.host.entries = fa_origin_waiting(origin);
    event.host.error = &error;
    event.host.again = change == FA_HOST_BROKEN && origin->was_broken;
    fa_emit_send(emitter, &event);
}

/* Texts of notices can contain names, URLs and server text, so they are redacted as a whole. */
static void emit_text(const struct fa_emitter *emitter, const struct fa_entry *entry, bool detail,
                      const char *format, va_list args)
{
    char text[512];
    vsnprintf(text, sizeof(text), format, args);
    struct fa_event event = {.type = FA_EVENT_NOTICE};
    event.notice.detail = detail;
    char *printed = fa_redact_text(text, emitter->secret_keys);
    event.notice.text = printed ? printed : "?";
    if (entry) {
        event.notice.list = entry->list;
        event.notice.line = entry->line;
    }
    fa_emit_send(emitter, &event);
    free(printed);
}

void fa_emit_notice(const struct fa_emitter *emitter, const struct fa_entry *entry,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit_text(emitter, entry, false, format, args);
    va_end(args);
}

void fa_emit_entry_detail(const struct fa_emitter *emitter, const struct fa_entry *entry,
                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    emit_text(emitter, entry, true, format, args);
    va_end(args);
}

/* For texts of our own, which contain nothing secret; shown with -v only. */
void fa_emit_detail(const struct fa_emitter *emitter, const char *text)
{
    struct fa_event event = {.type = FA_EVENT_NOTICE};
    event.notice.text = text;
    event.notice.detail = true;
    fa_emit_send(emitter, &event);
}

/* It is the user's own program that prints the text, so nothing in it is redacted. */
void fa_emit_output(const struct fa_emitter *emitter, const struct fa_job *job, const char *text)
{
    struct fa_event event = {.type = FA_EVENT_OUTPUT};
    event.output.list = job->entry->list;
    event.output.line = job->entry->line;
    event.output.path = job->place.path;
    event.output.text = text;
    fa_emit_send(emitter, &event);
}
