/**
 * A line of a config file of curl(1), as curl reads it, and what its option means for a list.
 */
#ifndef FA_LIST_CURL_OPTION_H
#define FA_LIST_CURL_OPTION_H

#include <stdbool.h>
#include <stddef.h>

enum fa_curl_action {
    FA_CURL_NONE,   /**< Fetchall does it anyway. */
    FA_CURL_IGNORE, /**< Ignored with a notice; the hint is an option of ours, or NULL. */
    FA_CURL_URL,
    FA_CURL_OUTPUT,
    FA_CURL_REMOTE,
    FA_CURL_REMOTE_ALL,
    FA_CURL_DIR,
    FA_CURL_HEADER,
    FA_CURL_AGENT,
    FA_CURL_REFERER,
    FA_CURL_RANGE,
    FA_CURL_GLOBOFF,
    FA_CURL_NEXT,
    FA_CURL_COOKIE,
    FA_CURL_BEARER,
    FA_CURL_REFUSE,     /**< It makes another request than a download. */
    FA_CURL_REFUSE_WAY, /**< It sends the request another way: to ignore that does harm unseen. */
};

struct fa_curl_row {
    const char *name;
    char letter; /**< 0: none. */
    enum fa_curl_action action;
    const char *hint; /**< What to use instead; NULL: nothing. */
};

/** All options of curl(1), in the order of their names. */
const struct fa_curl_row *fa_curl_options(size_t *ret_count);

/** @return NULL: curl has no such option. */
const struct fa_curl_row *fa_curl_option_find(const char *name, size_t len);

/** An option.  The texts are those of the line. */
struct fa_curl_option {
    const char *name;              /**< Without dashes; that of the table if it is known. */
    const char *value;             /**< "": none. */
    const struct fa_curl_row *row; /**< NULL: it is unknown. */
};

/** Parse a line, which is cut up.  @line  Not empty.  @return whether the option is known */
bool fa_curl_option_parse(char *line, struct fa_curl_option *ret);

/** Whether a line is the name of a known option and "=", which no line of text is. */
bool fa_curl_option_begins(const char *at, size_t len);

#endif
