/**
 * Tells systemd what the program does, if it was started by it as a service of Type=notify.
 */
#ifndef FETCHALL_CLI_NOTIFY_H
#define FETCHALL_CLI_NOTIFY_H

#include <stdbool.h>

/** Socket of the service manager. */
struct fa_notify {
    int fd;                     /**< -1: there is none. */
    double watchdog;            /**< Seconds after which a silent program is killed; 0: never. */
    double alive_at, status_at; /**< When these were last sent, on the monotonic clock. */
    bool ready, stopping;       /**< These were sent. */
};

/**
 * Connect to the socket of NOTIFY_SOCKET, and remove the variables from the environment, so that
 * child processes do not speak for this one.  Call it before the sandbox is entered.
 */
void fa_notify_init(struct fa_notify *notify);

/** READY=1: once. */
void fa_notify_ready(struct fa_notify *notify);

/** STOPPING=1: once. */
void fa_notify_stopping(struct fa_notify *notify);

/** WATCHDOG=1, if it is time; call it often, from the loop whose life is of interest. */
void fa_notify_alive(struct fa_notify *notify);

/** Whether it is time for another status. */
bool fa_notify_wants_status(const struct fa_notify *notify);

/** STATUS=TEXT.  @text  One line. */
void fa_notify_status(struct fa_notify *notify, const char *text);

void fa_notify_fini(struct fa_notify *notify);

#endif
