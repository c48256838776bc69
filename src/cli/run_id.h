/**
 * The ID of a run: its start in UTC, with microseconds, as in 20261128T031203.482915Z.
 *
 * It is made from the time that the state records, so that the lines of a report and what
 * `fetchall status` prints have the same one, and IDs sort by time.
 */
#ifndef FETCHALL_CLI_RUN_ID_H
#define FETCHALL_CLI_RUN_ID_H

/** Bytes of an ID with its zero. */
#define FA_RUN_ID_MAX 32

/** @began  Seconds since 1970. */
void fa_run_id(double began, char ret[FA_RUN_ID_MAX]);

#endif
