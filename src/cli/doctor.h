/**
 * fetchall doctor: whether a run would work here, and what to do if not.
 */
#ifndef FETCHALL_CLI_DOCTOR_H
#define FETCHALL_CLI_DOCTOR_H

#include "cli/exit.h"
#include "cli/options.h"

/** Check this machine, and the hosts of the lists; with --host, print what applies to it. */
enum fa_exit_status fa_doctor_command(const struct fa_options *options);

#endif
