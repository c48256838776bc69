/*
 * Durations are kept as histograms, one for each class of sizes, so that memory and time do not
 * depend on the number of transfers.  A class with too few of them borrows from larger sizes, which
 * take longer; if there are none, from smaller ones, and durations are scaled as if they were
 * proportional to the size.  Both err on the side of waiting.
 */
#include "engine/stragglers.h"

#include <math.h>
#include <string.h>

#define BINS_PER_OCTAVE 4
#define FIRST_BIN       0.001
/* Of the durations of a kind, that of nearly all transfers. */
#define NEARLY_ALL 0.95
/* The weight of a transfer in the average of its host. */
#define SLOWNESS_WEIGHT 0.2f
/* Seconds: a transfer that ends sooner than that may end before another one has begun. */
#define LEFT_LEAST 0.5

/* The transfers to compare with. */
struct kind {
    const uint32_t *bins; /* of one class, or `sum` */
    uint32_t count;
    double scale; /* of durations */
    uint32_t sum[FA_STRAGGLER_BINS];
};

static unsigned class_of(uint64_t bytes)
{
    unsigned bits = 0;
    for (; bytes > 0; bytes >>= 1)
        ++bits;
    return (bits + 1) / 2;
}

static unsigned bin_of(double seconds)
{
    if (seconds <= FIRST_BIN)
        return 0;
    double bin = ceil(BINS_PER_OCTAVE * log2(seconds / FIRST_BIN));
    return bin < FA_STRAGGLER_BINS ? (unsigned)bin : FA_STRAGGLER_BINS - 1;
}

/* The longest duration of a bin. */
static double bin_seconds(unsigned bin)
{
    return FIRST_BIN * exp2((double)bin / BINS_PER_OCTAVE);
}

static void kind_add(struct kind *kind, const struct fa_stragglers *s, unsigned class)
{
    for (unsigned i = 0; i < FA_STRAGGLER_BINS; ++i)
        kind->sum[i] += s->bins[class][i];
    kind->count += s->counts[class];
}

/* @return whether there are enough to compare with */
static bool kind_find(struct kind *ret, const struct fa_stragglers *s, uint64_t bytes)
{
    unsigned class = class_of(bytes), larger = class, smaller = class;
    ret->scale = 1;
    ret->bins = s->bins[class];
    ret->count = s->counts[class];
    if (ret->count >= FA_STRAGGLER_LEAST)
        return true;
    ret->bins = memcpy(ret->sum, s->bins[class], sizeof(ret->sum));
    while (ret->count < FA_STRAGGLER_LEAST && larger + 1 < FA_STRAGGLER_CLASSES)
        kind_add(ret, s, ++larger);
    while (ret->count < FA_STRAGGLER_LEAST && smaller > 0) {
        kind_add(ret, s, --smaller);
        ret->scale *= 4;
    }
    return ret->count >= FA_STRAGGLER_LEAST;
}

/* The duration that this share of a kind does not exceed. */
static double kind_quantile(const struct kind *kind, double share)
{
    uint32_t below = 0, least = (uint32_t)ceil(share * kind->count);
    unsigned bin = 0;
    for (; bin + 1 < FA_STRAGGLER_BINS; ++bin) {
        below += kind->bins[bin];
        if (below >= least)
            break;
    }
    return bin_seconds(bin) * kind->scale;
}

/* That of nearly all, or of a slow host. */
static double kind_expect(const struct kind *kind, float slowness)
{
    return fmax(kind_quantile(kind, NEARLY_ALL), exp2f(slowness) * kind_quantile(kind, 0.5));
}

void fa_stragglers_add(struct fa_stragglers *s, uint64_t bytes, double seconds, float *slowness)
{
    struct kind kind;
    unsigned class = class_of(bytes);
    if (kind_find(&kind, s, bytes)) {
        float ratio = (float)log2(fmax(seconds / kind_quantile(&kind, 0.5), 1));
        *slowness += SLOWNESS_WEIGHT * (ratio - *slowness);
    }
    ++s->bins[class][bin_of(seconds)];
    ++s->counts[class];
}

/* A size that is unknown is at least that of the bytes so far, whose time is compared. */
static uint64_t size_or(int64_t size, uint64_t received)
{
    return size >= 0 ? (uint64_t)size : received;
}

bool fa_stragglers_has(const struct fa_stragglers *s, const struct fa_straggler_case *transfer)
{
    struct kind kind;
    uint64_t received = transfer->received;
    if (transfer->seconds < FA_STRAGGLER_AGE ||
        !kind_find(&kind, s, size_or(transfer->bytes, received)) ||
        transfer->seconds < FA_STRAGGLER_FACTOR * kind_expect(&kind, transfer->slowness))
        return false;
    if (transfer->bytes < 0 || received == 0)
        return true;
    uint64_t bytes = (uint64_t)transfer->bytes;
    double rate = (double)received / transfer->seconds;
    double left = bytes > received ? (double)(bytes - received) / rate : 0;
    return left > LEFT_LEAST && kind_find(&kind, s, size_or(transfer->size, bytes)) &&
           left > kind_expect(&kind, transfer->slowness);
}

uint64_t fa_stragglers_budget(uint64_t entries)
{
    return entries < FA_STRAGGLER_SHARE ? 1 : entries / FA_STRAGGLER_SHARE;
}

bool fa_stragglers_at_end(uint64_t entries, uint64_t done)
{
    return entries - done <= fa_stragglers_budget(entries);
}
