/*
 * Receives the events of a run, and passes each to the outputs that use it: the display, the
 * report, the events file, the manifest and the summary.  The number of lines printed per kind is
 * limited, because a million failing entries should not scroll away everything else.
 *
 * The session calls fa_observer_handle() on the thread that runs it, so nothing here is locked, and
 * an output that blocks, such as a full pipe, delays the run.
 *
 * A failed output does not stop the run: its first error is printed and counted as local I/O, for
 * the exit status, and nothing more is written to it.
 */
#include "cli/observer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fetchall/redact.h>

#include "base/clock.h"
#include "cli/place.h"
#include "cli/report.h"
#include "cli/signals.h"
#include "cli/term.h"
#include "cli/units.h"

/* Maximum number of lines of a kind; the summary and the report are complete. */
#define LINES_MAX 100

/* A pause in seconds that a user may mistake for a hang. */
#define LONG_PAUSE 10.0

/* Seconds between two flushes of the report, for readers of a pipe. */
#define FLUSH_INTERVAL 1.0

/* Width of the status of a service, in columns. */
#define STATUS_COLUMNS 100

void fa_observer_init(struct fa_observer *observer, const struct fa_options *options)
{
    *observer = (struct fa_observer){.options = options, .began = fa_clock_now()};
    observer->summary.failures.given = (struct fa_hint_given){
        .netrc = options->config.netrc,
        .refresh = options->config.refresh != NULL,
        .family = options->config.family,
    };
    fa_run_id(options->config.began, observer->run);
    fa_display_init(&observer->display, options->progress, options->quiet);
    fa_notify_init(&observer->notify);
}

/* The lines of all runs have the same fields, whether the file is appended to or not. */
static int observer_open_lines(struct fa_observer *observer, struct fa_output *output,
                               const char *what, const char *path, bool append,
                               struct fa_error *err)
{
    if (!path)
        return 0;
    if ((append ? fa_output_append : fa_output_open)(output, what, path, err) != 0)
        return -1;
    output->run = observer->run;
    return 0;
}

/* Open all outputs before emptying any: if one cannot be opened, the others keep their contents. */
int fa_observer_open(struct fa_observer *observer, struct fa_error *err)
{
    const struct fa_options *options = observer->options;
    if (observer_open_lines(observer, &observer->report, "report", options->report,
                            options->report_append, err) != 0 ||
        observer_open_lines(observer, &observer->events.output, "events", options->events,
                            options->events_append, err) != 0)
        return -1;
    if (options->manifest && fa_manifest_open(&observer->manifest, options->manifest,
                                              options->config.hash_first, err) != 0)
        return -1;
    if (fa_metrics_init(&observer->metrics, options) != 0) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot open the metrics");
        return -1;
    }
    if (fa_output_begin(&observer->report, err) != 0 ||
        fa_output_begin(&observer->events.output, err) != 0)
        return -1;
    fa_notify_ready(&observer->notify);
    /* The listing of --plan is the default use of standard output. */
    bool stdout_taken = (options->report && strcmp(options->report, "-") == 0) ||
                        (options->events && strcmp(options->events, "-") == 0);
    if (options->config.plan && !options->quiet && !stdout_taken)
        return fa_output_open(&observer->plan, "plan", "-", err);
    return 0;
}

/* Standard error may be shared with other programs: each line names this one. */
static FILE *observer_begin_line(struct fa_observer *observer)
{
    FILE *out = fa_display_begin(&observer->display);
    fputs("fetchall: ", out);
    return out;
}

static void observer_end_line(struct fa_observer *observer)
{
    fa_display_end(&observer->display);
}

/* A message may contain a URL, so it is redacted, and a name from a list, so it is escaped. */
void fa_observer_fail(struct fa_observer *observer, const struct fa_error *err)
{
    if (err->class == FA_CLASS_LOCAL_IO)
        ++observer->exit.local;
    else
        ++observer->exit.permanent;
    char *text = fa_redact_text(err->msg, observer->options->config.secret_keys);
    FILE *out = observer_begin_line(observer);
    fa_term_put(out, text ? text : "out of memory");
    fputc('\n', out);
    observer_end_line(observer);
    free(text);
}

