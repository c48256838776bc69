#ifndef FETCHALL_SUPPORT_LISTED_JOB_H
#define FETCHALL_SUPPORT_LISTED_JOB_H

#include "engine/job.h"

/* A job for tests of the engine's parts: that of a line of a list.
 * @urls  Valid ones, separated by TABs; the test fails otherwise. */
struct fa_job *fa_listed_job(uint64_t line, const char *urls);

#endif
