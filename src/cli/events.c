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
};

static const char *const change_names[] = {
    [FA_HOST_PAUSED] = "paused",
    [FA_HOST_BROKEN] = "broken",
    [FA_HOST_GIVEN_UP] = "given_up",
    [FA_HOST_BACK] = "back",
};

static bool add_place(json_t *object, const char *list, uint64_t line)
{
    return fa_json_add(object, "list", fa_json_text(fa_place_list(list))) &&
           fa_json_add(object, "line", line ? fa_json_count(line) : json_null());
}

static bool add_error(json_t *object, const struct fa_error *error)
{
    bool real = error && error->class != FA_CLASS_NONE;
    return fa_json_add(object, "class", fa_json_text(real ? fa_class_name(error->class) : NULL)) &&
           fa_json_add(object, "error", fa_json_text(real ? error->msg : NULL));
}

static json_t *oldest_array(const struct fa_progress *p)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < p->n_oldest && i < FA_ACTIVE_MAX; ++i) {
        const struct fa_active *active = &p->oldest[i];
        json_t *object = json_object();
        bool ok = object && fa_json_add(object, "url", fa_json_text(active->url)) &&
                  fa_json_add(object, "bytes", fa_json_count(active->bytes)) &&
                  fa_json_add(object, "size",
                              active->size < 0 ? json_null() : json_integer(active->size)) &&
                  fa_json_add(object, "seconds", fa_json_seconds(active->seconds));
        if (!ok) {
            json_decref(object);
            json_decref(array);
            return NULL;
        }
        json_array_append_new(array, object);
    }
    return array;
}

static bool add_progress(json_t *object, const struct fa_progress *p)
{
    return fa_json_add(object, "entries", fa_json_count(p->entries)) &&
           fa_json_add(object, "entries_final", json_boolean(p->entries_final)) &&
           fa_json_add(object, "done", fa_json_count(p->done)) &&
           fa_json_add(object, "failed", fa_json_count(p->failed)) &&
           fa_json_add(object, "bytes", fa_json_count(p->bytes)) &&
           fa_json_add(object, "expected", fa_json_count(p->expected)) &&
           fa_json_add(object, "active", json_integer(p->active)) &&
           fa_json_add(object, "waiting", json_integer(p->waiting)) &&
           fa_json_add(object, "hashing", json_integer(p->hashing)) &&
           fa_json_add(object, "down", json_integer(p->down)) &&
           fa_json_add(object, "down_origin", fa_json_text(p->down_origin)) &&
           fa_json_add(object, "down_left",
                       p->down ? fa_json_seconds(p->down_left) : json_null()) &&
           fa_json_add(object, "oldest", oldest_array(p));
}

static bool add_fields(json_t *object, const struct fa_event *event)
{
    switch (event->type) {
    case FA_EVENT_STARTED:
        return add_place(object, event->started.list, event->started.line) &&
               fa_json_add(object, "url", fa_json_text(event->started.url)) &&
               fa_json_add(object, "attempt", json_integer(event->started.attempt));
    case FA_EVENT_RETRY:
        return add_place(object, event->retry.list, event->retry.line) &&
               fa_json_add(object, "url", fa_json_text(event->retry.url)) &&
               fa_json_add(object, "attempt", json_integer(event->retry.attempt)) &&
               fa_json_add(object, "wait", fa_json_seconds(event->retry.wait)) &&
               add_error(object, event->retry.error);
    case FA_EVENT_HOST:
        return fa_json_add(object, "origin", fa_json_text(event->host.origin)) &&
               fa_json_add(object, "change", json_string(change_names[event->host.change])) &&
               fa_json_add(object, "wait", fa_json_seconds(event->host.wait)) &&
               fa_json_add(object, "left",
                           event->host.change == FA_HOST_BROKEN ? fa_json_seconds(event->host.left)
                                                                : json_null()) &&
               fa_json_add(object, "entries", fa_json_count(event->host.entries)) &&
               add_error(object, event->host.error);
    case FA_EVENT_DONE:
        return fa_json_add(object, "list", fa_json_text(fa_place_list(event->done.list))) &&
               fa_json_add(object, "result", fa_report_object(&event->done));
    case FA_EVENT_PROGRESS:
        return add_progress(object, &event->progress);
    case FA_EVENT_NOTICE:
        return add_place(object, event->notice.list, event->notice.line) &&
               fa_json_add(object, "text", fa_json_text(event->notice.text));
    }
    return true;
}

json_t *fa_events_object(const struct fa_event *event, double time)
{
    json_t *object = json_object();
    if (object && fa_json_add(object, "event", json_string(event_names[event->type])) &&
        fa_json_add(object, "time", fa_json_seconds(time)) && add_fields(object, event))
        return object;
    json_decref(object);
    return NULL;
}

/* What fa_events_object() makes of it. */
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
    bool last = progress->entries_final && progress->done >= progress->entries;
    if (!last && time - *shown < INTERVAL)
        return false;
    *shown = time;
    return true;
}

int fa_events_write(struct fa_events *events, const struct fa_event *event, double time,
                    struct fa_error *err)
{
    if (!events->output.file || events->output.failed)
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
