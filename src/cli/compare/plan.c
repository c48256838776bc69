/*
 * Builds the list of contestants (all combinations that make a difference) and the order of the
 * rounds.  The order is a balanced Latin square: each contestant runs at each place equally often,
 * and follows each other one equally often, so that a slow drift of the network does not favour
 * any.
 *
 * A combination is dropped if it would run the same program as another one: --loops has no effect
 * without event loops.  Comparing a program with itself would cost rounds, and could only find
 * noise.
 *
 * Odd numbers of contestants need two squares, one the mirror of the other: only together do they
 * follow each other equally often (Williams, 1949).  Within these constraints the order is random,
 * so that a periodic disturbance does not always meet the same contestant.
 */
#include "cli/compare/plan.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli/compare/picks.h"
#include "cli/value.h"

/* The defaults. */
static const struct fa_picks all_models = {
    {FA_HASH_WITH_INLINE, FA_HASH_WITH_THREAD, FA_HASH_WITH_PROCESS}, 3};
static const struct fa_picks one_model = {{FA_HASH_WITH_AUTO}, 1};
static const struct fa_picks one_http = {{FA_HTTP_1_1}, 1};
static const struct fa_picks one_zero = {{0}, 1};

/* What contestants may differ in; the last ones vary fastest. */
enum dimension { MODE, JOBS, PER_HOST, SEGMENTS, HTTP, LOOPS, HASH, MODEL, DIMENSIONS };

/* The requested values; no list is empty. */
struct request {
    const struct fa_picks *lists[DIMENSIONS];
    struct fa_picks one_jobs, all_modes;
    bool stage;
};

static const struct fa_picks *picks_or(const struct fa_picks *picks, const struct fa_picks *other)
{
    return picks->count ? picks : other;
}

/* The default mode comes last. */
static void picks_add_modes(struct fa_picks *picks)
{
    _Static_assert(FA_MODES <= FA_PICKS_MAX, "a list may hold all modes");
    for (unsigned i = 1; i <= FA_MODES; ++i)
        picks->values[picks->count++] = i % FA_MODES;
}

static void request_fill(struct request *request, const struct fa_options *options)
{
    const struct fa_compare_options *c = &options->compare;
    *request = (struct request){.one_jobs = {{FA_PICKS_JOBS}, 1}, .stage = c->stage};
    picks_add_modes(&request->all_modes);
    /* 0: let each run choose its number of hash workers, as without a comparison. */
    if (c->stage)
        request->one_jobs.values[0] = 0;
    const struct fa_picks **lists = request->lists;
    for (size_t i = 0; i < DIMENSIONS; ++i)
        lists[i] = &one_zero;
    lists[JOBS] = &request->one_jobs;
    lists[HTTP] = &one_http;
    if (!c->stage) {
        lists[MODE] = picks_or(&c->modes, &request->all_modes);
        lists[JOBS] = picks_or(&c->jobs, &request->one_jobs);
        lists[PER_HOST] = picks_or(&c->per_host, &one_zero);
        lists[SEGMENTS] = picks_or(&c->segments, &one_zero);
        lists[HTTP] = picks_or(&c->http, &one_http);
        lists[LOOPS] = picks_or(&c->loops, &one_zero);
        lists[HASH] = picks_or(&c->hash, &one_zero);
    }
    lists[MODEL] = picks_or(&c->hash_with, c->stage ? &all_models : &one_model);
    /* Without a hash, nothing is computed that the models could differ in. */
    if (!options->config.hash && !c->stage)
        lists[MODEL] = &one_model;
}

