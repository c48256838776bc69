#include "support/simulation.h"

#include <math.h>
#include <string.h>

#include "cli/compare/plan.h"
#include "cli/compare/sequence.h"
#include "cli/compare/statistics.h"
#include "cli/compare/verdict.h"
#include "fail.h"

/* The runs after which times have risen by the drift. */
#define DRIFT_RUNS 20

/* A comparison, with what its times are made from. */
struct simulated {
    const struct fa_simulation *from;
    struct fa_random random;
    struct fa_comparison comparison;
    struct fa_contestant contestants[FA_SIMULATION_CONTESTANTS];
    struct fa_trial trials[FA_SIMULATION_CONTESTANTS][FA_SIMULATION_ROUNDS];
    unsigned order[FA_SIMULATION_CONTESTANTS * FA_SIMULATION_ROUNDS];
    size_t first; /* The first recorded run. */
};

static double uniform(struct fa_random *random)
{
    return (double)fa_random_below(random, 1000000) / 1000000;
}

/* The time of the run that is the nth of all. */
static double simulated_time(struct simulated *s, size_t nth)
{
    const struct fa_simulation *from = s->from;
    if (from->recorded)
        return from->recorded[(s->first + nth) % from->n_recorded];
    double time = exp(from->noise * fa_random_normal(&s->random));
    if (uniform(&s->random) < from->outliers)
        time *= 2;
    if (from->drift > 0)
        time *= pow(from->drift, (double)nth / DRIFT_RUNS);
    return time;
}

static void simulated_begin(struct simulated *s, const struct fa_simulation *from, uint64_t seed)
{
    memset(s, 0, sizeof(*s));
    s->from = from;
    s->random.state = seed;
    s->first = from->recorded ? fa_random_below(&s->random, from->n_recorded) : 0;
    s->comparison = (struct fa_comparison){.contestants = s->contestants,
                                           .n_contestants = from->contestants,
                                           .rounds_wanted = from->rounds,
                                           .sequential = !from->fixed,
                                           .command = "",
                                           .list = ""};
    for (size_t i = 0; i < from->contestants; ++i)
        s->contestants[i] = (struct fa_contestant){.name = "one", .trials = s->trials[i]};
    fa_plan_order(s->order, from->rounds, (unsigned)from->contestants, seed);
}

static void simulated_add_round(struct simulated *s)
{
    size_t n = s->comparison.n_contestants;
    unsigned round = s->comparison.rounds++;
    for (size_t place = 0; place < n; ++place) {
        size_t nth = round * n + place;
        size_t who = s->order[nth];
        struct fa_contestant *contestant = &s->contestants[who];
        contestant->trials[contestant->n_trials++] = (struct fa_trial){
            .round = round,
            .place = (unsigned)place,
            .wall = simulated_time(s, nth) * (who > 0 ? s->from->effect : 1),
            .user = NAN,
            .system = NAN,
            .peak_pss = FA_UNMEASURED,
            .entries = 100,
        };
    }
}

static void simulated_judge(const struct simulated *s, struct fa_verdict *ret)
{
    if (fa_verdict_look(ret, &s->comparison) != 0)
        fa_test_fail("out of memory");
}

/* Add rounds as fa_rounds_run() does. */
static void simulated_run(struct simulated *s, struct fa_verdict *ret)
{
    for (;;) {
        simulated_add_round(s);
        bool last = s->comparison.rounds == s->from->rounds;
        if (!last && (s->from->fixed || s->comparison.rounds < FA_SEQUENCE_LEAST))
            continue;
        simulated_judge(s, ret);
        if (last || fa_sequence_decided(&s->comparison, ret))
            return;
        fa_verdict_fini(ret);
    }
}

static double truth(const struct simulated *s, size_t i, size_t fastest)
{
    double effect = s->from->effect;
    return (i > 0 ? effect : 1) / (fastest > 0 ? effect : 1);
}

static void simulated_count(const struct simulated *s, const struct fa_verdict *verdict,
                            struct fa_simulated *ret)
{
    bool wrong = false, found = true, covered = true;
    for (size_t i = 0; i < s->comparison.n_contestants; ++i) {
        const struct fa_standing_of *standing = &verdict->standings[i];
        bool slower = standing->rank == FA_RANK_SLOWER;
        double ratio = truth(s, i, verdict->fastest);
        wrong |= slower && (i == 0 || s->from->effect <= 1);
        found &= slower == (i > 0);
        if (i != verdict->fastest)
            covered &= ratio >= standing->ratio.low && ratio <= standing->ratio.high;
    }
    ++ret->comparisons;
    ret->concluded += verdict->concluded;
    ret->wrong += verdict->concluded && wrong;
    ret->found += verdict->concluded && found;
    ret->covered += covered;
    ret->drifted += verdict->drifted;
    ret->spent += s->comparison.rounds == s->from->rounds;
    ret->rounds += s->comparison.rounds;
}

void fa_simulation_run(const struct fa_simulation *simulation, unsigned comparisons, uint64_t seed,
                       struct fa_simulated *ret)
{
    static struct simulated s;
    struct fa_random seeds = {seed};
    *ret = (struct fa_simulated){0};
    if (simulation->contestants > FA_SIMULATION_CONTESTANTS ||
        simulation->rounds > FA_SIMULATION_ROUNDS)
        fa_test_fail("too many contestants or rounds");
    while (ret->comparisons < comparisons) {
        struct fa_verdict verdict;
        simulated_begin(&s, simulation, fa_random_next(&seeds));
        simulated_run(&s, &verdict);
        simulated_count(&s, &verdict, ret);
        fa_verdict_fini(&verdict);
    }
    ret->rounds /= ret->comparisons;
}
