/* What every kind of queue promises: one contract, in memory and on Redis. */

#include "queue/queue.h"

#include "support/memory_queue.h"
#include "support/process.h"
#include "support/redis.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS 4

static struct fa_scratch scratch;
static struct fa_redis redis;
static struct fa_memory_store *store;
static struct event_base *base;
static const struct fa_queue_ops *ops;
static struct fa_queue *queues[WORKERS];
static char names[WORKERS][8];

/* A copy of the last answer; what it points to is copied as far as the tests look. */
static struct {
    struct fa_queue_answer at;
    bool came;
    struct fa_queue_lease lease; /* the first that was gained */
    struct fa_queue_lease gains[16];
    unsigned seats;              /* of the first */
    unsigned pauses;             /* gained leases with one */
    struct fa_queue_origin late; /* the first */
    char ids[8][32];
    char paths[8][64];
    unsigned deaths[8];
    enum fa_queue_put puts[8];
    struct fa_queue_origin origin; /* the first of the first gain */
    uint64_t ok, failed, crashed, bytes;
} answer;

static uint64_t count_of(const struct fa_queue_answer *at, const char *name)
{
    for (size_t i = 0; i < at->n_counts; ++i)
        if (strcmp(at->counts[i].name, name) == 0)
            return at->counts[i].count;
    return 0;
}

static void on_answer(void *ctx, const struct fa_queue_answer *at)
{
    (void)ctx;
    memset(&answer, 0, sizeof(answer));
    answer.at = *at;
    answer.came = true;
    if (at->n_gained > 0)
        answer.lease = at->gained[0].lease;
    for (size_t i = 0; i < at->n_gained && i < 16; ++i) {
        answer.gains[i] = at->gained[i].lease;
        answer.seats = at->gained[i].seats;
        answer.pauses += at->gained[i].n_origins > 0 && at->gained[i].origins[0].not_before > 0;
    }
    if (at->n_late > 0)
        answer.late = at->late[0];
    if (at->n_gained > 0 && at->gained[0].n_origins > 0)
        answer.origin = at->gained[0].origins[0];
    for (size_t i = 0; i < at->n_taken && i < 8; ++i) {
        snprintf(answer.ids[i], sizeof(answer.ids[i]), "%s", at->taken[i].id);
        snprintf(answer.paths[i], sizeof(answer.paths[i]), "%s", at->taken[i].path);
        answer.deaths[i] = at->taken[i].deaths;
    }
    if (at->puts)
        memcpy(answer.puts, at->puts, sizeof(answer.puts));
    answer.ok = count_of(at, "ok");
    answer.failed = count_of(at, "failed");
    answer.crashed = count_of(at, "class:worker_crashed");
    answer.bytes = count_of(at, "bytes");
}

static void wait_for_answer(void)
{
    while (!answer.came)
        cr_assert_eq(event_base_loop(base, EVLOOP_ONCE), 0);
    answer.came = false;
}

static unsigned per_host = 4; /* of the workers that are opened */

static void open_queue(int who, bool create, unsigned partitions, double lease)
{
    struct fa_error err;
    snprintf(names[who], sizeof(names[who]), "w%d", who);
    const struct fa_queue_setup setup = {
        .base = base,
        .url = store ? fa_memory_store_url(store) : redis.url,
        .who = names[who],
        .create = create,
        .partitions = partitions,
        .lease = lease,
        .results = 100,
        .per_host = per_host,
    };
    queues[who] = ops->open(&setup, on_answer, NULL, &err);
    cr_assert_not_null(queues[who], "%s", err.msg);
    wait_for_answer();
}

static void begin(int kind)
{
    signal(SIGPIPE, SIG_IGN);
    base = event_base_new();
    fa_scratch_init(&scratch);
    ops = kind == 0 ? &fa_queue_memory : &fa_queue_redis;
    if (kind == 0)
        store = fa_memory_store_new();
    else
        fa_redis_start(&redis, &scratch, NULL);
}

