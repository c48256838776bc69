/**
 * The robots.txt files of origins (RFC 9309), with --robots obey: what is known of each.
 *
 * A part of the session: see engine/obeying.h for what the turn does with it.
 */
#ifndef FA_ENGINE_ROBOTS_H
#define FA_ENGINE_ROBOTS_H

#include "base/robots_txt.h"
#include "transfer/outcome.h"
#include "transfer/url.h"

#include <sys/queue.h>

/** The product token that groups of rules name. */
#define FA_ROBOTS_TOKEN "fetchall"

/** Seconds after which a file is fetched again (RFC 9309, 2.4). */
#define FA_ROBOTS_LIFE 86400.0

/** Files that are kept; then the oldest is forgotten, and fetched again if it is needed. */
#define FA_ROBOTS_KEPT 4096

struct fa_robots_file {
    uint64_t key; /**< Of the origin. */
    double at;    /**< When it was fetched. */
    struct fa_robots_txt txt;
    struct fa_error error; /**< It could not be fetched; FA_CLASS_NONE: it could. */
    bool transient;        /**< That may be different in a later run. */
    LIST_ENTRY(fa_robots_file) same;
    TAILQ_ENTRY(fa_robots_file) by_age;
};

/** All zero, after fa_robots_init(): empty. */
struct fa_robots_cache {
    LIST_HEAD(, fa_robots_file) buckets[1024];
    TAILQ_HEAD(, fa_robots_file) by_age;
    size_t count;
};

void fa_robots_init(struct fa_robots_cache *cache);
void fa_robots_fini(struct fa_robots_cache *cache);

/** @return NULL: it has to be fetched. */
const struct fa_robots_file *fa_robots_find(struct fa_robots_cache *cache, uint64_t key,
                                            double now);

/** A file was fetched.  @text  "" if there is none: then everything is allowed.
 * @return NULL: no memory. */
const struct fa_robots_file *fa_robots_put(struct fa_robots_cache *cache, uint64_t key,
                                           const char *text, size_t len, double now);

/** A file could not be fetched, so that nothing is allowed.  @return NULL: no memory. */
const struct fa_robots_file *fa_robots_put_error(struct fa_robots_cache *cache, uint64_t key,
                                                 const struct fa_error *error, bool transient,
                                                 double now);

/** Whether an outcome says that there is no robots.txt (RFC 9309, 2.3.1.3), and not that it cannot
 * be reached. */
bool fa_robots_is_missing(const struct fa_outcome *outcome);

/** Whether a URL may be requested.  @return 0, or -1 with FA_CLASS_REFUSED. */
int fa_robots_judge(const struct fa_robots_file *file, const struct fa_url *url,
                    struct fa_error *err);

#endif
