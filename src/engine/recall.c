/*
 * After a power cut, the tail of a part may be zeros although its size is right: only the bytes
 * that its record calls synced are used, and complete files of that run are hashed again
 * ("doubtful").  The boot ID in the state tells a power cut from a crash of the process, which
 * loses no written data.
 *
 * Representations are checked when they are read, as the database may be damaged or edited.
 */
#include "engine/recall.h"

#include "engine/name.h"
#include "list/template.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A malformed validator must not get into a request header, nor resume a part. */
static void representation_from_record(struct fa_representation *ret,
                                       const struct fa_record *record)
{
    const char *etag = record->etag ? record->etag : "";
    const char *coding = record->coding ? record->coding : "";
    char if_range[FA_ETAG_MAX];
    bool good = (!etag[0] || fa_etag_is_good(etag, strlen(etag))) && fa_coding_is_good(coding);
    *ret = fa_representation_none;
    ret->total = record->size >= 0 ? record->size : -1;
    ret->validator.modified = record->modified >= 0 ? record->modified : -1;
    if (!good)
        return;
    memcpy(ret->validator.etag, etag, strlen(etag) + 1);
    memcpy(ret->coding, coding, strlen(coding) + 1);
    ret->validator.strong = record->strong;
    fa_validator_if_range(&ret->validator, if_range);
    ret->validator.strong = if_range[0];
}

/* A failed entry without a file has no name of its server yet. */
static void record_find_names(const struct fa_ledger *ledger, const struct fa_record *record,
                              struct fa_recalled *ret)
{
    bool folds = fa_store_folder(ledger->store)->folds;
    uint64_t key = record->path ? fa_name_key(record->path, folds) : record->key;
    if (record->alias)
        ret->alias = ret->own ? key : 0;
    else
        ret->renamed =
            key != record->key && (record->standing != FA_STANDING_FAILED || record->replaces);
}

/* The path is checked as one of a list, as the database may be damaged or edited. */
int fa_recall_name(struct fa_ledger *ledger, uint64_t key, char **ret, struct fa_error *err)
{
    struct fa_record record;
    struct fa_error why = {0};
    *ret = NULL;
    int found = fa_state_get(ledger->state, key, &record, err);
    struct fa_name_source source = {.out = found > 0 ? record.path : NULL};
    if (found <= 0 || !source.out || fa_name_build(&source, ret, &why) == 0)
        return found < 0 ? -1 : 0;
    if (why.class != FA_CLASS_LOCAL_IO)
        return 0;
    *err = why;
    return -1;
}

int fa_recall_lookup(struct fa_ledger *ledger, const struct fa_job *job, uint64_t key,
                     struct fa_recalled *ret, struct fa_error *err)
{
    struct fa_record record;
    *ret = (struct fa_recalled){.rep = fa_representation_none, .seen = -1};
    if (!ledger->state || (fa_state_is_fresh(ledger->state) && !job->place.repeat))
        return 0;
    int found = fa_state_get(ledger->state, key, &record, err);
    if (found <= 0)
        return found;
    *ret = (struct fa_recalled){
        .found = true,
        .own = record.owner == job->place.owner,
        .owner = record.owner,
        .standing = record.standing,
        .replaces = record.replaces,
        .tried = record.tried,
        .unverified = record.unverified,
        .digest = record.digest,
        .mirror = record.mirror,
        .synced = record.durable,
        .run = record.run,
        .hook = record.hook,
        .archive = record.archive,
        .offset = record.offset,
        .seen = -1,
    };
    representation_from_record(&ret->rep, &record);
    record_find_names(ledger, &record, ret);
    if (record.seen && !record.alias && !ret->renamed)
        ret->seen = record.seen_size;
    /* A column names the file as out= does. */
    bool named = fa_template_has_column(ledger->config->name, NULL, 0);
    if (!ret->own && !record.alias && strcmp(record.slice ? record.slice : "", job->range) == 0)
        ret->kin =
            fa_identity_kin(named ? FA_MATCH_NAME : ledger->config->match, job->entry, record.url);
    return 0;
}

/* Whether the machine crashed during the last run. */
static bool ledger_was_cut(const struct fa_ledger *ledger)
{
    return ledger->last_run.ended == 0 && !ledger->last_run.same_boot;
}

/* Whether the bytes of the other URL are resumed from that of the job, by the validator as ever.
 * Two files may have the same one, so that without a relation only a checksum can vouch for it. */
static bool job_inherits_part(const struct fa_job *job, const struct fa_recalled *record)
{
    return !record->own && record->mirror == record->owner &&
           (record->kin == FA_KIN_URL || (record->kin == FA_KIN_NAME && job->entry->hash));
}

/* The process was killed before it made a complete split part a plain one. */
static void part_unite(const struct fa_ledger *ledger, struct fa_job *job)
{
    struct fa_part *part = &job->part;
    struct fa_inode inode = {0};
    int fd = fa_store_part_join(ledger->store, job->place.key, &inode, NULL);
    bool united =
        fd >= 0 && fa_store_part_unite(ledger->store, fd, part->split->map.size, false, NULL) == 0;
    if (!united)
        part->bytes = 0;
    fa_split_free(part->split);
    part->split = NULL;
    if (fd >= 0)
        close(fd);
}

