/**
 * The exit status.  Pure.
 */
#ifndef FETCHALL_CLI_EXIT_H
#define FETCHALL_CLI_EXIT_H

#include <stdbool.h>
#include <stdint.h>

#include <fetchall/event.h>

/** The exit statuses, which scripts of users rely on. */
enum fa_exit_status {
    FA_EXIT_OK = 0,
    FA_EXIT_PERMANENT = 1, /**< An entry failed permanently. */
    FA_EXIT_USAGE = 2,     /**< Usage error, or no list could be read. */
    FA_EXIT_INTEGRITY = 3, /**< An entry did not match its checksum. */
    FA_EXIT_LOCAL = 4,     /**< Disk full, permission denied, an incomplete report. */
    FA_EXIT_TRANSIENT = 5, /**< All failures are transient.  Includes local ones that did not stop
                              the run, such as a file that is too large. */
    FA_EXIT_CONDITION = 7, /**< FA_COMMAND_COMPARE: the condition of --fail-if holds. */
};

/** Counts of failures. */
struct fa_exit {
    uint64_t permanent;
    uint64_t integrity;
    uint64_t local;
    uint64_t transient;
    bool listed; /**< There was a line; what has none is a list that could not be read. */
};

/** Count the result of an entry. */
void fa_exit_count(struct fa_exit *exit, const struct fa_result *result);

/** If several apply: the first of 4, 3, 1, 5. */
enum fa_exit_status fa_exit_status(const struct fa_exit *exit);

/** Of a command that an error has ended: other errors than local I/O are those of usage. */
enum fa_exit_status fa_exit_of(const struct fa_error *err);

#endif
