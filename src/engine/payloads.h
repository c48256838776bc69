/**
 * The payloads that this run has written to WARC archives, so that a file with the same bytes
 * becomes a record that refers to the first one.
 *
 * They are in memory, and no more are added after FA_PAYLOADS_MEMORY bytes: what is stored twice
 * then costs space, and nothing else.
 */
#ifndef FA_ENGINE_PAYLOADS_H
#define FA_ENGINE_PAYLOADS_H

#include "archive/warc.h"

/** Memory for about 200,000 of them. */
#define FA_PAYLOADS_MEMORY (64u << 20)

struct fa_payload {
    char digest[FA_WARC_DIGEST];
    uint64_t archive; /**< ID of the archive. */
    uint64_t offset;  /**< Of the payload in it. */
    int64_t date;     /**< Of its record; seconds since 1970. */
    char id[FA_WARC_ID];
    const char *url;
};

/** Initialise to zero. */
struct fa_payloads {
    void *tree; /**< Owned. */
    size_t bytes;
};

void fa_payloads_fini(struct fa_payloads *payloads);

/** Add a copy of a payload, if there is memory. */
void fa_payloads_add(struct fa_payloads *payloads, const struct fa_payload *payload);

/** @return NULL: none has that digest. */
const struct fa_payload *fa_payloads_find(const struct fa_payloads *payloads, const char *digest);

#endif