static void end(void)
{
    for (int i = 0; i < WORKERS; ++i)
        if (queues[i])
            ops->free(queues[i]);
    fa_redis_stop(&redis);
    fa_memory_store_free(store);
    fa_scratch_fini(&scratch);
    event_base_free(base);
}

static void put(int who, unsigned partition, const char *name, uint64_t url)
{
    char other[64], third[64];
    snprintf(other, sizeof(other), "%s-1", name);
    snprintf(third, sizeof(third), "%s-2", name);
    const struct fa_queue_entry entry = {
        .origin_key = partition,
        .url_key = url,
        .packed = "\thttp://a.example/\t",
        .paths = {name, other, third},
        .line = 7,
    };
    ops->put(queues[who], &entry, 1, on_answer, NULL);
    wait_for_answer();
}

static void beat(int who, const struct fa_queue_lease *lease)
{
    ops->beat(queues[who], lease, lease != NULL, 64, "1 2 3", on_answer, NULL);
    wait_for_answer();
}

/* Beat until a lease is gained, as the former owner is silent. */
static struct fa_queue_lease gain(int who)
{
    for (double until = fa_now() + fa_timeout(20); fa_now() < until;) {
        beat(who, NULL);
        if (answer.at.n_gained > 0)
            return answer.lease;
    }
    cr_assert_fail("no lease");
    return (struct fa_queue_lease){0};
}

static void take(int who, struct fa_queue_lease lease, bool held)
{
    ops->take(queues[who], &lease, 4, held, on_answer, NULL);
    wait_for_answer();
}

static void begin_entry(int who, struct fa_queue_lease lease, const char *id)
{
    const struct fa_queue_begun begun = {lease.slot, id};
    ops->begin(queues[who], &begun, 1, on_answer, NULL);
    wait_for_answer();
}

static void done(int who, struct fa_queue_lease lease, const char *id)
{
    const struct fa_queue_result result = {id, "ok", "", 10, "{}"};
    ops->done(queues[who], &lease, &result, 1, on_answer, NULL);
    wait_for_answer();
}

static void stat(int who)
{
    ops->stat(queues[who], on_answer, NULL);
    wait_for_answer();
}

