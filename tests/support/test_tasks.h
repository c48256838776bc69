#ifndef FETCHALL_SUPPORT_TEST_TASKS_H
#define FETCHALL_SUPPORT_TEST_TASKS_H

/*
 * Task types for the tests of pools. The program fa_test_worker knows them, and so do tests that
 * run them in threads of their own. Their input is text:
 *
 *   echo     anything              answers it
 *   setup    -                     answers what share() was given
 *   pid      -                     answers the process's number in decimal
 *   fds      -                     answers what the descriptors hold, one after the other
 *   fail     anything              fails: FA_CLASS_DNS, system error 110, that message
 *   mute     -                     fails without saying why
 *   slow     -                     counts its progress until it is cancelled; then answers
 *                                  "tuned N"
 *   note     bytes | brief         notes so many bytes, and again, and waits to be cancelled; or
 *                                  ends at once; answers what fa_task_note() said
 *   nap      milliseconds          sleeps and ignores everything
 *   big      how many bytes        answers so many, or fails as fa_task_reply() does
 *   sick     -                     its open() fails
 *   last     anything              answers it; the eighteenth type
 * and, for processes only:
 *   crash    number of a signal    raises it
 *   exit     a status              ends with it
 *   hang     stop | spin           SIGSTOP; or works without a report
 *   garbage  see garbage_kinds     breaks the protocol, then waits to be killed
 */

#include <fetchall/pool.h>

extern const struct fa_task_type fa_test_tasks[];

/* What "garbage" understands; ends with NULL. */
extern const char *const fa_test_garbage_kinds[];

#endif
