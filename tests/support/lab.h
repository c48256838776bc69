#ifndef FETCHALL_SUPPORT_LAB_H
#define FETCHALL_SUPPORT_LAB_H

/*
 * A program behind a slow link, with netlab (lab/netlab.c, which describes the addresses):
 *
 *     struct fa_lab lab;
 *     fa_lab_init(&lab, "--rtt", "50ms", "--loss", "2%", NULL);
 *     fa_lab_serve(&lab, &scratch, &(struct fa_nginx_options){.root = www});
 *     fa_fetch_start_with(&fetch, &scratch, &(struct fa_run_options){.wrap = lab.wrap}, ...);
 *     fa_fetch_expect(&fetch, 10, 0);
 *     cr_assert(fa_lab_stat(&fetch.run, "down.lost") > 0);
 *
 * Every run has a link and a server of its own, which end with it. The server's port is 80.
 */

#include "nginx.h"
#include "run.h"

#include <limits.h>

#define FA_LAB_ARGS 32

struct fa_lab {
    const char *wrap[FA_LAB_ARGS]; /* for fa_run_options */
    size_t count;
    char server[PATH_MAX + 32];
};

/* NULL: there can be a lab. Else why not: lives until the next call. */
const char *fa_lab_missing(void);

/* Options of netlab follow, borrowed, ended by NULL. */
void fa_lab_init(struct fa_lab *lab, ...) __attribute__((sentinel));

/* Puts an nginx behind the link. It listens on all addresses there. */
void fa_lab_serve(struct fa_lab *lab, struct fa_scratch *scratch,
                  const struct fa_nginx_options *options);

/* A number of netlab's statistics, after the end of a run; NAME as in report.h: "down.lost". */
double fa_lab_stat(const struct fa_run *run, const char *name);

#endif
