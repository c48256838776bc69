/**
 * A line of a config file of curl(1), as curl reads it, and what its option means for a list.
 */
#ifndef FA_LIST_CURL_OPTION_H
#define FA_LIST_CURL_OPTION_H

#include <stdbool.h>
#include <stddef.h>

enum fa_curl_action {
    FA_CURL_NONE, /**< Curl's own business, or an option of ours. */
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

/** An option.  The texts are those of the line. */
struct fa_curl_option {
    const char *name;  /**< Without dashes; that of the table if it is known. */
    const char *value; /**< "": none. */
    enum fa_curl_action action;
};

/** Parse a line, which is cut up.  @line  Not empty.  @return whether the option is known */
bool fa_curl_option_parse(char *line, struct fa_curl_option *ret);

/** Whether a line is the name of a known option and "=", which no line of text is. */
bool fa_curl_option_begins(const char *at, size_t len);

#endif
