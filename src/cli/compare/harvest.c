/*
 * Events are read line by line, so that memory follows the number of successful entries (two
 * doubles each, for exact percentiles) and not the size of the events.
 *
 * Received bytes become a curve of at most MOMENTS_MANY points with equal steps, whatever the
 * length of the run.
 *
 * Lines are not checked strictly, as they come from this very program: jansson's getters accept
 * NULL, so an incomplete last line of a killed run counts as no event.
 */
#include "cli/compare/harvest.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <jansson.h>

/* Moments of a run: twenty a second, within these limits. */
#define MOMENT       0.05
#define MOMENTS_FEW  50
#define MOMENTS_MANY 2000

struct doubles {
    double *items;
    size_t count, room;
};

/* The slots in use up to some time: their integral over time. */
struct area {
    double time, slots;
};

/* Seconds of transfers. */
struct durations {
    double sum;
    size_t count;
};

/* How full the slots were, and how long transfers took while all of them were in use, or few.  If
 * more slots only make each transfer slower, throughput does not rise with them.  The end of each
 * run, where slots become empty, is the experiment. */
struct slots {
    uint64_t most, used;
    double busy, full; /* seconds with any, and all, in use */
    struct area *areas;
    size_t n_areas, room;
    struct durations all, few;
};

struct harvest {
    struct fa_trial *trial;
    struct slots slots;
    struct doubles ttfb, total, due, rtt;
    uint64_t caches, hits; /* Entries that name a cache, and those that came from one. */
    size_t moments_room;
    double step;  /* seconds between two moments */
    double pause; /* seconds that a server requested last */
};

/* Doubles the capacity when it is full, so that appending takes constant time on average. */
static int doubles_add(struct doubles *doubles, double value)
{
    if (doubles->count == doubles->room) {
        size_t room = doubles->room ? 2 * doubles->room : 256;
        double *items = reallocarray(doubles->items, room, sizeof(*items));
        if (!items)
            return -1;
        doubles->items = items;
        doubles->room = room;
    }
    doubles->items[doubles->count++] = value;
    return 0;
}

static int double_by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The percentile by nearest rank: the smallest value that is not less than a share of all.  Without
 * interpolation, so that it is a time that an entry had. */
static double doubles_percentile(const struct doubles *sorted, double share)
{
    if (sorted->count == 0)
        return NAN;
    size_t rank = (size_t)ceil(share * (double)sorted->count);
    return sorted->items[rank > 0 ? rank - 1 : 0];
}

static struct fa_latency doubles_latency(struct doubles *doubles)
{
    if (doubles->count > 0)
        qsort(doubles->items, doubles->count, sizeof(double), double_by_value);
    return (struct fa_latency){doubles_percentile(doubles, 0.50), doubles_percentile(doubles, 0.95),
                               doubles_percentile(doubles, 0.99)};
}

/* Add the bytes received by a time; moments that are too close are merged. */
static int harvest_add_moment(struct harvest *harvest, double time, uint64_t bytes)
{
    struct fa_trial *trial = harvest->trial;
    size_t n = trial->n_moments;
    /* "progress" counts bytes in flight, "done" only those of ended entries: the curve must not
     * fall. */
    if (n > 0 && bytes < trial->moments[n - 1].bytes)
        bytes = trial->moments[n - 1].bytes;
    if (n > 0 && floor(time / harvest->step) <= floor(trial->moments[n - 1].time / harvest->step)) {
        trial->moments[n - 1].bytes = bytes;
        return 0;
    }
    if (n == harvest->moments_room) {
        size_t room = n ? 2 * n : 64;
        struct fa_moment *moments = reallocarray(trial->moments, room, sizeof(*moments));
        if (!moments)
            return -1;
        trial->moments = moments;
        harvest->moments_room = room;
    }
    trial->moments[trial->n_moments++] = (struct fa_moment){time, bytes};
    return 0;
}

static uint64_t object_count(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 ? (uint64_t)value : 0;
}

static const char *object_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void harvest_add_failure(struct fa_trial *trial, const json_t *result)
{
    const char *name = object_text(result, "class");
    const char *url = object_text(result, "url"), *why = object_text(result, "error");
    if (trial->failed++ == 0)
        snprintf(trial->failure, sizeof(trial->failure), "%s: %s", url ? url : "?",
                 why ? why : "?");
    trial->retried += object_count(result, "attempts") > 1;
    for (unsigned class = FA_CLASS_NONE + 1; name && class < FA_CLASSES; ++class)
        if (strcmp(fa_class_name((enum fa_class) class), name) == 0)
            ++trial->failures[class];
}

