/*
 * The limit of an origin, in virtual time, against modelled servers: a client starts requests as
 * the limit allows, and the model says when each of them is answered, and how.
 */

#include "engine/concurrency.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define TRANSFERS 512
#define TICK      0.1

/* A server and the path to it.  0 is no limit. */
struct server {
    double rtt;
    double connect;  /* round trips until a new connection carries a request */
    double service;  /* seconds for each request */
    unsigned busy;   /* beyond that many at once, service takes as much longer */
    unsigned queue;  /* at more than that many at once, requests wait for each other */
    unsigned allows; /* at more than that many at once, it refuses */
    double rate;     /* bytes per second of all connections */
    double each;     /* and of one */
    double window;   /* bytes that a new connection sends before a round trip for the others */
    bool mixed;      /* files have a hundredth to four times the size */
    double down;     /* every connection breaks from then until a second later */
    double accident; /* one request is refused after that time */
};

struct transfer {
    bool active, refused, broken, headed;
    double started, sent, flows, ends, latency;
    double size, counted; /* bytes, and those that the object knows of */
    uint32_t round;
};

static struct world {
    struct server server;
    struct fa_concurrency_policy policy;
    struct fa_concurrency limit;
    struct transfer transfers[TRANSFERS];
    double size, now, next_tick, link_free, workers[TRANSFERS];
    unsigned left, active, idle, most, least;
    unsigned refusals, row, rows_most; /* refusals, in a row, and the longest row */
    double refused_at;                 /* the last one, or the next one if there was none */
    unsigned random;
} world;

/* A tenth more or less. */
static double jitter(void)
{
    world.random = world.random * 1664525u + 1013904223u;
    return 0.9 + 0.2 * (world.random >> 8) / 16777216.0;
}

/* Log-uniform. */
static double size_of_file(void)
{
    return world.server.mixed ? world.size * 4 * pow(400, (jitter() - 1.1) / 0.2) : world.size;
}

/* When the one of the first `queue` workers that is free first has done it. */
static double serve(double arrival)
{
    const struct server *s = &world.server;
    double service = s->service * jitter();
    unsigned first = 0;
    if (s->busy && world.active > s->busy)
        service *= (double)world.active / s->busy;
    if (!s->queue)
        return arrival + service;
    for (unsigned i = 1; i < s->queue; ++i)
        if (world.workers[i] < world.workers[first])
            first = i;
    return world.workers[first] = fmax(arrival, world.workers[first]) + service;
}

static unsigned accepted(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < world.policy.most; ++i)
        n += world.transfers[i].active && !world.transfers[i].refused;
    return n;
}

static void start(struct transfer *t)
{
    struct server *s = &world.server;
    bool accident = s->accident > 0 && world.now >= s->accident;
    if (accident)
        s->accident = 0;
    bool refused = accident || (s->allows && accepted() >= s->allows);
    cr_assert(!refused || !world.policy.search || world.now < world.refused_at ||
                  world.now > world.refused_at + FA_CONCURRENCY_PATIENCE,
              "refused again after %g s", world.now - world.refused_at);
    bool fresh = world.idle == 0;
    double sent = world.now + (fresh ? s->connect * s->rtt : 0);
    world.idle -= world.idle > 0;
    *t = (struct transfer){.active = true,
                           .refused = refused,
                           .started = world.now,
                           .sent = sent,
                           .size = size_of_file()};
    double served = refused ? sent + s->rtt / 2 : serve(sent + s->rtt / 2);
    double carried = served;
    double flows = served;
    if (s->rate > 0 && !refused) {
        flows = fmax(served, world.link_free);
        carried = world.link_free = flows + t->size / s->rate;
    }
    t->flows = flows + s->rtt / 2;
    t->ends = carried + s->rtt / 2 + (s->each > 0 && !refused ? t->size / s->each : 0);
    if (fresh && !refused && s->window > 0 && t->size > s->window)
        t->ends += s->rtt;
    t->headed = refused || !fa_concurrency_is_by_header((int64_t)t->size);
    t->broken = s->down > 0 && sent >= s->down && sent < s->down + 1;
    t->latency = served + s->rtt / 2 - sent;
    ++world.active;
    --world.left;
    if (world.active > world.most)
        world.most = world.active;
    t->round = fa_concurrency_started(&world.limit, &world.policy, world.active, world.now);
}

