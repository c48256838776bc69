/*
 * Folders are names too.  A server may have a file "a" and a file "a/b", which one file system
 * cannot: every folder of a path is claimed for the owner FA_OWNER_FOLDERS, which all files share.
 * Whichever comes second, file or folder, gets an alternative name.  The alternative of a folder
 * is the same for all files below it, as it depends on the path of the folder only.
 */
#include "engine/claims.h"

#include "base/key.h"
#include "engine/identity.h"
#include "engine/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fa_claims_init(struct fa_claims *claims, const struct fa_config *config,
                   const struct fa_folder *folder, int dirfd, struct fa_error *err)
{
    claims->layout = config->layout;
    claims->fan_out = config->fan_out;
    claims->name = config->name;
    claims->match = config->match;
    claims->dir = config->dir[0] == '/' ? config->dir : NULL;
    claims->real = fa_folder_path(folder);
    claims->part_max = fa_folder_name_max(folder);
    claims->folds = folder->folds;
    memset(claims->held, 0, sizeof(claims->held));
    memset(claims->folders, 0, sizeof(claims->folders));
    claims->names = fa_names_new(dirfd, err);
    return claims->names ? 0 : -1;
}

void fa_claims_fini(struct fa_claims *claims)
{
    fa_names_free(claims->names);
    claims->names = NULL;
    free(claims->real);
    claims->real = NULL;
}

uint64_t fa_claims_key(const struct fa_claims *claims, const char *path)
{
    return fa_name_key(path, claims->folds);
}

/*
 * Claim a folder, which belongs to all files below it and to no URL.  The claim holds to the end of
 * the run, so those of the last folders need not be looked up in the table.
 * @return 0; 1 if a file has that name; -1
 */
static int claims_take_folder(struct fa_claims *claims, const char *path, struct fa_error *err)
{
    enum fa_claim claim;
    uint64_t key = fa_claims_key(claims, path);
    uint64_t *last = &claims->folders[key % FA_CLAIMS_FOLDERS];
    if (*last == key && key != 0)
        return 0;
    if (fa_names_claim(claims->names, key, FA_OWNER_FOLDERS, &claim, err))
        return -1;
    if (claim == FA_CLAIM_TAKEN)
        return 1;
    *last = key;
    return 0;
}

/* Claim every folder of the path; if a file has the name of one, rename that folder in the path. */
static int claims_take_folders(struct fa_claims *claims, struct fa_place *place,
                               struct fa_error *err)
{
    for (char *slash = strchr(place->path, '/'); slash; slash = strchr(slash + 1, '/')) {
        char *other = NULL, *path = NULL;
        *slash = '\0';
        int taken = claims_take_folder(claims, place->path, err);
        if (taken > 0 &&
            fa_name_alternative(place->path, claims->part_max, (uint32_t)fa_key_str(place->path),
                                &other) == 0 &&
            asprintf(&path, "%s/%s", other, slash + 1) >= 0) {
            taken = claims_take_folder(claims, other, err);
            free(place->path);
            place->path = path;
            slash = path + strlen(other);
        }
        free(other);
        *slash = '/';
        if (taken > 0)
            fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                         "the folder of '%s' and its alternative are names of files", place->path);
        if (taken)
            return -1;
    }
    return 0;
}

static uint32_t claims_hash(const struct fa_claims *claims, const struct fa_job *job, unsigned n)
{
    return fa_identity_name_hash(job->entry->urls[0], job->place.owner,
                                 job->slice.set ? job->range : NULL, claims->match, n);
}

int fa_claims_build(struct fa_claims *claims, struct fa_job *job, struct fa_error *err)
{
    struct fa_place *place = &job->place;
    place->owner = job->target.mirrors[job->target.mirror].key;
    if (job->slice.set)
        place->owner = fa_key_pair(job->target.url->whole, job->range); /* as another URL */
    struct fa_name_source source = {
        .layout = claims->layout,
        .host = job->target.url->host,
        .path = job->target.url->path,
        .out = job->entry->out,
        .dir = job->entry->dir,
        .roots = {claims->real, claims->dir},
        .part_max = claims->part_max,
        .name = claims->name,
        .whole = job->target.url->whole,
        .hash = claims_hash(claims, job, 0),
        .entry = job->entry,
        .fan_out = claims->fan_out,
    };
    if (fa_name_build(&source, &place->path, err) || claims_take_folders(claims, place, err))
        return -1;
    place->key = fa_claims_key(claims, place->path);
    return 0;
}

