/*
 * Each beat renews all leases, and brings others up to a fair share of those that have entries.  It is
 * sent three times in the time of a lease; and twice a second while there is nothing to do, so that new
 * entries and those of dead workers begin soon.
 *
 * A lease that is not renewed in time may belong to another feeder, whose requests would add to
 * those of this one.  So if a beat is late, or says that a lease is lost, the session is stopped
 * before the lease ends, and the program begins with a new one: parts are kept.
 *
 * A lease that others should have is given back once no entry of it is at hand.
 */
#include "queue/leases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "queue/notes.h"
#include "queue/takes.h"

/* Seconds between beats of a worker that has nothing to do. */
#define IDLE_BEAT 0.5

static void feeder_drop(struct fa_feeder *feeder, struct fa_held *held)
{
    struct fa_call *call;
    fa_notes_send(feeder, held);
    call = fa_call_new(feeder, &held->lease, 0);
    if (call)
        feeder->ops->defer(feeder->queue, &held->lease, fa_call_on_plain, call);
    fa_origins_remove(&feeder->origins, held->lease.partition);
    feeder->leases[held->lease.partition] = NULL;
    --feeder->n_leases;
    free(held);
}

static bool held_is_idle(const struct fa_held *held)
{
    return held && !held->taking && held->running == 0 && held->ended == 0;
}

static void feeder_gain(struct fa_feeder *feeder, const struct fa_queue_gain *gain)
{
    unsigned partition = gain->lease.partition;
    struct fa_held *held = feeder->leases[partition];
    if (held || partition >= feeder->partitions)
        return;
    held = calloc(1, sizeof(*held));
    if (!held) {
        fa_hold_no_memory(feeder);
        return;
    }
    held->lease = gain->lease;
    feeder->leases[partition] = held;
    ++feeder->n_leases;
    fa_notes_put_gain(feeder, gain);
    fa_takes_held(feeder, held);
}

/* Give back what others should have: first what is not in use. */
static void feeder_share(struct fa_feeder *feeder, unsigned over)
{
    for (int idle = 1; idle >= 0; --idle)
        for (unsigned p = 0; over > 0 && p < feeder->partitions; ++p) {
            struct fa_held *held = feeder->leases[p];
            if (held && !held->leaving && held_is_idle(held) == (idle == 1)) {
                held->leaving = true;
                --over;
            }
        }
}

static void on_left(void *ctx, const struct fa_queue_answer *answer)
{
    struct fa_call *call = ctx;
    struct fa_feeder *feeder = call->feeder;
    bool good;
    fa_call_end(call, answer, &good);
    free(call);
    fa_session_hold(feeder->setup.session, false);
}

void fa_leases_leave(struct fa_feeder *feeder)
{
    if (feeder->finishing)
        return;
    feeder->finishing = true;
    for (unsigned p = 0; p < feeder->partitions; ++p)
        if (feeder->leases[p])
            feeder_drop(feeder, feeder->leases[p]);
    struct fa_call *call = fa_call_new(feeder, NULL, 0);
    if (call)
        feeder->ops->leave(feeder->queue, on_left, call);
}

static void on_beat(void *ctx, const struct fa_queue_answer *answer)
{
    struct fa_call *call = ctx;
    struct fa_feeder *feeder = call->feeder;
    double sent = call->sent;
    bool good;
    fa_call_end(call, answer, &good);
    free(call);
    feeder->beating = false;
    if (!good || feeder->lost || feeder->finishing)
        return;
    feeder->renewed = sent;
    feeder->left = answer->left;
    for (size_t i = 0; i < answer->n_lost; ++i)
        if (feeder->leases[answer->lost[i]])
            fa_hold_lose(feeder);
    for (size_t i = 0; i < answer->n_gained; ++i)
        feeder_gain(feeder, &answer->gained[i]);
    for (size_t i = 0; i < answer->n_late; ++i)
        (void)fa_notes_put(feeder, &answer->late[i]);
    for (size_t i = 0; i < answer->n_empty; ++i)
        if (answer->empty[i] < feeder->partitions && feeder->leases[answer->empty[i]])
            feeder->leases[answer->empty[i]]->leaving = true;
    feeder_share(feeder, answer->over);
    for (unsigned p = 0; p < feeder->partitions; ++p)
        if (feeder->leases[p])
            feeder->leases[p]->dry = false;
    if (fa_clock_now() - sent > feeder->lease / 3)
        feeder->beat_at = 0; /* it had to be repeated */
    feeder->complete = answer->left == 0 && answer->producers == 0 && !feeder->setup.wait;
    if (feeder->complete)
        fa_leases_leave(feeder);
    else
        fa_takes_fill(feeder);
}

void fa_leases_beat(struct fa_feeder *feeder)
{
    struct fa_queue_lease leases[FA_LEASES_MOST];
    size_t n = 0;
    char info[160];
    struct fa_call *call = fa_call_new(feeder, NULL, 0);
    if (!call)
        return;
    for (unsigned p = 0; p < feeder->partitions; ++p)
        if (feeder->leases[p]) {
            fa_notes_send(feeder, feeder->leases[p]);
            leases[n++] = feeder->leases[p]->lease;
        }
    snprintf(info, sizeof(info), "%llu %llu %llu %.1f %u", (unsigned long long)feeder->done,
             (unsigned long long)feeder->n_failed, (unsigned long long)feeder->bytes,
             fa_clock_now() - feeder->began, feeder->active);
    feeder->beating = true;
    feeder->ops->beat(feeder->queue, leases, n, feeder->partitions, info, on_beat, call);
    feeder->beat_at = fa_clock_now() + feeder->lease / 3;
}

/* The next beat comes early if there is nothing to do until then. */
static bool feeder_is_idle(const struct fa_feeder *feeder)
{
    if (feeder->n_running + feeder->coming >= feeder->setup.jobs)
        return false;
    for (unsigned p = 0; p < feeder->partitions; ++p)
        if (fa_held_can_take(feeder->leases[p]))
            return false;
    return true;
}

static void feeder_check_lease(struct fa_feeder *feeder, double now)
{
    double margin = fmin(5, feeder->lease / 4);
    if (feeder->n_leases > 0 && now > feeder->renewed + feeder->lease - margin)
        fa_hold_lose(feeder);
}

void fa_leases_tick(struct fa_feeder *feeder)
{
    double now = fa_clock_now();
    feeder_check_lease(feeder, now);
    for (unsigned p = 0; p < feeder->partitions; ++p)
        if (feeder->leases[p] && feeder->leases[p]->leaving && held_is_idle(feeder->leases[p]))
            feeder_drop(feeder, feeder->leases[p]);
    double early = feeder->beat_at - feeder->lease / 3 + IDLE_BEAT;
    if (!feeder->beating && (now >= feeder->beat_at || (now >= early && feeder_is_idle(feeder))))
        fa_leases_beat(feeder);
}
