#include "engine/claims.h"

#include "base/key.h"
#include "engine/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fa_claims_init(struct fa_claims *claims, enum fa_layout layout, int dirfd, struct fa_error *err)
{
    claims->layout = layout;
    claims->names = fa_names_new(dirfd, err);
    return claims->names ? 0 : -1;
}

void fa_claims_fini(struct fa_claims *claims)
{
    fa_names_free(claims->names);
    claims->names = NULL;
}

/* A folder belongs to all files below it, and to no file.
 * @return 0; 1 if a file has that name; -1 */
static int claim_folder(struct fa_claims *claims, const char *path, struct fa_error *err)
{
    enum fa_claim claim;
    if (fa_names_claim(claims->names, fa_key_str(path), FA_OWNER_FOLDERS, &claim, err))
        return -1;
    return claim == FA_CLAIM_TAKEN;
}

/* Claim each folder on the way; one that has the name of a file gets an alternative name. */
static int claim_folders(struct fa_claims *claims, struct fa_place *place, struct fa_error *err)
{
    for (char *slash = strchr(place->path, '/'); slash; slash = strchr(slash + 1, '/')) {
        char *other = NULL, *path = NULL;
        *slash = '\0';
        int taken = claim_folder(claims, place->path, err);
        if (taken > 0 &&
            fa_name_alternative(place->path, (uint32_t)fa_key_str(place->path), &other) == 0 &&
            asprintf(&path, "%s/%s", other, slash + 1) >= 0) {
            taken = claim_folder(claims, other, err);
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

int fa_claims_build(struct fa_claims *claims, struct fa_job *job, struct fa_error *err)
{
    struct fa_name_source source = {
        .layout = claims->layout,
        .host = job->target.url->host,
        .path = job->target.url->path,
        .out = job->entry->out,
        .dir = job->entry->dir,
    };
    struct fa_place *place = &job->place;
    if (fa_name_build(&source, &place->path, err) || claim_folders(claims, place, err))
        return -1;
    place->key = fa_key_str(place->path);
    place->owner = job->target.mirrors[job->target.mirror].key;
    return 0;
}

int fa_claims_take(struct fa_claims *claims, const struct fa_job *job, enum fa_claim *ret,
                   struct fa_error *err)
{
    return fa_names_claim(claims->names, job->place.key, job->place.owner, ret, err);
}

int fa_claims_alternative(struct fa_job *job, struct fa_error *err)
{
    char *other = NULL;
    if (fa_name_alternative(job->place.path, (uint32_t)job->place.owner, &other)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot name a file");
        return -1;
    }
    free(job->place.path);
    job->place.path = other;
    job->place.key = fa_key_str(other);
    return 0;
}

int fa_claims_reserve(struct fa_claims *claims, const char *path, struct fa_error *err)
{
    enum fa_claim claim;
    return fa_names_claim(claims->names, fa_key_str(path), FA_OWNER_OUTPUTS, &claim, err);
}
