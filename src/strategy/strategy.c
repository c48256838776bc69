/*
 * The only list of the strategies.  Everything that differs between them is in their rows: options,
 * reports and limits ask for a property of the row, never for a name, so that a new strategy needs
 * no change elsewhere.
 *
 * The functions for modes are public: a program and the command line name a strategy by its mode.
 */
#include "strategy/strategy.h"

#include <string.h>

static const struct fa_strategy_ops *const strategies[FA_MODES] = {
    [FA_MODE_ASYNC] = &fa_strategy_async,
    [FA_MODE_THREAD] = &fa_strategy_thread,
    [FA_MODE_PROCESS] = &fa_strategy_process,
};

const struct fa_strategy_ops *fa_strategy_of(enum fa_mode mode)
{
    return strategies[mode];
}

const char *fa_mode_name(enum fa_mode mode)
{
    return (unsigned)mode < FA_MODES ? strategies[mode]->name : NULL;
}

int fa_mode_parse(const char *name, enum fa_mode *ret)
{
    for (unsigned i = 0; i < FA_MODES; ++i) {
        if (strcmp(strategies[i]->name, name) == 0) {
            *ret = (enum fa_mode)i;
            return 0;
        }
    }
    return -1;
}

unsigned fa_mode_jobs(enum fa_mode mode)
{
    return (unsigned)mode < FA_MODES ? strategies[mode]->jobs : 0;
}

bool fa_mode_has_loops(enum fa_mode mode)
{
    return (unsigned)mode < FA_MODES && strategies[mode]->has_loops;
}
