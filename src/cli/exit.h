/**
 * The exit status.  Pure.
 */
#ifndef FETCHALL_CLI_EXIT_H
#define FETCHALL_CLI_EXIT_H

#include <stdint.h>

#include <fetchall/event.h>

/** The statuses, a contract with the users' scripts. */
enum fa_exit_status {
    FA_EXIT_OK = 0,
    FA_EXIT_PERMANENT = 1, /**< Some entry failed for good. */
    FA_EXIT_USAGE = 2,     /**< Or no list could be read. */
    FA_EXIT_INTEGRITY = 3, /**< Some entry failed its checksum. */
    FA_EXIT_LOCAL = 4,     /**< Disk full, no permission, a report that is not complete. */
    FA_EXIT_MAY_PASS = 5,  /**< The only failures left are of the kind that may pass, be they
                              local: a file that does not fit stops nothing. */
};

/** What went wrong so far, counted. */
struct fa_exit {
    uint64_t permanent;
    uint64_t integrity;
    uint64_t local;
    uint64_t may_pass;
};

/** Count how an entry ended. */
void fa_exit_count(struct fa_exit *exit, const struct fa_result *result);

/** Where several hold, the first of 4, 3, 1, 5. */
enum fa_exit_status fa_exit_status(const struct fa_exit *exit);

#endif
