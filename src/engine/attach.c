/*
 * What a program needs that feeds a session while it runs, such as a worker of a queue: the loop,
 * entries, the end of the run, and what is known about origins.
 *
 * Everything here only changes data of a part and requests a turn, so it may be called from the
 * handler, in the middle of a turn.
 */
#include "engine/added.h"
#include "engine/engine.h"

#include "base/clock.h"
#include "base/key.h"
#include "base/sized.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <time.h>

int fa_session_add_packed(struct fa_session *s, const char *packed, const char *path, uint64_t line,
                          void *tag, struct fa_error *err)
{
    struct fa_entry *entry = fa_added_unpack(packed, path, line, tag, err);
    if (!entry || fa_intake_add_entry(&s->intake, entry, err))
        return -1;
    fa_engine_wake(s);
    return 0;
}

/* The turn decides whether the run is over. */
void fa_session_hold(struct fa_session *s, bool hold)
{
    s->intake.held = hold;
    fa_engine_wake(s);
}

struct event_base *fa_session_loop(struct fa_session *s)
{
    return s->base;
}

/* Seconds since 1970 at time 0 of the session's clock. */
static double session_epoch(const struct fa_session *s)
{
    return s->scheduler.policy.epoch;
}

static int origin_parse(struct fa_url *url, const char *origin, struct fa_error *err)
{
    fa_url_init(url);
    if (fa_url_parse(url, origin, NULL, err) == 0)
        return 0;
    fa_url_fini(url);
    return -1;
}

#define NOTE_SIZE (offsetof(struct fa_origin_note, limit) + sizeof(unsigned))

int fa_session_put_origin(struct fa_session *s, const char *origin,
                          const struct fa_origin_note *note, struct fa_error *err)
{
    struct fa_url url;
    if (fa_sized_check(note, NOTE_SIZE, "fa_origin_note", err) || origin_parse(&url, origin, err))
        return -1;
    double now = fa_engine_now(s);
    uint64_t key = fa_key_str(url.origin);
    int result = 0;
    if (note->limit > 0)
        fa_learned_put(&s->scheduler.learned,
                       &(struct fa_state_limit){key, session_epoch(s) + now, note->limit});
    double until = note->not_before - session_epoch(s);
    if (until > now)
        result = fa_scheduler_pause(&s->scheduler, &url, key, until, !note->down, now, err);
    fa_url_fini(&url);
    return result;
}

void fa_session_get_origin(struct fa_session *s, const char *origin, struct fa_origin_note *ret)
{
    struct fa_origin_note note = {.size = sizeof(note)};
    struct fa_url url;
    if (origin_parse(&url, origin, NULL) == 0) {
        uint64_t key = fa_key_str(url.origin);
        const struct fa_origin *of = fa_hosts_find(&s->scheduler.hosts, &url, key);
        unsigned found = of ? fa_concurrency_found(&of->concurrency) : 0;
        note.limit = found ? found : fa_learned_get(&s->scheduler.learned, key);
        if (of && of->breaker.state != FA_BREAKER_CLOSED && of->breaker.until > fa_engine_now(s)) {
            note.not_before = of->breaker.until + session_epoch(s);
            note.down = !of->breaker.asked;
        }
        fa_url_fini(&url);
    }
    fa_sized_put(ret, &note, sizeof(note));
}

int fa_session_put_shares(struct fa_session *s, const struct fa_share *shares, unsigned parts,
                          struct fa_error *err)
{
    if (fa_scheduler_put_shares(&s->scheduler, shares, parts, fa_engine_now(s)) == 0) {
        fa_engine_wake(s);
        return 0;
    }
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot share the limits of hosts");
    return -1;
}

bool fa_session_keeps_share(const struct fa_session *s, unsigned part)
{
    return fa_scheduler_keeps_share(&s->scheduler, part);
}