/* The summary, which follows, does not repeat the hint. */
void fa_observer_stop(struct fa_observer *observer, const struct fa_error *err, bool begun)
{
    const char *hint = fa_failures_disk_hint(err, begun);
    fa_observer_fail(observer, err);
    if (hint) {
        fprintf(observer_begin_line(observer), "%s\n", hint);
        observer_end_line(observer);
    }
    observer->summary.failures.shown = hint;
}

/* An incomplete output is treated like a full disk. */
static void observer_check_output(struct fa_observer *observer, int rc, const struct fa_error *err)
{
    if (rc != 0)
        fa_observer_fail(observer, err);
}

/* Whether one more line of its kind may be printed; the last one announces the omission. */
static bool observer_may_print(struct fa_observer *observer, unsigned *printed)
{
    if (observer->options->verbose)
        return true;
    if (*printed > LINES_MAX)
        return false;
    if ((*printed)++ < LINES_MAX)
        return true;
    fputs("further lines of this kind are omitted; use -v to print all\n",
          observer_begin_line(observer));
    observer_end_line(observer);
    return false;
}

/* A rule that refuses every entry of a list for one reason is reported once; the summary counts. */
static bool observer_is_known_refusal(struct fa_observer *observer, const struct fa_error *error)
{
    if (error->class != FA_CLASS_REFUSED || observer->options->verbose)
        return false;
    if (strcmp(observer->refusal, error->msg) == 0)
        return true;
    snprintf(observer->refusal, sizeof(observer->refusal), "%s", error->msg);
    return false;
}

static void observer_print_failure(struct fa_observer *observer, const struct fa_result *result)
{
    /* A stop cancels all running entries; the summary has their number. */
    if (result->error.class == FA_CLASS_CANCELLED && !observer->options->verbose)
        return;
    if (observer_is_known_refusal(observer, &result->error) ||
        !observer_may_print(observer, &observer->failures))
        return;
    FILE *out = observer_begin_line(observer);
    fa_place_put_entry(out, result->list, result->line, result->url);
    fprintf(out, "%s: ", fa_class_name(result->error.class));
    fa_term_put(out, result->error.msg);
    fputc('\n', out);
    observer_end_line(observer);
}

/* For --verbose: an entry that succeeds later needs no message. */
static void observer_print_retry(struct fa_observer *observer, const struct fa_event *event)
{
    FILE *out = observer_begin_line(observer);
    fa_place_put(out, event->retry.list, event->retry.line);
    fa_term_put(out, event->retry.url);
    fprintf(out, ": attempt %u failed, retrying in %.1f s: %s: ", event->retry.attempt,
            event->retry.wait, event->retry.error ? fa_class_name(event->retry.error->class) : "?");
    fa_term_put(out, event->retry.error ? event->retry.error->msg : "");
    fputc('\n', out);
    observer_end_line(observer);
}

static void observer_print_started(struct fa_observer *observer, const struct fa_event *event)
{
    FILE *out = observer_begin_line(observer);
    fa_place_put(out, event->started.list, event->started.line);
    fa_term_put(out, event->started.url);
    fprintf(out, ": attempt %u\n", event->started.attempt);
    observer_end_line(observer);
}

/* Whether a change of a host is too unimportant for a line. */
static bool host_change_is_minor(const struct fa_event *event)
{
    switch (event->host.change) {
    case FA_HOST_PAUSED:
        return event->host.wait < LONG_PAUSE;
    case FA_HOST_BROKEN:
        return event->host.again;
    case FA_HOST_GIVEN_UP:
        return event->host.entries <= 1; /* the entry's own line reports it */
    case FA_HOST_BACK:
        return true;
    }
    return false;
}

