#include "cli/observer.h"

#include <stdlib.h>
#include <string.h>

#include <fetchall/redact.h>

#include "base/clock.h"
#include "cli/place.h"
#include "cli/report.h"
#include "cli/signals.h"
#include "cli/term.h"
#include "cli/units.h"

/* So many lines of a kind are printed; the summary and the report have the rest. */
#define LINES_MAX 100

/* A pause that a user may take for a hang, in seconds. */
#define LONG_PAUSE 10.0

/* Seconds between two flushes of the report, so that a reader at a pipe sees it grow. */
#define FLUSH_INTERVAL 1.0

void fa_observer_init(struct fa_observer *observer, const struct fa_options *options)
{
    *observer = (struct fa_observer){.options = options, .began = fa_clock_now()};
    fa_display_init(&observer->display, options->progress, options->quiet);
}

int fa_observer_open(struct fa_observer *observer, struct fa_error *err)
{
    const struct fa_options *options = observer->options;
    if (options->report && fa_output_open(&observer->report, "report", options->report, err) != 0)
        return -1;
    if (options->events &&
        fa_output_open(&observer->events.output, "events", options->events, err) != 0)
        return -1;
    if (options->manifest && fa_manifest_open(&observer->manifest, options->manifest,
                                              options->config.hash_first, err) != 0)
        return -1;
    /* Nothing else can be wrong by now. */
    if (fa_output_empty(&observer->report, err) != 0 ||
        fa_output_empty(&observer->events.output, err) != 0)
        return -1;
    bool stdout_taken = (options->report && strcmp(options->report, "-") == 0) ||
                        (options->events && strcmp(options->events, "-") == 0);
    if (options->config.plan && !options->quiet && !stdout_taken)
        return fa_output_open(&observer->plan, "plan", "-", err);
    return 0;
}

static FILE *begin(struct fa_observer *observer)
{
    FILE *out = fa_display_begin(&observer->display);
    fputs("fetchall: ", out);
    return out;
}

static void end(struct fa_observer *observer)
{
    fa_display_end(&observer->display);
}

void fa_observer_fail(struct fa_observer *observer, const struct fa_error *err)
{
    if (err->class == FA_CLASS_LOCAL_IO)
        ++observer->exit.local;
    else
        ++observer->exit.permanent;
    char *text = fa_redact_text(err->msg, observer->options->config.secret_keys);
    FILE *out = begin(observer);
    fa_term_put(out, text ? text : "out of memory");
    fputc('\n', out);
    end(observer);
    free(text);
}

/* An output that is not complete is as bad as a disk that is full. */
static void check_output(struct fa_observer *observer, int rc, const struct fa_error *err)
{
    if (rc != 0)
        fa_observer_fail(observer, err);
}

/* Whether one more line of its kind may be printed; the last one says so. */
static bool may_tell(struct fa_observer *observer, unsigned *told)
{
    if (observer->options->verbose)
        return true;
    if (*told > LINES_MAX)
        return false;
    if ((*told)++ < LINES_MAX)
        return true;
    fputs("more such lines are left out; -v prints all\n", begin(observer));
    end(observer);
    return false;
}

static void tell_failure(struct fa_observer *observer, const struct fa_result *result)
{
    /* A stop cancels all that is under way: the summary tells how many. */
    if (result->error.class == FA_CLASS_CANCELLED && !observer->options->verbose)
        return;
    if (!may_tell(observer, &observer->failures))
        return;
    FILE *out = begin(observer);
    fa_place_put(out, result->list, result->line);
    fa_term_put(out, result->url ? result->url : "?");
    fprintf(out, ": %s: ", fa_class_name(result->error.class));
    fa_term_put(out, result->error.msg);
    fputc('\n', out);
    end(observer);
}

static void tell_retry(struct fa_observer *observer, const struct fa_event *event)
{
    FILE *out = begin(observer);
    fa_place_put(out, event->retry.list, event->retry.line);
    fa_term_put(out, event->retry.url);
    fprintf(out, ": try %u failed, again in %.1f s: %s: ", event->retry.attempt, event->retry.wait,
            event->retry.error ? fa_class_name(event->retry.error->class) : "?");
    fa_term_put(out, event->retry.error ? event->retry.error->msg : "");
    fputc('\n', out);
    end(observer);
}

static void tell_started(struct fa_observer *observer, const struct fa_event *event)
{
    FILE *out = begin(observer);
    fa_place_put(out, event->started.list, event->started.line);
    fa_term_put(out, event->started.url);
    fprintf(out, ": try %u\n", event->started.attempt);
    end(observer);
}

/* Whether it is worth a line that nobody asked for. */
static bool is_small(const struct fa_event *event)
{
    switch (event->host.change) {
    case FA_HOST_PAUSED:
        return event->host.wait < LONG_PAUSE;
    case FA_HOST_BROKEN:
        return event->host.again;
    case FA_HOST_GIVEN_UP:
        return event->host.entries <= 1; /* its own line tells */
    case FA_HOST_BACK:
        return true;
    }
    return false;
}

static void tell_host(struct fa_observer *observer, const struct fa_event *event)
{
    if (observer->options->quiet || (is_small(event) && !observer->options->verbose) ||
        !may_tell(observer, &observer->notices))
        return;
    char wait[FA_UNITS_MAX], until[FA_UNITS_MAX];
    FILE *out = begin(observer);
    fa_term_put(out, event->host.origin);
    if (event->host.change == FA_HOST_PAUSED)
        fprintf(out, " asks to wait, %s", fa_units_seconds(event->host.wait, wait));
    else if (event->host.change == FA_HOST_BROKEN)
        fprintf(out, " only fails, and is waited for until %s",
                fa_units_ahead(event->host.left, until));
    else if (event->host.change == FA_HOST_GIVEN_UP)
        fputs(" only fails, and is given up", out);
    else
        fputs(" answers again", out);
    if (event->host.error && event->host.error->class != FA_CLASS_NONE) {
        fprintf(out, ": %s: ", fa_class_name(event->host.error->class));
        fa_term_put(out, event->host.error->msg);
    }
    fputc('\n', out);
    end(observer);
}

