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

struct harvest {
    struct fa_trial *trial;
    uint64_t requests;
    struct doubles ttfb, total;
    size_t moments_room;
    double step; /* seconds between two moments */
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

/* Count the end of an entry. */
static int harvest_add_result(struct harvest *harvest, double time, const json_t *result)
{
    struct fa_trial *trial = harvest->trial;
    const char *status = object_text(result, "status"),
               *version = object_text(result, "http_version");
    const json_t *times = json_object_get(result, "time");
    ++trial->entries;
    trial->bytes += object_count(result, "bytes");
    trial->http2 += version && strcmp(version, "2") == 0;
    harvest->requests += object_count(result, "attempts");
    if (status && strcmp(status, "failed") == 0)
        harvest_add_failure(trial, result);
    /* Latencies only of successes: a timeout measures the limit, and a refusal is quick. */
    if (status && strcmp(status, "ok") == 0 &&
        (doubles_add(&harvest->ttfb, json_number_value(json_object_get(times, "ttfb"))) ||
         doubles_add(&harvest->total, json_number_value(json_object_get(times, "total")))))
        return -1;
    return harvest_add_moment(harvest, time, trial->bytes);
}

static int harvest_add_line(struct harvest *harvest, const char *line, size_t len)
{
    /* Names and messages from servers may contain \u0000, which jansson rejects by default. */
    json_t *event = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
    const char *name = object_text(event, "event");
    double time = json_number_value(json_object_get(event, "time"));
    int rc = 0;
    if (name && strcmp(name, "done") == 0)
        rc = harvest_add_result(harvest, time, json_object_get(event, "result"));
    else if (name && strcmp(name, "progress") == 0)
        rc = harvest_add_moment(harvest, time, object_count(event, "bytes"));
    json_decref(event);
    return rc;
}

int fa_harvest_read(const char *file, struct fa_trial *trial, uint64_t *ret_requests,
                    struct fa_error *err)
{
    /* At least MOMENTS_FEW points for a short run, at most MOMENTS_MANY for a long one. */
    struct harvest harvest = {.trial = trial, .step = trial->wall / MOMENTS_FEW};
    if (harvest.step > MOMENT)
        harvest.step = fmax(MOMENT, trial->wall / MOMENTS_MANY);
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
    trial->ttfb = doubles_latency(&harvest.ttfb);
    trial->total = doubles_latency(&harvest.total);
    free(harvest.ttfb.items);
    free(harvest.total.items);
    *ret_requests = harvest.requests;
    if (code)
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot read the results of a run");
    return code ? -1 : 0;
}