static void observer_print_host(struct fa_observer *observer, const struct fa_event *event)
{
    if (observer->options->quiet || (host_change_is_minor(event) && !observer->options->verbose) ||
        !observer_may_print(observer, &observer->notices))
        return;
    char wait[FA_UNITS_MAX], until[FA_UNITS_MAX];
    FILE *out = observer_begin_line(observer);
    fa_term_put(out, event->host.origin);
    if (event->host.change == FA_HOST_PAUSED)
        fprintf(out, " requests a pause of %s", fa_units_seconds(event->host.wait, wait));
    else if (event->host.change == FA_HOST_BROKEN)
        fprintf(out, " is down, waiting for it until %s", fa_units_ahead(event->host.left, until));
    else if (event->host.change == FA_HOST_GIVEN_UP)
        fputs(" is down, giving up", out);
    else
        fputs(" responds again", out);
    if (event->host.error && event->host.error->class != FA_CLASS_NONE) {
        fprintf(out, ": %s: ", fa_class_name(event->host.error->class));
        fa_term_put(out, event->host.error->msg);
    }
    fputc('\n', out);
    observer_end_line(observer);
}

/* A detail is for --verbose only, such as the lack of a sandbox. */
static void observer_print_notice(struct fa_observer *observer, const struct fa_event *event)
{
    if (observer->options->quiet || (event->notice.detail && !observer->options->verbose) ||
        !observer_may_print(observer, &observer->notices))
        return;
    FILE *out = observer_begin_line(observer);
    fa_place_put(out, event->notice.list, event->notice.line);
    fa_term_put(out, event->notice.text);
    fputc('\n', out);
    observer_end_line(observer);
}

/* The path in front of a line replaces the name of the program: the line is not its own. */
static void observer_print_output(struct fa_observer *observer, const struct fa_event *event)
{
    FILE *out = fa_display_begin(&observer->display);
    fa_term_put(out, event->output.path);
    fputs(": ", out);
    fa_term_put(out, event->output.text);
    fputc('\n', out);
    observer_end_line(observer);
}

/* A terminal gets escaped names; a pipe gets their bytes, for other programs. */
static void observer_print_plan(struct fa_observer *observer, const struct fa_result *result)
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
    observer_check_output(observer, fa_output_line(plan, "", &err), &err);
}

static void on_done(struct fa_observer *observer, const struct fa_result *result)
{
    struct fa_error err;
    fa_summary_count(&observer->summary, result);
    fa_exit_count(&observer->exit, result);
    observer_print_plan(observer, result);
    if (observer->report.file && !observer->report.failed)
        observer_check_output(observer,
                              fa_output_text(&observer->report,
                                             fa_report_text(result, observer->report.terminal),
                                             &err),
                              &err);
    observer_check_output(observer, fa_manifest_add(&observer->manifest, result, &err), &err);
    if (fa_status_is_failure(result->status))
        observer_print_failure(observer, result);
}

void fa_observer_alive(struct fa_observer *observer)
{
    if (fa_signals_caught())
        fa_notify_stopping(&observer->notify);
    fa_notify_alive(&observer->notify);
}

static void observer_send_status(struct fa_observer *observer, const struct fa_progress *progress)
{
    char line[FA_PROGRESS_LINE_MAX];
    if (!fa_notify_wants_status(&observer->notify))
        return;
    fa_progress_format(progress, &observer->display.rate, STATUS_COLUMNS, false, line,
                       sizeof(line));
    fa_notify_status(&observer->notify, line);
}

/* Progress events arrive regularly, so what depends on time is done here. */
static void on_progress(struct fa_observer *observer, const struct fa_event *event, double time)
{
    struct fa_error err;
    /* Not after each entry, which would be a system call for each line. */
    if (time - observer->flushed >= FLUSH_INTERVAL) {
        observer->flushed = time;
        observer_check_output(observer, fa_output_flush(&observer->report, &err), &err);
        observer_check_output(observer, fa_output_flush(&observer->plan, &err), &err);
    }
    if (fa_signals_caught() && !observer->stop_was_reported) {
        observer->stop_was_reported = true;
        /* Stopping may take seconds, in which the user should not send the signal again. */
        if (!observer->options->quiet) {
            fputs("stopping within 5 seconds; a second signal stops it immediately\n",
                  observer_begin_line(observer));
            observer_end_line(observer);
        }
    }
    observer_check_output(observer, fa_metrics_update(&observer->metrics, time, &err), &err);
    fa_display_progress(&observer->display, event, time);
    observer_send_status(observer, &event->progress);
    fa_observer_alive(observer);
}

