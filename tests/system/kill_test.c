/*
 * The kill loop: the program, its nursery and its workers die by SIGKILL at every kind of step
 * that changes a file, right before and right after it and in the middle of a write, and at
 * random times; the list is then fetched to its end, and invariants hold all the while
 * (support/ordeal.h). Calls that fail are treated likewise.
 *
 * FA_KILL_SEED chooses other steps and times. FA_KILL_LONG=N adds N rounds of random choices of
 * everything, for each mode: "./dev kill N".
 */

#include "support/modes.h"
#include "support/ordeal.h"
#include "support/process.h"
#include "support/report.h"
#include "support/workers.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct fa_ordeal ordeal;

TestSuite(kill, .timeout = 550.0);
TestSuite(kill_long);

static unsigned long chosen(const char *name, unsigned long other)
{
    const char *text = getenv(name);
    return text && *text ? strtoul(text, NULL, 10) : other;
}

/* Sanitizers are slow (support/process.h), and see what they look for in fewer rounds. */
static uint64_t most(uint64_t n)
{
    return fa_timeout(1) > 1 ? (n + 2) / 3 : n;
}

static unsigned below(size_t n)
{
    return n > 0 ? (unsigned)random() % (unsigned)n : 0;
}

static void begin(const char *mode, enum fa_ordeal_list which)
{
    unsigned seed = (unsigned)chosen("FA_KILL_SEED", 1);
    fa_ordeal_init(&ordeal, mode, which);
    ordeal.seed = seed;
    srandom(seed);
}

static void end(const char *what, size_t least)
{
    fa_ordeal_tell(&ordeal, what);
    cr_expect(ordeal.tally.kills + ordeal.tally.failures >= least, "%s: only %zu kills",
              ordeal.mode, ordeal.tally.kills);
    fa_ordeal_fini(&ordeal);
}

/* The number of steps in a whole run. */
struct steps {
    uint64_t counts[FA_KILL_ROLES][FA_KILL_CALLS];
    uint64_t totals[FA_KILL_ROLES];
    double seconds;
};

static void count_steps(struct steps *ret, const char *const *options)
{
    double began = fa_now();
    cr_assert(!fa_ordeal_run(&ordeal, options));
    ret->seconds = fa_now() - began;
    for (int role = 0; role < FA_KILL_ROLES; ++role) {
        ret->totals[role] = ordeal.plan->totals[role];
        for (int call = 0; call < FA_KILL_CALLS; ++call)
            ret->counts[role][call] = ordeal.plan->counts[role][call];
    }
    fa_ordeal_expect_done(&ordeal);
    fa_ordeal_again(&ordeal);
}

/* After a run that may have been killed: now and then killed once more, and then to its end. */
static void to_the_end(const struct steps *steps, bool killed, const char *const *options)
{
    while (killed && below(2)) {
        if (below(3) == 0)
            fa_ordeal_bump(&ordeal);
        fa_ordeal_arm(&ordeal, &(struct fa_shot){.call = FA_KILL_ANY,
                                                 .step = 1 + below(steps->totals[0] * 2 / 3),
                                                 .when = below(FA_KILL_FAIL)});
        killed = fa_ordeal_run(&ordeal, options);
    }
    fa_ordeal_disarm(&ordeal);
    if (killed)
        fa_ordeal_run(&ordeal, options);
    fa_ordeal_expect_done(&ordeal);
    fa_ordeal_again(&ordeal);
}

static void kill_at(const struct steps *steps, const struct fa_shot *shot,
                    const char *const *options)
{
    fa_ordeal_arm(&ordeal, shot);
    to_the_end(steps, fa_ordeal_run(&ordeal, options), options);
}

/* N of the steps 1 to COUNT, the first and the last among them: the i-th. */
static uint64_t spread(uint64_t count, uint64_t n, uint64_t i)
{
    return n < 2 || i == 0 ? 1 : i == n - 1 ? count : 1 + i * (count - 1) / (n - 1);
}

