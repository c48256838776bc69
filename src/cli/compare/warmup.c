/*
 * The warm-up detects comparisons that would show nothing: if every entry fails, or if HTTP/2 is
 * requested and never used, rounds are pointless.
 *
 * Stopping here spares the servers all further requests.  Some failures are no reason to stop: a
 * contestant that fails less than the others is a result.
 */
#include "cli/compare/warmup.h"

#include <stdio.h>

#include "cli/term.h"
#include "cli/units.h"

struct fa_warmup fa_warmup_of(const struct fa_contestant *contestants, size_t n)
{
    struct fa_warmup warmup = {.pointless = true};
    uint64_t asked = 0, came = 0;
    for (size_t i = 0; i < n; ++i) {
        /* Programs are excluded if a file is missing, and their failures have no class. */
        if (contestants[i].n_trials == 0 || contestants[i].program)
            continue;
        const struct fa_trial *last = &contestants[i].trials[contestants[i].n_trials - 1];
        /* The example that is shown comes from the run with the most failures, as the most telling
         * one. */
        if (!warmup.worst || last->failed > warmup.worst->failed)
            warmup.worst = last;
        /* One contestant with one success is enough to go on: the others are then marked as
         * failing. */
        warmup.pointless &= last->entries > 0 && last->failed == last->entries;
        if (contestants[i].http == FA_HTTP_2) {
            /* Only contestants with HTTP/2 count: the others are expected to use HTTP/1.1. */
            asked += last->entries;
            came += last->http2;
        }
    }
    warmup.pointless &= warmup.worst != NULL;
    warmup.useless = asked > 0 && came == 0;
    return warmup;
}

/* The most frequent class of failure. */
static enum fa_class trial_most_frequent_class(const struct fa_trial *trial)
{
    enum fa_class most = FA_CLASS_NONE;
    for (unsigned class = 0; class < FA_CLASSES; ++class)
        if (trial->failures[class] > trial->failures[most])
            most = (enum fa_class) class;
    return most;
}

int fa_warmup_check(const struct fa_warmup *warmup, const char *when, struct fa_error *err)
{
    if (warmup->pointless) {
        enum fa_class most = trial_most_frequent_class(warmup->worst);
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, most,
                     "every entry failed%s (%s: %llu of %llu), such as %s", when,
                     fa_class_name(most), (unsigned long long)warmup->worst->failures[most],
                     (unsigned long long)warmup->worst->failed, warmup->worst->failure);
        return -1;
    }
    /* Otherwise HTTP/1.1 would be compared with HTTP/1.1 under the name of HTTP/2. */
    if (warmup->useless) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                     "no answer came over HTTP/2%s, for which it takes https:// and a server that "
                     "speaks it; without --http 2 the rest can be compared",
                     when);
        return -1;
    }
    return 0;
}

void fa_warmup_report(const struct fa_warmup *warmup)
{
    const struct fa_trial *worst = warmup->worst;
    if (!worst || worst->failed == 0)
        return;
    enum fa_class most = trial_most_frequent_class(worst);
    fprintf(stderr, "fetchall: in the warm-up %llu of %llu entries failed (%s: %llu), such as ",
            (unsigned long long)worst->failed, (unsigned long long)worst->entries,
            fa_class_name(most), (unsigned long long)worst->failures[most]);
    fa_term_put(stderr, worst->failure);
    if (worst->retried > 0)
        fputs("; each round tries them again, and --retries 0 makes rounds shorter", stderr);
    fputc('\n', stderr);
}