static void receive_header(struct transfer *t)
{
    t->headed = true;
    if (world.left > 0)
        fa_concurrency_headed(&world.limit, &world.policy, world.now - t->sent, world.now,
                              &t->round);
}

static void finish(struct transfer *t)
{
    bool by_header = fa_concurrency_is_by_header((int64_t)t->size);
    struct fa_concurrency_answer answer = {
        .sign = t->refused  ? FA_CONCURRENCY_REFUSED
                : t->broken ? FA_CONCURRENCY_BROKEN
                            : FA_CONCURRENCY_GOOD,
        .now = world.now,
        .started = t->started,
        .round = t->round,
        .active = --world.active,
        .latency = t->latency,
        .time = (by_header ? t->flows : world.now) - t->sent,
        .bytes = (uint64_t)(t->refused || t->broken ? 0 : t->size - t->counted),
        .busy = world.left > 0,
    };
    bool bad = answer.sign != FA_CONCURRENCY_GOOD;
    t->active = false;
    ++world.idle;
    world.refusals += bad;
    if (bad)
        world.refused_at = world.now;
    world.left += bad; /* it is requested again */
    world.row = bad ? world.row + 1 : 0;
    if (world.row > world.rows_most)
        world.rows_most = world.row;
    fa_concurrency_ended(&world.limit, &world.policy, &answer);
}

/* Bytes of transfers in progress. */
static void tick(void)
{
    for (unsigned i = 0; i < world.policy.most; ++i) {
        struct transfer *t = &world.transfers[i];
        if (!t->active || t->refused || world.now <= t->flows)
            continue;
        double bytes = t->size * (world.now - t->flows) / (t->ends - t->flows);
        fa_concurrency_received(&world.limit, (uint64_t)(bytes - t->counted));
        t->counted += floor(bytes - t->counted);
    }
    fa_concurrency_check(&world.limit, &world.policy, world.now);
    world.next_tick += TICK;
}

/* When the next thing of a transfer arrives. */
static double due(const struct transfer *t)
{
    return t->headed ? t->ends : t->flows;
}

static struct transfer *earliest(void)
{
    struct transfer *first = NULL;
    for (unsigned i = 0; i < world.policy.most; ++i) {
        struct transfer *t = &world.transfers[i];
        if (t->active && (!first || due(t) < due(first)))
            first = t;
    }
    return first;
}

static void step(void)
{
    struct transfer *first = earliest();
    if (!first || world.next_tick < due(first)) {
        world.now = world.next_tick;
        tick();
        return;
    }
    world.now = due(first);
    if (first->headed)
        finish(first);
    else
        receive_header(first);
}

/* Until all files are there, or until a time. */
static void play(double until)
{
    while (world.now < until && (world.left > 0 || world.active > 0)) {
        for (unsigned i = 0; i < world.policy.most && world.left > 0; ++i)
            if (!world.transfers[i].active &&
                world.active < fa_concurrency_limit(&world.limit, &world.policy))
                start(&world.transfers[i]);
        step();
    }
}

static void begin(const struct server *server, unsigned files, double size, unsigned most,
                  bool search)
{
    world = (struct world){
        .server = *server,
        .policy = {.most = most, .search = search},
        .size = size,
        .left = files,
        .next_tick = TICK,
        .refused_at = INFINITY,
        .random = 1,
    };
}

static double fixed(const struct server *server, unsigned files, double size, unsigned limit)
{
    begin(server, files, size, limit, false);
    play(INFINITY);
    return world.now;
}

static double found(const struct server *server, unsigned files, double size, unsigned most)
{
    begin(server, files, size, most, true);
    play(INFINITY);
    return world.now;
}

/* The search takes at most FACTOR times as long as the best fixed limit. */
static void expect_near_best(const char *name, const struct server *server, unsigned files,
                             double size, double factor)
{
    double best = INFINITY;
    unsigned best_at = 0;
    for (unsigned limit = 1; limit <= 256; limit *= 2) {
        double seconds = fixed(server, files, size, limit);
        if (seconds < best) {
            best = seconds;
            best_at = limit;
        }
    }
    double seconds = found(server, files, size, 256);
    cr_expect_leq(seconds, best * factor,
                  "%s: %.2f s, and %.2f s with %u at once: %.2f times; limit %u, most %u", name,
                  seconds, best, best_at, seconds / best, world.limit.limit, world.most);
}

