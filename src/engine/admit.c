/*
 * An entry is parsed, named, and looked up in the state and in the folder, in that order and
 * normally once each; after that its job knows whether there is a part to resume or a file to
 * compare.  Most entries of a repeated run end here, at the cost of one query and one fstatat(2).
 *
 * An entry that is related to the owner of its path (engine/identity.h) takes the path over, unless
 * an entry of this run has claimed it before, or its own URL got an alternative in an earlier run:
 * so that two URLs of one list keep their files in any order.  Lists are streams, so nobody waits
 * for an owner that may come later: it finds the path claimed then, and is downloaded under its
 * alternative.
 *
 * An existing file is compared by what is known without reading it: its size, and the digest in
 * the state.  Only if that leaves the answer open, the file is hashed by the CPU stage.
 */
#include "engine/admit.h"

#include <fetchall/redact.h>

#include "base/buf.h"
#include "base/key.h"
#include "engine/ending.h"
#include "engine/hooking.h"
#include "engine/naming.h"
#include "engine/packing.h"
#include "engine/repeats.h"
#include "engine/spill.h"
#include "transfer/encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void fa_admit_put(struct fa_session *s, struct fa_job *job, bool front, double now)
{
    struct fa_error err;
    if (fa_scheduler_put(&s->scheduler, job, front, now) == 0)
        return;
    fa_error_system(&err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot queue a download");
    fa_ending_job(s, job, FA_STATUS_FAILED, &err, true);
}

/* Only a job that was never started can go to the backlog: its record holds no attempts. */
void fa_admit_queue(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_origin *origin =
        job->tries.attempts == 0 ? fa_scheduler_origin(&s->scheduler, job) : NULL;
    if (origin && !fa_scheduler_has_window(&s->scheduler, origin) && fa_spill_job(s, job, now))
        return;
    fa_admit_put(s, job, false, now);
}

/* Claim the path that the job has, unless the record says that it belongs to an entry that is not
 * related.  A path of an earlier run remains that of its URL, even if that URL is not in the lists
 * of this run. */
static int job_claim_path(struct fa_session *s, struct fa_job *job,
                          const struct fa_recalled *record, enum fa_claim *ret_claim,
                          struct fa_error *err)
{
    if (!record->found || record->own || record->kin != FA_KIN_NONE)
        return fa_claims_take(&s->claims, job, ret_claim, err);
    *ret_claim = FA_CLAIM_TAKEN;
    return 0;
}

/* The alternatives of the path, each made from the one before it. */
static int job_make_alternatives(struct fa_session *s, const struct fa_job *job,
                                 char *paths[FA_CLAIMS_ALTERNATIVES], struct fa_error *err)
{
    const char *path = job->place.path;
    for (unsigned n = 0; n < FA_CLAIMS_ALTERNATIVES; path = paths[n++])
        if (fa_claims_alternative(&s->claims, job, path, n, &paths[n], err))
            return -1;
    return 0;
}

/* An alternative that the URL itself got in an earlier run: then it does not take over the file of
 * another one; nor if there are two such files.  *ret is FA_CLAIMS_ALTERNATIVES if there is
 * none. */
static int job_find_alternative(struct fa_session *s, const struct fa_job *job,
                                char *const paths[FA_CLAIMS_ALTERNATIVES], unsigned *ret,
                                struct fa_error *err)
{
    bool ambiguous = false;
    for (*ret = 0; *ret < FA_CLAIMS_ALTERNATIVES; ++*ret) {
        struct fa_recalled record;
        if (fa_recall_lookup(&s->ledger, job, fa_claims_key(&s->claims, paths[*ret]), &record, err))
            return -1;
        if (record.found && record.own)
            return 0;
        ambiguous |= *ret == 0 && fa_identity_is_ambiguous(s->config.match, record.kin);
    }
    if (ambiguous)
        *ret = FA_CLAIMS_ALTERNATIVES - 1;
    return 0;
}

/* Try the path of a related entry, unless the job has one of its own; then the alternatives.
 * @paths  The one that the job gets is set to NULL. */
static int job_claim_one(struct fa_session *s, struct fa_job *job,
                         char *paths[FA_CLAIMS_ALTERNATIVES], struct fa_recalled *record,
                         enum fa_claim *ret_claim, struct fa_error *err)
{
    unsigned n = FA_CLAIMS_ALTERNATIVES;
    *ret_claim = FA_CLAIM_TAKEN;
    if (record->kin != FA_KIN_NONE && job_find_alternative(s, job, paths, &n, err))
        return -1;
    if (n == FA_CLAIMS_ALTERNATIVES) {
        n = 0;
        if (job_claim_path(s, job, record, ret_claim, err))
            return -1;
    }
    for (; *ret_claim == FA_CLAIM_TAKEN && n < FA_CLAIMS_ALTERNATIVES; ++n) {
        fa_claims_rename(&s->claims, job, paths[n]);
        paths[n] = NULL;
        if (fa_recall_lookup(&s->ledger, job, job->place.key, record, err) ||
            job_claim_path(s, job, record, ret_claim, err))
            return -1;
    }
    if (*ret_claim != FA_CLAIM_TAKEN)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "the name '%s' and its alternatives are taken", job->place.path);
    return -1;
}

