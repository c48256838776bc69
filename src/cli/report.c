/*
 * One JSON object per entry.  Entries that were never started have a fast path that formats the
 * text directly: a stopped run may have a million of them.  A test compares both texts, because a
 * field added to one must be added to the other.
 */
#include "cli/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/digest_hex.h"
#include "cli/json.h"

/* Null, and not an empty object, if no digest was computed. */
static json_t *digest_object(const struct fa_result *result)
{
    if (result->n_digests == 0)
        return json_null();
    json_t *object = json_object();
    for (size_t i = 0; object && i < result->n_digests; ++i) {
        const struct fa_digest *digest = &result->digests[i];
        char hex[2 * FA_DIGEST_MAX + 1];
        fa_digest_hex(digest, hex);
        object = fa_json_set(object, fa_hash_name(digest->hash), json_string(hex));
    }
    return object;
}

/* If a list has two columns of one name, the last one counts. */
static json_t *columns_object(const struct fa_result *result)
{
    json_t *object = json_object();
    for (size_t i = 0; object && i < result->n_columns; ++i)
        object =
            fa_json_set(object, result->columns[i].name, fa_json_text(result->columns[i].value));
    return object;
}

static json_t *time_object(const struct fa_times *time)
{
    /* clang-format off */
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "queue", fa_json_seconds(time->queue),
        "dns", fa_json_seconds(time->dns),
        "connect", fa_json_seconds(time->connect),
        "tls", fa_json_seconds(time->tls),
        "ttfb", fa_json_seconds(time->ttfb),
        "total", fa_json_seconds(time->total),
        "hash", fa_json_seconds(time->hash));
    /* clang-format on */
}

static json_t *cache_object(const struct fa_result *result)
{
    return json_pack("{s:b, s:o}", "hit", result->cache == FA_CACHE_HIT, "age",
                     result->age > 0 ? fa_json_count(result->age) : json_null());
}

static json_t *tcp_object(const struct fa_tcp *tcp)
{
    return json_pack("{s:o, s:o, s:o}", "rtt", fa_json_seconds(tcp->rtt), "retransmits",
                     fa_json_count(tcp->retransmits), "reordered", fa_json_count(tcp->reordered));
}

json_t *fa_report_object(const struct fa_result *r)
{
    bool failed = r->error.class != FA_CLASS_NONE;
    /* In a plan, an entry has no status yet. */
    const char *status = r->status == FA_STATUS_PLANNED ? NULL : fa_status_name(r->status);
    /* clang-format off */
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:s?, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, "
        "s:o, s:o, s:s?, s:o}",
        "line", fa_json_count(r->line),
        "url", fa_json_text(r->url),
        "path", fa_json_text(r->path),
        "status", status,
        "class", failed ? fa_class_name(r->error.class) : NULL,
        "error", fa_json_text(failed ? r->error.msg : NULL),
        "http", r->http ? json_integer(r->http) : json_null(),
        "bytes", fa_json_count(r->bytes),
        "size", fa_json_size(r->size),
        "resumed", fa_json_count(r->resumed),
        "restarted", fa_json_text(r->restarted),
        "attempts", r->attempts,
        "digest", digest_object(r),
        "effective_url", fa_json_text(r->effective_url),
        "ip", fa_json_text(r->ip),
        "http_version", fa_json_text(r->http_version),
        "encoding", fa_json_text(r->encoding),
        "mode", fa_mode_name(r->mode),
        "time", time_object(&r->time));
    /* clang-format on */
    if (r->cache != FA_CACHE_UNKNOWN)
        object = fa_json_set(object, "cache", cache_object(r));
    if (r->tcp.rtt > 0)
        object = fa_json_set(object, "tcp", tcp_object(&r->tcp));
    if (r->archive)
        object = fa_json_set(object, "archive", fa_json_text(r->archive));
    if (r->n_columns > 0)
        object = fa_json_set(object, "columns", columns_object(r));
    return r->unverified ? fa_json_set(object, "verified", json_false()) : object;
}

bool fa_report_is_unbegun(const struct fa_result *r)
{
    return r->error.class == FA_CLASS_CANCELLED && r->status == FA_STATUS_FAILED &&
           r->attempts == 0 && r->bytes == 0 && r->http == 0 && r->size < 0 && r->resumed == 0 &&
           r->n_digests == 0 && r->n_columns == 0 && !r->restarted && !r->effective_url && !r->ip &&
           !r->http_version && !(r->time.queue > 0 || r->time.hash > 0);
}

/* The same text as fa_report_object() yields, without building an object, which takes most time. */
static char *unbegun_text(const struct fa_result *r, bool ascii)
{
    char *url = fa_json_string(r->url, ascii);
    char *path = fa_json_string(r->path, ascii);
    char *error = fa_json_string(r->error.msg, ascii);
    char *text = NULL;
    int len = -1;
    if (url && path && error)
        len =
            asprintf(&text,
                     "{\"line\": %llu, \"url\": %s, \"path\": %s, \"status\": \"failed\", "
                     "\"class\": \"cancelled\", \"error\": %s, \"http\": null, "
                     "\"bytes\": 0, \"size\": null, \"resumed\": 0, \"restarted\": null, "
                     "\"attempts\": 0, \"digest\": null, \"effective_url\": null, "
                     "\"ip\": null, \"http_version\": null, \"encoding\": null, \"mode\": \"%s\", "
                     "\"time\": {\"queue\": 0.0, \"dns\": 0.0, \"connect\": 0.0, "
                     "\"tls\": 0.0, \"ttfb\": 0.0, \"total\": 0.0, \"hash\": 0.0}}",
                     (unsigned long long)r->line, url, path, error, fa_mode_name(r->mode));
    free(url);
    free(path);
    free(error);
    return len < 0 ? NULL : text;
}

char *fa_report_text(const struct fa_result *r, bool ascii)
{
    if (fa_report_is_unbegun(r))
        return unbegun_text(r, ascii);
    json_t *object = fa_report_object(r);
    char *text = object ? fa_json_line(object, ascii) : NULL;
    json_decref(object);
    return text;
}
