/**
 * Finds secrets in lines that are not URLs: mistyped URLs, and lines of a file that was not meant
 * as a list, such as headers, options of curl or a netrc file.  Pure.
 *
 * Nobody knows what such a line is, so everything from the first place that may be a secret is one.
 */
#ifndef FA_TRANSFER_SECRET_LINE_H
#define FA_TRANSFER_SECRET_LINE_H

#include <stdbool.h>

/** Both point into the line. */
struct fa_secret_line {
    const char *secret; /**< Where it begins; NULL: there is none. */
    const char *host;   /**< What follows the login of a mistyped URL; NULL: the secret extends to
                             the end of the line. */
};

/**
 * Find the secret of a line.
 *
 * @authority  Where the authority would begin if the line was a URL.
 * @keys       Further names of secrets, as for fa_secret_key().
 */
struct fa_secret_line fa_secret_line_find(const char *line, const char *authority,
                                          const char *keys);

/** The colon before a secret, which is not that of a scheme or of a port; NULL: there is none. */
const char *fa_secret_line_colon(const char *at);

/** Whether a line is an entry option of a list that sets a header. */
bool fa_secret_line_is_option(const char *line);

#endif
