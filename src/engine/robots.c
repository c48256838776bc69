/*
 * Files are found by the origin of a URL, and forgotten by age, so that a list of a million origins
 * needs the memory of FA_ROBOTS_KEPT files.  One that could not be fetched is kept like any other:
 * its origin must not be asked again for each of its URLs.
 */
#include "engine/robots.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS (sizeof(((struct fa_robots_cache *)0)->buckets) / sizeof(void *))

void fa_robots_init(struct fa_robots_cache *cache)
{
    TAILQ_INIT(&cache->by_age);
}

static void robots_remove(struct fa_robots_cache *cache, struct fa_robots_file *file)
{
    LIST_REMOVE(file, same);
    TAILQ_REMOVE(&cache->by_age, file, by_age);
    --cache->count;
    fa_robots_txt_fini(&file->txt);
    free(file);
}

void fa_robots_fini(struct fa_robots_cache *cache)
{
    struct fa_robots_file *file = TAILQ_FIRST(&cache->by_age);
    while (file) {
        struct fa_robots_file *next = TAILQ_NEXT(file, by_age);
        fa_robots_txt_fini(&file->txt);
        free(file);
        file = next;
    }
}

const struct fa_robots_file *fa_robots_find(struct fa_robots_cache *cache, uint64_t key, double now)
{
    struct fa_robots_file *file;
    LIST_FOREACH (file, &cache->buckets[key % BUCKETS], same)
        if (file->key == key)
            break;
    if (!file || now - file->at < FA_ROBOTS_LIFE)
        return file;
    robots_remove(cache, file);
    return NULL;
}

static struct fa_robots_file *robots_add(struct fa_robots_cache *cache, uint64_t key, double now)
{
    struct fa_robots_file *file = calloc(1, sizeof(*file));
    if (!file)
        return NULL;
    file->key = key;
    file->at = now;
    LIST_INSERT_HEAD(&cache->buckets[key % BUCKETS], file, same);
    TAILQ_INSERT_TAIL(&cache->by_age, file, by_age);
    if (++cache->count > FA_ROBOTS_KEPT)
        robots_remove(cache, TAILQ_FIRST(&cache->by_age));
    return file;
}

/* A lack of memory must not count as "no rules": without a file nothing is requested. */
const struct fa_robots_file *fa_robots_put(struct fa_robots_cache *cache, uint64_t key,
                                           const char *text, size_t len, double now)
{
    struct fa_robots_file *file = robots_add(cache, key, now);
    if (!file || fa_robots_txt_parse(&file->txt, text, len, FA_ROBOTS_TOKEN) == 0)
        return file;
    robots_remove(cache, file);
    return NULL;
}

const struct fa_robots_file *fa_robots_put_error(struct fa_robots_cache *cache, uint64_t key,
                                                 const struct fa_error *error, bool transient,
                                                 double now)
{
    struct fa_robots_file *file = robots_add(cache, key, now);
    if (file) {
        file->error = *error;
        file->transient = transient;
    }
    return file;
}

/* A server that asks to come more slowly has not said that it has no rules. */
bool fa_robots_is_missing(const struct fa_outcome *outcome)
{
    enum fa_class class = outcome->error.class;
    return class == FA_CLASS_REDIRECT || (class == FA_CLASS_HTTP && outcome->http >= 400 &&
                                          outcome->http < 500 && outcome->http != 429);
}

/* The path with the query, "/" if there is none. */
static const char *url_path(const struct fa_url *url)
{
    const char *host = strstr(url->whole, "://");
    const char *path = host ? host + 3 + strcspn(host + 3, "/?#") : url->path;
    return *path ? path : "/";
}

/* /robots.txt itself is always allowed (RFC 9309, 2.2.2).  The message has the line, so that the
 * owner of the list can look it up. */
int fa_robots_judge(const struct fa_robots_file *file, const struct fa_url *url,
                    struct fa_error *err)
{
    const char *path = url_path(url);
    if (strcmp(path, "/robots.txt") == 0)
        return 0;
    if (file->error.class != FA_CLASS_NONE) {
        fa_error_set(
            err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
            "robots.txt of %.80s cannot be fetched, so nothing else may be (see --robots): "
            "%.100s",
            url->origin, file->error.msg);
        return -1;
    }
    const struct fa_robots_rule *rule = fa_robots_txt_find(&file->txt, path);
    if (!rule || rule->allow)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "robots.txt of %.80s, line %zu: Disallow: %.80s (see --robots)", url->origin,
                 rule->line, rule->pattern);
    return -1;
}
