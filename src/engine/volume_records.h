/**
 * Writes the records of WARC archives, of what is in memory; engine/volume_warc.c has the body of a
 * file, and the order of the records.
 */
#ifndef FA_ENGINE_VOLUME_RECORDS_H
#define FA_ENGINE_VOLUME_RECORDS_H

#include "engine/volume_format.h"

/** IDs of a request and its response. */
struct fa_record_pair {
    char request[FA_WARC_ID], response[FA_WARC_ID];
};

/** Make new ones.  @return 0, or -1 */
int fa_records_pair(struct fa_record_pair *pair, const struct fa_volume_writer *w,
                    struct fa_error *err);

/** A URI as the standard requires it, without secrets.  @return to be freed; NULL: no memory */
char *fa_records_url(const struct fa_volume_writer *w, const char *url);

/** Write what the packer has.  @return 0, or -1 */
int fa_records_flush(struct fa_volume_writer *w, struct fa_error *err);

/** Write the header of a record, whose block follows.  @return 0, or -1 */
int fa_records_open(struct fa_volume_writer *w, const struct fa_warc_record *record,
                    struct fa_error *err);

/** The first record of an archive.  @return 0, or -1 */
int fa_records_put_info(struct fa_volume_writer *w, struct fa_error *err);

/** @return 0, or -1 */
int fa_records_put_request(struct fa_volume_writer *w, const struct fa_capture *capture,
                           const char *url, const struct fa_record_pair *pair,
                           struct fa_error *err);

/** The header of the record of a response, without its length and digests. */
struct fa_warc_record fa_records_response(const struct fa_capture *capture, const char *url,
                                          const struct fa_record_pair *pair);

/** What is before and after a body of that size. */
void fa_records_put_frame(const struct fa_capture *capture, uint64_t size, struct fa_buf *before,
                          struct fa_buf *after);

/** A request, and a response whose body is in memory.  @url  With secrets.  @return 0, or -1 */
int fa_records_put_exchange(struct fa_volume_writer *w, const struct fa_capture *capture,
                            const char *url, struct fa_error *err);

/** A response with the payload of another one, which it refers to.  @head  Its header.
 * @return 0, or -1 */
int fa_records_put_revisit(struct fa_volume_writer *w, const struct fa_warc_record *response,
                           const struct fa_buf *head, const struct fa_payload *payload,
                           struct fa_error *err);

#endif
