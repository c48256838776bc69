#include "cli/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/digest.h"
#include "cli/json.h"

static json_t *digest_object(const struct fa_result *result)
{
    if (result->n_digests == 0)
        return json_null();
    json_t *object = json_object();
    bool ok = object != NULL;
    for (size_t i = 0; ok && i < result->n_digests; ++i) {
        const struct fa_digest *digest = &result->digests[i];
        char hex[2 * FA_DIGEST_MAX + 1];
        fa_digest_hex(digest, hex);
        ok = fa_json_add(object, fa_hash_name(digest->hash), json_string(hex));
    }
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *time_object(const struct fa_times *time)
{
    json_t *object = json_object();
    bool ok = object && fa_json_add(object, "queue", fa_json_seconds(time->queue)) &&
              fa_json_add(object, "dns", fa_json_seconds(time->dns)) &&
              fa_json_add(object, "connect", fa_json_seconds(time->connect)) &&
              fa_json_add(object, "tls", fa_json_seconds(time->tls)) &&
              fa_json_add(object, "ttfb", fa_json_seconds(time->ttfb)) &&
              fa_json_add(object, "total", fa_json_seconds(time->total)) &&
              fa_json_add(object, "hash", fa_json_seconds(time->hash));
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

/* The first half of the fields: the entry and its end. */
static bool add_end(json_t *object, const struct fa_result *r)
{
    bool failed = r->error.class != FA_CLASS_NONE;
    /* What a plan would fetch has no end yet. */
    const char *status = r->status == FA_STATUS_PLANNED ? NULL : fa_status_name(r->status);
    return fa_json_add(object, "line", fa_json_count(r->line)) &&
           fa_json_add(object, "url", fa_json_text(r->url)) &&
           fa_json_add(object, "path", fa_json_text(r->path)) &&
           fa_json_add(object, "status", fa_json_text(status)) &&
           fa_json_add(object, "class",
                       fa_json_text(failed ? fa_class_name(r->error.class) : NULL)) &&
           fa_json_add(object, "error", fa_json_text(failed ? r->error.msg : NULL)) &&
           fa_json_add(object, "http", r->http ? json_integer(r->http) : json_null());
}

json_t *fa_report_object(const struct fa_result *r)
{
    json_t *object = json_object();
    bool ok = object && add_end(object, r) &&
              fa_json_add(object, "bytes", fa_json_count(r->bytes)) &&
              fa_json_add(object, "size", r->size < 0 ? json_null() : json_integer(r->size)) &&
              fa_json_add(object, "resumed", fa_json_count(r->resumed)) &&
              fa_json_add(object, "restarted", fa_json_text(r->restarted)) &&
              fa_json_add(object, "attempts", json_integer(r->attempts)) &&
              fa_json_add(object, "digest", digest_object(r)) &&
              fa_json_add(object, "effective_url", fa_json_text(r->effective_url)) &&
              fa_json_add(object, "ip", fa_json_text(r->ip)) &&
              fa_json_add(object, "http_version", fa_json_text(r->http_version)) &&
              fa_json_add(object, "mode", fa_json_text(fa_mode_name(r->mode))) &&
              fa_json_add(object, "time", time_object(&r->time));
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

bool fa_report_is_unbegun(const struct fa_result *r)
{
    return r->error.class == FA_CLASS_CANCELLED && r->status == FA_STATUS_FAILED &&
           r->attempts == 0 && r->bytes == 0 && r->http == 0 && r->size < 0 && r->resumed == 0 &&
           r->n_digests == 0 && !r->restarted && !r->effective_url && !r->ip && !r->http_version &&
           !(r->time.queue > 0 || r->time.hash > 0);
}

/* Field by field what fa_report_object() makes of it; without an object, which is what takes time. */
static char *unbegun_text(const struct fa_result *r, bool ascii)
{
    char *url = fa_json_string(r->url, ascii);
    char *path = fa_json_string(r->path, ascii);
    char *error = fa_json_string(r->error.msg, ascii);
    char *text = NULL;
    int len = -1;
    if (url && path && error)
        len = asprintf(&text,
                       "{\"line\": %llu, \"url\": %s, \"path\": %s, \"status\": \"failed\", "
                       "\"class\": \"cancelled\", \"error\": %s, \"http\": null, "
                       "\"bytes\": 0, \"size\": null, \"resumed\": 0, \"restarted\": null, "
                       "\"attempts\": 0, \"digest\": null, \"effective_url\": null, "
                       "\"ip\": null, \"http_version\": null, \"mode\": \"%s\", "
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
