/*
 * What limits the transfers at once is --per-host if the list has few hosts, and --jobs if it has
 * many.  One of the two is raced; the other one gets out of its way.
 *
 * The order of the entrants is that of their runs: the defaults, then the others from few to many
 * slots, so that a server that refuses 16 transfers is not asked for 32.
 */
#include "cli/compare/entrants.h"

#include <string.h>

#include <fetchall/session.h>

#include "cli/compare/contestant.h"

/* With so many hosts, --jobs is the limit. */
#define ORIGINS_MANY 8

/* More threads and processes than this cost more than they gain. */
#define SLOTS_MOST_BLOCKING 128

/* Values without the user's; 0 is the default, which finds the number itself. */
static const struct fa_picks usual_per_host = {{0, 4, 8, 16, 32, 64, 128, 256}, 8};
static const struct fa_picks usual_jobs = {{0, 16, 32, 64, 128, 256, 512, 1024}, 8};
static const struct fa_picks usual_segments = {{0, 1, 8}, 3};
static const struct fa_picks usual_http = {{FA_HTTP_1_1, FA_HTTP_2}, 2};
static const struct fa_picks usual_modes = {{FA_MODE_ASYNC, FA_MODE_THREAD, FA_MODE_PROCESS}, 3};
static const struct fa_picks only_zero = {{0}, 1};
static const struct fa_picks only_http_1_1 = {{FA_HTTP_1_1}, 1};

struct values {
    const struct fa_picks *modes, *jobs, *per_host, *http, *segments;
};

static const struct fa_picks *given_or(const struct fa_picks *given, const struct fa_picks *other)
{
    return given->count > 0 ? given : other;
}

static struct values values_of(const struct fa_compare_options *c,
                               const struct fa_entrants_list *list)
{
    bool many = list->origins >= ORIGINS_MANY && c->per_host.count == 0;
    return (struct values){
        .modes = given_or(&c->modes, &usual_modes),
        .jobs = given_or(&c->jobs, many ? &usual_jobs : &only_zero),
        .per_host = given_or(&c->per_host, many ? &only_zero : &usual_per_host),
        .http = given_or(&c->http, list->https ? &usual_http : &only_http_1_1),
        .segments = given_or(&c->segments, list->large ? &usual_segments : &only_zero),
    };
}

static unsigned first_or_zero(const struct fa_picks *picks)
{
    return picks->count > 0 ? picks->values[0] : 0;
}

/* Of the values that are given: the default, or else the first one. */
static unsigned default_of(const struct fa_picks *picks, unsigned usual)
{
    return picks->count == 0 || fa_picks_hold(picks, usual) ? usual : picks->values[0];
}

struct fa_contestant fa_entrants_defaults(const struct fa_options *options)
{
    const struct fa_compare_options *c = &options->compare;
    enum fa_mode mode = (enum fa_mode)default_of(&c->modes, FA_MODE_ASYNC);
    struct fa_contestant defaults = {
        .mode = mode,
        .jobs = default_of(&c->jobs, fa_mode_jobs(mode)),
        .per_host = first_or_zero(&c->per_host),
        .segments = first_or_zero(&c->segments),
        .http = (enum fa_http)default_of(&c->http, FA_HTTP_1_1),
        .loops = first_or_zero(&c->loops),
        .hash = first_or_zero(&c->hash),
        .hash_with = (enum fa_hash_with)default_of(&c->hash_with, FA_HASH_WITH_AUTO),
    };
    defaults.reference = true;
    defaults.defaults = mode == FA_MODE_ASYNC && defaults.jobs == fa_mode_jobs(mode) &&
                        !defaults.per_host && !defaults.segments && defaults.http == FA_HTTP_1_1 &&
                        !defaults.loops && !defaults.hash &&
                        defaults.hash_with == FA_HASH_WITH_AUTO;
    return defaults;
}

/* Transfers at once; 0: --per-host auto finds the number, up to --jobs by default. */
static unsigned slots_of(const struct fa_contestant *one, const struct values *values,
                         uint64_t origins)
{
    unsigned limit = one->per_host & ~FA_PICK_AUTO;
    uint64_t most = limit * (origins > 0 ? origins : 1);
    if (limit > 0 && !(one->per_host & FA_PICK_AUTO))
        return most < one->jobs ? (unsigned)most : one->jobs;
    return values->jobs->count > 1 && one->jobs != fa_mode_jobs(one->mode) ? one->jobs : 0;
}

