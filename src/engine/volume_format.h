/**
 * The formats of volumes, and what they share: engine/volume_writer.h is the interface for others.
 */
#ifndef FA_ENGINE_VOLUME_FORMAT_H
#define FA_ENGINE_VOLUME_FORMAT_H

#include "archive/warc.h"
#include "base/buf.h"
#include "engine/emit.h"
#include "engine/job.h"
#include "engine/names.h"
#include "engine/payloads.h"
#include "engine/volumes.h"

#include <fetchall/config.h>

/** The record of a response that is being written. */
struct fa_warc_writer {
    struct fa_warc_packer packer;
    struct fa_warc_hash hash; /**< Of its block. */
    char block_digest[FA_WARC_DIGEST];
    struct fa_payload payload;     /**< Of it. */
    const struct fa_payload *twin; /**< An earlier one with the same bytes; NULL: none. */
    struct fa_payloads payloads;   /**< The earlier ones. */
    char *url;                     /**< Owned: of the record. */
    bool headed; /**< Its header is written: the file is read for the second time. */
};

/** Where the bytes of a file are. */
struct fa_member {
    uint64_t archive; /**< ID of the archive. */
    uint64_t offset;  /**< Of the first of them. */
};

struct fa_volume_writer {
    const struct fa_config *config;   /**< Borrowed. */
    const struct fa_emitter *emitter; /**< Borrowed. */
    struct fa_store *store;           /**< Borrowed. */
    struct fa_volumes *volumes;       /**< Borrowed. */
    const struct fa_volume_format *format;
    char *prefix;             /**< Owned: of the names of volumes. */
    struct fa_volume *volume; /**< The open one; NULL: none. */
    int fd;                   /**< Of it. */
    struct fa_inode inode;    /**< Of it. */
    const struct fa_job *job; /**< Is being appended.  Borrowed. */
    uint64_t end;             /**< Of what is written of it. */
    uint64_t copied;          /**< Bytes of its file that were taken. */
    struct fa_buf head, tail; /**< Before and after its bytes. */
    struct fa_names *names;   /**< tar: names of the members. */
    struct fa_warc_writer warc;
};

/** What is called for one member. */
struct fa_volume_format {
    const char *suffix; /**< Of the names of volumes. */
    bool first_plain;   /**< The first volume has no number. */
    size_t zeros;       /**< At the end of a volume, at most FA_VOLUME_ZEROS. */
    /** The volume is open, and may be one of an earlier run.  NULL: nothing to do.
     * @return 0, or -1 */
    int (*open)(struct fa_volume_writer *w, struct fa_error *err);
    /** Write what is before the bytes of the file.
     * @return 1; 0: the member does not fit into this volume; or -1 */
    int (*begin)(struct fa_volume_writer *w, struct fa_error *err);
    /** Take up to that many bytes of the file.  @return 1: those were the last; 0; or -1 */
    int (*copy)(struct fa_volume_writer *w, int source, uint64_t most, struct fa_error *err);
    /** Write what is after them.  @return 0, or -1 */
    int (*finish)(struct fa_volume_writer *w, struct fa_member *ret, struct fa_error *err);
};

#define FA_VOLUME_ZEROS 1024

extern const struct fa_volume_format fa_volume_tar, fa_volume_warc, fa_volume_warc_gz;

/** Write at the end of the member.  @return 0, or -1 */
int fa_volume_write(struct fa_volume_writer *w, const void *data, size_t len, struct fa_error *err);

/** Whether a member of that many bytes fits.  An empty volume takes any. */
bool fa_volume_has_room(const struct fa_volume_writer *w, uint64_t need);

/** Set the error of the open volume from errno.  @return -1 */
int fa_volume_failed(const struct fa_volume_writer *w, const char *what, struct fa_error *err);

/** There is no memory to append the file.  @return -1 */
int fa_volume_no_memory(const struct fa_volume_writer *w, struct fa_error *err);

#endif