TestSuite(concurrency, .timeout = 60.0);

Test(concurrency, search_is_near_the_best_limit_on_every_network)
{
    static const struct {
        const char *name;
        struct server server;
        unsigned files;
        double size;
        double factor;
    } cases[] = {
        {"loopback", {.rtt = 0.0001, .connect = 1, .service = 0.0004, .queue = 4}, 20000, 1e3, 1.1},
        {"20 ms", {.rtt = 0.02, .connect = 1, .service = 0.0002, .queue = 1}, 20000, 16e3, 1.15},
        {"50 ms", {.rtt = 0.05, .connect = 1, .service = 0.0002, .queue = 1}, 20000, 16e3, 1.15},
        {"50 ms, TLS",
         {.rtt = 0.05, .connect = 3, .service = 0.0002, .queue = 1},
         50000,
         16e3,
         1.15},
        {"200 ms", {.rtt = 0.2, .connect = 1, .service = 0.0005, .queue = 1}, 30000, 16e3, 1.15},
        {"50 Mbit/s", {.rtt = 0.1, .connect = 1, .rate = 6.25e6, .each = 2.5e5}, 1000, 250e3, 1.15},
        {"10 at once",
         {.rtt = 0.02, .connect = 1, .service = 0.05, .allows = 10},
         4000,
         16e3,
         1.15},
        {"2 MB/s each", {.rtt = 0.02, .connect = 1, .rate = 100e6, .each = 2e6}, 300, 8e6, 1.15},
        {"busy above 32",
         {.rtt = 0.02, .connect = 1, .service = 0.05, .busy = 32},
         10000,
         16e3,
         1.15},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i)
        expect_near_best(cases[i].name, &cases[i].server, cases[i].files, cases[i].size,
                         cases[i].factor);
}

/* Lists that end soon after the search: those of tests/bench/networks on an idle machine.  The
 * search starts at 8 and proves 12 before it takes large steps, which costs about 6 round trips. */
Test(concurrency, search_costs_a_short_list_little)
{
    static const struct server servers[] = {
        {.rtt = 0.02, .connect = 1, .service = 0.0001, .queue = 2},
        {.rtt = 0.05, .connect = 1, .service = 0.0001, .queue = 2},
        {.rtt = 0.05, .connect = 3, .service = 0.0001, .queue = 2},
        {.rtt = 0.2, .connect = 1, .service = 0.0001, .queue = 2},
        {.rtt = 0.1, .connect = 1, .rate = 6.25e6, .each = 2.5e5},
        {.rtt = 0.02, .connect = 1, .service = 0.05, .allows = 10},
        {.rtt = 0.02, .connect = 1, .rate = 25e6, .each = 2e6},
        {.rtt = 0.02, .connect = 1, .service = 0.1, .busy = 32},
        {.rtt = 0.01, .connect = 1, .service = 0.005, .each = 5e6, .mixed = true},
        {.rtt = 0.05, .connect = 1, .service = 0.0001, .queue = 2, .window = 14e3},
        {.rtt = 0.05, .connect = 1, .rate = 6.25e6, .window = 14e3},
    };
    expect_near_best("20 ms", &servers[0], 10000, 1e3, 1.19);
    expect_near_best("50 ms", &servers[1], 10000, 16e3, 1.16);
    expect_near_best("50 ms, TLS", &servers[2], 10000, 16e3, 1.34);
    expect_near_best("200 ms", &servers[3], 15000, 1e3, 1.12);
    expect_near_best("50 Mbit/s", &servers[4], 600, 64e3, 1.11);
    expect_near_best("10 at once", &servers[5], 1000, 16e3, 1.02);
    expect_near_best("2 MB/s each", &servers[6], 40, 4e6, 1.03);
    expect_near_best("busy above 32", &servers[7], 2000, 1e3, 1.08);
    expect_near_best("mixed sizes", &servers[8], 20000, 100e3, 1.07);
    expect_near_best("50 ms, small window", &servers[9], 10000, 16e3, 1.16);
    expect_near_best("50 ms, 50 Mbit/s", &servers[10], 5000, 16e3, 1.03);
}

