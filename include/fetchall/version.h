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

/** The version of the libcurl that is loaded, such as "7.88.1". */
const char *fa_version_libcurl(void);

/** Faults of that libcurl that are worked around at a cost: phrases, and NULL after the last
 * one. */
const char *fa_version_fault(unsigned index);

FA_API_END

#endif