static void name_append(char name[FA_CONTESTANT_NAME_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void name_append(char name[FA_CONTESTANT_NAME_MAX], const char *format, ...)
{
    size_t len = 0;
    while (name[len])
        ++len;
    va_list args;
    va_start(args, format);
    vsnprintf(name + len, FA_CONTESTANT_NAME_MAX - len, format, args);
    va_end(args);
}

/* Whether contestants differ in it. */
static bool request_varies(const struct request *request, enum dimension dimension)
{
    return request->lists[dimension]->count > 1;
}

/* Name only what distinguishes it from the others: names are the rows of tables, and narrow
 * terminals cut them. */
static void contestant_set_name(struct fa_contestant *c, const struct request *request)
{
    char text[FA_PICK_TEXT_MAX];
    if (request->stage) {
        name_append(c->name, "%s", fa_value_hash_with(c->hash_with));
        return;
    }
    name_append(c->name, "%s", fa_value_mode(c->mode));
    if (request_varies(request, JOBS))
        name_append(c->name, " -j %u", c->jobs);
    if (request_varies(request, PER_HOST))
        name_append(c->name, " --per-host %s", fa_pick_per_host(c->per_host, text));
    if (request_varies(request, SEGMENTS))
        name_append(c->name, " --segments %s", fa_pick_segments(c->segments, text));
    if (request_varies(request, HTTP))
        name_append(c->name, " --http %s", fa_value_http(c->http));
    if (request_varies(request, LOOPS) && fa_mode_has_loops(c->mode) && c->loops)
        name_append(c->name, " --loops %u", c->loops);
    else if (request_varies(request, LOOPS) && fa_mode_has_loops(c->mode))
        name_append(c->name, " --loops auto");
    if (request_varies(request, HASH))
        name_append(c->name, " --hash %s", fa_pick_hash(c->hash, text));
    if (request_varies(request, MODEL) && c->hash != FA_PICK_NO_HASH)
        name_append(c->name, " --hash-with %s", fa_value_hash_with(c->hash_with));
}

/* The i-th combination, as the digits of i in mixed radix.  @return false after the last one. */
static bool request_combine(const struct request *request, size_t i, struct fa_contestant *ret,
                            bool *ret_useless)
{
    size_t digits[DIMENSIONS];
    unsigned values[DIMENSIONS];
    for (size_t d = DIMENSIONS; d-- > 0;) {
        const struct fa_picks *list = request->lists[d];
        digits[d] = d > 0 ? i % list->count : i;
        if (digits[d] >= list->count)
            return false;
        values[d] = list->values[digits[d]];
        i /= list->count;
    }
    *ret = (struct fa_contestant){
        .mode = (enum fa_mode)values[MODE],
        .jobs = values[JOBS],
        .loops = values[LOOPS],
        .http = (enum fa_http)values[HTTP],
        .hash_with = (enum fa_hash_with)values[MODEL],
        .per_host = values[PER_HOST],
        .segments = values[SEGMENTS],
        .hash = values[HASH],
    };
    /* Where a list has no effect, only its first value is kept; it stands for all of them. */
    *ret_useless = (!fa_mode_has_loops(ret->mode) && digits[LOOPS] > 0) ||
                   (ret->hash == FA_PICK_NO_HASH && digits[MODEL] > 0);
    if (!fa_mode_has_loops(ret->mode))
        ret->loops = 0;
    contestant_set_name(ret, request);
    return true;
}

/* Jobs are the one value that all programs have. */
static void contestant_set_program(struct fa_contestant *c, const struct request *request,
                                   const struct fa_program *program, unsigned jobs)
{
    *c = (struct fa_contestant){.program = program, .jobs = jobs};
    name_append(c->name, "%.*s", (int)program->name_len, program->name);
    if (request_varies(request, JOBS))
        name_append(c->name, " -j %u", jobs);
}

static size_t plan_add_programs(const struct request *request, const struct fa_programs *programs,
                                struct fa_contestant *ret, size_t n)
{
    for (size_t i = 0; i < programs->count; ++i)
        for (size_t j = 0; j < request->lists[JOBS]->count && n < FA_PLAN_CONTESTANTS_MAX; ++j)
            contestant_set_program(&ret[n++], request, &programs->items[i],
                                   request->lists[JOBS]->values[j]);
    return n;
}

size_t fa_plan_contestants(const struct fa_options *options, struct fa_contestant *ret,
                           struct fa_error *err)
{
    struct request request;
    struct fa_contestant next;
    bool useless;
    size_t n = 0;
    request_fill(&request, options);
    for (size_t i = 0; request_combine(&request, i, &next, &useless); ++i) {
        if (useless)
            continue;
        if (n == FA_PLAN_CONTESTANTS_MAX) {
            fa_option_refuse(err, "more than %d combinations to compare", FA_PLAN_CONTESTANTS_MAX);
            return 0;
        }
        ret[n++] = next;
    }
    if (n + options->compare.programs.count * request.lists[JOBS]->count >
        FA_PLAN_CONTESTANTS_MAX) {
        fa_option_refuse(err, "more than %d combinations to compare", FA_PLAN_CONTESTANTS_MAX);
        return 0;
    }
    return plan_add_programs(&request, &options->compare.programs, ret, n);
}

/* splitmix64 (public domain, S.  Vigna): sufficient for a random order. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Fisher-Yates shuffle. */
void fa_plan_shuffle(unsigned *items, unsigned n, uint64_t *state)
{
    for (unsigned i = 0; i < n; ++i)
        items[i] = i;
    for (unsigned i = n; i > 1; --i) {
        /* The bias of the modulo is below 2^-40 for any number of items that occurs. */
        unsigned j = (unsigned)(random_next(state) % i);
        unsigned item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}

/* 0, 1, n-1, 2, n-2, ...: all differences between neighbours are distinct, so shifted copies of
 * this row (modulo n) contain each ordered pair of neighbours once. */
static unsigned square_zigzag(unsigned place, unsigned n)
{
    return place % 2 ? (place + 1) / 2 : (n - place / 2) % n;
}

void fa_plan_order(unsigned *ret, unsigned rounds, unsigned n, uint64_t seed)
{
    unsigned who[FA_PLAN_CONTESTANTS_MAX], rows[2 * FA_PLAN_CONTESTANTS_MAX];
    unsigned block = n % 2 && n > 1 ? 2 * n : n;
    for (unsigned round = 0; round < rounds; ++round) {
        unsigned row = round % block;
        if (row == 0) {
            /* A new block gets new random numbers: repeating the first one would repeat its chance
             * effects. */
            fa_plan_shuffle(who, n, &seed);
            fa_plan_shuffle(rows, block, &seed);
        }
        row = rows[row];
        for (unsigned place = 0; place < n; ++place) {
            /* The second half of a double square is the mirror of the first. */
            unsigned from = row < n ? place : n - 1 - place;
            ret[(size_t)round * n + place] = who[(square_zigzag(from, n) + row) % n];
        }
    }
}
