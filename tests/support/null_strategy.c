#include "null_strategy.h"

#include "pattern.h"

#include <errno.h>
#include <event2/event.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 65536

struct play {
    struct fa_strategy *strategy;
    struct fa_attempt *attempt;
    struct fa_null_step step;
    struct event *event;
    bool flushed;
    double due; /* with a director; INFINITY: not by itself */
    struct play *next;
};

static const struct fa_null_director *director;
static struct fa_strategy *directed; /* made last */

struct fa_strategy {
    struct fa_strategy_env env;
    const struct fa_null_step *steps;
    size_t count;
    size_t played;
    struct play *plays;
    unsigned active;
    unsigned peak;
};

void fa_null_play(struct fa_strategy *strategy, const struct fa_null_step *steps, size_t count)
{
    strategy->steps = steps;
    strategy->count = count;
    strategy->played = 0;
}

unsigned fa_null_active(const struct fa_strategy *strategy)
{
    return strategy->active;
}

unsigned fa_null_peak(const struct fa_strategy *strategy)
{
    return strategy->peak;
}

static const char *path_of(const struct fa_attempt *attempt)
{
    const char *authority = strstr(attempt->url, "://");
    const char *path = authority ? strchr(authority + 3, '/') : NULL;
    return path ? path : "/";
}

/* What the bad server would answer. */
static struct fa_null_step improvise(const struct fa_attempt *attempt)
{
    unsigned long long size = 0;
    struct fa_null_step step = {.outcome = {.retry_after = -1, .http = 200, .version = "1.1"}};
    if (sscanf(path_of(attempt), "/ok/%llu/", &size) == 1) {
        step.bytes = size;
    } else if (strncmp(path_of(attempt), "/hold/", 6) == 0) {
        step.hold = true;
    } else {
        step.outcome.http = 404;
        fa_error_set(&step.outcome.error, FA_DOMAIN_HTTP, 404, FA_CLASS_HTTP, "404 Not Found");
    }
    return step;
}

static void close_part(struct fa_attempt *attempt)
{
    if (attempt->lent)
        return;
    if (attempt->fd >= 0)
        close(attempt->fd);
    attempt->fd = -1;
}

static void play_free(struct play *play)
{
    struct play **at = &play->strategy->plays;
    while (*at != play)
        at = &(*at)->next;
    *at = play->next;
    --play->strategy->active;
    event_free(play->event);
    free(play);
}

static void write_part(struct fa_attempt *attempt, uint64_t bytes)
{
    static unsigned char piece[PIECE];
    uint64_t key = fa_pattern_key(path_of(attempt));
    for (uint64_t at = 0; at < bytes; at += PIECE) {
        size_t len = bytes - at < PIECE ? (size_t)(bytes - at) : PIECE;
        fa_pattern_fill_key(key, at, piece, len);
        if (pwrite(attempt->fd, piece, len, (off_t)at) != (ssize_t)len)
            abort();
    }
    attempt->received = bytes;
}

static struct fa_outcome carry_out(const struct play *play)
{
    struct fa_attempt *attempt = play->attempt;
    struct fa_outcome outcome = fa_outcome_none;
    if (director) {
        director->end(director->ctx, attempt, &outcome);
    } else if (attempt->cancelled) {
        fa_error_set(&outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_CANCELLED, "cancelled");
    } else {
        outcome = play->step.outcome;
        write_part(attempt, play->step.bytes);
        outcome.received = outcome.size = play->step.bytes;
        outcome.location = outcome.location ? strdup(outcome.location) : NULL;
    }
    return outcome;
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct play *play = arg;
    struct fa_strategy *self = play->strategy;
    struct fa_attempt *attempt = play->attempt;
    struct fa_outcome outcome = carry_out(play);
    close_part(attempt);
    attempt->slot = NULL;
    play_free(play);
    self->env.done(self->env.ctx, attempt, &outcome);
}

static struct fa_strategy *null_new(const struct fa_strategy_env *env, struct fa_error *err)
{
    struct fa_strategy *self = calloc(1, sizeof(*self));
    if (self)
        self->env = *env;
    else
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot play");
    directed = director ? self : NULL;
    return self;
}

static int null_submit(struct fa_strategy *self, struct fa_attempt *attempt, struct fa_error *err)
{
    struct play *play = calloc(1, sizeof(*play));
    struct event *event = play ? event_new(self->env.base, -1, 0, on_turn, play) : NULL;
    if (!event) {
        free(play);
        close_part(attempt);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot play");
        return -1;
    }
    *play = (struct play){.strategy = self, .attempt = attempt, .event = event, .due = INFINITY};
    if (director)
        play->due = director->begin(director->ctx, attempt);
    else
        play->step = self->count ? self->steps[self->played++ % self->count] : improvise(attempt);
    play->next = self->plays;
    self->plays = play;
    ++self->active;
    self->peak = self->active > self->peak ? self->active : self->peak;
    attempt->received = 0;
    attempt->slot = play;
    return 0;
}

static void null_flush(struct fa_strategy *self)
{
    for (struct play *play = self->plays; play; play = play->next) {
        struct timeval wait = {.tv_sec = play->step.delay_ms / 1000,
                               .tv_usec = play->step.delay_ms % 1000 * 1000};
        if (!play->flushed && !play->step.hold && !director)
            event_add(play->event, &wait);
        play->flushed = true;
    }
}

void fa_null_direct(const struct fa_null_director *new_director)
{
    director = new_director;
}

/* The next to end: of those that end together, the one that began first. */
static struct play *next_play(void)
{
    struct play *next = NULL;
    for (struct play *play = directed ? directed->plays : NULL; play; play = play->next)
        if (play->flushed && (!next || play->due <= next->due))
            next = play;
    return next;
}

double fa_null_due(void)
{
    const struct play *play = next_play();
    return play ? play->due : INFINITY;
}

void fa_null_advance(double now)
{
    struct play *play;
    while ((play = next_play()) && play->due <= now) {
        play->due = INFINITY;
        event_active(play->event, EV_TIMEOUT, 0);
    }
}

static void null_cancel(struct fa_strategy *self, struct fa_attempt *attempt)
{
    (void)self;
    struct play *play = attempt->slot;
    if (!play)
        abort(); /* the loan of the attempt ended with done() */
    attempt->cancelled = true;
    event_active(play->event, EV_TIMEOUT, 0);
}

static void null_tune(struct fa_strategy *self, struct fa_attempt *attempt, uint64_t rate)
{
    (void)self;
    if (!attempt->slot)
        abort();
    attempt->rate = rate;
}

static void null_free(struct fa_strategy *self)
{
    if (!self)
        return;
    if (directed == self)
        directed = NULL;
    while (self->plays) {
        close_part(self->plays->attempt);
        play_free(self->plays);
    }
    free(self);
}

const struct fa_strategy_ops fa_strategy_null = {
    .name = "null",
    .descriptors = 1,
    .new = null_new,
    .submit = null_submit,
    .flush = null_flush,
    .cancel = null_cancel,
    .tune = null_tune,
    .free = null_free,
};
