#include "strategy/strategy.h"

const struct fa_strategy_ops *fa_strategy_of(enum fa_mode mode)
{
    static const struct fa_strategy_ops *const all[] = {
        [FA_MODE_ASYNC] = &fa_strategy_async,
        [FA_MODE_THREAD] = &fa_strategy_thread,
        [FA_MODE_PROCESS] = &fa_strategy_process,
    };
    return all[mode];
}
