/**
 * Signals: the first one stops the run in good order, or after five seconds in any; the second one
 * ends the program at once.
 *
 * The only mutable globals of the program are here: a handler has no other way to find its data.
 */
#ifndef FETCHALL_CLI_SIGNALS_H
#define FETCHALL_CLI_SIGNALS_H

#include <fetchall/session.h>

/** Ignore SIGPIPE and SIGXFSZ: writes fail instead.  Call it before a session is made. */
void fa_signals_ignore(void);

/**
 * From now on SIGINT, SIGTERM and SIGHUP stop the session, but for those that are ignored (as
 * nohup(1) does).
 *
 * @session     Borrowed until fa_signals_disarm().
 * @last_words  Written to standard error when a second signal ends the program (to leave the
 *              terminal clean), or NULL.  Borrowed for good.
 */
void fa_signals_arm(struct fa_session *session, const char *last_words);

/**
 * From now on the first of these signals is only remembered, for fa_signals_caught(), and ends a
 * system call that waits (EINTR).
 */
void fa_signals_remember(void);

/** The session is gone: a signal ends the program at once. */
void fa_signals_disarm(void);

/** The signal that stopped the run, or was remembered; or 0. */
int fa_signals_caught(void);

/** Die by that signal, as if it had never been caught. */
void fa_signals_die(int signal);

#endif
