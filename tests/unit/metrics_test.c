#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "cli/metrics.h"
#include "support/prometheus.h"

static struct fa_options options;
static struct fa_metrics metrics;
static char *text;

static void begin(void)
{
    fa_options_init(&options);
    options.metrics = "unused";
    options.config.dir = "/tmp";
}

static void end(void)
{
    fa_metrics_fini(&metrics);
    fa_options_fini(&options);
    free(text);
}

TestSuite(metrics, .init = begin, .fini = end);

static void init(void)
{
    cr_assert_eq(fa_metrics_init(&metrics, &options), 0);
}

static const char *printed(void)
{
    size_t len;
    free(text);
    FILE *out = open_memstream(&text, &len);
    fa_metrics_print(&metrics, out);
    fclose(out);
    fa_prometheus_check(text);
    return text;
}

static double value(const char *name, const char *label)
{
    return fa_prometheus_value(text, name, label);
}

static void count_done(enum fa_status status, enum fa_class class, double seconds)
{
    struct fa_event event = {.type = FA_EVENT_DONE};
    event.done.status = status;
    event.done.error.class = class;
    event.done.time.total = event.done.time.ttfb = seconds;
    fa_metrics_count(&metrics, &event);
}

static void count_progress(double seconds, uint64_t entries, uint64_t bytes)
{
    struct fa_event event = {.type = FA_EVENT_PROGRESS};
    event.progress.seconds = seconds;
    event.progress.entries = entries;
    event.progress.bytes = bytes;
    event.progress.active = 3;
    fa_metrics_count(&metrics, &event);
}

Test(metrics, of_a_run_without_events_are_complete)
{
    init();
    printed();
    cr_expect_eq(value("fetchall_running", "dir=\"/tmp\""), 1);
    cr_expect_eq(value("fetchall_entries_ended_total", "status=\"ok\""), 0);
    cr_expect_null(strstr(text, "queue"));
}

Test(metrics, count_what_ended_and_how_long_it_took)
{
    init();
    count_done(FA_STATUS_OK, FA_CLASS_NONE, 0.02);
    count_done(FA_STATUS_OK, FA_CLASS_NONE, 0.025);
    count_done(FA_STATUS_OK, FA_CLASS_NONE, 5000);
    count_done(FA_STATUS_FAILED, FA_CLASS_DNS, 7);
    printed();
    cr_expect_eq(value("fetchall_entries_ended_total", "status=\"ok\""), 3);
    cr_expect_eq(value("fetchall_entries_failed_total", "class=\"dns\""), 1);
    cr_expect_eq(value("fetchall_transfer_duration_seconds_bucket", "le=\"0.01\""), 0);
    cr_expect_eq(value("fetchall_transfer_duration_seconds_bucket", "le=\"0.025\""), 2);
    cr_expect_eq(value("fetchall_transfer_duration_seconds_bucket", "le=\"600\""), 2);
    cr_expect_eq(value("fetchall_transfer_duration_seconds_bucket", "le=\"+Inf\""), 3);
    cr_expect_float_eq(value("fetchall_transfer_duration_seconds_sum", ""), 5000.045, 1e-6);
}

Test(metrics, count_attempts_retries_and_changes_of_hosts)
{
    struct fa_error error = {.class = FA_CLASS_STALLED};
    struct fa_event event = {.type = FA_EVENT_STARTED};
    init();
    fa_metrics_count(&metrics, &event);
    event = (struct fa_event){.type = FA_EVENT_RETRY, .retry = {.error = &error}};
    fa_metrics_count(&metrics, &event);
    event = (struct fa_event){.type = FA_EVENT_HOST, .host = {.change = FA_HOST_BACK}};
    fa_metrics_count(&metrics, &event);
    printed();
    cr_expect_eq(value("fetchall_attempts_total", ""), 1);
    cr_expect_eq(value("fetchall_retries_total", "class=\"stalled\""), 1);
    cr_expect_eq(value("fetchall_host_changes_total", "change=\"back\""), 1);
    cr_expect_eq(value("fetchall_host_changes_total", "change=\"paused\""), 0);
}

Test(metrics, delays_of_event_loops_are_a_histogram)
{
    struct fa_event event = {.type = FA_EVENT_PROGRESS};
    init();
    fa_metrics_count(&metrics, &event); /* without transfers */
    event.progress.active = 1;
    event.progress.loop_delay = 0.003;
    fa_metrics_count(&metrics, &event);
    event.progress.loop_delay = 0.06;
    fa_metrics_count(&metrics, &event);
    printed();
    cr_expect_eq(value("fetchall_loop_delay_seconds_bucket", "le=\"0.05\""), 1);
    cr_expect_eq(value("fetchall_loop_delay_seconds_count", ""), 2);
    metrics.mode = FA_MODE_THREAD; /* has no loops */
    printed();
    cr_expect_null(strstr(text, "loop_delay"));
}

Test(metrics, counters_never_decrease)
{
    init();
    count_progress(1, 100, 5000);
    count_progress(2, 110, 4000); /* an attempt failed */
    printed();
    cr_expect_eq(value("fetchall_received_bytes_total", ""), 5000);
    count_progress(0.1, 3, 70); /* the next session of a worker */
    printed();
    cr_expect_eq(value("fetchall_received_bytes_total", ""), 5070);
    cr_expect_eq(value("fetchall_entries_read_total", ""), 113);
}

Test(metrics, gauges_are_zero_after_the_end)
{
    struct fa_error err;
    init();
    count_progress(1, 100, 5000);
    printed();
    cr_expect_eq(value("fetchall_active_transfers", ""), 3);
    metrics.failed = true; /* nothing is written */
    cr_assert_eq(fa_metrics_finish(&metrics, &err), 0);
    printed();
    cr_expect_eq(value("fetchall_active_transfers", ""), 0);
    cr_expect_eq(value("fetchall_running", ""), 0);
}

Test(metrics, labels_are_escaped_and_tell_runs_apart)
{
    options.config.dir = "a\\b\"c\nd\xff\xc3\xa9";
    options.config.worker = "w";
    options.command = FA_COMMAND_WORK;
    init();
    metrics.queue = (struct fa_metrics_queue){4, 500, 6000};
    printed();
    cr_expect_not_null(
        strstr(text, "fetchall_running{dir=\"a\\\\b\\\"c\\nd\\\\xff\xc3\xa9\",worker=\"w\"} 1\n"),
        "%s", text);
    cr_expect_eq(value("fetchall_queue_pending_entries", ""), 6000);
}

Test(metrics, have_the_shard)
{
    options.config.shard = 3;
    options.config.shards = 16;
    init();
    printed();
    cr_expect_eq(value("fetchall_running", "shard=\"3/16\""), 1);
}