typedef void each_shot(const struct steps *steps, const struct fa_shot *shot,
                       const char *const *options);

/* At most MOST steps of each kind of call, and each before, after and in the middle. */
static void for_each_shot(const struct steps *steps, int role, uint64_t most, each_shot *each,
                          const char *const *options)
{
    for (int call = 0; call < FA_KILL_CALLS; ++call) {
        uint64_t count = steps->counts[role][call];
        uint64_t n = count < most ? count : most;
        bool writes = call == FA_KILL_PWRITE || call == FA_KILL_WRITE;
        for (uint64_t i = 0; i < n; ++i)
            for (int when = FA_KILL_BEFORE; when <= (writes ? FA_KILL_HALF : FA_KILL_AFTER); ++when)
                each(steps,
                     &(struct fa_shot){.role = role,
                                       .call = call,
                                       .step = n == 1 ? 1 + count / 2 : spread(count, n, i),
                                       .when = (enum fa_kill_when)when},
                     options);
    }
}

static void kill_at_all(const struct steps *steps, int role, uint64_t most,
                        const char *const *options)
{
    for_each_shot(steps, role, most, kill_at, options);
}

static void until(double when)
{
    while (!ordeal.run.ended && fa_now() < when) {
        int ms = (int)((when - fa_now()) * 1000);
        fa_run_pump(&ordeal.run, ms > 20 ? 20 : ms);
    }
}

static void kill_some_time(const struct steps *steps, const char *const *options)
{
    fa_ordeal_start(&ordeal, options);
    until(fa_now() + steps->seconds * below(1000) / 1000);
    fa_run_kill(&ordeal.run, SIGKILL);
    to_the_end(steps, fa_ordeal_finish(&ordeal), options);
}

FA_TEST_MODES(kill, the_program_at_each_kind_of_step)
{
    struct steps steps;
    begin(mode, FA_ORDEAL_ALL);
    count_steps(&steps, NULL);
    uint64_t steps_of_each = strcmp(mode, "async") == 0 ? 2 : 1;
    kill_at_all(&steps, FA_KILL_SUPERVISOR, most(steps_of_each), NULL);
    end("each kind of step", 20);
}

FA_TEST_MODES(kill, the_program_at_random_times)
{
    struct steps steps;
    begin(mode, FA_ORDEAL_ALL);
    count_steps(&steps, NULL);
    /* A run may end before its time has come. */
    for (int i = 0; i < 8 || (i < 40 && ordeal.tally.kills < 6); ++i)
        kill_some_time(&steps, NULL);
    end("random times", 6);
}

FA_TEST_MODES(kill, the_program_without_a_state)
{
    static const char *const options[] = {"--no-state", NULL};
    struct steps steps;
    begin(mode, FA_ORDEAL_ALL);
    count_steps(&steps, options);
    kill_at_all(&steps, FA_KILL_SUPERVISOR, 1, options);
    end("no state", 8);
}

FA_TEST_MODES(kill, the_program_that_syncs_each_file)
{
    bool each = strcmp(mode, "async") == 0 || strcmp(mode, "process") == 0;
    const char *const options[] = {"--fsync", each ? "each" : "batch", NULL};
    struct steps steps;
    begin(mode, FA_ORDEAL_ALL);
    count_steps(&steps, options);
    kill_at_all(&steps, FA_KILL_SUPERVISOR, 1, options);
    end("fsync", 8);
}

/* How often each line of the list is in the log of the commands. */
static void count_hooks(const char *log, unsigned counts[10])
{
    char *text = fa_file_read(log, NULL);
    memset(counts, 0, 10 * sizeof(*counts));
    for (char *at = text; *at; ++at)
        if (*at >= '0' && *at <= '9')
            ++counts[*at - '0'];
    free(text);
}