/* A round with set-up of connections hides how much was gained before, not that requests wait. */
Test(concurrency, requests_that_take_longer_end_large_steps)
{
    static const struct server server = {.rtt = 0.1, .connect = 1, .rate = 6.25e6, .each = 2.5e5};
    begin(&server, 5000, 64e3, 256, true);
    play(10);
    cr_expect_leq(world.most, 96, "%u", world.most);
    cr_expect(world.limit.base >= 24 && world.limit.base <= 64, "%u", world.limit.base);
}

/* The most at once: how far a step exceeds what was proven with the limit before. */
static unsigned most_at(unsigned allows)
{
    return allows < 12 ? 12 : allows < 32 ? allows * 4 : allows * 3;
}

/* All requests beyond what the server allows are in progress when the first refusal arrives. */
static void expect_small_steps(struct server server)
{
    for (server.allows = 8; server.allows <= 200; server.allows += 6) {
        unsigned allows = server.allows;
        begin(&server, 4000, 16e3, 256, true);
        play(INFINITY);
        cr_expect_leq(world.most, most_at(allows), "%u: %u", allows, world.most);
        cr_expect_leq(world.rows_most, most_at(allows) - allows, "%u: %u", allows, world.rows_most);
        cr_expect_leq(world.refusals, allows * 5, "%u: %u", allows, world.refusals);
    }
}

Test(concurrency, step_is_at_most_four_times_what_the_server_has_accepted)
{
    expect_small_steps((struct server){.rtt = 0.02, .connect = 1, .service = 0.05});
    expect_small_steps(
        (struct server){.rtt = 0.05, .connect = 1, .service = 0.005, .window = 14e3});
}

/* The end of a file on a new connection comes a round trip after its header. */
Test(concurrency, headers_of_small_files_are_answers)
{
    static const struct server server = {.rtt = 0.05, .connect = 1, .window = 14e3};
    begin(&server, 20000, 16e3, 256, true);
    play(8.5 * server.rtt);
    cr_expect_eq(world.limit.limit, 256, "%u", world.limit.limit);
}

/* Only the bytes of large files show what more at once gains. */
Test(concurrency, headers_of_large_files_are_no_answers)
{
    static const struct server server = {.rtt = 0.05, .connect = 1, .each = 2e6, .window = 14e3};
    begin(&server, 1000, 1e6, 256, true);
    play(0.5);
    cr_expect_eq(world.limit.limit, 8, "%u", world.limit.limit);
}

/* Loopback and local networks: files arrive within milliseconds, and a list is soon done. */
Test(concurrency, near_server_is_at_full_speed_soon)
{
    static const struct server server = {.rtt = 0.0002, .connect = 1, .service = 0.0005};
    begin(&server, 100000, 1e3, 256, true);
    play(0.06);
    cr_expect_geq(world.limit.base, 48, "%u", world.limit.base);
}

Test(concurrency, server_that_refuses_is_asked_for_what_it_accepts)
{
    static const struct server server = {.rtt = 0.02, .connect = 1, .service = 0.05, .allows = 10};
    begin(&server, 4000, 16e3, 256, true);
    play(INFINITY);
    cr_expect_leq(world.rows_most, 4);
    cr_expect_leq(world.most, 12);
    cr_expect_leq(world.refusals, 12, "%u in %g s", world.refusals, world.now);
    cr_expect_eq(fa_concurrency_found(&world.limit), 10);
}

/* Refusals and headers arrive at the same time: half of the headers would be those of a small step
 * that the server half refuses. */
Test(concurrency, headers_do_not_overtake_refusals)
{
    static const struct server server = {.rtt = 0.05, .connect = 1, .allows = 10, .window = 14e3};
    begin(&server, 4000, 16e3, 256, true);
    play(2);
    cr_expect_leq(world.rows_most, 4, "%u", world.rows_most);
    cr_expect_leq(world.most, 12, "%u", world.most);
}