/* The combination of a mode, --jobs and --per-host.  @return false: it makes no difference. */
static bool base_make(const struct fa_options *options, const struct values *values, unsigned mode,
                      unsigned jobs, unsigned per_host, struct fa_contestant *ret)
{
    struct fa_contestant one = fa_entrants_defaults(options);
    unsigned usual = fa_mode_jobs((enum fa_mode)mode);
    unsigned wide = per_host & ~FA_PICK_AUTO;
    bool fixed = options->compare.jobs.count > 0;
    one.defaults = one.reference = false;
    one.mode = (enum fa_mode)mode;
    one.jobs = jobs > 0 ? jobs : wide > usual ? wide : usual;
    one.per_host = per_host;
    if (!fa_mode_has_loops(one.mode))
        one.loops = 0;
    *ret = one;
    bool usual_again = !fixed && jobs == usual && values->jobs->count > 1;
    bool blocking = !fa_mode_has_loops(one.mode) && !fixed &&
                    (wide > SLOTS_MOST_BLOCKING || jobs > SLOTS_MOST_BLOCKING);
    return !usual_again && !blocking;
}

static bool contestants_equal(const struct fa_contestant *a, const struct fa_contestant *b)
{
    return a->mode == b->mode && a->jobs == b->jobs && a->per_host == b->per_host &&
           a->segments == b->segments && a->http == b->http;
}

/* The state of fa_entrants_add(). */
struct adding {
    struct fa_race *race;
    struct fa_contestant *contestants;
    struct values values;
    uint64_t origins;
    unsigned combinations;
};

/* The same number of slots twice: --jobs limits both. */
static bool adding_has(const struct adding *adding, unsigned group, unsigned slots)
{
    for (size_t i = 0; i < adding->race->n; ++i)
        if (adding->race->entrants[i].group == group && adding->race->entrants[i].slots == slots)
            return slots > 0;
    return false;
}

static void adding_put(struct adding *adding, struct fa_contestant one, unsigned variant)
{
    char options[FA_CONTESTANT_OPTIONS_MAX];
    size_t at = adding->race->n;
    unsigned group = (unsigned)one.mode, slots = slots_of(&one, &adding->values, adding->origins);
    if (variant == 0 && adding_has(adding, group, slots))
        return;
    ++adding->combinations;
    if (at == FA_RACE_ENTRANTS_MAX)
        return;
    const char *name = fa_contestant_options(&one, false, options);
    /* Without the "-m " in front of the mode. */
    snprintf(one.name, sizeof(one.name), "%.*s", (int)sizeof(one.name) - 1,
             one.defaults ? "defaults" : name + strlen("-m "));
    adding->contestants[at] = one;
    fa_race_add(adding->race, one.name, group, slots, variant);
}

/* All modes with one value of --jobs and of --per-host. */
static void adding_put_modes(struct adding *adding, const struct fa_options *options, unsigned jobs,
                             unsigned per_host)
{
    for (size_t m = 0; m < adding->values.modes->count; ++m) {
        struct fa_contestant one;
        if (base_make(options, &adding->values, adding->values.modes->values[m], jobs, per_host,
                      &one) &&
            !contestants_equal(&one, &adding->contestants[0]))
            adding_put(adding, one, 0);
    }
}

/* Other HTTP versions and segments, with each of the first n entrants. */
static void adding_put_variants(struct adding *adding, size_t n)
{
    const struct fa_picks *http = adding->values.http, *segments = adding->values.segments;
    const struct fa_contestant *first = &adding->contestants[0];
    unsigned variant = 0;
    for (size_t h = 0; h < http->count; ++h)
        for (size_t s = 0; s < segments->count; ++s) {
            if (http->values[h] == first->http && segments->values[s] == first->segments)
                continue;
            ++variant;
            for (size_t i = 0; i < n; ++i) {
                struct fa_contestant one = adding->contestants[i];
                one.defaults = one.reference = false;
                one.http = (enum fa_http)http->values[h];
                one.segments = segments->values[s];
                adding_put(adding, one, variant);
            }
        }
}

int fa_entrants_add(const struct fa_options *options, const struct fa_entrants_list *list,
                    struct fa_race *race, struct fa_contestant *contestants, struct fa_error *err)
{
    struct adding adding = {.race = race,
                            .contestants = contestants,
                            .values = values_of(&options->compare, list),
                            .origins = list->origins};
    adding_put(&adding, fa_entrants_defaults(options), 0);
    for (size_t p = 0; p < adding.values.per_host->count; ++p)
        for (size_t j = 0; j < adding.values.jobs->count; ++j)
            adding_put_modes(&adding, options, adding.values.jobs->values[j],
                             adding.values.per_host->values[p]);
    adding_put_variants(&adding, race->n);
    if (adding.combinations <= FA_RACE_ENTRANTS_MAX)
        return 0;
    return fa_option_refuse(err, "more than %d combinations to race", FA_RACE_ENTRANTS_MAX);
}
