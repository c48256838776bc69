/**
 * The version of libfetchall, after semver.org.
 */
#ifndef FETCHALL_VERSION_H
#define FETCHALL_VERSION_H

#include <fetchall/api.h>

#define FA_VERSION "0.1.0"

FA_API_BEGIN

/** The version of the library, and that of the libcurl that it was built with, as one line. */
const char *fa_version(void);

FA_API_END

#endif
