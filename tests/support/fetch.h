#ifndef FETCHALL_SUPPORT_FETCH_H
#define FETCHALL_SUPPORT_FETCH_H

/*
 * One download with fetchall and what it left behind:
 *
 *     struct fa_fetch fetch;
 *     fa_fetch_start(&fetch, &scratch, "async", list, "-j", "4", NULL);
 *     fa_fetch_expect(&fetch, 10, 0);
 *     fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
 *     fa_fetch_end(&fetch);
 *
 * Every download has a folder of its own, and a report. Attempts are quick: --retries 1,
 * --retry-wait 0.05, --host-wait 0, --stall-timeout 2, --connect-timeout 2, --progress none; an
 * option given again wins. Errors fail the test, with the mode and what the program wrote.
 */

#include "run.h"
#include "scratch.h"

#include <jansson.h>

/* A mode and its options: "async", "loops" (async in one thread), "thread", "process". */
#define FA_FETCH_MODES 4
extern const char *const fa_modes[FA_FETCH_MODES];

struct fa_fetch {
    struct fa_run run;
    const char *mode;
    const char *dir;    /* where the files go */
    const char *list;   /* paths, as long as the scratch lives */
    const char *report; /* file */
    json_t *entries;    /* the report, after fa_fetch_expect() */
    double began;
    double seconds; /* that it took, after fa_fetch_expect() */
};

/* LIST is the text of the list. The options follow, ended by NULL. */
void fa_fetch_start(struct fa_fetch *fetch, struct fa_scratch *scratch, const char *mode,
                    const char *list, ...) __attribute__((sentinel));

/* The same, and OPTIONS say how the program is run. Into DIR, or a new folder with NULL. */
void fa_fetch_start_with(struct fa_fetch *fetch, struct fa_scratch *scratch,
                         const struct fa_run_options *options, const char *dir, const char *mode,
                         const char *list, ...) __attribute__((sentinel));

/* Waits for the end, and reads the report. The status must be this; -1: any. */
void fa_fetch_expect(struct fa_fetch *fetch, double timeout_s, int status);

/* The entry of a line has this status and, if it failed, this class. Returns it. */
const json_t *fa_fetch_expect_entry(struct fa_fetch *fetch, long long line, const char *status,
                                    const char *class);

/* So many entries have this status. */
void fa_fetch_expect_count(struct fa_fetch *fetch, const char *status, size_t count);

/* No part is left in the folder, nor anything else but the state. */
void fa_fetch_expect_no_parts(const struct fa_fetch *fetch);

void fa_fetch_end(struct fa_fetch *fetch);

/* A text that grows, a list most often. All zero: empty. */
struct fa_lines {
    char *text; /* NULL: nothing yet */
    size_t len;
};

/* Adds a formatted line. */
void fa_lines_add(struct fa_lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void fa_lines_fini(struct fa_lines *lines);

#endif
