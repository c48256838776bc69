/**
 * Looks up host names with getaddrinfo(3) on a few threads of its own.
 *
 * libcurl would start a thread for each lookup, and version 7.88 cannot end one early.  Here the
 * number of threads is bounded, each origin is looked up once for all of its URLs, and freeing
 * never blocks: a thread that is stuck in a lookup outlives the resolver and ends by itself.
 */
#ifndef FA_ENGINE_RESOLVE_H
#define FA_ENGINE_RESOLVE_H

#include <fetchall/config.h>
#include <fetchall/error.h>

#include <stdbool.h>

struct event_base;
struct fa_resolver;

/** The result of a lookup. */
struct fa_resolution {
    const char *addresses; /**< As fa_attempt.addresses, borrowed; NULL: error. */
    double seconds;        /**< Duration. */
    struct fa_error error; /**< FA_CLASS_DNS */
    bool final;            /**< The name does not exist; the error is not transient. */
};

/** @done  Called from the loop, never from fa_resolver_ask(). */
struct fa_resolver *fa_resolver_new(struct event_base *base, enum fa_family family,
                                    void (*done)(void *ctx, void *tag,
                                                 const struct fa_resolution *resolution),
                                    void *ctx, struct fa_error *err);

/** Does not block; done is not called any more. */
void fa_resolver_free(struct fa_resolver *resolver);

/**
 * Look up a name.
 *
 * @timeout  Seconds after which the lookup is reported as failed.
 */
int fa_resolver_ask(struct fa_resolver *resolver, const char *host, double timeout, void *tag,
                    struct fa_error *err);

/** The functions above, so that a test can replace them. */
struct fa_resolver_ops {
    struct fa_resolver *(*new)(struct event_base *base, enum fa_family family,
                               void (*done)(void *ctx, void *tag,
                                            const struct fa_resolution *resolution),
                               void *ctx, struct fa_error *err);
    int (*ask)(struct fa_resolver *resolver, const char *host, double timeout, void *tag,
               struct fa_error *err);
    void (*free)(struct fa_resolver *resolver);
};

extern const struct fa_resolver_ops fa_resolver_system;

#endif
