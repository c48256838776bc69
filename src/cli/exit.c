#include "cli/exit.h"

void fa_exit_count(struct fa_exit *exit, const struct fa_result *result)
{
    if (!fa_status_is_failure(result->status))
        return;
    /* Without an end of the run, what local trouble may be over is as any other that passes. */
    if (result->error.class == FA_CLASS_LOCAL_IO && !result->may_pass)
        ++exit->local;
    else if (result->error.class == FA_CLASS_INTEGRITY)
        ++exit->integrity;
    else if (result->may_pass)
        ++exit->may_pass;
    else
        ++exit->permanent;
}

enum fa_exit_status fa_exit_status(const struct fa_exit *exit)
{
    if (exit->local)
        return FA_EXIT_LOCAL;
    if (exit->integrity)
        return FA_EXIT_INTEGRITY;
    if (exit->permanent)
        return FA_EXIT_PERMANENT;
    return exit->may_pass ? FA_EXIT_MAY_PASS : FA_EXIT_OK;
}
