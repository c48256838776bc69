/**
 * The template of the man page, man/fetchall.1.in, embedded at build time.
 */
#ifndef FETCHALL_CLI_MANUAL_H
#define FETCHALL_CLI_MANUAL_H

/** Roff (man(7)), with @VERSION@, @OPTIONS@ and @COMMANDS@ in place of what man.c generates. */
extern const char fa_manual[];

#endif
