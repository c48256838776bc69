/**
 * Cookies that all transfers of a run share (RFC 6265): those of a file, and those that servers
 * set.
 *
 * Attempts run in other threads and processes, so each is given the cookies of its URL as a text
 * (see cookies.h), and its outcome brings back what the handle has then.  Merging compares the two:
 * only what the server changed reaches the jar, as another transfer may have changed the rest.
 *
 * Pure, except for fa_jar_open().
 */
#ifndef FA_TRANSFER_JAR_H
#define FA_TRANSFER_JAR_H

#include "transfer/url.h"

#include <fetchall/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Maximum number of cookies that servers set, for one domain and for all; others are dropped. */
#define FA_JAR_DOMAIN_MAX 150
#define FA_JAR_MAX        3000

struct fa_cookie {
    char *line;         /**< Owned: the text of all fields. */
    const char *domain; /**< Without a dot before it. */
    const char *path;
    const char *name;
    const char *value;
    int64_t expires; /**< Seconds since 1970; 0: at the end of the run. */
    bool below;      /**< For the hosts below the domain, too. */
    bool secure;
    bool http_only;
};

/** All zero: empty. */
struct fa_jar {
    struct fa_cookie *cookies;
    size_t count;
    size_t read; /**< Of them, those of the file. */
};

void fa_jar_fini(struct fa_jar *jar);

/**
 * Read a file in the format of Netscape, as browsers, curl and wget write it.
 *
 * @return 0, or -1 with FA_CLASS_REFUSED; the message has the number of the line, and no cookie.
 */
int fa_jar_open(struct fa_jar *jar, const char *path, struct fa_error *err);

/** Add the lines of such a file.  @name  For messages. */
int fa_jar_read(struct fa_jar *jar, const char *text, size_t len, const char *name,
                struct fa_error *err);

/**
 * The cookies for a request, as in fa_attempt.cookies.
 *
 * @now  Seconds since 1970.
 * @ret  To be released with free(3); NULL: none.
 * @return 0, or -1 when memory ran out.
 */
int fa_jar_select(const struct fa_jar *jar, const struct fa_url *url, int64_t now, char **ret);

/**
 * Take over what the response to a request changed.
 *
 * A worker process may be compromised, so a cookie must be for the host that was requested, and a
 * secure one must have come by TLS.
 *
 * @given  What the attempt had; NULL: none.
 * @got    What its outcome has; NULL: none.
 */
void fa_jar_merge(struct fa_jar *jar, const struct fa_url *url, const char *given, const char *got);

#endif