/* Look up the path of a job; if it is the second name of a file, look up the record of the file. */
static int job_look_up(struct fa_session *s, struct fa_job *job, struct fa_recalled *ret_record,
                       struct fa_error *err)
{
    if (fa_recall_lookup(&s->ledger, job, job->place.key, ret_record, err))
        return -1;
    if (ret_record->alias == 0)
        return 0;
    job->place.key = ret_record->alias;
    return fa_recall_lookup(&s->ledger, job, job->place.key, ret_record, err);
}

/* Name the job.  Most paths are free, or are that of the job: these cost one query of the state,
 * for the owner of the path and for what is known about the file. */
static int job_claim_name(struct fa_session *s, struct fa_job *job, struct fa_recalled *ret_record,
                          enum fa_claim *ret_claim, struct fa_error *err)
{
    char *paths[FA_CLAIMS_ALTERNATIVES] = {NULL};
    if (fa_claims_build(&s->claims, job, err) || job_look_up(s, job, ret_record, err))
        return -1;
    if (!ret_record->found || ret_record->own) {
        if (job_claim_path(s, job, ret_record, ret_claim, err))
            return -1;
        if (*ret_claim != FA_CLAIM_TAKEN)
            return 0;
    }
    int result = job_make_alternatives(s, job, paths, err);
    if (result == 0)
        result = job_claim_one(s, job, paths, ret_record, ret_claim, err);
    for (unsigned n = 0; n < FA_CLAIMS_ALTERNATIVES; ++n)
        free(paths[n]);
    return result;
}

static void admit_missing(struct fa_session *s, struct fa_job *job, double now)
{
    if (s->config.plan)
        fa_ending_job(s, job, FA_STATUS_PLANNED, NULL, false);
    else
        fa_admit_queue(s, job, now);
}

/* A folder of the entry's own (dir=, or a tree) that cannot be written, or is on another file
 * system, is its own failure, and is found out before the file is fetched. */
static void admit_new(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_error err = {0};
    if (!fa_pack_hides_files(&s->pack) &&
        fa_folder_check(fa_store_folder(s->store), job->place.path, &err))
        fa_ending_job(s, job, FA_STATUS_FAILED, &err, false);
    else
        admit_missing(s, job, now);
}

int fa_admit_is_wanted(const struct fa_job *job, int64_t size, enum fa_recall recall)
{
    const struct fa_entry *entry = job->entry;
    const struct fa_known *known = job->place.known;
    if ((entry->size >= 0 && entry->size != size) || recall == FA_RECALL_OTHER)
        return 0;
    if (recall == FA_RECALL_DONE && known->doubtful && known->digest.hash)
        return -1;
    if (!entry->hash)
        return 1;
    if (recall != FA_RECALL_DONE || known->digest.hash != entry->hash)
        return -1;
    return memcmp(known->digest.bytes, entry->hash_bytes, fa_hash_size(entry->hash)) == 0;
}

