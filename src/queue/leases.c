/*
 * Each beat renews all leases, and brings others up to a fair share of those that have entries.  It
 * is sent three times in the time of a lease; and twice a second while there is nothing to do, so
 * that new entries and those of dead workers begin soon.
 *
 * A lease that is not renewed in time may belong to another feeder, whose requests would add to
 * those of this one.  So if a beat is late, or says that a lease is lost, the session is stopped
 * before the lease ends, and the program begins with a new one: parts are kept.
 *
 * A lease that others should have is given back once no entry of it is at hand.
 *
 * Together, the workers must not exceed the limits of a host.  One that has n of k seats of a
 * partition uses n / k of them there; a seat is given back when the transfers keep to what is left.
 * Hosts of partitions that a worker has not leased are requested because of mirrors and redirects:
 * there it uses the share of one of all workers.
 */
#include "queue/leases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "queue/notes.h"
#include "queue/takes.h"

/* Seconds between beats of a worker that has nothing to do, or that shares an origin with others
 * and should soon hear of their pauses. */
#define IDLE_BEAT 0.5

/* A partition of which all seats are leaving keeps the share of one, for its last entries. */
static struct fa_share feeder_share_of(const struct fa_feeder *feeder, unsigned partition)
{
    unsigned stay = 0;
    const struct fa_held *held = fa_hold_of(feeder, partition, NULL);
    if (!held)
        return (struct fa_share){1, feeder->workers};
    for (unsigned slot = partition; slot < feeder->slots; slot += feeder->partitions)
        stay += feeder->leases[slot] && !feeder->leases[slot]->leaving;
    return (struct fa_share){stay > 0 ? stay : 1, held->seats};
}

static void feeder_put_shares(struct fa_feeder *feeder)
{
    struct fa_error err;
    bool changed = false;
    for (unsigned p = 0; p < feeder->partitions; ++p) {
        struct fa_share share = feeder_share_of(feeder, p);
        changed |= memcmp(&share, &feeder->shares[p], sizeof(share)) != 0;
        feeder->shares[p] = share;
    }
    if (changed &&
        fa_session_put_shares(feeder->setup.session, feeder->shares, feeder->partitions, &err) != 0)
        fa_hold_fail(feeder, &err);
}

static void feeder_drop(struct fa_feeder *feeder, struct fa_held *held)
{
    struct fa_call *call;
    unsigned partition = held->lease.slot % feeder->partitions;
    fa_notes_send(feeder, held);
    call = fa_call_new(feeder, &held->lease, 0);
    if (call)
        feeder->ops->defer(feeder->queue, &held->lease, fa_call_on_plain, call);
    feeder->leases[held->lease.slot] = NULL;
    --feeder->n_leases;
    if (!fa_hold_of(feeder, partition, NULL))
        fa_origins_remove(&feeder->origins, partition);
    free(held);
}

static bool held_is_idle(const struct fa_held *held)
{
    return held && !held->taking && held->running == 0 && held->ended == 0;
}

static bool feeder_may_drop(const struct fa_feeder *feeder, const struct fa_held *held)
{
    unsigned seats, partition = held->lease.slot % feeder->partitions;
    fa_hold_of(feeder, partition, &seats);
    return held->leaving && held_is_idle(held) &&
           (seats == 1 || fa_session_keeps_share(feeder->setup.session, partition));
}

static void feeder_gain(struct fa_feeder *feeder, const struct fa_queue_gain *gain)
{
    unsigned slot = gain->lease.slot;
    if (slot >= feeder->slots || feeder->leases[slot])
        return;
    struct fa_held *held = calloc(1, sizeof(*held));
    if (!held) {
        fa_hold_no_memory(feeder);
        return;
    }
    held->lease = gain->lease;
    held->seats = gain->seats > 0 ? gain->seats : 1;
    feeder->leases[slot] = held;
    ++feeder->n_leases;
    fa_notes_put_gain(feeder, gain);
    fa_takes_held(feeder, held);
}

/* Give back what others should have: first what is not in use. */
static void feeder_share(struct fa_feeder *feeder, unsigned over)
{
    for (int idle = 1; idle >= 0; --idle)
        for (unsigned slot = 0; over > 0 && slot < feeder->slots; ++slot) {
            struct fa_held *held = feeder->leases[slot];
            if (held && !held->leaving && held_is_idle(held) == (idle == 1)) {
                held->leaving = true;
                --over;
            }
        }
}

