#include "bad_paths.h"

#include "bad_reply.h"

#include <string.h>

static const struct fa_bad_behaviour *const tables[] = {
    fa_bad_bodies, fa_bad_framings, fa_bad_statuses, fa_bad_ranges,
    fa_bad_lies,   fa_bad_logins,   fa_bad_controls,
};

static const struct fa_bad_behaviour *find(const char *name)
{
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (const struct fa_bad_behaviour *b = tables[t]; b->name; b++) {
            if (strcmp(b->name, name) == 0) {
                return b;
            }
        }
    }
    return NULL;
}

void fa_bad_paths_serve(struct fa_bad_conn *conn)
{
    const struct fa_bad_request *request = conn->request;
    if (strcmp(request->method, "CONNECT") == 0) {
        fa_bad_lies_connect(conn);
        return;
    }
    const struct fa_bad_behaviour *found = request->part_count > 0 ? find(request->parts[0]) : NULL;
    if (!found || request->part_count < 1 + found->needs) {
        fa_bad_reply_text(conn, 404, "", "fa_bad_server: no such behaviour\n");
        return;
    }
    found->serve(conn, request->parts + 1);
}
