/*
 * One JSON object per event.  The same functions serve --events and --progress json.
 *
 * Each event has a function of its own, whose json_pack() shows the object as the manual documents
 * it, in the same order.  If a value is NULL because memory ran out, json_pack() returns NULL, too,
 * so that the caller checks only once.
 *
 * The file is flushed after each event, because programs follow it while the run continues.  Only
 * entries that were never started are not flushed: see fa_events_write().
 */
#include "cli/events.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/json.h"
#include "cli/place.h"
#include "cli/report.h"

#define INTERVAL 1.0

static const char *const event_names[] = {
    [FA_EVENT_STARTED] = "started", [FA_EVENT_RETRY] = "retry",       [FA_EVENT_HOST] = "host",
    [FA_EVENT_DONE] = "done",       [FA_EVENT_PROGRESS] = "progress", [FA_EVENT_NOTICE] = "notice",
    [FA_EVENT_OUTPUT] = "output",
};

static const char *const change_names[] = {
    [FA_HOST_PAUSED] = "paused",
    [FA_HOST_BROKEN] = "broken",
    [FA_HOST_GIVEN_UP] = "given_up",
    [FA_HOST_BACK] = "back",
};

const char *fa_events_change(enum fa_host_change change)
{
    return change_names[change];
}

/* Null for an event without a line. */
static json_t *line_value(uint64_t line)
{
    return line ? fa_json_count(line) : json_null();
}

/* NULL without an error; the format "s?" writes that as null. */
static const char *class_of(const struct fa_error *error)
{
    return error && error->class != FA_CLASS_NONE ? fa_class_name(error->class) : NULL;
}

/* The status of a response. */
static json_t *status_of(const struct fa_error *error)
{
    return error && error->domain == FA_DOMAIN_HTTP ? json_integer(error->code) : json_null();
}

static json_t *message_of(const struct fa_error *error)
{
    return fa_json_text(class_of(error) ? error->msg : NULL);
}

static json_t *oldest_array(const struct fa_progress *p)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < p->n_oldest && i < FA_ACTIVE_MAX; ++i) {
        const struct fa_active *active = &p->oldest[i];
        json_t *object =
            json_pack("{s:o, s:o, s:o, s:o}", "url", fa_json_text(active->url), "bytes",
                      fa_json_count(active->bytes), "size", fa_json_size(active->size), "seconds",
                      fa_json_seconds(active->seconds));
        array = fa_json_append(array, object);
    }
    return array;
}

static json_t *started_object(const struct fa_event *event, double time)
{
    /* clang-format off */
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:i}",
        "event", event_names[event->type],
        "time", fa_json_seconds(time),
        "list", fa_json_text(fa_place_list(event->started.list)),
        "line", line_value(event->started.line),
        "url", fa_json_text(event->started.url),
        "attempt", event->started.attempt);
    /* clang-format on */
}

static json_t *retry_object(const struct fa_event *event, double time)
{
    /* clang-format off */
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:i, s:o, s:s?, s:o, s:o}",
        "event", event_names[event->type],
        "time", fa_json_seconds(time),
        "list", fa_json_text(fa_place_list(event->retry.list)),
        "line", line_value(event->retry.line),
        "url", fa_json_text(event->retry.url),
        "attempt", event->retry.attempt,
        "wait", fa_json_seconds(event->retry.wait),
        "class", class_of(event->retry.error),
        "http", status_of(event->retry.error),
        "error", message_of(event->retry.error));
    /* clang-format on */
}

static json_t *host_object(const struct fa_event *event, double time)
{
    bool broken = event->host.change == FA_HOST_BROKEN;
    /* clang-format off */
    return json_pack(
        "{s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:s?, s:o}",
        "event", event_names[event->type],
        "time", fa_json_seconds(time),
        "origin", fa_json_text(event->host.origin),
        "change", fa_events_change(event->host.change),
        "wait", fa_json_seconds(event->host.wait),
        "left", broken ? fa_json_seconds(event->host.left) : json_null(),
        "entries", fa_json_count(event->host.entries),
        "class", class_of(event->host.error),
        "error", message_of(event->host.error));
    /* clang-format on */
}

