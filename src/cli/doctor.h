/**
 * fetchall doctor: what a run would use here.
 */
#ifndef FETCHALL_CLI_DOCTOR_H
#define FETCHALL_CLI_DOCTOR_H

#include "cli/exit.h"
#include "cli/options.h"

/** Print what applies to the host of --host, without its secrets. */
enum fa_exit_status fa_doctor_command(const struct fa_options *options);

#endif
