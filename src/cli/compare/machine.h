/**
 * The machine and the time, as text.
 */
#ifndef FETCHALL_CLI_COMPARE_MACHINE_H
#define FETCHALL_CLI_COMPARE_MACHINE_H

#include <stddef.h>

/** "2 cores of ..., 8 GiB, Linux 6.1", as far as it is known. */
void fa_machine_describe(char *buf, size_t size);

/** Now, in ISO 8601, UTC. */
void fa_machine_when(char *buf, size_t size);

#endif