/* An archive only grows, and a name is in it once. */
void fa_admit_refuse_packed(struct fa_session *s, struct fa_job *job)
{
    const struct fa_volume *volume = fa_volumes_find(&s->ledger.volumes, job->place.archive);
    struct fa_error err;
    fa_error_set(&err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_INTEGRITY,
                 "the file in '%.200s' is not the one in the list; remove that archive to download "
                 "its files again",
                 volume ? volume->state.name : "?");
    fa_ending_job(s, job, FA_STATUS_FAILED, &err, false);
}

/* With --sync the server is asked whether the file has changed, if the state knows its
 * validator. */
static void admit_existing(struct fa_session *s, struct fa_job *job, int64_t size,
                           enum fa_recall recall, double now)
{
    int wanted = fa_admit_is_wanted(job, size, recall);
    bool ask = s->config.sync && wanted != 0;
    if (job->place.archive && wanted == 0) {
        fa_admit_refuse_packed(s, job);
        return;
    }
    if (s->config.overwrite || s->config.sync || wanted == 0) {
        job->place.replace = true;
        job->place.conditional = ask && !s->config.overwrite && recall == FA_RECALL_DONE;
        if (job->place.conditional) /* nothing is written if it has not changed */
            admit_missing(s, job, now);
        else
            admit_new(s, job, now);
        return;
    }
    job->place.size = size;
    job->place.existing = true;
    if ((wanted < 0 || fa_recall_wants_digest(&s->ledger, job)) && !s->config.plan &&
        fa_finish_needs_hash(&s->finish, job))
        fa_finish_put(&s->finish, job, now);
    else
        fa_hooking_end(s, job, FA_STATUS_EXISTS);
}

void fa_admit_at(struct fa_session *s, struct fa_job *job, enum fa_presence there, int64_t size,
                 enum fa_recall recall, const struct fa_error *refusal, double now)
{
    switch (there) {
    case FA_THERE_NOTHING:
        admit_new(s, job, now);
        break;
    case FA_THERE_FILE:
        admit_existing(s, job, size, recall, now);
        break;
    case FA_THERE_REFUSED:
        fa_ending_job(s, job, FA_STATUS_FAILED, refusal, false);
        break;
    }
}

void fa_admit_drop(struct fa_session *s, struct fa_job *job, enum fa_recall why)
{
    if (why == FA_RECALL_ERROR)
        fa_engine_no_memory(s);
    --s->counts.entries;
    fa_claims_release(&s->claims, job);
    fa_engine_forget(job);
}

/* The job that has the path may use its part now, so that what is known of the file is recalled
 * only when that has ended. */
static void admit_repeat(struct fa_session *s, struct fa_job *job, const struct fa_recalled *record)
{
    struct fa_error err = {0};
    bool differ = false;
    if (fa_recall_skips(&s->ledger, record))
        fa_admit_drop(s, job, FA_RECALL_SKIP);
    else if (fa_claims_differ(&s->claims, job, &differ, &err))
        fa_ending_job(s, job, FA_STATUS_FAILED, &err, false);
    else if (differ && !s->config.plan)
        fa_repeats_put(s, job);
    else
        fa_ending_job(s, job, FA_STATUS_DUPLICATE, NULL, false);
}

static void admit_named(struct fa_session *s, struct fa_job *job, const struct fa_recalled *record,
                        double now)
{
    struct fa_error err = {0};
    int64_t size = -1;
    if (fa_naming_recall(s, job, record, &err)) {
        fa_ending_job(s, job, FA_STATUS_FAILED, &err, false);
        return;
    }
    enum fa_presence there = fa_packing_look(s, job, record, false, &size, &err);
    enum fa_recall recall = fa_recall_job(&s->ledger, job, record, size);
    if (recall == FA_RECALL_SKIP || recall == FA_RECALL_ERROR)
        fa_admit_drop(s, job, recall);
    else
        fa_admit_at(s, job, there, size, recall, &err, now);
}

/* Report it now: an unusable mirror would be noticed only when it is needed. */
static void report_bad_mirror(void *ctx, const struct fa_job *job, unsigned mirror,
                              const struct fa_error *why)
{
    struct fa_session *s = ctx;
    if (job->entry->n_urls > 1)
        fa_emit_notice(&s->emitter, job->entry, "URL %u of the line is left out: %s", mirror + 1,
                       why->msg);
}