/* Counters instead of a set: two paths may share one, and then an entry waits that need not.  That
 * is rare, and costs no memory for each path of a long list. */
static uint32_t *claims_counter(struct fa_claims *claims, const struct fa_job *job)
{
    return &claims->held[job->place.key % FA_CLAIMS_HELD];
}

/* Whether the list says something about the file that other entries of its URL may not say. */
static bool job_checks(const struct fa_job *job)
{
    return job->entry->hash || job->entry->size >= 0;
}

int fa_claims_take(struct fa_claims *claims, struct fa_job *job, enum fa_claim *ret,
                   struct fa_error *err)
{
    unsigned marks = 0;
    if (fa_names_claim(claims->names, job->place.key, job->place.owner, ret, err))
        return -1;
    if (*ret != FA_CLAIM_NEW)
        return 0;
    ++*claims_counter(claims, job);
    job->place.holds = true;
    return job_checks(job)
               ? fa_names_mark(claims->names, job->place.key, 0, FA_NAME_CHECKED, &marks, err)
               : 0;
}

int fa_claims_differ(struct fa_claims *claims, const struct fa_job *job, bool *ret,
                     struct fa_error *err)
{
    unsigned marks = 0;
    int result = fa_names_mark(claims->names, job->place.key, 0, 0, &marks, err);
    *ret = job_checks(job) || job->target.n_mirrors > 1 || (marks & FA_NAME_CHECKED);
    return result;
}

bool fa_claims_is_held(const struct fa_claims *claims, const struct fa_job *job)
{
    return claims->held[job->place.key % FA_CLAIMS_HELD] > 0;
}

int fa_claims_hold(struct fa_claims *claims, struct fa_job *job, unsigned *ret,
                   struct fa_error *err)
{
    ++*claims_counter(claims, job);
    job->place.holds = true;
    return fa_names_mark(claims->names, job->place.key, 0, 0, ret, err);
}

void fa_claims_release(struct fa_claims *claims, struct fa_job *job)
{
    if (job->place.holds)
        --*claims_counter(claims, job);
    job->place.holds = false;
}

/* A repeated entry that fails changes nothing: the file of an earlier one stays. */
int fa_claims_end(struct fa_claims *claims, struct fa_job *job, bool good, struct fa_error *err)
{
    const struct fa_place *place = &job->place;
    unsigned before = 0;
    if (!place->holds)
        return 0;
    fa_claims_release(claims, job);
    if (good == place->repeat)
        return fa_names_mark(claims->names, place->key, good ? FA_NAME_FAILED : 0,
                             good ? 0 : FA_NAME_FAILED, &before, err);
    return 0;
}

int fa_claims_alternative(const struct fa_claims *claims, const struct fa_job *job,
                          const char *path, unsigned n, char **ret, struct fa_error *err)
{
    if (fa_name_alternative(path, claims->part_max, claims_hash(claims, job, n), ret) == 0)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot name a file");
    return -1;
}

void fa_claims_rename(const struct fa_claims *claims, struct fa_job *job, char *path)
{
    free(job->place.path);
    job->place.path = path;
    job->place.key = fa_claims_key(claims, path);
}

int fa_claims_add(struct fa_claims *claims, const struct fa_job *job, char **path,
                  enum fa_claim *ret, struct fa_error *err)
{
    struct fa_place place = {.path = *path};
    int result = claims_take_folders(claims, &place, err);
    *path = place.path;
    if (result)
        return -1;
    return fa_names_claim(claims->names, fa_claims_key(claims, *path), job->place.owner, ret, err);
}

int fa_claims_reserve(struct fa_claims *claims, const char *path, struct fa_error *err)
{
    enum fa_claim claim;
    return fa_names_claim(claims->names, fa_claims_key(claims, path), FA_OWNER_OUTPUTS, &claim,
                          err);
}