/* Shares of the slots that are all of them, and few; transfers that make a mean. */
#define SLOTS_FULL    0.9
#define SLOTS_FEW     0.7
#define TRANSFERS_FEW 3

static const struct area *slots_last(const struct slots *slots)
{
    static const struct area start = {0};
    return slots->n_areas > 0 ? &slots->areas[slots->n_areas - 1] : &start;
}

/* Count the time up to an event. */
static int slots_advance(struct slots *slots, double time)
{
    struct area last = *slots_last(slots);
    double passed = fmax(time - last.time, 0);
    if (slots->n_areas == slots->room) {
        size_t room = slots->room ? 2 * slots->room : 256;
        struct area *areas = reallocarray(slots->areas, room, sizeof(*areas));
        if (!areas)
            return -1;
        slots->areas = areas;
        slots->room = room;
    }
    slots->areas[slots->n_areas++] =
        (struct area){last.time + passed, last.slots + passed * (double)slots->used};
    slots->busy += slots->used > 0 ? passed : 0;
    slots->full += (double)slots->used >= SLOTS_FULL * (double)slots->most ? passed : 0;
    return 0;
}

/* The integral up to a time: linear between two events. */
static double slots_area(const struct slots *slots, double time)
{
    size_t low = 0, high = slots->n_areas;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (slots->areas[middle].time < time)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == slots->n_areas)
        return slots_last(slots)->slots;
    const struct area *next = &slots->areas[low];
    struct area none = {0}, before = low > 0 ? slots->areas[low - 1] : none;
    double share = next->time > before.time ? (time - before.time) / (next->time - before.time) : 0;
    return before.slots + fmax(share, 0) * (next->slots - before.slots);
}

/* Count a transfer by the mean of the slots in use during it.  Connections are set up at the start
 * of a run, so their time is left out. */
static void slots_add_transfer(struct slots *slots, double time, const json_t *times)
{
    double setup = 0, seconds = json_number_value(json_object_get(times, "total"));
    double end = time - json_number_value(json_object_get(times, "hash"));
    static const char *const parts[] = {"dns", "connect", "tls"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); ++i)
        setup += json_number_value(json_object_get(times, parts[i]));
    double from = fmax(end - seconds + setup, 0);
    if (end <= from)
        return;
    double share =
        (slots_area(slots, end) - slots_area(slots, from)) / (end - from) / (double)slots->most;
    struct durations *to = share >= SLOTS_FULL  ? &slots->all
                           : share <= SLOTS_FEW ? &slots->few
                                                : NULL;
    if (to) {
        to->sum += end - from;
        ++to->count;
    }
}

static int slots_count(struct slots *slots, const char *name, double time, const json_t *event)
{
    bool started = name && strcmp(name, "started") == 0;
    bool done = name && strcmp(name, "done") == 0;
    const json_t *result = json_object_get(event, "result");
    const char *status = object_text(result, "status");
    if (!started && !done && !(name && strcmp(name, "retry") == 0))
        return 0;
    if (slots_advance(slots, time) != 0)
        return -1;
    if (status && strcmp(status, "ok") == 0)
        slots_add_transfer(slots, time, json_object_get(result, "time"));
    if (started)
        ++slots->used;
    else
        /* An entry may end that has no slot, such as a duplicate. */
        slots->used -= slots->used > 0;
    return 0;
}

static void slots_evaluate(const struct slots *slots, struct fa_trial *trial)
{
    const struct durations *all = &slots->all, *few = &slots->few;
    trial->slots_full = trial->slot_yield = NAN;
    if (slots->busy <= 0 || trial->entries <= slots->most)
        return;
    trial->slots_full = slots->full / slots->busy;
    if (all->count >= TRANSFERS_FEW && few->count >= TRANSFERS_FEW)
        trial->slot_yield = (few->sum / (double)few->count) / (all->sum / (double)all->count);
}

/* Count an attempt that was refused. */
static void harvest_add_refusal(struct fa_trial *trial, const json_t *attempt)
{
    json_int_t http = json_integer_value(json_object_get(attempt, "http"));
    trial->refusals += http == 429 || http == 503;
}

/* A pause that the servers requested may be longer than the run.  A host that is given up has just
 * requested the same again. */
static void harvest_add_pause(struct harvest *harvest, double time, const json_t *event)
{
    struct fa_trial *trial = harvest->trial;
    const char *change = object_text(event, "change");
    bool paused = change && strcmp(change, "paused") == 0;
    if (paused)
        harvest->pause = json_number_value(json_object_get(event, "wait"));
    if (harvest->pause > 0 && (paused || (change && strcmp(change, "given_up") == 0)))
        trial->pause = fmax(trial->pause, time + harvest->pause - trial->wall);
}

