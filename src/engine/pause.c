/*
 * A full disk is everybody's problem: other programs may free space, and an hour of downloads
 * should not fail meanwhile.  So the run pauses, checks for space now and then, and gives up when
 * its patience is exhausted.
 *
 * Space that is taken again at once must not make the run pause for ever: a pause that begins
 * shortly after the last one, with no entry completed in between, continues the last one.
 */
#include "engine/pause.h"

#include "base/io.h"

#include <math.h>

/* The time between two pauses that count as one is not charged to the patience: `since` moves
 * along. */
enum fa_pause_change fa_pause_begin(struct fa_pause *pause, const struct fa_error *error,
                                    uint64_t need, uint64_t done, double now)
{
    if (!fa_io_is_full(error) || pause->patience <= 0)
        return FA_PAUSE_NONE;
    bool same = pause->full ||
                (pause->resumed > 0 && done == pause->done && now - pause->resumed < FA_PAUSE_HELD);
    if (!pause->full) {
        pause->full = true;
        pause->checked = now;
        pause->need = 0;
        pause->reported = !same;
        if (same)
            pause->since += now - pause->resumed;
    }
    if (need > pause->need)
        pause->need = need;
    if (same)
        return FA_PAUSE_SAME;
    pause->error = *error;
    pause->since = now;
    pause->done = done;
    return FA_PAUSE_BEGINS;
}

double fa_pause_alarm(const struct fa_pause *pause)
{
    return pause->full ? pause->checked + FA_PAUSE_CHECK : INFINITY;
}

/* Space that appears too late still resumes a reported pause, but not an unreported one: that one
 * ends a series in which no entry could finish. */
enum fa_pause_verdict fa_pause_check(struct fa_pause *pause, bool space, double now)
{
    bool patient = now - pause->since < pause->patience;
    pause->checked = now;
    if (space && (patient || pause->reported)) {
        pause->full = false;
        pause->resumed = now;
        return FA_PAUSE_RESUME;
    }
    return patient ? FA_PAUSE_WAIT : FA_PAUSE_GIVE_UP;
}
