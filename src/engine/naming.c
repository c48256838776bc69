/*
 * A path is free for a file if nobody has claimed it in this run, if the state does not assign it
 * to another URL, and if nothing exists there: a server never chooses which file is replaced.
 */
#include "engine/naming.h"

#include "engine/name.h"
#include "engine/packing.h"

#include <stdlib.h>
#include <string.h>

void fa_naming_take(struct fa_job *job)
{
    if (!job->outcome.name)
        return;
    free(job->place.served);
    job->place.served = job->outcome.name;
    job->outcome.name = NULL;
}

/* @path  Taken. */
static void job_set_served_path(struct fa_job *job, char *path)
{
    job->place.plain = job->place.path;
    job->place.path = path;
}

/* Nobody else may claim the path in this run; if somebody has, the file still has it. */
int fa_naming_recall(struct fa_session *s, struct fa_job *job, const struct fa_recalled *record,
                     struct fa_error *err)
{
    char *path;
    enum fa_claim claim;
    if (!record->renamed)
        return 0;
    if (fa_recall_name(&s->ledger, job->place.key, &path, err))
        return -1;
    if (!path || strcmp(path, job->place.path) == 0) {
        free(path);
        return 0;
    }
    int result = s->config.plan ? 0 : fa_claims_add(&s->claims, job, &path, &claim, err);
    job_set_served_path(job, path);
    return result;
}

/* Whether nothing is there that the job would replace. */
static bool path_is_empty(struct fa_session *s, struct fa_job *job, char *path,
                          const struct fa_recalled *record)
{
    int64_t size;
    struct fa_error why;
    char *own = job->place.path;
    job->place.path = path;
    enum fa_presence there = fa_packing_look(s, job, record, true, &size, &why);
    job->place.path = own;
    return there == FA_THERE_NOTHING;
}

/* @path  Owned by the caller; may be replaced.  @return 0 and *ret, or -1 */
static int path_is_free(struct fa_session *s, struct fa_job *job, char **path, bool *ret,
                        struct fa_error *err)
{
    struct fa_recalled record;
    enum fa_claim claim;
    *ret = false;
    if (fa_recall_lookup(&s->ledger, job, fa_claims_key(&s->claims, *path), &record, err))
        return -1;
    if (record.found && record.alias != job->place.key)
        return 0;
    if (!path_is_empty(s, job, *path, &record))
        return 0;
    if (fa_claims_add(&s->claims, job, path, &claim, err))
        return err->class == FA_CLASS_REFUSED ? 0 : -1;
    *ret = claim == FA_CLAIM_NEW;
    return 0;
}

/* Try the path, then its alternatives.  @ret  NULL: none is free */
static int job_find_free(struct fa_session *s, struct fa_job *job, char *path, char **ret,
                         struct fa_error *err)
{
    bool is_free = false;
    int result = path_is_free(s, job, &path, &is_free, err);
    for (unsigned n = 0; result == 0 && !is_free && n < FA_CLAIMS_ALTERNATIVES; ++n) {
        char *other;
        result = fa_claims_alternative(&s->claims, job, path, n, &other, err);
        if (result)
            break;
        free(path);
        path = other;
        result = path_is_free(s, job, &path, &is_free, err);
    }
    if (!is_free) {
        free(path);
        path = NULL;
    }
    *ret = path;
    return result;
}

int fa_naming_serve(struct fa_session *s, struct fa_job *job, struct fa_error *err)
{
    struct fa_place *place = &job->place;
    char *path;
    if (!place->served || place->plain)
        return 0;
    if (fa_name_serve(place->path, place->served, s->claims.part_max, s->claims.fan_out, &path,
                      err))
        return -1;
    if (!path || fa_claims_key(&s->claims, path) == place->key) {
        free(path);
        return 0;
    }
    if (job_find_free(s, job, path, &path, err))
        return -1;
    if (!path) {
        fa_emit_notice(&s->emitter, job->entry,
                       "the names that the server gives to the file are taken: it keeps '%s'",
                       place->path);
        return 0;
    }
    if (s->ledger.state &&
        fa_ledger_put_alias(&s->ledger, job, fa_claims_key(&s->claims, path), err)) {
        free(path);
        return -1;
    }
    job_set_served_path(job, path);
    return 0;
}

int fa_naming_serve_other(struct fa_session *s, struct fa_job *job, struct fa_error *err)
{
    struct fa_place *place = &job->place;
    if (!place->plain)
        return -1;
    free(place->path);
    place->path = place->plain;
    place->plain = NULL;
    return fa_naming_serve(s, job, err);
}