Test(concurrency, search_can_have_a_ceiling)
{
    static const struct server server = {.rtt = 0.05, .connect = 1};
    begin(&server, 20000, 16e3, 40, true);
    play(INFINITY);
    cr_expect_eq(world.most, 40);
    begin(&server, 100, 16e3, 3, true);
    play(INFINITY);
    cr_expect_eq(world.most, 3);
}

Test(concurrency, limit_stays_where_more_gains_nothing)
{
    static const struct server server = {.rtt = 0.02, .connect = 1, .service = 0.05, .queue = 16};
    begin(&server, 10000, 16e3, 256, true);
    play(INFINITY);
    cr_expect_leq(world.most, 96);
    cr_expect(world.limit.base >= 20 && world.limit.base <= 48, "%u", world.limit.base);
}

Test(concurrency, limit_falls_gently_when_a_server_becomes_slower)
{
    static const struct server server = {.rtt = 0.02, .connect = 1, .service = 0.05, .queue = 64};
    begin(&server, 100000, 16e3, 256, true);
    play(10);
    unsigned before = world.limit.base;
    cr_assert_geq(before, 60);
    world.server.queue = 8;
    memset(world.workers, 0, sizeof(world.workers));
    play(40);
    cr_expect_geq(world.limit.base, before / 8);
    play(200);
    cr_expect_leq(world.limit.base, before / 2, "%u, and %u before", world.limit.base, before);
}

Test(concurrency, limit_grows_again_when_a_server_becomes_faster)
{
    static const struct server server = {.rtt = 0.02, .connect = 1, .service = 0.05, .queue = 8};
    begin(&server, 100000, 16e3, 256, true);
    play(10);
    cr_assert_leq(world.limit.base, 24);
    world.server.queue = 0;
    play(60);
    cr_expect_geq(world.limit.base, 128);
}

Test(concurrency, broken_connections_halve_the_limit_for_a_while_only)
{
    static const struct server server = {
        .rtt = 0.02, .connect = 1, .service = 0.05, .queue = 64, .down = 5};
    begin(&server, 100000, 16e3, 256, true);
    play(4.9);
    unsigned before = world.limit.base;
    play(5.2);
    cr_expect_leq(world.limit.limit, before / 2);
    play(10);
    cr_expect_geq(world.limit.base, before / 2, "%u, and %u before", world.limit.base, before);
}

Test(concurrency, next_run_starts_where_the_last_one_ended)
{
    static const struct server server = {.rtt = 0.05, .connect = 3, .service = 0.0002, .queue = 1};
    double best = fixed(&server, 10000, 16e3, 256);
    found(&server, 10000, 16e3, 256);
    unsigned limit = fa_concurrency_found(&world.limit);
    cr_assert_geq(limit, 128);
    begin(&server, 10000, 16e3, 256, true);
    fa_concurrency_learned(&world.limit, &world.policy, limit);
    play(INFINITY);
    cr_expect_leq(world.now, best * 1.15, "%g s, and %g s", world.now, best);
    cr_expect_geq(fa_concurrency_found(&world.limit), 128);
}

Test(concurrency, limit_of_an_earlier_run_falls_if_the_server_has_changed)
{
    static const struct server slower = {.rtt = 0.02, .connect = 1, .service = 0.05, .queue = 8};
    begin(&slower, 20000, 16e3, 256, true);
    fa_concurrency_learned(&world.limit, &world.policy, 200);
    play(20);
    cr_expect_leq(world.limit.base, 25);

    static const struct server stricter = {
        .rtt = 0.02, .connect = 1, .service = 0.05, .allows = 10};
    begin(&stricter, 20000, 16e3, 256, true);
    fa_concurrency_learned(&world.limit, &world.policy, 16);
    play(5);
    cr_expect_eq(world.limit.base, 10);
    cr_expect_leq(world.refusals, 8, "%u", world.refusals);
}

Test(concurrency, limit_that_is_not_reached_is_not_judged)
{
    static const struct server server = {.rtt = 0.05, .connect = 1};
    begin(&server, 0, 16e3, 256, true);
    for (double at = 0.2; at < 50; at += 0.2) {
        world.left = 4;
        play(at);
        world.now = at;
    }
    cr_expect_eq(fa_concurrency_limit(&world.limit, &world.policy), 8);
    cr_expect_eq(fa_concurrency_found(&world.limit), 0);
}

