/**
 * Files that are members of an archive (--output tar, warc), instead of files by their names, or
 * links to objects (--output cas).
 *
 * With tar and warc, a file that is complete and verified is appended to the open volume.  With
 * cas, it is compared with the object of its digest: an object that is damaged must not replace a
 * file that is not.  Both is done in steps, so that a large file does not hold up the transfers.
 *
 * The order of what follows makes a kill harmless at any time:
 *
 *   1. its bytes are in the volume, after all that the state knows of it;
 *   2. one commit has the record of the file, with its place, and the new length of the volume;
 *   3. its part is removed;
 *   4. a volume that is full gets its end and its name, after a commit of all its members.
 *
 * A run that goes on with an open volume cuts it to the committed length first.  So a member is
 * complete if the state knows it, and gone otherwise; its part is appended again then.
 */
#ifndef FA_ENGINE_PACK_H
#define FA_ENGINE_PACK_H

#include "archive/sink.h"
#include "engine/job.h"
#include "engine/objects.h"
#include "engine/volume_writer.h"

/** Files that may wait for the archive; with more, no download starts. */
#define FA_PACK_MAX 1024

struct fa_pack {
    struct fa_sink sink;
    struct fa_volume_writer writer;
    struct fa_job_queue waiting;
    struct fa_job *job; /**< Is being appended; NULL: none. */
    int source;         /**< Its bytes. */
    int object;         /**< Those that it is compared with. */
    uint64_t compared;  /**< Bytes. */
    uint64_t *packed;   /**< Keys of parts that are to be removed after the next commit. */
    size_t n_packed, packed_room;
};

/** The borrowed members of the writer are set, but for its prefix. */
int fa_pack_init(struct fa_pack *pack, struct fa_error *err);
void fa_pack_fini(struct fa_pack *pack);

/** Whether files do not just get their names. */
bool fa_pack_is_on(const struct fa_pack *pack);

/** Whether files become members of an archive, and have no names of their own. */
bool fa_pack_hides_files(const struct fa_pack *pack);

/** Append the part of a job, or if it has failed, the response. */
void fa_pack_put(struct fa_pack *pack, struct fa_job *job);

enum fa_packed {
    FA_PACKED_NONE,   /**< Nothing waits. */
    FA_PACKED_MORE,   /**< There is more to do. */
    FA_PACKED_DONE,   /**< The job is a member now, and job->place has where; or job->place.twin is
                           known. */
    FA_PACKED_FAILED, /**< See err. */
    FA_PACKED_FULL,   /**< Commit, close the volume, and go on. */
};

/** Do a step.  @ret  With DONE and FAILED: the job, which still has its part. */
enum fa_packed fa_pack_step(struct fa_pack *pack, struct fa_job **ret, struct fa_error *err);

/** A commit has succeeded: remove the parts of committed members. */
void fa_pack_committed(struct fa_pack *pack);

/** The path of the object of a job. @return 0, or -1: it has no digest */
int fa_pack_object(const struct fa_pack *pack, const struct fa_job *job, char ret[FA_OBJECT_PATH],
                   struct fa_error *err);

/** Whether no more files should be downloaded now. */
bool fa_pack_is_full(const struct fa_pack *pack);

/** Whether something is being appended, or waits. */
bool fa_pack_is_busy(const struct fa_pack *pack);

#endif