static json_t *done_object(const struct fa_event *event, double time)
{
    /* clang-format off */
    return json_pack(
        "{s:s, s:o, s:o, s:o}",
        "event", event_names[event->type],
        "time", fa_json_seconds(time),
        "list", fa_json_text(fa_place_list(event->done.list)),
        "result", fa_report_object(&event->done));
    /* clang-format on */
}

static json_t *progress_object(const struct fa_event *event, double time)
{
    const struct fa_progress *p = &event->progress;
    /* clang-format off */
    return json_pack(
        "{s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:i, s:o, s:o, s:i, s:o, s:o, s:o}",
        "event", event_names[event->type],
        "time", fa_json_seconds(time),
        "entries", fa_json_count(p->entries),
        "entries_final", p->entries_final,
        "done", fa_json_count(p->done),
        "failed", fa_json_count(p->failed),
        "bytes", fa_json_count(p->bytes),
        "expected", fa_json_count(p->expected),
        "active", p->active,
        "waiting", p->waiting,
        "hashing", p->hashing,
        "down", p->down,
        "down_origin", fa_json_text(p->down_origin),
        "down_left", p->down ? fa_json_seconds(p->down_left) : json_null(),
        "paused", p->paused,
        "paused_origin", fa_json_text(p->paused_origin),
        "paused_left", p->paused ? fa_json_seconds(p->paused_left) : json_null(),
        "oldest", oldest_array(p));
    /* clang-format on */
}

static json_t *notice_object(const struct fa_event *event, double time)
{
    /* clang-format off */
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o}",
        "event", event_names[event->type],
        "time", fa_json_seconds(time),
        "list", fa_json_text(fa_place_list(event->notice.list)),
        "line", line_value(event->notice.line),
        "text", fa_json_text(event->notice.text));
    /* clang-format on */
}

static json_t *output_object(const struct fa_event *event, double time)
{
    /* clang-format off */
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o}",
        "event", event_names[event->type],
        "time", fa_json_seconds(time),
        "list", fa_json_text(fa_place_list(event->output.list)),
        "line", line_value(event->output.line),
        "path", fa_json_text(event->output.path),
        "text", fa_json_text(event->output.text));
    /* clang-format on */
}

json_t *fa_events_object(const struct fa_event *event, double time)
{
    switch (event->type) {
    case FA_EVENT_STARTED:
        return started_object(event, time);
    case FA_EVENT_RETRY:
        return retry_object(event, time);
    case FA_EVENT_HOST:
        return host_object(event, time);
    case FA_EVENT_DONE:
        return done_object(event, time);
    case FA_EVENT_PROGRESS:
        return progress_object(event, time);
    case FA_EVENT_NOTICE:
        return notice_object(event, time);
    case FA_EVENT_OUTPUT:
        return output_object(event, time);
    case FA_EVENT_SAVED:
        break;
    }
    return NULL;
}

/* The same text as that of fa_events_object(), but faster: see report.c. */
static char *unbegun_text(const struct fa_result *result, double time, bool ascii)
{
    char *list = fa_json_string(fa_place_list(result->list), ascii);
    char *end = fa_report_text(result, ascii);
    char *text = NULL;
    int len = -1;
    if (list && end)
        len = asprintf(&text, "{\"event\": \"done\", \"time\": %.6f, \"list\": %s, \"result\": %s}",
                       time, list, end);
    free(list);
    free(end);
    return len < 0 ? NULL : text;
}

bool fa_events_due(const struct fa_progress *progress, double time, double *shown)
{
    /* The last one has the final counts: it is never skipped. */
    bool last = progress->entries_final && progress->done >= progress->entries;
    if (!last && time - *shown < INTERVAL)
        return false;
    *shown = time;
    return true;
}

int fa_events_write(struct fa_events *events, const struct fa_event *event, double time,
                    struct fa_error *err)
{
    if (!events->output.file || events->output.failed || event->type == FA_EVENT_SAVED)
        return 0;
    if (event->type == FA_EVENT_PROGRESS && !fa_events_due(&event->progress, time, &events->shown))
        return 0;
    /* A million of these may end a run: they are not flushed one by one. */
    if (event->type == FA_EVENT_DONE && fa_report_is_unbegun(&event->done))
        return fa_output_text(&events->output,
                              unbegun_text(&event->done, time, events->output.terminal), err);
    int rc = fa_output_json(&events->output, fa_events_object(event, time), err);
    return rc == 0 ? fa_output_flush(&events->output, err) : rc;
}