void fa_observer_handle(void *ctx, const struct fa_event *event)
{
    struct fa_observer *observer = ctx;
    double time = fa_clock_now() - observer->began;
    struct fa_error err;
    observer_check_output(observer, fa_events_write(&observer->events, event, time, &err), &err);
    fa_metrics_count(&observer->metrics, event);

    switch (event->type) {
    case FA_EVENT_STARTED:
        if (observer->options->verbose)
            observer_print_started(observer, event);
        break;
    case FA_EVENT_RETRY:
        if (observer->options->verbose)
            observer_print_retry(observer, event);
        break;
    case FA_EVENT_HOST:
        if (event->host.change == FA_HOST_PAUSED)
            fa_pauses_add(&observer->summary.pauses, event->host.origin, time, event->host.wait);
        observer_print_host(observer, event);
        break;
    case FA_EVENT_DONE:
        on_done(observer, &event->done);
        break;
    case FA_EVENT_PROGRESS:
        on_progress(observer, event, time);
        break;
    case FA_EVENT_NOTICE:
        observer_print_notice(observer, event);
        break;
    case FA_EVENT_OUTPUT:
        observer_print_output(observer, event);
        break;
    case FA_EVENT_SAVED:
        break;
    }
}

/* Report missing digests: sha256sum -c does not notice a file that has no line. */
static void observer_close_outputs(struct fa_observer *observer)
{
    struct fa_error err;
    observer_check_output(observer, fa_output_close(&observer->report, &err), &err);
    observer_check_output(observer, fa_output_close(&observer->plan, &err), &err);
    observer_check_output(observer, fa_output_close(&observer->events.output, &err), &err);
    observer_check_output(observer, fa_manifest_publish(&observer->manifest, &err), &err);
    observer_check_output(observer, fa_metrics_finish(&observer->metrics, &err), &err);
    if (observer->manifest.missing && !observer->options->quiet) {
        fprintf(observer_begin_line(observer), "the manifest lacks %llu files without a digest\n",
                (unsigned long long)observer->manifest.missing);
        observer_end_line(observer);
    }
}

/* The display ends first: an error of an output must not be followed by the bar again. */
void fa_observer_finish(struct fa_observer *observer, enum fa_end how)
{
    const struct fa_options *options = observer->options;
    double seconds = fa_clock_now() - observer->began;
    fa_display_fini(&observer->display);
    observer_close_outputs(observer);
    if (options->quiet && !fa_summary_failed(&observer->summary))
        return;
    FILE *out = fa_display_begin(&observer->display);
    if (how == FA_END_HALTED)
        fprintf(out, "fetchall: stopped by --halt %llu%s\n",
                (unsigned long long)options->config.halt, options->config.halt_percent ? "%" : "");
    else if (how == FA_END_STOPPED)
        fputs("fetchall: stopped before the end\n", out);
    fa_summary_print(&observer->summary, seconds, options->config.plan, options->verbose, out);
    fa_display_end(&observer->display);
}

/* Also releases outputs that are open after an error; an unfinished manifest is removed. */
void fa_observer_fini(struct fa_observer *observer)
{
    fa_display_fini(&observer->display);
    fa_output_close(&observer->report, NULL);
    fa_output_close(&observer->plan, NULL);
    fa_output_close(&observer->events.output, NULL);
    fa_manifest_fini(&observer->manifest);
    fa_metrics_fini(&observer->metrics);
    fa_notify_fini(&observer->notify);
    fa_summary_fini(&observer->summary);
}
