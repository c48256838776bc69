#include "liar/shrink.h"

#include "support/process.h"

#include <stdlib.h>
#include <string.h>

#define TRIES 2 /* of a case, since what goes wrong may depend on timing */

struct shrink {
    struct liar_world *world;
    struct liar_case *best;
    struct liar_fault *fault;
    double until;
};

/* Takes what is tried if it fails in the same way. */
static bool shrink_try(struct shrink *shrink, const struct liar_case *tried)
{
    for (int i = 0; i < TRIES && fa_now() < shrink->until; i++) {
        struct liar_fault fault;
        liar_round(shrink->world, tried, &fault);
        if (strcmp(fault.kind, shrink->fault->kind) == 0) {
            *shrink->best = *tried;
            *shrink->fault = fault;
            return true;
        }
    }
    return false;
}

static void case_drop_entries(struct liar_case *of, size_t at, size_t count)
{
    memmove(&of->entries[at], &of->entries[at + count],
            (of->count - at - count) * sizeof(of->entries[0]));
    of->count -= count;
}

/* Leaves out halves, then quarters, and so on. */
static void shrink_entries(struct shrink *shrink)
{
    for (size_t size = shrink->best->count / 2; size > 0; size /= 2) {
        for (size_t at = 0; at + size <= shrink->best->count && shrink->best->count > 1;) {
            struct liar_case tried = *shrink->best;
            case_drop_entries(&tried, at, size);
            if (!shrink_try(shrink, &tried)) {
                at += size;
            }
        }
    }
}

/* The last answers, which only matter if they are asked for. */
static void shrink_answers(struct shrink *shrink)
{
    for (size_t i = 0; i < shrink->best->count; i++) {
        while (shrink->best->entries[i].count > 0) {
            struct liar_case tried = *shrink->best;
            tried.entries[i].count--;
            if (!shrink_try(shrink, &tried)) {
                break;
            }
        }
    }
}

static void shrink_words_of(struct shrink *shrink, size_t entry, size_t answer)
{
    for (size_t at = 0; at < shrink->best->entries[entry].answers[answer].count;) {
        struct liar_case tried = *shrink->best;
        struct liar_answer *less = &tried.entries[entry].answers[answer];
        memmove(&less->said[at], &less->said[at + 1],
                (less->count - at - 1) * sizeof(less->said[0]));
        less->count--;
        if (!shrink_try(shrink, &tried)) {
            at++;
        }
    }
}

static void shrink_words(struct shrink *shrink)
{
    for (size_t i = 0; i < shrink->best->count; i++) {
        for (size_t k = 0; k < shrink->best->entries[i].count; k++) {
            shrink_words_of(shrink, i, k);
        }
    }
}

/* Each setting to its plainest. */
static void shrink_settings(struct shrink *shrink)
{
    for (int i = 0; i < 6; i++) {
        struct liar_case tried = *shrink->best;
        tried.kill_signal = i == 0 ? 0 : tried.kill_signal;
        tried.proxy = i == 1 ? false : tried.proxy;
        tried.connect_count = i == 1 || i == 2 ? 0 : tried.connect_count;
        tried.http2 = i == 3 ? false : tried.http2;
        tried.feed = i == 4 ? 1 : tried.feed;
        tried.jobs = i == 5 ? 1 : tried.jobs;
        char *before = liar_case_text(shrink->best);
        char *after = liar_case_text(&tried);
        if (strcmp(before, after) != 0) {
            shrink_try(shrink, &tried);
        }
        free(before);
        free(after);
    }
}

static void shrink_flags(struct shrink *shrink)
{
    for (size_t i = 0; i < shrink->best->count; i++) {
        struct liar_case tried = *shrink->best;
        struct liar_entry *entry = &tried.entries[i];
        if (entry->checksum || entry->sized || entry->mirrored || entry->modified) {
            entry->checksum = entry->sized = entry->mirrored = entry->modified = false;
            shrink_try(shrink, &tried);
        }
    }
}

void liar_shrink(struct liar_world *world, struct liar_case *of, struct liar_fault *fault,
                 double seconds)
{
    struct shrink shrink = {world, of, fault, fa_now() + seconds};
    shrink_entries(&shrink);
    shrink_settings(&shrink);
    shrink_answers(&shrink);
    shrink_words(&shrink);
    shrink_entries(&shrink);
    shrink_flags(&shrink);
}
