#include "bad_log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static json_int_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int fa_bad_log_init(struct fa_bad_log *log)
{
    *log = (struct fa_bad_log){
        .lines = evbuffer_new(),
        .hosts = json_object(),
        .counts = json_object(),
        .firsts = json_object(),
    };
    if (!log->lines || !log->hosts || !log->counts || !log->firsts) {
        fa_bad_log_fini(log);
        return -1;
    }
    return 0;
}

void fa_bad_log_fini(struct fa_bad_log *log)
{
    if (log->lines) {
        evbuffer_free(log->lines);
    }
    json_decref(log->hosts);
    json_decref(log->counts);
    json_decref(log->firsts);
    *log = (struct fa_bad_log){0};
}

static void set_int(json_t *object, const char *key, json_int_t value)
{
    json_object_set_new(object, key, json_integer(value));
}

static json_int_t get_int(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

void fa_bad_log_clear(struct fa_bad_log *log)
{
    evbuffer_drain(log->lines, evbuffer_get_length(log->lines));
    json_object_clear(log->counts);
    json_object_clear(log->firsts);
    const char *name;
    json_t *host;
    void *next;
    json_object_foreach_safe(log->hosts, next, name, host)
    {
        json_int_t active = get_int(host, "active");
        if (active == 0) {
            json_object_del(log->hosts, name);
            continue;
        }
        set_int(host, "requests", 0);
        set_int(host, "peak_active", active);
    }
    log->accepted = 0;
    log->connections = 0;
    log->requests = 0;
    log->peak_open = log->open;
    log->peak_active = log->active;
}

void fa_bad_log_open(struct fa_bad_log *log)
{
    log->connections++;
    log->open++;
    if (log->open > log->peak_open) {
        log->peak_open = log->open;
    }
}

void fa_bad_log_close(struct fa_bad_log *log)
{
    log->open--;
}

/* JSON is UTF-8; bytes of a request need not be. */
static json_t *text(const char *bytes)
{
    json_t *string = json_string(bytes);
    if (string) {
        return string;
    }
    char *copy = strdup(bytes);
    for (char *at = copy; at && *at; at++) {
        if ((unsigned char)*at >= 0x80) {
            *at = '?';
        }
    }
    string = json_string(copy);
    free(copy);
    return string;
}

static void append_line(struct fa_bad_log *log, unsigned conn, const char *peer,
                        const struct fa_bad_request *request)
{
    json_t *headers = json_object();
    for (size_t i = 0; i < request->header_count; i++) {
        const struct fa_bad_header *header = &request->headers[i];
        json_object_set_new(headers, header->name, text(header->value));
    }
    json_t *line = json_object();
    json_object_set_new(line, "path", text(request->path));
    json_object_set_new(line, "target", text(request->target));
    json_object_set_new(line, "host", text(request->host));
    json_object_set_new(line, "method", text(request->method));
    json_object_set_new(line, "headers", headers);
    set_int(line, "conn", conn);
    json_object_set_new(line, "peer", text(peer));
    set_int(line, "ms", now_ms());
    char *dump = json_dumps(line, JSON_COMPACT);
    if (dump) {
        evbuffer_add_printf(log->lines, "%s\n", dump);
    }
    free(dump);
    json_decref(line);
}

/* NULL, which jansson accepts, for a name that is not UTF-8. */
static json_t *host_of(struct fa_bad_log *log, const char *name)
{
    if (!json_object_get(log->hosts, name)) {
        json_object_set_new(log->hosts, name, json_object());
    }
    return json_object_get(log->hosts, name);
}

void fa_bad_log_begin(struct fa_bad_log *log, unsigned conn, const char *peer,
                      const struct fa_bad_request *request)
{
    append_line(log, conn, peer, request);
    log->requests++;
    log->active++;
    if (log->active > log->peak_active) {
        log->peak_active = log->active;
    }
    json_t *host = host_of(log, request->host);
    json_int_t active = get_int(host, "active") + 1;
    set_int(host, "requests", get_int(host, "requests") + 1);
    set_int(host, "active", active);
    if (active > get_int(host, "peak_active")) {
        set_int(host, "peak_active", active);
    }
}

void fa_bad_log_end(struct fa_bad_log *log, const struct fa_bad_request *request)
{
    log->active--;
    json_t *host = host_of(log, request->host);
    set_int(host, "active", get_int(host, "active") - 1);
}

uint64_t fa_bad_log_count(struct fa_bad_log *log, const char *key)
{
    json_int_t before = get_int(log->counts, key);
    set_int(log->counts, key, before + 1);
    return (uint64_t)before;
}

uint64_t fa_bad_log_age(struct fa_bad_log *log, const char *key)
{
    json_int_t now = now_ms();
    if (!json_object_get(log->firsts, key)) {
        set_int(log->firsts, key, now);
    }
    return (uint64_t)(now - get_int(log->firsts, key));
}

char *fa_bad_log_stats(const struct fa_bad_log *log, unsigned held)
{
    json_t *stats = json_object();
    set_int(stats, "accepted", log->accepted);
    set_int(stats, "connections", log->connections);
    set_int(stats, "open", log->open);
    set_int(stats, "peak_open", log->peak_open);
    set_int(stats, "requests", log->requests);
    set_int(stats, "active", log->active);
    set_int(stats, "peak_active", log->peak_active);
    set_int(stats, "held", held);
    json_object_set(stats, "hosts", log->hosts);
    char *dump = json_dumps(stats, JSON_COMPACT);
    json_decref(stats);
    return dump;
}
