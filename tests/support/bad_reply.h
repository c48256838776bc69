#ifndef FETCHALL_SUPPORT_BAD_REPLY_H
#define FETCHALL_SUPPORT_BAD_REPLY_H

/* The answers that most behaviours start from, and then modify. */

#include "bad_conn.h"

#include <time.h>

/* When every file of the bad server was last modified. */
#define FA_BAD_MODIFIED "Sat, 01 Jan 2022 00:00:00 GMT"

/* Space for an ETag with its quotes, and for a date. */
#define FA_BAD_ETAG 32
#define FA_BAD_DATE 64

/* A span of a file: first byte, and one after the last. */
struct fa_bad_span {
    uint64_t at;
    uint64_t end;
};

enum fa_bad_asked { FA_BAD_WHOLE, FA_BAD_PART, FA_BAD_UNSATISFIABLE };

/* What a Range header VALUE (NULL: none) asks of SIZE bytes. More than one range is the whole. */
enum fa_bad_asked fa_bad_span_read(const char *value, uint64_t size, struct fa_bad_span *span);

/* The standard phrase, "Unknown" for a code that has none. */
const char *fa_bad_reason(unsigned status);

/* The strong ETag of SIZE bytes of the pattern of SEED. */
void fa_bad_etag(const char *seed, uint64_t size, char etag[FA_BAD_ETAG]);

/* The form of dates in HTTP. */
void fa_bad_date(time_t when, char date[FA_BAD_DATE]);

/* Writes the head: status line, Server, Date, EXTRA (whole lines with CRLF), the empty line. */
void fa_bad_reply_head(struct fa_bad_conn *conn, unsigned status, const char *extra, ...)
    __attribute__((format(printf, 3, 4)));

/* A whole answer with a literal body. HEADERS are whole lines with CRLF. */
void fa_bad_reply_text(struct fa_bad_conn *conn, unsigned status, const char *headers,
                       const char *text);

/* An answer with a page that says the status. */
void fa_bad_reply_status(struct fa_bad_conn *conn, unsigned status, const char *headers);

/* What a good server answers for a file of SIZE bytes of the pattern of SEED. */
void fa_bad_reply_file(struct fa_bad_conn *conn, const char *seed, uint64_t size);

/* The same without conditions, for other VALIDATORS (whole lines with CRLF). */
void fa_bad_reply_ranges(struct fa_bad_conn *conn, const char *seed, uint64_t size,
                         const char *etag, const char *validators);

/* The same with the path as the seed, and a small file. */
void fa_bad_reply_path(struct fa_bad_conn *conn, uint64_t size);
void fa_bad_reply_small(struct fa_bad_conn *conn);

/* Decimal digits; anything else is 0. */
uint64_t fa_bad_number(const char *text);
unsigned fa_bad_ms(const char *text);

/* Decodes %XX. Returns malloc'd text, or NULL. */
char *fa_bad_decode(const char *text);

#endif