static void tell_notice(struct fa_observer *observer, const struct fa_event *event)
{
    if (observer->options->quiet || (event->notice.detail && !observer->options->verbose) ||
        !may_tell(observer, &observer->notices))
        return;
    FILE *out = begin(observer);
    fa_place_put(out, event->notice.list, event->notice.line);
    fa_term_put(out, event->notice.text);
    fputc('\n', out);
    end(observer);
}

static void put_plan(struct fa_observer *observer, const struct fa_result *result)
{
    struct fa_output *plan = &observer->plan;
    bool listed = result->status == FA_STATUS_PLANNED || fa_status_has_file(result->status);
    if (!plan->file || plan->failed || !listed || !result->path || !result->url)
        return;
    struct fa_error err;
    if (plan->terminal) {
        fa_term_put(plan->file, result->path);
        fputc('\t', plan->file);
        fa_term_put(plan->file, result->url);
    } else {
        fprintf(plan->file, "%s\t%s", result->path, result->url);
    }
    check_output(observer, fa_output_line(plan, "", &err), &err);
}

static void on_done(struct fa_observer *observer, const struct fa_result *result)
{
    struct fa_error err;
    fa_summary_count(&observer->summary, result);
    fa_exit_count(&observer->exit, result);
    put_plan(observer, result);
    if (observer->report.file && !observer->report.failed)
        check_output(observer,
                     fa_output_text(&observer->report,
                                    fa_report_text(result, observer->report.terminal), &err),
                     &err);
    check_output(observer, fa_manifest_add(&observer->manifest, result, &err), &err);
    if (fa_status_is_failure(result->status))
        tell_failure(observer, result);
}

static void on_progress(struct fa_observer *observer, const struct fa_event *event, double time)
{
    struct fa_error err;
    if (time - observer->flushed >= FLUSH_INTERVAL) {
        observer->flushed = time;
        check_output(observer, fa_output_flush(&observer->report, &err), &err);
        check_output(observer, fa_output_flush(&observer->plan, &err), &err);
    }
    if (fa_signals_caught() && !observer->stop_was_told) {
        observer->stop_was_told = true;
        if (!observer->options->quiet) {
            fputs("stopping within 5 seconds; a second signal ends it at once\n", begin(observer));
            end(observer);
        }
    }
    fa_display_progress(&observer->display, event, time);
}

void fa_observer_handle(void *ctx, const struct fa_event *event)
{
    struct fa_observer *observer = ctx;
    double time = fa_clock_now() - observer->began;
    struct fa_error err;
    check_output(observer, fa_events_write(&observer->events, event, time, &err), &err);

    switch (event->type) {
    case FA_EVENT_STARTED:
        if (observer->options->verbose)
            tell_started(observer, event);
        break;
    case FA_EVENT_RETRY:
        if (observer->options->verbose)
            tell_retry(observer, event);
        break;
    case FA_EVENT_HOST:
        if (event->host.change == FA_HOST_PAUSED)
            fa_pauses_add(&observer->summary.pauses, event->host.origin, time, event->host.wait);
        tell_host(observer, event);
        break;
    case FA_EVENT_DONE:
        on_done(observer, &event->done);
        break;
    case FA_EVENT_PROGRESS:
        on_progress(observer, event, time);
        break;
    case FA_EVENT_NOTICE:
        tell_notice(observer, event);
        break;
    }
}

static void close_outputs(struct fa_observer *observer)
{
    struct fa_error err;
    check_output(observer, fa_output_close(&observer->report, &err), &err);
    check_output(observer, fa_output_close(&observer->plan, &err), &err);
    check_output(observer, fa_output_close(&observer->events.output, &err), &err);
    check_output(observer, fa_manifest_publish(&observer->manifest, &err), &err);
    if (observer->manifest.missing && !observer->options->quiet) {
        fprintf(begin(observer), "the manifest lacks %llu files that have no digest\n",
                (unsigned long long)observer->manifest.missing);
        end(observer);
    }
}

void fa_observer_finish(struct fa_observer *observer, enum fa_end how)
{
    const struct fa_options *options = observer->options;
    double seconds = fa_clock_now() - observer->began;
    fa_display_fini(&observer->display);
    close_outputs(observer);
    if (options->quiet && !fa_summary_failed(&observer->summary))
        return;
    FILE *out = fa_display_begin(&observer->display);
    if (how == FA_END_HALTED)
        fprintf(out, "fetchall: stopped, as --halt %llu%s says\n",
                (unsigned long long)options->config.halt, options->config.halt_percent ? "%" : "");
    else if (how == FA_END_STOPPED)
        fputs("fetchall: stopped before the end\n", out);
    fa_summary_print(&observer->summary, seconds, options->config.plan, options->verbose, out);
    fa_display_end(&observer->display);
}

void fa_observer_fini(struct fa_observer *observer)
{
    fa_display_fini(&observer->display);
    fa_output_close(&observer->report, NULL);
    fa_output_close(&observer->plan, NULL);
    fa_output_close(&observer->events.output, NULL);
    fa_manifest_fini(&observer->manifest);
    fa_summary_fini(&observer->summary);
}
