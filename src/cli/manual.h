/**
 * The prose of the man page: what stands before and after the options, as roff (man(7)).
 */
#ifndef FETCHALL_CLI_MANUAL_H
#define FETCHALL_CLI_MANUAL_H

/** The .TH line holds this date and not the day of the build: the same text on every run. */
#define FA_MANUAL_DATE "2026-11-21"

extern const char fa_manual_before[];
extern const char fa_manual_after[];

#endif
