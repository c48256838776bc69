/*
 * The exit status is the most severe of all entries and of the run: see EXIT STATUS in the manual.
 */
#include "cli/exit.h"

void fa_exit_count(struct fa_exit *exit, const struct fa_result *result)
{
    exit->listed |= result->line > 0;
    if (!fa_status_is_failure(result->status))
        return;
    /* A local error that is transient, such as a file too large for the free space, counts as
     * any other transient failure if it did not end the run. */
    if (result->error.class == FA_CLASS_LOCAL_IO && !result->transient)
        ++exit->local;
    else if (result->error.class == FA_CLASS_INTEGRITY)
        ++exit->integrity;
    else if (result->transient)
        ++exit->transient;
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
        return exit->listed ? FA_EXIT_PERMANENT : FA_EXIT_USAGE;
    return exit->transient ? FA_EXIT_TRANSIENT : FA_EXIT_OK;
}

enum fa_exit_status fa_exit_of(const struct fa_error *err)
{
    return err->class == FA_CLASS_LOCAL_IO ? FA_EXIT_LOCAL : FA_EXIT_USAGE;
}
