/**
 * The options of a queue as a setup.
 */
#ifndef FETCHALL_CLI_QUEUE_SETUP_H
#define FETCHALL_CLI_QUEUE_SETUP_H

#include "cli/options.h"
#include "queue/queue.h"

/** The longest name of a worker or producer. */
#define FA_QUEUE_WHO_MAX 128
/** The longest password with its user. */
#define FA_QUEUE_AUTH_MAX 1024

struct fa_queue_secrets {
    char who[FA_QUEUE_WHO_MAX];
    char auth[FA_QUEUE_AUTH_MAX]; /**< "": none. */
};

/**
 * Fill in all but base, notice and ctx.  Removes the password from the environment.
 *
 * @secrets  Borrowed by *ret.
 */
int fa_queue_setup(const struct fa_options *options, struct fa_queue_secrets *secrets,
                   struct fa_queue_setup *ret, struct fa_error *err);

/** The exit status of a command that a queue has ended. */
int fa_queue_exit(const struct fa_error *err);

#endif
