#include "engine/hedge.h"

#include <stdlib.h>

/* A redirect is not followed: the job's own attempt may still be faster. */
bool fa_hedge_is_good(const struct fa_hedge *hedge)
{
    const struct fa_outcome *outcome = &hedge->outcome;
    return hedge->state >= FA_HEDGE_ENDED && outcome->error.class == FA_CLASS_NONE &&
           !outcome->location;
}

void fa_hedge_free(struct fa_hedge *hedge)
{
    if (!hedge)
        return;
    if (hedge->job)
        hedge->job->hedge = NULL;
    fa_outcome_fini(&hedge->outcome);
    free(hedge->printed);
    free(hedge->texts);
    free(hedge);
}
