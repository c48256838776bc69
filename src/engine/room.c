/*
 * A full disk: nothing new is started, parts are kept, and it goes on when there is room.  Said
 * once, however many transfers it hits.
 *
 * Room that is gone again before anything could end is no new pause: nothing is said, and the time
 * that may be waited goes on.  So a disk that only seems to have room cannot hold a run for ever.
 */
#include "engine/session.h"

#include <errno.h>
#include <math.h>

#define LOOK_EVERY 1.0
/* Having gone on for so long makes the next pause a new one. */
#define HELD 10.0

bool fa_room_is_full(const struct fa_error *error)
{
    return error->class == FA_CLASS_LOCAL_IO && error->domain == FA_DOMAIN_SYSTEM &&
           (error->code == ENOSPC || error->code == EDQUOT);
}

static void begin_pause(struct fa_session *s, const struct fa_error *error, double now)
{
    bool same = s->room_at > 0 && s->done == s->full_done && now - s->room_at < HELD;
    s->full = true;
    s->full_checked = now;
    s->full_need = 0;
    s->full_told = !same;
    if (same) {
        s->full_since += now - s->room_at;
        return;
    }
    s->full_error = *error;
    s->full_since = now;
    s->full_done = s->done;
    fa_tell_notice(s, NULL, "%s: waiting %.3g seconds for room", error->msg, s->config.disk_wait);
}

bool fa_room_lacks(struct fa_session *s, const struct fa_error *error, uint64_t need, double now)
{
    if (!fa_room_is_full(error) || s->config.disk_wait <= 0 || s->draining)
        return false;
    if (!s->full) {
        begin_pause(s, error, now);
        fa_session_wake(s); /* for the alarm */
    }
    if (need > s->full_need)
        s->full_need = need;
    return true;
}

/* What waits to be committed may lie on another disk, so that one is tried. */
static bool is_over(struct fa_session *s, double now)
{
    return fa_store_has_room(s->store, s->full_need) && fa_record_commit(s, now, true);
}

double fa_room_check(struct fa_session *s, double now)
{
    if (!s->full || s->draining)
        return INFINITY;
    if (now < s->full_checked + LOOK_EVERY)
        return s->full_checked + LOOK_EVERY;
    s->full_checked = now;
    bool patient = now - s->full_since < s->config.disk_wait;
    if (is_over(s, now) && (patient || s->full_told)) {
        s->full = false;
        s->room_at = now;
        if (s->full_told)
            fa_tell_notice(s, NULL, "there is room on the disk again");
        fa_session_wake(s);
        return INFINITY;
    }
    if (patient)
        return now + LOOK_EVERY;
    fa_session_end(s, FA_END_LOCAL, &s->full_error);
    return INFINITY;
}
