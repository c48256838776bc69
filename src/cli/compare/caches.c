/*
 * The order of a comparison is balanced, so caches that become warm from run to run favour none of
 * the contestants.  Caches that expire between the runs, or servers that bypass them for some
 * clients, do: then the shares of answers from caches differ.
 *
 * Servers that name no caches have some, too.  Whether these decide is seen only from files that
 * nobody has asked for before: --sample fresh asks for each file twice (fresh.h), which makes two
 * results, and the verdict of the first one is completed by that of the second.
 */
#include "cli/compare/caches.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Smaller differences of the shares are no explanation. */
#define SHARE_LEAST 0.1

/* The contestant whose share differs most; n_contestants: none. */
static size_t caches_find(const struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    size_t found = comparison->n_contestants;
    double best = verdict->standings[verdict->best].cached, most = SHARE_LEAST;
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        double differs = fabs(verdict->standings[i].cached - best);
        /* Not true of NAN either. */
        if (verdict->standings[i].rank != FA_RANK_FAILING && differs >= most) {
            most = differs;
            found = i;
        }
    }
    return found;
}

bool fa_caches_describe(const struct fa_verdict *verdict, const struct fa_comparison *comparison,
                        char buf[FA_CACHES_MAX])
{
    size_t other = caches_find(verdict, comparison), best = verdict->best;
    if (other == comparison->n_contestants)
        return false;
    bool warmer = verdict->standings[best].cached > verdict->standings[other].cached;
    size_t warm = warmer ? best : other, cold = warmer ? other : best;
    snprintf(buf, FA_CACHES_MAX,
             "%s had warmer caches (%.0f %% of its answers came from one, and %.0f %% of those of "
             "%s), which may %s",
             comparison->contestants[warm].name, 100 * verdict->standings[warm].cached,
             100 * verdict->standings[cold].cached, comparison->contestants[cold].name,
             verdict->standings[other].rank == FA_RANK_EQUAL ? "hide a difference"
             : warmer                                        ? "be why it is faster"
                                                             : "make the difference too small");
    return true;
}

static const char *const asked_names[FA_ASKED] = {
    [FA_ASKED_SAME] = "same",
    [FA_ASKED_FRESH] = "fresh",
    [FA_ASKED_AGAIN] = "again",
};

const char *fa_caches_asked(unsigned asked)
{
    return asked < FA_ASKED ? asked_names[asked] : NULL;
}

/* Whether each of two verdicts calls the best one of the other the fastest, or as fast. */
static bool verdicts_agree(const struct fa_verdict *a, const struct fa_verdict *b)
{
    return a->standings[b->best].rank <= FA_RANK_EQUAL &&
           b->standings[a->best].rank <= FA_RANK_EQUAL;
}

/* What warm caches change of a conclusion. */
static void caches_append(const struct fa_result_of *fresh, const struct fa_result_of *again,
                          char *to, size_t size)
{
    const struct fa_verdict *cold = &fresh->verdict, *warm = &again->verdict;
    const struct fa_contestant *all = fresh->comparison.contestants;
    double times =
        cold->standings[cold->best].wall.median / warm->standings[cold->best].wall.median;
    int n;
    if (!warm->concluded)
        n = snprintf(to, size,
                     " Of the same files asked for again, with warm caches, there is no "
                     "conclusion");
    else if (verdicts_agree(cold, warm))
        n = snprintf(to, size,
                     " The same files asked for again, with warm caches, give the same "
                     "answer");
    else
        n = snprintf(to, size,
                     " But of the same files asked for again, with warm caches, the one to use is "
                     "%s: the answer depends on the caches",
                     all[warm->best].name);
    snprintf(to + n, size - (size_t)n, " (%s took %.2f times as long the first time).",
             all[cold->best].name, times);
}

void fa_caches_relate(struct fa_result_of *results, size_t n)
{
    char text[FA_CACHES_MAX];
    for (size_t i = 1; i < n; ++i) {
        struct fa_result_of *fresh = &results[i - 1];
        const struct fa_result_of *again = &results[i];
        if (fresh->comparison.asked != FA_ASKED_FRESH ||
            again->comparison.asked != FA_ASKED_AGAIN || !fresh->judged || !again->judged ||
            !fresh->verdict.concluded ||
            fresh->comparison.n_contestants != again->comparison.n_contestants)
            continue;
        char *reason = fresh->verdict.reason;
        size_t used = strlen(reason);
        caches_append(fresh, again, text, sizeof(text));
        snprintf(reason + used, sizeof(fresh->verdict.reason) - used, "%s", text);
    }
}