static void feeder_set_leaving(struct fa_feeder *feeder, const unsigned *slots, size_t n)
{
    for (size_t i = 0; i < n; ++i)
        if (slots[i] < feeder->slots && feeder->leases[slots[i]])
            feeder->leases[slots[i]]->leaving = true;
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
    for (unsigned slot = 0; slot < feeder->slots; ++slot)
        if (feeder->leases[slot])
            feeder_drop(feeder, feeder->leases[slot]);
    struct fa_call *call = fa_call_new(feeder, NULL, 0);
    if (call)
        feeder->ops->leave(feeder->queue, on_left, call);
}

/* Only the end of a lease shows that its worker is dead. */
static void feeder_explain(struct fa_feeder *feeder, double silent)
{
    char text[120];
    if (feeder->explained || !(silent > 0) || feeder->n_leases > 0 || !feeder->setup.queue.notice)
        return;
    feeder->explained = true;
    snprintf(text, sizeof(text),
             "waiting for entries of a worker that may have died: its lease ends in %.0f s",
             ceil(silent));
    feeder->setup.queue.notice(feeder->setup.queue.ctx, text);
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
    feeder->workers = answer->alive;
    for (size_t i = 0; i < answer->n_lost; ++i)
        if (answer->lost[i] < feeder->slots && feeder->leases[answer->lost[i]])
            fa_hold_lose(feeder);
    for (size_t i = 0; i < answer->n_gained; ++i)
        feeder_gain(feeder, &answer->gained[i]);
    for (size_t i = 0; i < answer->n_late; ++i)
        (void)fa_notes_put(feeder, &answer->late[i]);
    feeder_explain(feeder, answer->silent);
    feeder_set_leaving(feeder, answer->empty, answer->n_empty);
    feeder_set_leaving(feeder, answer->split, answer->n_split);
    feeder_share(feeder, answer->over);
    feeder_put_shares(feeder);
    for (unsigned slot = 0; slot < feeder->slots; ++slot)
        if (feeder->leases[slot])
            feeder->leases[slot]->dry = false;
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
    struct fa_queue_lease *leases = calloc(feeder->n_leases + 1u, sizeof(*leases));
    size_t n = 0;
    char info[160];
    struct fa_call *call = leases ? fa_call_new(feeder, NULL, 0) : NULL;
    if (!call) {
        fa_hold_no_memory(feeder);
        free(leases);
        return;
    }
    for (unsigned slot = 0; slot < feeder->slots; ++slot)
        if (feeder->leases[slot]) {
            fa_notes_send(feeder, feeder->leases[slot]);
            leases[n++] = feeder->leases[slot]->lease;
        }
    snprintf(info, sizeof(info), "%llu %llu %llu %.1f %u", (unsigned long long)feeder->done,
             (unsigned long long)feeder->n_failed, (unsigned long long)feeder->bytes,
             fa_clock_now() - feeder->began, feeder->active);
    feeder->beating = true;
    feeder->ops->beat(feeder->queue, leases, n, feeder->slots, info, on_beat, call);
    free(leases);
    feeder->beat_at = fa_clock_now() + feeder->lease / 3;
}

static bool feeder_has_seats(const struct fa_feeder *feeder)
{
    for (unsigned slot = 0; slot < feeder->slots; ++slot)
        if (feeder->leases[slot] && feeder->leases[slot]->seats > 1)
            return true;
    return false;
}

static bool feeder_is_idle(const struct fa_feeder *feeder)
{
    if (feeder->n_running + feeder->coming >= feeder->setup.jobs)
        return false;
    for (unsigned slot = 0; slot < feeder->slots; ++slot)
        if (fa_held_can_take(feeder->leases[slot]))
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
    for (unsigned slot = 0; slot < feeder->slots; ++slot)
        if (feeder->leases[slot] && feeder_may_drop(feeder, feeder->leases[slot]))
            feeder_drop(feeder, feeder->leases[slot]);
    double early = feeder->beat_at - feeder->lease / 3 + IDLE_BEAT;
    bool soon = now >= early && (feeder_is_idle(feeder) || feeder_has_seats(feeder));
    if (!feeder->beating && (now >= feeder->beat_at || soon))
        fa_leases_beat(feeder);
}