/* For users who look for the URL in the log of a server. */
static void report_encoded(struct fa_session *s, const struct fa_job *job)
{
    const struct fa_target *target = &job->target;
    for (unsigned i = 0; i < target->n_mirrors; ++i) {
        const struct fa_url *url = &target->mirrors[i].url;
        if (!url->whole || !fa_encode_is_needed(job->entry->urls[i]))
            continue;
        char *encoded = fa_encode_url(fa_url_sent(url));
        fa_emit_entry_detail(&s->emitter, job->entry, "URL requested as %s",
                             encoded ? encoded : fa_url_sent(url));
        free(encoded);
    }
}

/* Find out whether the entry can be downloaded, and under which name. */
static int admit_check(struct fa_session *s, struct fa_job *job, struct fa_recalled *ret_record,
                       enum fa_claim *ret_claim, struct fa_error *err)
{
    if (fa_job_parse(job, report_bad_mirror, s, err))
        return -1;
    report_encoded(s, job);
    return job_claim_name(s, job, ret_record, ret_claim, err);
}

static void ignore_bad_mirror(void *ctx, const struct fa_job *job, unsigned mirror,
                              const struct fa_error *why)
{
    (void)ctx;
    (void)job;
    (void)mirror;
    (void)why;
}

/* An entry of another shard takes its name, so that all shards of a list name their files alike,
 * without a word between them: in a shared folder, two of them never mean the same file. */
static void admit_left_out(struct fa_session *s, struct fa_job *job)
{
    struct fa_error err = {0};
    char *path = NULL;
    enum fa_claim claim = FA_CLAIM_TAKEN;
    if (job->entry->error.class != FA_CLASS_NONE || fa_job_parse(job, ignore_bad_mirror, s, &err) ||
        fa_claims_build(&s->claims, job, &err))
        return;
    for (unsigned n = 0;; ++n) {
        if (fa_claims_take(&s->claims, job, &claim, &err)) {
            fa_engine_stop(s, FA_END_LOCAL, &err);
            return;
        }
        if (claim != FA_CLAIM_TAKEN || n == FA_CLAIMS_ALTERNATIVES ||
            fa_claims_alternative(&s->claims, job, job->place.path, n, &path, &err))
            return;
        fa_claims_rename(&s->claims, job, path);
    }
}

static void admit_entry(struct fa_session *s, struct fa_entry *entry, double now)
{
    bool ours = fa_shard_has(&s->shard, entry);
    struct fa_job *job = fa_engine_job(s, entry, now);
    if (!job) {
        fa_engine_no_memory(s);
        return;
    }
    if (!ours) {
        fa_engine_set_slice(s, job);
        admit_left_out(s, job);
        fa_claims_release(&s->claims, job);
        fa_engine_forget(job);
        return;
    }
    ++s->counts.entries;
    fa_engine_set_slice(s, job);
    fa_unknown_report(&s->unknown, &s->emitter, entry, s->config.secret_keys);
    struct fa_error err = entry->error;
    struct fa_recalled record;
    enum fa_claim claim;
    if (err.class != FA_CLASS_NONE || admit_check(s, job, &record, &claim, &err))
        fa_ending_job(s, job, FA_STATUS_FAILED, &err, false);
    else if (claim == FA_CLAIM_SAME)
        admit_repeat(s, job, &record);
    else
        admit_named(s, job, &record, now);
}

bool fa_admit_next(struct fa_session *s, double now)
{
    struct fa_entry *entry = NULL;
    struct fa_error err;
    if (s->ending.draining)
        return false;
    enum fa_intake_what what = fa_intake_next(&s->intake, now, &entry, &err);
    s->counts.lists_final = fa_intake_over(&s->intake);
    switch (what) {
    case FA_INTAKE_ENTRY:
        admit_entry(s, entry, now);
        return true;
    case FA_INTAKE_SKIP:
        return true;
    case FA_INTAKE_NOTHING:
        return false;
    case FA_INTAKE_ERROR:
        fa_engine_no_memory(s);
        return false;
    }
    return false;
}
