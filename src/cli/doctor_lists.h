/**
 * fetchall doctor LIST: the entries of lists, and whether their hosts can be reached.
 */
#ifndef FETCHALL_CLI_DOCTOR_LISTS_H
#define FETCHALL_CLI_DOCTOR_LISTS_H

#include "cli/findings.h"
#include "cli/options.h"

/** Read the lists, and connect to some of their hosts, unless a proxy does. */
void fa_doctor_lists(const struct fa_options *options, struct fa_findings *findings);

#endif