/* The command of each file has run at least once, for the whole file, and not again afterwards. */
static void hooks_at(const char *log, const char *const *options, bool killed)
{
    unsigned once[10], twice[10];
    fa_ordeal_disarm(&ordeal);
    if (killed)
        fa_ordeal_run(&ordeal, options);
    fa_ordeal_expect_done(&ordeal);
    count_hooks(log, once);
    for (size_t line = 1; line <= 3; ++line)
        cr_assert_geq(once[line], 1, "the command of line %zu did not run", line);
    cr_assert(!fa_ordeal_run(&ordeal, options));
    count_hooks(log, twice);
    cr_assert_arr_eq(once, twice, sizeof(once), "a command ran again");
    fa_ordeal_again(&ordeal);
    cr_assert_eq(truncate(log, 0), 0);
}

Test(kill, commands_run_for_each_file)
{
    static const int calls[] = {FA_KILL_RENAME, FA_KILL_PWRITE, FA_KILL_SENDMSG};
    char command[PATH_MAX + 200];
    struct fa_scratch beside;
    struct steps steps;
    begin("async", FA_ORDEAL_SMALL);
    fa_scratch_init(&beside);
    const char *log = fa_scratch_write(&beside, "log", "");
    snprintf(command, sizeof(command),
             "test \"$(sha256sum < \"$1\" | cut -c1-64)\" = \"$FETCHALL_DIGEST_SHA256\" && "
             "echo $FETCHALL_LINE >> %s",
             log);
    const char *const options[] = {"--exec-shell", "--exec", command, NULL};
    count_steps(&steps, options);
    cr_assert_eq(truncate(log, 0), 0);
    for (size_t i = 0; i < 3 * most(3); ++i) {
        uint64_t count = steps.counts[FA_KILL_SUPERVISOR][calls[i % 3]];
        fa_ordeal_arm(&ordeal,
                      &(struct fa_shot){.call = calls[i % 3],
                                        .step = 1 + below(count),
                                        .when = below(2) ? FA_KILL_AFTER : FA_KILL_BEFORE});
        hooks_at(log, options, fa_ordeal_run(&ordeal, options));
    }
    for (int i = 0; i < 2; ++i) {
        fa_ordeal_start(&ordeal, options);
        until(fa_now() + steps.seconds * below(1000) / 1000);
        fa_run_kill(&ordeal.run, SIGKILL);
        hooks_at(log, options, fa_ordeal_finish(&ordeal));
    }
    end("commands", 3);
    fa_scratch_fini(&beside);
}

/* A file that is replaced is the old one or the new one, and the report agrees. */
static void replace_at(const struct steps *steps, const struct fa_shot *shot,
                       const char *const *options)
{
    static const char *const sync[] = {"--sync", NULL};
    cr_assert(!fa_ordeal_run(&ordeal, NULL));
    fa_ordeal_bump(&ordeal);
    fa_ordeal_arm(&ordeal, shot);
    fa_ordeal_run(&ordeal, options);
    fa_ordeal_disarm(&ordeal);
    if (shot->call == FA_KILL_RENAME || below(2)) {
        cr_assert(!fa_ordeal_run(&ordeal, NULL));
        fa_ordeal_expect_done(&ordeal);
    }
    cr_assert(!fa_ordeal_run(&ordeal, sync));
    fa_ordeal_expect_done(&ordeal);
    fa_ordeal_expect_newest(&ordeal);
    fa_ordeal_again(&ordeal);
    (void)steps;
}

