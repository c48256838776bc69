#include "bad_request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX (256u * 1024)

/* Cuts off the text up to DELIM and moves *REST after it. */
static char *cut(char **rest, const char *delim)
{
    char *start = *rest;
    char *end = strstr(start, delim);
    if (!end) {
        *rest = start + strlen(start);
        return start;
    }
    *end = '\0';
    *rest = end + strlen(delim);
    return start;
}

static const char *path_of(const char *target)
{
    const char *scheme = strstr(target, "://");
    if (target[0] == '/' || !scheme) {
        return target;
    }
    const char *path = strchr(scheme + 3, '/');
    return path ? path : "/";
}

static void read_headers(struct fa_bad_request *request, char *rest)
{
    while (*rest && request->header_count < FA_BAD_HEADERS) {
        char *value = cut(&rest, "\r\n");
        char *name = cut(&value, ":");
        value += strspn(value, " \t");
        request->headers[request->header_count++] = (struct fa_bad_header){name, value};
    }
}

static int split_route(struct fa_bad_request *request)
{
    request->route = strdup(request->path);
    if (!request->route) {
        return -1;
    }
    char *rest = request->route + (request->route[0] == '/');
    while (*rest && request->part_count < FA_BAD_PARTS - 1) {
        request->parts[request->part_count++] = cut(&rest, "/");
    }
    if (*rest) {
        request->parts[request->part_count++] = rest;
    }
    return 0;
}

static int read_head(struct fa_bad_request *request)
{
    char *rest = request->head;
    char *line = cut(&rest, "\r\n");
    request->method = cut(&line, " ");
    request->target = cut(&line, " ");
    if (strncmp(line, "HTTP/1.", 7) != 0) {
        return -1;
    }
    request->path = path_of(request->target);
    read_headers(request, rest);
    const char *host = fa_bad_request_header(request, "Host");
    request->host = host ? host : "";
    return split_route(request);
}

enum fa_bad_taken fa_bad_request_take(struct evbuffer *in, struct fa_bad_request **request)
{
    struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
    if (end.pos < 0) {
        return evbuffer_get_length(in) > HEAD_MAX ? FA_BAD_NONSENSE : FA_BAD_NOT_YET;
    }
    size_t len = (size_t)end.pos;
    struct fa_bad_request *taken = calloc(1, sizeof(*taken));
    if (!taken) {
        return FA_BAD_NONSENSE;
    }
    taken->head = calloc(1, len + 1);
    if (!taken->head || evbuffer_remove(in, taken->head, len) != (int)len ||
        evbuffer_drain(in, 4) != 0 || read_head(taken) != 0) {
        fa_bad_request_free(taken);
        return FA_BAD_NONSENSE;
    }
    *request = taken;
    return FA_BAD_TAKEN;
}

void fa_bad_request_free(struct fa_bad_request *request)
{
    if (!request) {
        return;
    }
    free(request->head);
    free(request->route);
    free(request);
}

const char *fa_bad_request_header(const struct fa_bad_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0) {
            return request->headers[i].value;
        }
    }
    return NULL;
}
