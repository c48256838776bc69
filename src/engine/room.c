/*
 * A full disk: nothing new is started, parts are kept, and it goes on when there is room.  Said
 * once, however many transfers it hits.
 */
#include "engine/session.h"

#include <errno.h>
#include <math.h>

#define LOOK_EVERY 1.0

bool fa_room_lacks(struct fa_session *s, const struct fa_error *error, double now)
{
    if (error->class != FA_CLASS_LOCAL_IO || error->domain != FA_DOMAIN_SYSTEM ||
        (error->code != ENOSPC && error->code != EDQUOT) || s->config.disk_wait <= 0 || s->draining)
        return false;
    if (s->full)
        return true;
    s->full = true;
    s->full_error = *error;
    s->full_since = s->full_checked = now;
    fa_tell_notice(s, NULL, "%s: waiting %.3g seconds for room", error->msg, s->config.disk_wait);
    return true;
}

double fa_room_check(struct fa_session *s, double now)
{
    if (!s->full || s->draining)
        return INFINITY;
    if (now < s->full_checked + LOOK_EVERY)
        return s->full_checked + LOOK_EVERY;
    s->full_checked = now;
    if (fa_store_has_room(s->store)) {
        s->full = false;
        fa_tell_notice(s, NULL, "there is room on the disk again");
        return INFINITY;
    }
    if (now - s->full_since < s->config.disk_wait)
        return now + LOOK_EVERY;
    fa_session_end(s, FA_END_LOCAL, &s->full_error);
    return INFINITY;
}
