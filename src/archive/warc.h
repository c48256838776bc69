/**
 * WARC 1.1 (ISO 28500:2017): headers of records, and records as members of a gzip file.
 *
 * A record is its header, a block of as many bytes as the header says, and FA_WARC_END.
 */
#ifndef FA_ARCHIVE_WARC_H
#define FA_ARCHIVE_WARC_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zlib.h>

#define FA_WARC_END "\r\n\r\n"

/** Space for the ID of a record: "urn:uuid:" and 36 characters. */
#define FA_WARC_ID 46
/** Space for a digest: "sha256:" and 64 digits. */
#define FA_WARC_DIGEST 72

/** What a header says; texts that are NULL or "" are left out. */
struct fa_warc_record {
    const char *type; /**< "response", ... */
    const char *id;
    int64_t date; /**< Seconds since 1970. */
    const char *content_type;
    uint64_t length; /**< Of the block. */
    const char *url;
    const char *ip;         /**< Left out unless it is an address. */
    const char *concurrent; /**< The ID of the other record of the same capture. */
    const char *filename;
    const char *block_digest;
    const char *payload_digest;
    const char *protocol;  /**< "h2", if the block was not received in the form that it has. */
    const char *truncated; /**< Why the block is not whole. */
    const char *profile;   /**< Of a "revisit". */
    const char *refers_to; /**< The ID of the record that has its payload. */
    const char *refers_to_url;
    int64_t refers_to_date; /**< With refers_to. */
};

/** A random ID.  @return 0, or -1 with errno */
int fa_warc_id(char ret[FA_WARC_ID]);

/** Append a header. */
void fa_warc_put_header(struct fa_buf *buf, const struct fa_warc_record *record);

/** Computes the digests of a block, and of the payload in it.  Initialise to zero. */
struct fa_warc_hash {
    struct evp_md_ctx_st *block, *payload; /**< Owned. */
    bool failed;
};

void fa_warc_hash_fini(struct fa_warc_hash *hash);
void fa_warc_hash_begin(struct fa_warc_hash *hash);
void fa_warc_hash_put(struct fa_warc_hash *hash, const void *data, size_t len, bool payload);

/** @return 0, or -1: no memory */
int fa_warc_hash_end(struct fa_warc_hash *hash, char ret_block[FA_WARC_DIGEST],
                     char ret_payload[FA_WARC_DIGEST]);

/** Packs records.  Initialise to zero. */
struct fa_warc_packer {
    bool gzip;         /**< Each record is a member (RFC 1952); else they are as they are. */
    struct fa_buf out; /**< What is to be written.  Whoever has written it resets it. */
    z_stream z;
    bool ready; /**< z is in use. */
    bool tried; /**< Whether the payload of this record can be compressed is known. */
};

void fa_warc_packer_fini(struct fa_warc_packer *packer);

/** Begin a record.  @return 0, or -1: no memory */
int fa_warc_packer_begin(struct fa_warc_packer *packer);

/** Append bytes of it.  Failures are in packer->out. */
void fa_warc_packer_put(struct fa_warc_packer *packer, const void *data, size_t len);

/** The same for bytes of the payload.  If the first ones do not become smaller, as those of images
 * and archives do not, the rest is stored as it is. */
void fa_warc_packer_put_payload(struct fa_warc_packer *packer, const void *data, size_t len);

/** From here on, what follows can be read without what is before it: with gzip, as a deflate stream
 * (RFC 1951). */
void fa_warc_packer_mark(struct fa_warc_packer *packer);

/** End the record, with FA_WARC_END. */
void fa_warc_packer_end(struct fa_warc_packer *packer);

#endif
