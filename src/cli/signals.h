/**
 * Signals: the first one stops the run in an orderly way, for at most five seconds; the second one
 * ends the program at once.
 *
 * The only mutable globals of the program are here, as a signal handler has no other way to find
 * its data.
 */
#ifndef FETCHALL_CLI_SIGNALS_H
#define FETCHALL_CLI_SIGNALS_H

#include <fetchall/session.h>

/** Ignore SIGPIPE and SIGXFSZ, so that writes fail instead.  Call it before creating a session. */
void fa_signals_ignore(void);

/**
 * Make SIGINT, SIGTERM and SIGHUP stop the session, except those that are ignored already, as with
 * nohup(1).
 *
 * @session     Borrowed until fa_signals_disarm().
 * @last_words  Written to standard error when a second signal ends the program, to leave the
 *              terminal clean; or NULL.  Borrowed forever.
 */
void fa_signals_arm(struct fa_session *session, const char *last_words);

/**
 * Only remember the first of these signals, for fa_signals_caught(); it also interrupts a blocking
 * system call (EINTR).
 */
void fa_signals_remember(void);

/** The session was freed: a signal ends the program at once. */
void fa_signals_disarm(void);

/** The signal that stopped the run, or was remembered; or 0. */
int fa_signals_caught(void);

/** Kill the process with a signal, as if it had not been caught. */
void fa_signals_die(int signal);

#endif