/* Recall a part that several attempts wrote to: what its map says, if it is of the recorded
 * version.  @return whether it is such a part */
static bool job_recall_split(const struct fa_ledger *ledger, struct fa_job *job,
                             const struct fa_recalled *record)
{
    struct fa_part_map map = {.version = fa_part_map_version(&record->rep)};
    int fd = record->rep.total > 0 ? fa_store_part_map(ledger->store, job->place.key) : -1;
    if (fd < 0)
        return false;
    map.size = (uint64_t)record->rep.total;
    if (fa_part_map_read(fd, &map, ledger_was_cut(ledger)) == 0)
        job->part.split = fa_split_new(-1, &map);
    close(fd);
    if (!job->part.split)
        return false;
    job->part.bytes = job->tries.reached = fa_split_bytes(job->part.split);
    if (fa_split_is_whole(job->part.split))
        part_unite(ledger, job);
    return true;
}

/* Recall a part, as far as its file still exists and is not stale. */
static void job_recall_part(const struct fa_ledger *ledger, struct fa_job *job,
                            const struct fa_recalled *record)
{
    int64_t bytes = fa_store_part_size(ledger->store, job->place.key);
    if (record->rep.total >= 0 && bytes > record->rep.total)
        bytes = 0; /* not those of the file */
    if (bytes > 0 && ledger_was_cut(ledger) && (uint64_t)bytes > record->synced)
        bytes = (int64_t)record->synced;
    if (!job_recall_split(ledger, job, record))
        job->part.bytes = bytes > 0 ? (uint64_t)bytes : 0;
    job->part.mirror = record->mirror;
    job->part.rep = record->rep;
    if (job_inherits_part(job, record))
        job->part.mirror = job->target.mirrors[job->target.mirror].key;
}

/* A plan and a run decide alike, so both keep what the state says about the file. */
static int place_recall_known(const struct fa_ledger *ledger, struct fa_place *place,
                              const struct fa_recalled *record)
{
    if (!place->known && !(place->known = malloc(sizeof(*place->known))))
        return -1;
    *place->known = (struct fa_known){
        .rep = record->rep,
        .digest = record->digest,
        .done = record->standing == FA_STANDING_DONE,
        .doubtful = ledger_was_cut(ledger) && record->run == ledger->last_run.id,
    };
    if (!record->own && record->kin != FA_KIN_URL)
        place->known->rep.validator = fa_representation_none.validator;
    return 0;
}

/* If the part of a record is missing and its file exists, the process was killed just after it
 * renamed the part.  After a power cut the file may lack bytes. */
static bool record_describes_file(const struct fa_ledger *ledger, const struct fa_job *job,
                                  const struct fa_recalled *record)
{
    return record->standing == FA_STANDING_DONE || record->replaces ||
           (record->standing == FA_STANDING_PART && job->part.bytes == 0 &&
            !ledger_was_cut(ledger));
}

/* What an earlier entry of this run has put says nothing about the last one. */
bool fa_recall_skips(const struct fa_ledger *ledger, const struct fa_recalled *record)
{
    bool wanted = record->found &&
                  (record->standing == FA_STANDING_FAILED || record->run > ledger->last_run.id);
    return ledger->config->retry_failed && !wanted;
}

/* A plan does not open parts, so it recalls none. */
enum fa_recall fa_recall_job(const struct fa_ledger *ledger, struct fa_job *job,
                             const struct fa_recalled *record, int64_t size)
{
    bool failed = record->found && record->standing == FA_STANDING_FAILED;
    if (fa_recall_skips(ledger, record))
        return FA_RECALL_SKIP;
    if (!record->found)
        return FA_RECALL_NOTHING;
    job->part.recorded = true;
    job->place.hook = record->hook;
    job->tries.failed = failed && record->tried;
    if (fa_ledger_has_part(record->standing, record->rep.validator.strong, record->replaces) &&
        !ledger->config->plan)
        job_recall_part(ledger, job, record);
    if (size < 0 || record->rep.total < 0 || record->unverified ||
        !record_describes_file(ledger, job, record))
        return FA_RECALL_NOTHING;
    if (place_recall_known(ledger, &job->place, record))
        return FA_RECALL_ERROR;
    if (ledger->config->output) {
        job->place.archive = record->archive;
        job->place.offset = record->offset;
    }
    return record->rep.total == size ? FA_RECALL_DONE : FA_RECALL_OTHER;
}

/* The run that wrote the file may have been killed before its digest was recorded.  A file that is
 * not known gets none: verify would compare it with itself. */
static bool ledger_lacks_digest(const struct fa_ledger *ledger, const struct fa_job *job)
{
    const struct fa_known *known = job->place.known;
    return ledger->state && ledger->config->hash && known && !known->done;
}

bool fa_recall_wants_digest(const struct fa_ledger *ledger, const struct fa_job *job)
{
    return ledger->config->hash_existing || ledger_lacks_digest(ledger, job);
}
