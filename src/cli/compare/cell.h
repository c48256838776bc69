/**
 * Values in the cells of a table for a terminal.
 */
#ifndef FETCHALL_CLI_COMPARE_CELL_H
#define FETCHALL_CLI_COMPARE_CELL_H

/** Buffer size of a cell, including the final zero. */
#define FA_CELL_MAX 40

/** "0.4 ms", "1.25 s". */
void fa_cell_seconds(double seconds, char buf[FA_CELL_MAX]);

/** "12345", "123k", "1.2M". */
void fa_cell_count(double count, char buf[FA_CELL_MAX]);

/** "1.25", "123": a number per second or per run. */
void fa_cell_rate(double rate, char buf[FA_CELL_MAX]);

/** "12.3 MiB". */
void fa_cell_size(double bytes, char buf[FA_CELL_MAX]);

/** "12.3 MiB/s". */
void fa_cell_speed(double bytes, char buf[FA_CELL_MAX]);

/** "25 %"; share is between 0 and 1. */
void fa_cell_share(double share, char buf[FA_CELL_MAX]);

#endif