/* Entries without a connection have no such object. */
static int harvest_add_tcp(struct harvest *harvest, const json_t *tcp)
{
    if (!tcp)
        return 0;
    harvest->trial->retransmits += object_count(tcp, "retransmits");
    harvest->trial->reordered += object_count(tcp, "reordered");
    return doubles_add(&harvest->rtt, json_number_value(json_object_get(tcp, "rtt")));
}

/* Count the end of an entry. */
static int harvest_add_result(struct harvest *harvest, double time, const json_t *result)
{
    struct fa_trial *trial = harvest->trial;
    const char *status = object_text(result, "status"),
               *version = object_text(result, "http_version");
    const json_t *times = json_object_get(result, "time"),
                 *cache = json_object_get(result, "cache");
    ++trial->entries;
    trial->bytes += object_count(result, "bytes");
    trial->http2 += version && strcmp(version, "2") == 0;
    trial->requests += object_count(result, "attempts");
    harvest->caches += cache != NULL;
    harvest->hits += json_is_true(json_object_get(cache, "hit"));
    if (status && strcmp(status, "failed") == 0) {
        harvest_add_failure(trial, result);
        harvest_add_refusal(trial, result);
    }
    /* Latencies only of successes: a timeout measures the limit, and a refusal is quick. */
    if (status && strcmp(status, "ok") == 0 &&
        (doubles_add(&harvest->ttfb, json_number_value(json_object_get(times, "ttfb"))) ||
         doubles_add(&harvest->total, json_number_value(json_object_get(times, "total"))) ||
         doubles_add(&harvest->due, time)))
        return -1;
    if (harvest_add_tcp(harvest, json_object_get(result, "tcp")) != 0)
        return -1;
    return harvest_add_moment(harvest, time, trial->bytes);
}

static int harvest_add_line(struct harvest *harvest, const char *line, size_t len)
{
    /* Names and messages from servers may contain \u0000, which jansson rejects by default. */
    json_t *event = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
    const char *name = object_text(event, "event");
    double time = json_number_value(json_object_get(event, "time"));
    int rc = slots_count(&harvest->slots, name, time, event);
    if (rc == 0 && name && strcmp(name, "done") == 0)
        rc = harvest_add_result(harvest, time, json_object_get(event, "result"));
    else if (name && strcmp(name, "progress") == 0)
        rc = harvest_add_moment(harvest, time, object_count(event, "bytes"));
    else if (name && strcmp(name, "retry") == 0)
        harvest_add_refusal(harvest->trial, event);
    else if (name && strcmp(name, "host") == 0)
        harvest_add_pause(harvest, time, event);
    json_decref(event);
    return rc;
}

int fa_harvest_read(const char *file, uint64_t slots, struct fa_trial *trial, struct fa_error *err)
{
    /* At least MOMENTS_FEW points for a short run, at most MOMENTS_MANY for a long one. */
    struct harvest harvest = {
        .trial = trial, .slots.most = slots, .step = trial->wall / MOMENTS_FEW};
    if (harvest.step > MOMENT)
        harvest.step = fmax(MOMENT, trial->wall / MOMENTS_MANY);
    trial->requests = trial->refusals = trial->retransmits = trial->reordered = 0;
    FILE *in = fopen(file, "re");
    char *line = NULL;
    size_t room = 0;
    int code = in ? 0 : errno;
    for (ssize_t len; in && !code && (len = getline(&line, &room, in)) >= 0;)
        code = harvest_add_line(&harvest, line, (size_t)len) == 0 ? 0 : ENOMEM;
    if (in && !code && ferror(in))
        code = EIO;
    if (in)
        fclose(in);
    free(line);
    slots_evaluate(&harvest.slots, trial);
    trial->ttfb = doubles_latency(&harvest.ttfb);
    trial->total = doubles_latency(&harvest.total);
    trial->due = doubles_latency(&harvest.due);
    trial->rtt = doubles_latency(&harvest.rtt).p50;
    if (harvest.rtt.count == 0)
        trial->retransmits = trial->reordered = FA_UNMEASURED;
    trial->cached = harvest.caches > 0 ? (double)harvest.hits / (double)harvest.caches : NAN;
    free(harvest.slots.areas);
    free(harvest.ttfb.items);
    free(harvest.total.items);
    free(harvest.due.items);
    free(harvest.rtt.items);
    if (code)
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot read the results of a run");
    return code ? -1 : 0;
}