FA_TEST_MODES(kill, a_file_that_is_replaced_is_the_old_or_the_new_one)
{
    static const char *const options[][2] = {{"--sync", NULL}, {"--overwrite", NULL}};
    struct steps steps;
    begin(mode, FA_ORDEAL_ALL);
    size_t first = strcmp(mode, "loops") == 0 || strcmp(mode, "process") == 0;
    size_t end_of = strcmp(mode, "thread") == 0 ? 1 : 2;
    for (size_t i = first; i < end_of; ++i) {
        cr_assert(!fa_ordeal_run(&ordeal, NULL));
        fa_ordeal_bump(&ordeal);
        fa_ordeal_disarm(&ordeal);
        count_steps(&steps, options[i]);
        for_each_shot(&steps, FA_KILL_SUPERVISOR, 1, replace_at, options[i]);
        uint64_t renames = steps.counts[FA_KILL_SUPERVISOR][FA_KILL_RENAME];
        for (uint64_t step = 1; step <= renames && step <= 2; ++step)
            replace_at(
                &steps,
                &(struct fa_shot){.call = FA_KILL_RENAME, .step = step, .when = FA_KILL_AFTER},
                options[i]);
    }
    end("replaced", 8);
}

/* A run outlives its nursery and its workers. */
FA_TEST_MODES(kill, a_worker_or_the_nursery_costs_nothing)
{
    struct steps steps;
    begin(mode, FA_ORDEAL_ALL);
    count_steps(&steps, NULL);
    for (int role = FA_KILL_NURSERY; role <= FA_KILL_WORKER; ++role)
        kill_at_all(&steps, role, 2, NULL);
    for (int i = 0; i < 6; ++i) {
        pid_t pids[FA_WORKERS_MAX];
        fa_ordeal_start(&ordeal, NULL);
        until(fa_now() + steps.seconds * below(1000) / 1000);
        size_t n = fa_process_descendants(ordeal.run.pid, pids, FA_WORKERS_MAX);
        if (n > 0)
            kill(pids[below(n)], SIGKILL);
        ordeal.tally.kills += n > 0;
        ordeal.tally.outside += n > 0;
        cr_assert(!fa_ordeal_finish(&ordeal));
        fa_ordeal_expect_done(&ordeal);
        fa_ordeal_again(&ordeal);
    }
    end("family", 6);
}

/* What was fetched stays fetched, but for what came since the last commit. */
FA_TEST_MODES(kill, a_large_file_is_resumed)
{
    static const double lost_s = 0.5;
    static const uint64_t lost = 512 * 1024;
    begin(mode, FA_ORDEAL_BIG);
    uint64_t had = 0;
    for (uint64_t i = 1; i <= 3; ++i) {
        fa_ordeal_start(&ordeal, NULL);
        while (!ordeal.run.ended && fa_ordeal_part(&ordeal) < i * 1000000)
            fa_run_pump(&ordeal.run, 5);
        until(fa_now() + 0.05 * below(5));
        fa_run_kill(&ordeal.run, SIGKILL);
        cr_assert(fa_ordeal_finish(&ordeal), "%s", fa_run_err(&ordeal.run));
        uint64_t part = fa_ordeal_part(&ordeal);
        cr_assert(part >= had, "%s: the part shrank from %zu to %zu", mode, (size_t)had,
                  (size_t)part);
        had = part;
    }
    cr_assert(!fa_ordeal_run(&ordeal, NULL));
    fa_ordeal_expect_done(&ordeal);
    uint64_t rate = (uint64_t)(FA_ORDEAL_BIG_PIECE / FA_ORDEAL_BIG_EVERY * lost_s);
    cr_assert(ordeal.tally.resumed + lost + rate >= had, "%s: %llu of %zu bytes resumed", mode,
              ordeal.tally.resumed, (size_t)had);
    end("one large file", 3);
}

/*
 * A part of the old version, then one of the new, which is not recorded yet when the run is killed;
 * and the old version is back.
 */
FA_TEST_MODES(kill, a_part_of_another_version_is_not_continued)
{
    begin(mode, FA_ORDEAL_TURN);
    for (unsigned i = 0; i < most(5); ++i) {
        fa_ordeal_start(&ordeal, NULL);
        while (!ordeal.run.ended && fa_ordeal_part(&ordeal) < 1800000)
            fa_run_pump(&ordeal.run, 5);
        fa_run_kill(&ordeal.run, SIGKILL);
        fa_ordeal_finish(&ordeal);
        fa_ordeal_bump(&ordeal);
        fa_ordeal_start(&ordeal, NULL);
        until(fa_now() + 0.04 + 0.03 * (i + below(2)));
        fa_run_kill(&ordeal.run, SIGKILL);
        fa_ordeal_finish(&ordeal);
        fa_ordeal_bump(&ordeal);
        fa_ordeal_run(&ordeal, NULL);
        fa_ordeal_expect_newest(&ordeal);
        fa_ordeal_again(&ordeal);
    }
    end("another version", 2);
}

