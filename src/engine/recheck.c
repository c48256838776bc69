/*
 * The file of an earlier entry is never replaced, even if a checksum says that it is wrong: that
 * entry has been reported, and its digest may be in a manifest.  So the later one fails, and says
 * why.
 */
#include "engine/recheck.h"

#include "engine/admit.h"
#include "engine/ending.h"
#include "engine/naming.h"
#include "engine/packing.h"
#include "engine/repeats.h"

/** Jobs that are admitted in one turn. */
#define REVIEW_STEPS 512

void fa_recheck_mismatch(struct fa_session *s, struct fa_job *job)
{
    const struct fa_entry *entry = job->entry;
    bool size = entry->size >= 0 && entry->size != job->place.size;
    struct fa_error err;
    fa_error_set(&err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_INTEGRITY,
                 "an earlier entry of the same URL has a file whose %s is not the one in the list",
                 size          ? "size"
                 : entry->hash ? fa_hash_name(entry->hash)
                               : "digest");
    fa_ending_job(s, job, FA_STATUS_FAILED, &err, false);
}

static void recheck_compare(struct fa_session *s, struct fa_job *job, int64_t size,
                            enum fa_recall recall, double now)
{
    int wanted = fa_admit_is_wanted(job, size, recall);
    job->place.size = size;
    job->place.existing = job->place.shared = true;
    if (wanted < 0)
        fa_finish_put(&s->finish, job, now);
    else if (wanted > 0)
        fa_ending_job(s, job, FA_STATUS_DUPLICATE, NULL, false);
    else
        fa_recheck_mismatch(s, job);
}

/* If the size is not the recorded one, somebody has changed the file since. */
static bool path_has_file(enum fa_presence there, enum fa_recall recall, unsigned marks)
{
    return there == FA_THERE_FILE && recall != FA_RECALL_OTHER && !(marks & FA_NAME_FAILED);
}

static void recheck_admit(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_error err = {0};
    struct fa_recalled record;
    unsigned marks = 0;
    int64_t size = -1;
    if (fa_claims_hold(&s->claims, job, &marks, &err) ||
        fa_recall_lookup(&s->ledger, job, job->place.key, &record, &err) ||
        fa_naming_recall(s, job, &record, &err)) {
        fa_ending_job(s, job, FA_STATUS_FAILED, &err, false);
        return;
    }
    enum fa_presence there = fa_packing_look(s, job, &record, true, &size, &err);
    enum fa_recall recall = fa_recall_job(&s->ledger, job, &record, size);
    if (recall == FA_RECALL_ERROR || recall == FA_RECALL_SKIP)
        fa_admit_drop(s, job, recall);
    else if (path_has_file(there, recall, marks))
        recheck_compare(s, job, size, recall, now);
    else
        fa_admit_at(s, job, there, size, recall, &err, now);
}

void fa_recheck_review(struct fa_session *s, double now)
{
    struct fa_job *job;
    int steps = 0;
    size_t queued = s->scheduler.queued;
    while (!s->ending.draining && !s->pause.full && s->finish.staged < FA_FINISH_MAX &&
           steps < REVIEW_STEPS && (job = fa_repeats_take(s, now))) {
        recheck_admit(s, job, now);
        ++steps;
    }
    if (steps == REVIEW_STEPS || s->scheduler.queued > queued || s->finish.fetched.count > 0)
        fa_engine_wake(s);
}
