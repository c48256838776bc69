/**
 * What is known of a downloaded file, as the JSON object that is stored next to it in an archive.
 */
#ifndef FA_ARCHIVE_METADATA_H
#define FA_ARCHIVE_METADATA_H

#include <fetchall/event.h>

#include <stddef.h>
#include <stdint.h>

/** Nothing in it is secret: URLs and columns are redacted. */
struct fa_metadata {
    const char *url;
    const char *path; /**< The name of the file. */
    uint64_t line;
    uint64_t size;
    int64_t modified;     /**< Last-Modified, seconds since 1970; -1: unknown. */
    const char *encoding; /**< Content-Encoding; NULL: none. */
    const struct fa_digest *digests;
    size_t n_digests;
    const struct fa_list_column *columns;
    size_t n_columns;
};

/** The object, with a line break at its end, to be freed.  @return NULL: no memory. */
char *fa_metadata_text(const struct fa_metadata *metadata);

#endif
