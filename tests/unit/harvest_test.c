#include "cli/compare/harvest.h"

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct fa_scratch scratch;

static void begin(void)
{
    fa_scratch_init(&scratch);
}

static void end(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(harvest, .init = begin, .fini = end, .timeout = 30);

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

Test(harvest, latencies_failures_and_bytes_are_those_of_the_events)
{
    const char *path = fa_scratch_path(&scratch, "events");
    FILE *out = fopen(path, "w");
    fputs("{\"event\": \"started\", \"time\": 0.1, \"line\": 1}\nnonsense\n", out);
    for (int i = 1; i <= 100; ++i)
        fprintf(out,
                "{\"event\": \"done\", \"time\": %d, \"result\": {\"status\": \"ok\", \"class\": "
                "null, \"bytes\": 10, \"attempts\": 1, \"time\": {\"ttfb\": %d, \"total\": %d}}}\n",
                i, 101 - i, 1000 + i);
    fputs("{\"event\": \"done\", \"time\": 101, \"result\": {\"status\": \"failed\", \"class\": "
          "\"http\", \"bytes\": 5, \"attempts\": 3, \"time\": {\"ttfb\": 9000, \"total\": 9000}}}\n"
          "{\"event\": \"done\", \"time\": 101, \"result\": {\"status\": \"failed\", \"class\": "
          "\"tls\", \"bytes\": 0, \"attempts\": 1}}\n"
          "{\"event\": \"progress\", \"time\": 102, \"bytes\": 2000}\n"
          "{\"event\": \"done\", \"time\": 103, \"result\": {\"status\": \"duplicate\", \"class\": "
          "null, \"bytes\": 0, \"attempts\": 0}}\n",
          out);
    fclose(out);

    struct fa_trial trial = {.wall = 103};
    struct fa_error err;
    cr_assert_eq(fa_harvest_read(path, 1, &trial, &err), 0);
    cr_assert(near(trial.ttfb.p50, 50) && near(trial.ttfb.p95, 95) && near(trial.ttfb.p99, 99));
    cr_assert(near(trial.total.p50, 1050) && near(trial.total.p99, 1099));
    cr_assert_eq(trial.entries, 103);
    cr_assert_eq(trial.failed, 2);
    cr_assert_eq(trial.retried, 1);
    cr_assert_eq(trial.failures[FA_CLASS_HTTP], 1);
    cr_assert_eq(trial.bytes, 1005);
    cr_assert_eq(trial.requests, 104);
    /* The last of them waited for the others. */
    cr_assert(near(trial.due.p50, 50) && near(trial.due.p99, 99));
    cr_assert_eq(trial.n_moments, 103);
    cr_assert(near(trial.moments[0].time, 1) && trial.moments[0].bytes == 10);
    /* Bytes of active transfers count, and the sum never decreases. */
    cr_assert_eq(trial.moments[101].bytes, 2000);
    cr_assert_eq(trial.moments[102].bytes, 2000);
    free(trial.moments);
}

Test(harvest, moments_are_bounded)
{
    const char *path = fa_scratch_path(&scratch, "events");
    FILE *out = fopen(path, "w");
    for (int i = 0; i < 20000; ++i)
        fprintf(out,
                "{\"event\": \"done\", \"time\": %.3f, \"result\": {\"status\": \"ok\", \"bytes\": "
                "1, \"attempts\": 1, \"time\": {\"ttfb\": 0.1, \"total\": 0.1}}}\n",
                i / 1000.0);
    fclose(out);
    struct fa_trial trial = {.wall = 20};
    cr_assert_eq(fa_harvest_read(path, 1, &trial, NULL), 0);
    cr_assert(trial.n_moments >= 399 && trial.n_moments <= 401, "%zu", trial.n_moments);
    cr_assert_eq(trial.moments[trial.n_moments - 1].bytes, 20000);
    free(trial.moments);
}

Test(harvest, without_a_good_entry_there_are_no_latencies)
{
    struct fa_trial trial = {.wall = 1};
    cr_assert_eq(fa_harvest_read(fa_scratch_write(&scratch, "empty", ""), 1, &trial, NULL), 0);
    cr_assert(isnan(trial.ttfb.p50) && isnan(trial.total.p99));
    cr_assert(trial.requests == 0 && isnan(trial.due.p50) && trial.entries == 0 &&
              trial.n_moments == 0);
    struct fa_error err;
    cr_assert_eq(fa_harvest_read("/nonexistent", 1, &trial, &err), -1);
}

static void put_event(FILE *out, const char *event, double time, double total)
{
    fprintf(out,
            "{\"event\": \"%s\", \"time\": %.3f, \"result\": {\"status\": \"ok\", \"bytes\": 1, "
            "\"attempts\": 1, \"time\": {\"total\": %.3f, \"connect\": 0.1}}}\n",
            event, time, total);
}

/* Four transfers at once in lockstep, and at the end one at a time. */
static struct fa_trial harvest_slots(double full, double few, uint64_t slots)
{
    const char *path = fa_scratch_path(&scratch, "slots");
    FILE *out = fopen(path, "w");
    double time = 0;
    for (int i = 0; i < 10; ++i) {
        for (int j = 0; j < 4; ++j)
            put_event(out, "started", time, 0);
        time += full;
        for (int j = 0; j < 4; ++j)
            put_event(out, "done", time, full);
    }
    for (int i = 0; i < 5; ++i) {
        put_event(out, "started", time, 0);
        time += few;
        put_event(out, "done", time, few);
    }
    fclose(out);
    struct fa_trial trial = {.wall = time};
    cr_assert_eq(fa_harvest_read(path, slots, &trial, NULL), 0);
    free(trial.moments);
    return trial;
}

Test(harvest, throughput_that_rises_with_the_slots_in_use_is_told_from_one_that_does_not)
{
    struct fa_trial rises = harvest_slots(1, 1, 4), flat = harvest_slots(4.1, 1.1, 4);
    cr_expect_float_eq(rises.slots_full, 10 / 15.0, 0.001, "%g", rises.slots_full);
    cr_expect_float_eq(rises.slot_yield, 1, 0.001, "%g", rises.slot_yield);
    cr_expect_float_eq(flat.slot_yield, 0.25, 0.001, "%g", flat.slot_yield);
    struct fa_trial loose = harvest_slots(1, 1, 60);
    cr_expect(isnan(loose.slots_full) && isnan(loose.slot_yield));
}

Test(harvest, refusals_are_counted_and_a_pause_may_outlast_the_run)
{
    const char *path = fa_scratch_path(&scratch, "events");
    FILE *out = fopen(path, "w");
    fputs(
        "{\"event\": \"retry\", \"time\": 1, \"wait\": 3, \"http\": 429}\n"
        "{\"event\": \"retry\", \"time\": 1, \"wait\": 3, \"http\": 503}\n"
        "{\"event\": \"retry\", \"time\": 1, \"wait\": 3, \"http\": 500}\n"
        "{\"event\": \"retry\", \"time\": 1, \"wait\": 3, \"http\": null}\n"
        "{\"event\": \"host\", \"time\": 2, \"wait\": 7, \"change\": \"paused\"}\n"
        "{\"event\": \"host\", \"time\": 3, \"wait\": 90, \"change\": \"broken\"}\n"
        "{\"event\": \"host\", \"time\": 3, \"wait\": 60, \"change\": \"given_up\"}\n"
        "{\"event\": \"done\", \"time\": 4, \"result\": {\"status\": \"failed\", \"class\": "
        "\"http\", \"http\": 429, \"attempts\": 1}}\n"
        "{\"event\": \"done\", \"time\": 4, \"result\": {\"status\": \"ok\", \"cache\": {\"hit\": "
        "true, \"age\": 9}}}\n"
        "{\"event\": \"done\", \"time\": 4, \"result\": {\"status\": \"ok\", \"cache\": {\"hit\": "
        "false, \"age\": null}}}\n",
        out);
    fclose(out);
    struct fa_trial trial = {.wall = 4};
    struct fa_error err;
    cr_assert_eq(fa_harvest_read(path, 1, &trial, &err), 0);
    cr_expect_eq(trial.refusals, 3);
    cr_expect_float_eq(trial.cached, 0.5, 1e-9);
    cr_expect_float_eq(trial.pause, 6, 1e-9);
    free(trial.moments);
}

Test(harvest, what_the_kernel_counts_of_connections_is_summed)
{
    static const char done[] = "{\"event\": \"done\", \"time\": 1, \"result\": {\"status\": "
                               "\"ok\", \"tcp\": {\"rtt\": 0.%d, \"retransmits\": %d, "
                               "\"reordered\": 10}}}\n";
    const char *path = fa_scratch_path(&scratch, "events");
    struct fa_trial trial = {.wall = 4};
    FILE *out = fopen(path, "w");
    for (int i = 1; i <= 3; ++i)
        fprintf(out, done, i, i);
    fputs("{\"event\": \"done\", \"time\": 2, \"result\": {\"status\": \"failed\"}}\n", out);
    fclose(out);
    cr_assert_eq(fa_harvest_read(path, 1, &trial, NULL), 0);
    cr_expect_float_eq(trial.rtt, 0.2, 1e-9);
    cr_expect_eq(trial.retransmits, 6);
    cr_expect_eq(trial.reordered, 30);
    free(trial.moments);

    out = fopen(path, "w");
    fputs("{\"event\": \"done\", \"time\": 2, \"result\": {\"status\": \"failed\"}}\n", out);
    fclose(out);
    trial = (struct fa_trial){.wall = 4};
    cr_assert_eq(fa_harvest_read(path, 1, &trial, NULL), 0);
    cr_expect(isnan(trial.rtt) && trial.retransmits == FA_UNMEASURED);
    free(trial.moments);
}
