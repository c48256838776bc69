#include "transfer/attempt.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *text_copy(char **at, const char *text)
{
    if (!text)
        return NULL;
    char *copy = *at;
    *at = stpcpy(copy, text) + 1;
    return copy;
}

/* One block: the pointers to the headers, and then the texts. */
int fa_attempt_copy_texts(struct fa_attempt *attempt, void **ret)
{
    size_t size = attempt->n_headers * sizeof(*attempt->headers) + text_size(attempt->url) +
                  text_size(attempt->host_port) + text_size(attempt->addresses) +
                  text_size(attempt->cookies) + text_size(attempt->types) +
                  text_size(attempt->respect);
    for (size_t i = 0; i < attempt->n_headers; ++i)
        size += text_size(attempt->headers[i]);
    const char **headers = malloc(size);
    if (!headers)
        return -1;
    char *at = (char *)(headers + attempt->n_headers);
    for (size_t i = 0; i < attempt->n_headers; ++i)
        headers[i] = text_copy(&at, attempt->headers[i]);
    attempt->headers = headers;
    attempt->url = text_copy(&at, attempt->url);
    attempt->host_port = text_copy(&at, attempt->host_port);
    attempt->addresses = text_copy(&at, attempt->addresses);
    attempt->cookies = text_copy(&at, attempt->cookies);
    attempt->types = text_copy(&at, attempt->types);
    attempt->respect = text_copy(&at, attempt->respect);
    *ret = headers;
    return 0;
}

int fa_attempt_mark_stale(const struct fa_attempt *attempt)
{
    return attempt->unmarked ? 0 : fchmod(attempt->fd, FA_PART_STALE);
}
