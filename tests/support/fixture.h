#ifndef FETCHALL_SUPPORT_FIXTURE_H
#define FETCHALL_SUPPORT_FIXTURE_H

/*
 * What most system tests use, one of each: a scratch folder, the misbehaving server, a list, and a
 * download of it. Included by the one file of a test program:
 *
 *     TestSuite(checksums, .init = fixture_begin, .fini = fixture_end, .timeout = 90.0);
 *
 * A suite that needs more calls both from functions of its own.
 */

#include "fetch.h"
#include "scratch.h"
#include "server.h"

static struct fa_scratch scratch;
static struct fa_server server; /* on all addresses of 127.0.0.0/8 */
static struct fa_lines list;
static struct fa_fetch fetch;

static inline void fixture_begin(void)
{
    fa_scratch_init(&scratch);
    fa_server_start(&server, (const char *[]){"--listen", "0.0.0.0", NULL});
}

static inline void fixture_end(void)
{
    fa_fetch_end(&fetch);
    fa_lines_fini(&list);
    fa_server_stop(&server);
    fa_scratch_fini(&scratch);
}

/* Adds the server's URL of a path to the list. */
static inline void add_path(const char *path)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, path));
}

#endif
