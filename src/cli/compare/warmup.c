#include "cli/compare/warmup.h"

#include <stdio.h>

struct fa_warmup fa_warmup_of(const struct fa_contestant *contestants, size_t n)
{
    struct fa_warmup sum = {0};
    uint64_t failures[FA_CLASSES] = {0};
    for (size_t i = 0; i < n; ++i) {
        if (contestants[i].n_trials == 0)
            continue;
        const struct fa_trial *last = &contestants[i].trials[contestants[i].n_trials - 1];
        sum.entries += last->entries;
        sum.failed += last->failed;
        sum.retried += last->retried;
        for (unsigned class = 0; class < FA_CLASSES; ++class)
            failures[class] += last->failures[class];
    }
    for (unsigned class = 0; class < FA_CLASSES; ++class) {
        if (failures[class] > sum.of_most) {
            sum.of_most = failures[class];
            sum.most = (enum fa_class) class;
        }
    }
    return sum;
}

int fa_warmup_check(const struct fa_warmup *warmup, const char *when, struct fa_error *err)
{
    if (warmup->entries == 0 || warmup->failed < warmup->entries)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, warmup->most,
                 "every entry failed%s (%s: %llu of %llu); try one URL with 'fetchall URL' first",
                 when, fa_class_name(warmup->most), (unsigned long long)warmup->of_most,
                 (unsigned long long)warmup->failed);
    return -1;
}

void fa_warmup_tell(const struct fa_warmup *warmup)
{
    if (warmup->retried == 0)
        return;
    fprintf(stderr,
            "fetchall: %llu of %llu entries (%s: %llu) failed in the warm-up; each round tries "
            "them again, and --retries 0 makes rounds shorter\n",
            (unsigned long long)warmup->failed, (unsigned long long)warmup->entries,
            fa_class_name(warmup->most), (unsigned long long)warmup->of_most);
}
