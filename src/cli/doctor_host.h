/**
 * fetchall doctor --host: what a run would use for a host.
 */
#ifndef FETCHALL_CLI_DOCTOR_HOST_H
#define FETCHALL_CLI_DOCTOR_HOST_H

#include "cli/exit.h"
#include "cli/options.h"

/** Print what applies to the host of --host, without its secrets. */
enum fa_exit_status fa_doctor_host(const struct fa_options *options);

#endif