Test(concurrency, fixed_limit_halves_and_comes_back)
{
    static const struct fa_concurrency_policy policy = {.most = 16};
    struct fa_concurrency limit = {0};
    cr_expect_eq(fa_concurrency_limit(&limit, &policy), 16);
    cr_expect_eq(fa_concurrency_started(&limit, &policy, 1, 1), 0);
    struct fa_concurrency_answer answer = {
        .sign = FA_CONCURRENCY_REFUSED, .now = 2, .started = 1, .active = 15};
    fa_concurrency_ended(&limit, &policy, &answer);
    cr_expect_eq(fa_concurrency_limit(&limit, &policy), 8);
    answer.now = 2.1; /* it was sent before the cut */
    fa_concurrency_ended(&limit, &policy, &answer);
    cr_expect_eq(fa_concurrency_limit(&limit, &policy), 8);
    answer.sign = FA_CONCURRENCY_GOOD;
    answer.busy = true;
    for (int i = 0; i < 200; ++i) {
        fa_concurrency_started(&limit, &policy, fa_concurrency_limit(&limit, &policy), answer.now);
        answer.started = answer.now;
        answer.now += 0.1;
        fa_concurrency_ended(&limit, &policy, &answer);
    }
    cr_expect_eq(fa_concurrency_limit(&limit, &policy), 16);
}

/* Two files at a time, and one of them is refused; then many. */
static void play_accident(bool search, unsigned allows)
{
    static const struct server server = {.rtt = 0.05, .connect = 1, .service = 0.05};
    begin(&server, 2000, 16e3, 64, search);
    play(INFINITY);
    double at = world.now;
    world.server.accident = at + 1;
    for (; world.refusals == 0; at += 0.2) {
        world.left = 2;
        play(at);
        world.now = at;
    }
    world.server.allows = allows;
    world.left = 100000;
    play(at + 1);
}

Test(concurrency, one_refusal_of_two_transfers_is_not_the_limit)
{
    for (int search = 0; search < 2; ++search) {
        play_accident(search, 0);
        cr_expect_eq(fa_concurrency_limit(&world.limit, &world.policy), 64, "%d: %u", search,
                     world.limit.limit);
        cr_expect_eq(world.refusals, 1);
    }
}

Test(concurrency, second_refusal_soon_afterwards_is_the_limit)
{
    play_accident(false, 3);
    play(world.now + 60);
    cr_expect_leq(world.limit.base, 4, "%u", world.limit.base);
    cr_expect_leq(world.rows_most, 4);
}

/* A file of which every connection breaks must not leave the others waiting for a large one. */
Test(concurrency, broken_connections_leave_a_few_transfers)
{
    static const struct fa_concurrency_policy policies[] = {{256, true}, {16, false}, {2, false}};
    static const unsigned least[] = {4, 4, 2};
    for (int i = 0; i < 3; ++i) {
        struct fa_concurrency limit = {0};
        for (int j = 0; j < 100; ++j) {
            struct fa_concurrency_answer answer = {
                .sign = FA_CONCURRENCY_BROKEN, .now = j + 1, .started = j + 0.5, .active = 1};
            fa_concurrency_ended(&limit, &policies[i], &answer);
        }
        cr_expect_eq(fa_concurrency_limit(&limit, &policies[i]), least[i], "%d", i);
    }
}

Test(concurrency, limit_is_never_zero)
{
    static const struct fa_concurrency_policy policy = {.most = 4, .search = true};
    struct fa_concurrency limit = {0};
    for (int i = 0; i < 100; ++i) {
        struct fa_concurrency_answer answer = {
            .sign = FA_CONCURRENCY_REFUSED, .now = i + 1, .started = i + 0.5};
        fa_concurrency_ended(&limit, &policy, &answer);
        cr_assert_eq(fa_concurrency_limit(&limit, &policy), 1);
    }
}

/* There are lists with a million origins. */
_Static_assert(sizeof(struct fa_concurrency) <= 104, "a limit is small");