/* Each run dies at another time or step, and another number of connections continues with its
 * map. */
static void kill_segments(const struct steps *steps, unsigned round)
{
    static const char *const numbers[][5] = {{"--segments", "4", NULL},
                                             {"--segments", "2", NULL},
                                             {"--segments", "auto", NULL},
                                             {"--segments", "4", "--fsync", "batch", NULL},
                                             {"--segments", "1", NULL}};
    static const int calls[] = {FA_KILL_TRUNCATE, FA_KILL_CHMOD, FA_KILL_PWRITE};
    const size_t n = sizeof(numbers) / sizeof(*numbers);
    for (unsigned kills = 0; kills < 2; ++kills) {
        unsigned long long most = steps->counts[FA_KILL_SUPERVISOR][calls[round % 3]];
        if (below(2))
            fa_ordeal_arm(&ordeal,
                          &(struct fa_shot){.call = calls[round % 3],
                                            .step = 1 + below((size_t)most),
                                            .when = below(2) ? FA_KILL_BEFORE : FA_KILL_AFTER});
        fa_ordeal_start(&ordeal, numbers[below(n)]);
        until(fa_now() + steps->seconds * (300 + below(600)) / 1000);
        fa_run_kill(&ordeal.run, SIGKILL);
        if (fa_ordeal_finish(&ordeal) && below(4) == 0)
            fa_ordeal_bump(&ordeal);
        fa_ordeal_disarm(&ordeal);
    }
    cr_assert(!fa_ordeal_run(&ordeal, numbers[below(n)]));
    fa_ordeal_expect_done(&ordeal);
    fa_ordeal_again(&ordeal);
}

FA_TEST_MODES(kill, a_file_that_several_connections_fetch)
{
    static const char *const four[] = {"--segments", "4", NULL};
    struct steps steps;
    begin(mode, FA_ORDEAL_SPLIT);
    count_steps(&steps, four);
    unsigned rounds = strcmp(mode, "async") == 0 ? 6 : 2;
    rounds = (unsigned)chosen("FA_KILL_SEGMENTS", rounds);
    for (unsigned i = 0; i < rounds; ++i)
        kill_segments(&steps, i);
    end("segments", 1);
}

/* Without the failure the run succeeds; with it, it succeeds or reports an error. */
static void fail_at(const struct steps *steps, const struct fa_shot *shot,
                    const char *const *options)
{
    int good = ordeal.which == FA_ORDEAL_ALL ? 3 : 0;
    fa_ordeal_arm(&ordeal, shot);
    bool killed = fa_ordeal_run(&ordeal, options);
    int status = ordeal.run.status;
    if (killed || (status != good && status != 4 && status != 1))
        fa_ordeal_fail(&ordeal, "the status is wrong");
    if (status == good && ordeal.which == FA_ORDEAL_SMALL)
        fa_ordeal_expect_done(&ordeal);
    if (status == 4 && !strstr(fa_run_err(&ordeal.run), "fetchall: "))
        fa_ordeal_fail(&ordeal, "no error is told");
    fa_ordeal_disarm(&ordeal);
    fa_ordeal_run(&ordeal, NULL);
    fa_ordeal_expect_done(&ordeal);
    fa_ordeal_again(&ordeal);
    (void)steps;
}

