#ifndef FETCHALL_SUPPORT_ARCHIVED_H
#define FETCHALL_SUPPORT_ARCHIVED_H

/* A list of files that are put into archives, and the kills that archives must survive. */

#include "fetch.h"
#include "scratch.h"
#include "server.h"
#include "truth.h"

#define FA_ARCHIVED 12

/* Names of the files, and what they contain. */
extern struct fa_truth fa_archived[FA_ARCHIVED];

/* Adds their entries to a list. */
void fa_archived_list(struct fa_lines *list, struct fa_server *server);

/* A kill before any of the steps that change a file, and a second run, into the folder "out" of the
 * scratch, with --tar-files 5; then check() is called, and the folder is removed.  FA_EVERY_KILL
 * tries each step. */
void fa_archived_kill(struct fa_scratch *scratch, const char *list, const char *output,
                      void (*check)(const char *dir));

#endif
