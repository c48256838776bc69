/*
 * Only URLs that plain_url.c accepts are set by their parts: for these, libcurl's parser would
 * change nothing.  For any other one the handle is NULL, and libcurl parses the text of
 * CURLOPT_URL(3), which is set in any case.
 *
 * Consecutive entries of a list often share an origin, so the handle is often set up for the right
 * one already.
 */
#include "transfer/url_handle.h"

#include "transfer/plain_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fa_url_handle_fini(struct fa_url_handle *url)
{
    curl_url_cleanup(url->handle);
    free(url->front);
    *url = (struct fa_url_handle){0};
}

/* Set up the handle for an origin, unless it is set up for the same one. */
static int handle_set_front(struct fa_url_handle *url, const struct fa_span *front)
{
    if (url->front && strncmp(url->front, front->at, front->len) == 0 && !url->front[front->len])
        return 0;
    fa_url_handle_fini(url);
    url->front = strndup(front->at, front->len);
    url->handle = curl_url();
    if (!url->front || !url->handle)
        return -1;
    return curl_url_set(url->handle, CURLUPART_URL, url->front, 0) == CURLUE_OK ? 0 : -1;
}

/* The parts are not terminated: a path before a query is copied to end it.  A null pointer as query
 * removes that of the previous URL. */
static int handle_set_path(const struct fa_url_handle *url, const struct fa_url_parts *parts)
{
    const char *query = NULL;
    char *path = NULL;
    if (parts->rest.len > parts->path.len) {
        query = parts->path.at + parts->path.len + 1;
        path = strndup(parts->path.at, parts->path.len);
        if (!path)
            return -1;
    }
    CURLUcode code = curl_url_set(url->handle, CURLUPART_PATH, path ? path : parts->path.at, 0);
    if (code == CURLUE_OK)
        code = curl_url_set(url->handle, CURLUPART_QUERY, query, 0);
    free(path);
    return code == CURLUE_OK ? 0 : -1;
}

CURLU *fa_url_handle_set(struct fa_url_handle *url, const char *text)
{
    struct fa_url_parts parts;
    /* curl_url_set(3) would change the case of percent-encoded bytes. */
    if (!fa_plain_url_scan(&parts, text) || memchr(parts.rest.at, '%', parts.rest.len))
        return NULL;
    if (handle_set_front(url, &parts.front) == 0 && handle_set_path(url, &parts) == 0)
        return url->handle;
    fa_url_handle_fini(url);
    return NULL;
}