static void fail_at_all(const struct steps *steps, int error, uint64_t most, uint64_t times,
                        const char *const *options)
{
    for (int role = 0; role < FA_KILL_ROLES; ++role) {
        for (int call = 0; call < FA_KILL_SENDMSG; ++call) {
            uint64_t count = steps->counts[role][call];
            uint64_t n = count < most ? count : most;
            for (uint64_t i = 0; i < n; ++i)
                fail_at(steps,
                        &(struct fa_shot){.role = role,
                                          .call = call,
                                          .step = spread(count, n, i),
                                          .when = FA_KILL_FAIL,
                                          .error = error,
                                          .times = times},
                        options);
        }
    }
}

FA_TEST_MODES(kill, a_call_that_fails_makes_no_wrong_file)
{
    static const char *const at_once[] = {"--disk-wait", "0", NULL};
    struct steps steps;
    begin(mode, FA_ORDEAL_SMALL);
    count_steps(&steps, NULL);
    fail_at_all(&steps, ENOSPC, 1, 1, at_once);
    fail_at_all(&steps, ENOSPC, 1, 5, at_once);
    fail_at_all(&steps, EIO, 1, 1, NULL);
    end("failing calls", 10);
}

FA_TEST_MODES(kill, a_disk_that_is_full_for_a_while)
{
    static const char *const waits[] = {"--disk-wait", "20", NULL};
    struct steps steps;
    begin(mode, FA_ORDEAL_ALL);
    count_steps(&steps, waits);
    for (uint64_t i = 0; i < 3; ++i) {
        int role = strcmp(mode, "process") == 0 ? FA_KILL_WORKER : FA_KILL_SUPERVISOR;
        fa_ordeal_arm(&ordeal,
                      &(struct fa_shot){.role = role,
                                        .call = FA_KILL_PWRITE,
                                        .step = steps.counts[role][FA_KILL_PWRITE] * (2 + i) / 6,
                                        .when = FA_KILL_FAIL,
                                        .error = ENOSPC,
                                        .times = 1 + i});
        cr_assert(!fa_ordeal_run(&ordeal, waits));
        fa_ordeal_expect_done(&ordeal);
        fa_ordeal_again(&ordeal);
    }
    end("full disk", 2);
}

FA_TEST_MODES(kill, writes_of_a_byte_make_right_files)
{
    begin(mode, FA_ORDEAL_SMALL);
    fa_ordeal_arm(&ordeal, &(struct fa_shot){.call = FA_KILL_ANY, .tiny = 1});
    cr_assert(!fa_ordeal_run(&ordeal, NULL));
    fa_ordeal_expect_done(&ordeal);
    cr_assert(ordeal.plan->counts[0][FA_KILL_PWRITE] > 10000);
    end("writes of a byte", 0);
}

FA_TEST_MODES(kill_long, rounds_of_random_choices)
{
    static const char *const choices[][5] = {{NULL},
                                             {"--fsync", "batch", NULL},
                                             {"--fsync", "each", NULL},
                                             {"-j", "1", NULL},
                                             {"--no-state", NULL},
                                             {"--hash", "none", NULL}};
    unsigned long rounds = chosen("FA_KILL_LONG", 0);
    struct steps steps;
    if (rounds == 0)
        cr_skip_test("FA_KILL_LONG says how many rounds");
    begin(mode, FA_ORDEAL_ALL);
    count_steps(&steps, NULL);
    for (unsigned long i = 0; i < rounds; ++i) {
        const char *const *options = choices[below(sizeof(choices) / sizeof(*choices))];
        if (below(4) == 0) {
            kill_some_time(&steps, options);
            continue;
        }
        struct fa_shot shot = {.role = below(4) == 0 ? (int)below(FA_KILL_ROLES) : 0,
                               .call = below(2) ? FA_KILL_ANY : (int)below(FA_KILL_CALLS),
                               .when = below(FA_KILL_FAIL)};
        uint64_t count =
            shot.call < 0 ? steps.totals[shot.role] : steps.counts[shot.role][shot.call];
        shot.step = 1 + below(count);
        kill_at(&steps, &shot, options);
    }
    end("long form", 0);
}
