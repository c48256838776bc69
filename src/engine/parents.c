/*
 * A hash table with as many buckets as descriptors, and a list in the order of use: finding, adding
 * and dropping the least recently used folder cost the same, however many are kept.
 */
#include "engine/parents.h"

#include "base/key.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PARENTS_MAX 1024
/* Transfers need descriptors more urgently: a folder costs only the calls to open it again. */
#define PARENTS_SHARE 16

int fa_parents_init(struct fa_parents *parents)
{
    struct rlimit limit;
    rlim_t max = PARENTS_MAX;
    TAILQ_INIT(&parents->least_recent);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / PARENTS_SHARE < max)
        max = limit.rlim_cur / PARENTS_SHARE;
    parents->max = max < 1 ? 1 : (unsigned)max;
    parents->buckets = calloc(parents->max, sizeof(struct fa_parent *));
    return parents->buckets ? 0 : -1;
}

static struct fa_parent **parents_bucket(struct fa_parents *parents, uint64_t key)
{
    return &parents->buckets[key % parents->max];
}

static void parents_close(struct fa_parents *parents, struct fa_parent *parent)
{
    struct fa_parent **at = parents_bucket(parents, parent->key);
    while (*at != parent)
        at = &(*at)->next_same;
    *at = parent->next_same;
    TAILQ_REMOVE(&parents->least_recent, parent, used);
    --parents->count;
    close(parent->fd);
    free(parent->path);
    free(parent);
}

void fa_parents_fini(struct fa_parents *parents)
{
    while (parents->count > 0)
        parents_close(parents, TAILQ_FIRST(&parents->least_recent));
    free(parents->buckets);
    parents->buckets = NULL;
}

/* The length is compared by the end of the copy: "a/b" must not be found for "a". */
struct fa_parent *fa_parents_find(struct fa_parents *parents, const char *path, size_t len)
{
    uint64_t key = fa_key(path, len);
    struct fa_parent *parent = *parents_bucket(parents, key);
    while (parent &&
           (parent->key != key || strncmp(parent->path, path, len) != 0 || parent->path[len]))
        parent = parent->next_same;
    if (!parent)
        return NULL;
    TAILQ_REMOVE(&parents->least_recent, parent, used);
    TAILQ_INSERT_TAIL(&parents->least_recent, parent, used);
    return parent;
}

const struct fa_parent *fa_parents_last(const struct fa_parents *parents)
{
    return TAILQ_LAST(&parents->least_recent, fa_parent_list);
}

struct fa_parent *fa_parents_add(struct fa_parents *parents, const char *path, size_t len, int fd)
{
    struct fa_parent *parent = calloc(1, sizeof(*parent));
    char *copy = strndup(path, len);
    if (!parent || !copy) {
        free(parent);
        free(copy);
        close(fd);
        return NULL;
    }
    if (parents->count == parents->max)
        parents_close(parents, TAILQ_FIRST(&parents->least_recent));
    *parent = (struct fa_parent){.key = fa_key(path, len), .path = copy, .fd = fd};
    struct fa_parent **bucket = parents_bucket(parents, parent->key);
    parent->next_same = *bucket;
    *bucket = parent;
    TAILQ_INSERT_TAIL(&parents->least_recent, parent, used);
    ++parents->count;
    return parent;
}

void fa_parents_forget(struct fa_parents *parents, const char *path, size_t len)
{
    struct fa_parent *parent = fa_parents_find(parents, path, len);
    if (parent)
        parents_close(parents, parent);
}
