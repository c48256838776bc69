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
    uint64_t requests = 0;
    struct fa_error err;
    cr_assert_eq(fa_harvest_read(path, &trial, &requests, &err), 0);
    cr_assert(near(trial.ttfb.p50, 50) && near(trial.ttfb.p95, 95) && near(trial.ttfb.p99, 99));
    cr_assert(near(trial.total.p50, 1050) && near(trial.total.p99, 1099));
    cr_assert_eq(trial.entries, 103);
    cr_assert_eq(trial.failed, 2);
    cr_assert_eq(trial.retried, 1);
    cr_assert_eq(trial.failures[FA_CLASS_HTTP], 1);
    cr_assert_eq(trial.bytes, 1005);
    cr_assert_eq(requests, 104);
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
    uint64_t requests;
    cr_assert_eq(fa_harvest_read(path, &trial, &requests, NULL), 0);
    cr_assert(trial.n_moments >= 399 && trial.n_moments <= 401, "%zu", trial.n_moments);
    cr_assert_eq(trial.moments[trial.n_moments - 1].bytes, 20000);
    free(trial.moments);
}

Test(harvest, without_a_good_entry_there_are_no_latencies)
{
    struct fa_trial trial = {.wall = 1};
    uint64_t requests = 9;
    cr_assert_eq(fa_harvest_read(fa_scratch_write(&scratch, "empty", ""), &trial, &requests, NULL),
                 0);
    cr_assert(isnan(trial.ttfb.p50) && isnan(trial.total.p99));
    cr_assert(requests == 0 && trial.entries == 0 && trial.n_moments == 0);
    struct fa_error err;
    cr_assert_eq(fa_harvest_read("/nonexistent", &trial, &requests, &err), -1);
}
