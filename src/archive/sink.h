/**
 * The value of --output: a kind of archive, and its name.
 */
#ifndef FA_ARCHIVE_SINK_H
#define FA_ARCHIVE_SINK_H

#include <fetchall/error.h>

enum fa_sink_kind {
    FA_SINK_FILES, /**< No archive: each file by its name. */
    FA_SINK_TAR,   /**< "tar:PREFIX": files are members of archives. */
    FA_SINK_WARC,  /**< "warc:FILE": responses are records of archives. */
    FA_SINK_CAS,   /**< "cas:NAME": files are links to objects named by their digests. */
    FA_SINK_KINDS
};

struct fa_sink {
    enum fa_sink_kind kind;
    const char *name; /**< Borrowed from the value: a path relative to the folder. */
};

/** The kind that a value names; FA_SINK_FILES: NULL, or none. */
enum fa_sink_kind fa_sink_kind(const char *value);

/** @value  NULL: FA_SINK_FILES.  @return 0, or -1 with FA_CLASS_REFUSED. */
int fa_sink_parse(const char *value, struct fa_sink *ret, struct fa_error *err);

#endif