#define BOTH(name)                                             \
    static void check_##name(void);                            \
    Test(queue, in_memory_##name, .fini = end, .timeout = 120) \
    {                                                          \
        begin(0);                                              \
        check_##name();                                        \
    }                                                          \
    Test(queue, on_redis_##name, .fini = end, .timeout = 120)  \
    {                                                          \
        begin(1);                                              \
        check_##name();                                        \
    }                                                          \
    static void check_##name(void)

BOTH(a_queue_that_does_not_exist_is_refused)
{
    open_queue(0, false, 4, 30);
    cr_expect_eq(answer.at.error.class, FA_CLASS_REFUSED);
    cr_expect_not_null(strstr(answer.at.error.msg, "no such queue"), "%s", answer.at.error.msg);
}

BOTH(an_existing_queue_keeps_its_partitions)
{
    open_queue(0, true, 4, 30);
    open_queue(1, true, 8, 10);
    cr_expect_eq(answer.at.partitions, 4);
    cr_expect_eq(answer.at.lease, 30);
}

BOTH(an_entry_is_put_once_and_gets_a_free_name)
{
    open_queue(0, true, 4, 30);
    put(0, 1, "x", 100);
    cr_expect_eq(answer.puts[0], FA_QUEUE_PUT_NEW);
    put(0, 1, "x", 100);
    cr_expect_eq(answer.puts[0], FA_QUEUE_PUT_KNOWN);
    put(0, 1, "x", 200);
    cr_expect_eq(answer.puts[0], FA_QUEUE_PUT_NEW);
    put(0, 1, "x", 200);
    cr_expect_eq(answer.puts[0], FA_QUEUE_PUT_KNOWN);
    put(0, 1, "x", 300);
    put(0, 1, "x", 400);
    cr_expect_eq(answer.puts[0], FA_QUEUE_PUT_TAKEN);
    struct fa_queue_lease lease = gain(0);
    take(0, lease, false);
    cr_assert_eq(answer.at.n_taken, 3);
    cr_expect_str_eq(answer.paths[0], "x");
    cr_expect_str_eq(answer.paths[1], "x-1");
    cr_expect_str_eq(answer.paths[2], "x-2");
    stat(0);
    cr_expect_eq(answer.at.entries, 3);
    cr_expect_eq(answer.at.left, 3);
    cr_expect_eq(answer.at.held, 3);
}

BOTH(several_results_are_counted_together)
{
    open_queue(0, true, 4, 30);
    put(0, 2, "x", 100);
    put(0, 2, "y", 200);
    put(0, 2, "z", 300);
    struct fa_queue_lease lease = gain(0);
    take(0, lease, false);
    char ids[3][32];
    memcpy(ids, answer.ids, sizeof(ids));
    done(0, lease, ids[0]);
    const struct fa_queue_result results[] = {
        {ids[0], "ok", "", 10, "{}"},
        {ids[1], "failed", "worker_crashed", 5000000000, "{}"},
        {ids[2], "ok", "", 7, "{}"},
        {ids[2], "ok", "", 7, "{}"},
    };
    ops->done(queues[0], &lease, results, 4, on_answer, NULL);
    wait_for_answer();
    cr_expect_eq(answer.at.counted, 2);
    stat(0);
    cr_expect_eq(answer.ok, 2);
    cr_expect_eq(answer.failed, 1);
    cr_expect_eq(answer.crashed, 1);
    cr_expect_eq(answer.bytes, 5000000017);
    cr_expect_eq(answer.at.left, 0);
    cr_expect_eq(answer.at.held, 0);
}

BOTH(a_result_counts_once)
{
    open_queue(0, true, 4, 30);
    put(0, 2, "x", 100);
    struct fa_queue_lease lease = gain(0);
    cr_expect_eq(lease.slot, 2);
    take(0, lease, false);
    char id[32];
    strcpy(id, answer.ids[0]);
    done(0, lease, id);
    cr_expect_eq(answer.at.counted, 1);
    done(0, lease, id);
    cr_expect_eq(answer.at.counted, 0);
    stat(0);
    cr_expect_eq(answer.ok, 1);
    cr_expect_eq(answer.bytes, 10);
    cr_expect_eq(answer.at.left, 0);
    beat(0, &lease);
    cr_expect_eq(answer.at.n_empty, 1);
    cr_expect_eq(answer.at.left, 0);
    cr_expect_eq(answer.at.producers, 1);
    ops->close(queues[0], on_answer, NULL);
    wait_for_answer();
    beat(0, &lease);
    cr_expect_eq(answer.at.producers, 0);
}

BOTH(a_lease_has_one_owner)
{
    open_queue(0, true, 1, 30);
    open_queue(1, false, 0, 0);
    put(0, 0, "x", 100);
    struct fa_queue_lease lease = gain(0);
    beat(1, NULL);
    cr_expect_eq(answer.at.n_gained, 0);
    beat(0, &lease);
    cr_expect_eq(answer.at.n_lost, 0);
    cr_expect_eq(answer.at.n_gained, 0);
}

BOTH(an_answer_that_was_lost_is_repeated)
{
    open_queue(0, true, 1, 30);
    put(0, 0, "x", 100);
    struct fa_queue_lease first = gain(0), second = gain(0);
    cr_expect_eq(second.slot, 0);
    take(0, second, false);
    take(0, second, true);
    cr_expect_eq(answer.at.n_taken, 1);
    cr_expect_eq(answer.deaths[0], 0);
    done(0, first, answer.ids[0]);
    cr_expect(answer.at.stale);
}

BOTH(a_dead_workers_entries_are_taken_over_and_its_late_result_is_refused)
{
    open_queue(0, true, 1, 0.3);
    open_queue(1, false, 0, 0);
    put(0, 0, "x", 100);
    put(0, 0, "y", 200);
    struct fa_queue_lease dead = gain(0);
    take(0, dead, false);
    char id[32];
    strcpy(id, answer.ids[0]);
    begin_entry(0, dead, id);
    struct fa_queue_lease next = gain(1);
    cr_expect_gt(next.token, dead.token);
    take(1, next, true);
    cr_assert_eq(answer.at.n_taken, 2);
    cr_expect_str_eq(answer.ids[0], id);
    cr_expect_eq(answer.deaths[0], 1);
    cr_expect_eq(answer.deaths[1], 0, "it was only taken");
    done(0, dead, id);
    cr_expect(answer.at.stale);
    cr_expect_eq(answer.at.counted, 0);
    done(1, next, id);
    cr_expect_eq(answer.at.counted, 1);
    beat(0, &dead);
    cr_expect_eq(answer.at.n_lost, 1);
    stat(0);
    cr_expect_eq(answer.ok, 1);
}

BOTH(what_is_given_back_is_nobodys_death)
{
    open_queue(0, true, 1, 30);
    open_queue(1, false, 0, 0);
    put(0, 0, "x", 100);
    struct fa_queue_lease lease = gain(0);
    take(0, lease, false);
    ops->defer(queues[0], &lease, on_answer, NULL);
    wait_for_answer();
    ops->leave(queues[0], on_answer, NULL);
    wait_for_answer();
    struct fa_queue_lease next = gain(1);
    take(1, next, true);
    cr_assert_eq(answer.at.n_taken, 1);
    cr_expect_eq(answer.deaths[0], 0);
}

BOTH(the_third_death_that_an_entry_causes_is_its_last)
{
    open_queue(0, true, 1, 0.3);
    open_queue(1, false, 0, 0);
    put(0, 0, "x", 100);
    put(0, 0, "y", 200);
    struct fa_queue_lease lease = gain(0);
    take(0, lease, false);
    char id[32];
    strcpy(id, answer.ids[0]);
    begin_entry(0, lease, id);
    for (unsigned deaths = 1; deaths < 3; ++deaths) {
        int who = deaths % 2 ? 1 : 0;
        lease = gain(who);
        take(who, lease, true);
        cr_assert_eq(answer.at.n_taken, 2, "%u", deaths);
        cr_expect_eq(answer.deaths[0], deaths);
        cr_expect_eq(answer.deaths[1], 0);
        begin_entry(who, lease, id);
    }
    lease = gain(1);
    take(1, lease, true);
    cr_expect_eq(answer.at.n_taken, 1, "the other one is innocent");
    cr_expect_str_eq(answer.paths[0], "y");
    stat(0);
    cr_expect_eq(answer.failed, 1);
    cr_expect_eq(answer.crashed, 1);
    cr_expect_eq(answer.at.left, 1);
}

BOTH(two_that_are_begun_together_are_not_found_guilty)
{
    open_queue(0, true, 1, 0.3);
    open_queue(1, false, 0, 0);
    put(0, 0, "x", 100);
    put(0, 0, "y", 200);
    struct fa_queue_lease lease = gain(0);
    take(0, lease, false);
    for (unsigned deaths = 1; deaths < 5; ++deaths) {
        int who = deaths % 2 ? 1 : 0;
        char second[32];
        strcpy(second, answer.ids[1]);
        begin_entry(1 - who, lease, answer.ids[0]);
        begin_entry(1 - who, lease, second);
        lease = gain(who);
        take(who, lease, true);
        cr_assert_eq(answer.at.n_taken, 2);
        cr_expect_eq(answer.deaths[1], deaths);
    }
}

BOTH(what_was_only_taken_becomes_a_suspect_late)
{
    open_queue(0, true, 1, 0.2);
    open_queue(1, false, 0, 0);
    put(0, 0, "x", 100);
    struct fa_queue_lease lease = gain(0);
    take(0, lease, false);
    for (unsigned died = 1; died <= 8; ++died) {
        int who = died % 2 ? 1 : 0;
        lease = gain(who);
        take(who, lease, true);
        cr_assert_eq(answer.at.n_taken, 1);
        cr_expect_eq(answer.deaths[0], died / 4);
    }
}

BOTH(what_is_done_or_given_back_is_not_begun_any_more)
{
    open_queue(0, true, 1, 0.5);
    open_queue(1, false, 0, 0);
    put(0, 0, "x", 100);
    put(0, 0, "y", 200);
    struct fa_queue_lease lease = gain(0);
    take(0, lease, false);
    char first[32], second[32];
    strcpy(first, answer.ids[0]);
    strcpy(second, answer.ids[1]);
    begin_entry(0, lease, first);
    begin_entry(0, lease, second);
    done(0, lease, first);
    for (int deaths = 1; deaths < 3; ++deaths) {
        int who = deaths % 2 ? 1 : 0;
        lease = gain(who);
        begin_entry(who, lease, second);
    }
    ops->leave(queues[0], on_answer, NULL);
    wait_for_answer();
    lease = gain(1);
    take(1, lease, true);
    cr_assert_eq(answer.at.n_taken, 1);
    cr_expect_eq(answer.deaths[0], 2, "the last one has left");
}

BOTH(a_silent_worker_is_noticed_before_its_lease_ends)
{
    open_queue(0, true, 1, 2);
    open_queue(1, false, 0, 0);
    put(0, 0, "x", 100);
    gain(0);
    beat(1, NULL);
    cr_expect_eq(answer.at.silent, 0);
    double silent = 0;
    for (double until = fa_now() + fa_timeout(20); silent == 0 && fa_now() < until;) {
        beat(1, NULL);
        cr_assert_eq(answer.at.n_gained, 0, "not before");
        silent = answer.at.silent;
    }
    cr_expect(silent > 0 && silent <= 1, "%g", silent);
}

BOTH(workers_get_a_fair_share_of_the_partitions)
{
    open_queue(0, true, 4, 30);
    open_queue(1, false, 0, 0);
    for (unsigned p = 0; p < 4; ++p) {
        char name[8];
        snprintf(name, sizeof(name), "f%u", p);
        put(0, p, name, p + 1);
    }
    beat(1, NULL);
    cr_expect_eq(answer.at.n_gained, 4);
    beat(0, NULL);
    cr_expect_eq(answer.at.n_gained, 0);
    struct fa_queue_lease lease = {.token = 1};
    beat(1, &lease);
    cr_expect_geq(answer.at.n_gained + answer.at.n_lost, 1);
}

BOTH(the_next_owner_knows_what_is_known_about_an_origin)
{
    open_queue(0, true, 1, 30);
    open_queue(1, false, 0, 0);
    put(0, 0, "x", 100);
    struct fa_queue_lease lease = gain(0);
    const struct fa_queue_origin origin = {
        "http://a.example:80", 1234567890.5, true, 12, 3, 1, 2.5, 99};
    ops->block(queues[0], &lease, &origin, 1, on_answer, NULL);
    wait_for_answer();
    ops->defer(queues[0], &lease, on_answer, NULL);
    wait_for_answer();
    ops->block(queues[0], &lease, &origin, 1, on_answer, NULL);
    wait_for_answer();
    cr_expect(answer.at.stale);
    ops->leave(queues[0], on_answer, NULL);
    wait_for_answer();
    gain(1);
    cr_expect_float_eq(answer.origin.not_before, 1234567890.5, 0.01);
    cr_expect(answer.origin.down);
    cr_expect_eq(answer.origin.limit, 12);
    cr_expect_eq(answer.origin.done, 3);
    cr_expect_eq(answer.origin.failed, 1);
    cr_expect_eq(answer.origin.bytes, 99);
}

BOTH(a_pause_that_a_former_owner_has_heard_of_counts)
{
    open_queue(0, true, 1, 0.3);
    open_queue(1, false, 0, 0);
    put(0, 0, "x", 100);
    struct fa_queue_lease former = gain(0), lease = gain(1);
    struct fa_queue_origin origin = {"http://a.example:80", 2000000000, false, 12, 0, 0, 0, 0};
    ops->block(queues[0], &former, &origin, 1, on_answer, NULL);
    wait_for_answer();
    cr_expect(answer.at.stale);
    beat(1, &lease);
    cr_expect_eq(answer.at.n_late, 1);
    beat(1, &lease);
    cr_expect_eq(answer.at.n_late, 0);
    origin.not_before = 1900000000;
    ops->block(queues[0], &former, &origin, 1, on_answer, NULL);
    wait_for_answer();
    beat(1, &lease);
    cr_expect_eq(answer.at.n_late, 0, "a shorter one does not");
}

#define LARGE 300 /* entries of one origin */

static void put_large(int who)
{
    for (unsigned i = 0; i < LARGE; ++i) {
        char name[16];
        snprintf(name, sizeof(name), "l%u", i);
        put(who, 2, name, i + 1);
    }
}

BOTH(workers_share_a_partition_that_is_a_large_part_of_all)
{
    struct fa_queue_lease first[4];
    open_queue(0, true, 8, 30);
    open_queue(1, false, 0, 0);
    put_large(0);
    beat(0, NULL);
    cr_assert_eq(answer.at.n_gained, 4, "--per-host is 4, so no more can share it");
    cr_expect_eq(answer.seats, 4);
    memcpy(first, answer.gains, sizeof(first));
    for (int i = 0; i < 4; ++i) {
        cr_expect_eq(first[i].slot % 8, 2);
        take(0, first[i], false);
        cr_expect_eq(answer.at.n_taken, 4);
    }
    ops->beat(queues[1], NULL, 0, 64, "", on_answer, NULL);
    wait_for_answer();
    cr_expect_eq(answer.at.n_gained, 0);
    ops->beat(queues[0], first, 4, 64, "", on_answer, NULL);
    wait_for_answer();
    cr_expect_eq(answer.at.alive, 2);
    cr_expect_eq(answer.at.over, 2);
    for (int i = 0; i < 2; ++i) {
        ops->defer(queues[0], &first[i], on_answer, NULL);
        wait_for_answer();
    }
    beat(1, NULL);
    cr_assert_eq(answer.at.n_gained, 2);
    struct fa_queue_lease second = answer.gains[0], third = answer.gains[1];
    take(1, second, true);
    size_t taken = answer.at.n_taken;
    take(1, third, true);
    cr_expect_eq(taken + answer.at.n_taken, 8, "what was given back, and nothing of the others");
    take(0, first[3], true);
    cr_expect_eq(answer.at.n_taken, 4);
    cr_expect_eq(answer.deaths[0], 0);
    char id[32];
    strcpy(id, answer.ids[0]);
    done(0, first[3], id);
    cr_expect_eq(answer.at.counted, 1);
}

BOTH(a_dead_workers_seats_are_taken_over)
{
    open_queue(0, true, 8, 0.5);
    open_queue(1, false, 0, 0);
    put_large(0);
    beat(0, NULL);
    cr_assert_eq(answer.at.n_gained, 4);
    struct fa_queue_lease dead = answer.gains[1];
    take(0, dead, false);
    char id[32];
    strcpy(id, answer.ids[0]);
    begin_entry(0, dead, id);
    unsigned held = 0, deaths = 0;
    struct fa_queue_lease gains[16];
    size_t n = 0;
    for (double until = fa_now() + fa_timeout(20); n < 4 && fa_now() < until;) {
        ops->beat(queues[1], gains, n, 64, "", on_answer, NULL);
        wait_for_answer();
        memcpy(gains + n, answer.gains, answer.at.n_gained * sizeof(*gains));
        n += answer.at.n_gained;
    }
    cr_assert_eq(n, 4);
    for (int i = 0; i < 4; ++i) {
        take(1, gains[i], true);
        held += (unsigned)answer.at.n_taken;
        deaths += answer.at.n_taken > 0 ? answer.deaths[0] : 0;
    }
    cr_expect_eq(held, 4);
    cr_expect_eq(deaths, 1);
    done(0, dead, id);
    cr_expect(answer.at.stale);
}

BOTH(a_pause_is_that_of_all_seats)
{
    open_queue(0, true, 8, 30);
    put_large(0);
    beat(0, NULL);
    cr_assert_eq(answer.at.n_gained, 4);
    struct fa_queue_lease all[4];
    memcpy(all, answer.gains, sizeof(all));
    const struct fa_queue_origin origin = {"http://a.example:80", 2000000000, false, 1, 5, 0, 1, 0};
    ops->block(queues[0], &all[0], &origin, 1, on_answer, NULL);
    wait_for_answer();
    ops->beat(queues[0], all, 4, 64, "", on_answer, NULL);
    wait_for_answer();
    cr_assert_eq(answer.at.n_late, 3);
    cr_expect_float_eq(answer.late.not_before, 2000000000, 0.01);
    ops->beat(queues[0], all, 4, 64, "", on_answer, NULL);
    wait_for_answer();
    cr_expect_eq(answer.at.n_late, 0);
}

static void block(int who, struct fa_queue_lease lease, double not_before, bool down)
{
    const struct fa_queue_origin origin = {"http://a.example:80", not_before, down, 1, 5, 0, 1, 0};
    ops->block(queues[who], &lease, &origin, 1, on_answer, NULL);
    wait_for_answer();
}

static void gain_seats(struct fa_queue_lease all[4])
{
    open_queue(0, true, 8, 30);
    put_large(0);
    beat(0, NULL);
    cr_assert_eq(answer.at.n_gained, 4);
    memcpy(all, answer.gains, 4 * sizeof(*all));
}

/* @return what the next owner of the seat knows */
static struct fa_queue_origin next_owner_knows(int who, struct fa_queue_lease seat)
{
    ops->defer(queues[0], &seat, on_answer, NULL);
    wait_for_answer();
    open_queue(who, false, 0, 0);
    gain(who);
    cr_assert_eq(answer.lease.slot, seat.slot);
    return answer.origin;
}

BOTH(an_outage_that_is_over_is_over_for_all_seats)
{
    struct fa_queue_lease all[4];
    gain_seats(all);
    block(0, all[0], 2000000000, true);
    ops->beat(queues[0], all, 4, 64, "", on_answer, NULL);
    wait_for_answer();
    cr_assert_eq(answer.at.n_late, 3);
    block(0, all[1], 0, false);
    struct fa_queue_origin origin = next_owner_knows(1, all[2]);
    cr_expect(!origin.down);
    cr_expect_eq(origin.not_before, 0);
}

BOTH(an_owner_that_has_not_heard_of_an_outage_does_not_end_it)
{
    struct fa_queue_lease all[4];
    gain_seats(all);
    block(0, all[0], 2000000000, true);
    block(0, all[1], 0, false);
    for (int seat = 1; seat < 3; ++seat) {
        struct fa_queue_origin origin = next_owner_knows(seat, all[seat]);
        cr_expect(origin.down, "%d", seat);
        cr_expect_float_eq(origin.not_before, 2000000000, 0.01, "%d", seat);
    }
}

BOTH(a_pause_that_a_server_asked_for_is_not_ended_by_another_seat)
{
    struct fa_queue_lease all[4];
    gain_seats(all);
    block(0, all[0], 2000000000, false);
    ops->beat(queues[0], all, 4, 64, "", on_answer, NULL);
    wait_for_answer();
    block(0, all[1], 0, false);
    cr_expect_float_eq(next_owner_knows(1, all[2]).not_before, 2000000000, 0.01);
}

BOTH(a_worker_takes_no_part_of_one_transfer)
{
    open_queue(0, true, 8, 30);
    per_host = 1;
    open_queue(1, false, 0, 0);
    put_large(0);
    beat(0, NULL);
    cr_assert_eq(answer.at.n_gained, 4);
    struct fa_queue_lease one = answer.gains[0];
    ops->defer(queues[0], &one, on_answer, NULL);
    wait_for_answer();
    beat(1, NULL);
    cr_expect_eq(answer.at.n_gained, 0);
}

BOTH(a_partition_that_becomes_large_is_given_back_to_be_shared)
{
    open_queue(0, true, 8, 30);
    open_queue(1, false, 0, 0);
    put(0, 2, "x", 1000);
    struct fa_queue_lease lease = gain(0);
    cr_expect_eq(answer.seats, 1);
    put_large(0);
    beat(0, &lease);
    cr_expect_eq(answer.at.n_split, 0, "alone, it can do it as well");
    beat(1, NULL);
    beat(0, &lease);
    cr_assert_eq(answer.at.n_split, 1);
    ops->defer(queues[0], &lease, on_answer, NULL);
    wait_for_answer();
    beat(1, NULL);
    cr_expect_eq(answer.at.n_gained, 2);
    cr_expect_eq(answer.seats, 4);
}

BOTH(a_pause_is_also_that_of_seats_that_come_later)
{
    open_queue(0, true, 8, 30);
    open_queue(1, false, 0, 0);
    put(0, 2, "x", 1000);
    struct fa_queue_lease lease = gain(0);
    const struct fa_queue_origin origin = {"http://a.example:80", 2000000000, false, 1, 5, 0, 1, 0};
    ops->block(queues[0], &lease, &origin, 1, on_answer, NULL);
    wait_for_answer();
    put_large(0);
    ops->defer(queues[0], &lease, on_answer, NULL);
    wait_for_answer();
    for (int who = 1; who >= 0; --who) {
        beat(who, NULL);
        cr_expect_eq(answer.at.n_gained, 2);
        cr_expect_eq(answer.pauses, 2);
    }
}

/* What only a server can do. */

Test(queue, on_redis_what_is_known_of_an_origin_survives_a_restart, .fini = end, .timeout = 120)
{
    begin(1);
    open_queue(0, true, 1, 30);
    put(0, 0, "x", 100);
    struct fa_queue_lease lease = gain(0);
    const struct fa_queue_origin origin = {"http://a.example:80", 2000000000, true, 12, 5, 1, 9, 0};
    ops->block(queues[0], &lease, &origin, 1, on_answer, NULL);
    wait_for_answer();
    ops->defer(queues[0], &lease, on_answer, NULL);
    wait_for_answer();
    fa_redis_stop(&redis);
    fa_redis_restart(&redis);
    gain(0);
    cr_expect_float_eq(answer.origin.not_before, 2000000000, 0.01);
    cr_expect(answer.origin.down);
    cr_expect_eq(answer.origin.limit, 12);
}

Test(queue, on_redis_a_restart_loses_nothing_and_ends_no_lease, .fini = end, .timeout = 120)
{
    begin(1);
    open_queue(0, true, 1, 1);
    open_queue(1, false, 0, 0);
    put(0, 0, "x", 100);
    struct fa_queue_lease lease = gain(0);
    take(0, lease, false);
    char id[32];
    strcpy(id, answer.ids[0]);
    fa_redis_stop(&redis);
    ops->stat(queues[0], on_answer, NULL);
    for (double until = fa_now() + 1.1; fa_now() < until && !answer.came;)
        event_base_loop(base, EVLOOP_NONBLOCK);
    fa_redis_restart(&redis);
    wait_for_answer();
    cr_expect_eq(answer.at.left, 1);
    /* The lease would be over, but nobody could renew it meanwhile. */
    beat(1, NULL);
    cr_expect_eq(answer.at.n_gained, 0);
    done(0, lease, id);
    cr_expect_eq(answer.at.counted, 1);
}
