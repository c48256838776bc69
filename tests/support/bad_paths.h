#ifndef FETCHALL_SUPPORT_BAD_PATHS_H
#define FETCHALL_SUPPORT_BAD_PATHS_H

/*
 * The paths of the bad server, which choose how it behaves.
 *
 * <name> is free, may contain slashes and may be omitted. The body is the pattern (pattern.h) whose
 * seed is the whole path as the client sent it, query included, after redirects the last one.
 * <size> and <sent> are bytes; where a path has no <size>, it is FA_PATTERN_SMALL. A "file" below
 * means: Content-Length, a strong ETag, Last-Modified, keep-alive, Range, If-Range, If-None-Match
 * and If-Modified-Since all as RFC 9110 has them. Counts are kept for each exact path until
 * /_reset. A target "http://host/path", as a proxy gets it, is served like "/path"; CONNECT gets
 * a 407.
 *
 * Good answers
 *   /ok/<size>/<name>                 a file
 *   /version/<size>/<name>            a file that /_bump changes: seed "path#<version>", 0 first
 *   /chunked/<size>/<name>            chunked
 *   /close/<size>/<name>              no length; the end is the close
 *   /gzip/<name>                      Content-Encoding: gzip, unasked: fa_pattern_gzip()
 *   /ae/<name>                        the request's head is the body
 *   /auth/<name>                      a file for Basic user:pass, else 401
 *   /cd/<name>                        Content-Disposition with ../ and ESC
 *   /1xx/<n>/<name>                   <n> interim answers of 100, 102 and 103, then a file
 *   /trailers/<name>, /folded/<name>  trailers that look like framing; a folded header
 *   /204/<name>
 * Slow answers
 *   /drip/<ms>/<size>/<name>          a file, one byte each <ms>
 *   /trickle/<ms>/<n>/<size>/<name>   a file, <n> bytes each <ms>
 *   /slowversion/<ms>/<n>/<size>/<name>  a file that /_bump changes, <n> bytes each <ms>
 *   /slowfirst/<n>/<ms>/<size>/<name> a file; one byte each <ms> for the first <n> requests
 *   /slowheaders/<ms>/<name>          a file, its head one byte each <ms>
 *   /delay/<ms>/<size>/<name>         a file, its first byte after <ms>
 *   /loaded/<n>/<ms>/<size>/<name>    the same, and with more than <n> requests at once <ms> grows in
 *                                     proportion
 *   /stall/<name>                     a file's head, then nothing
 *   /mute/<name>                      nothing at all
 *   /hold/<name>                      a file; stops after 1 byte until /_release
 *   /holdat/<sent>/<size>/<name>      a file; stops before offset <sent> until /_release; a range
 *                                     from beyond it does not stop
 *   /by/<kind>/<sent>/<size>/<name>   like /holdat, for a file of the seed "path#<version>" (see
 *                                     /_bump) with one validator: strong, weak (the same for all
 *                                     versions), date, young (20 seconds old), none; bare is strong
 *                                     with a 304 that does not repeat it; gone is strong and a
 *                                     404 from version 1 on; deaf is strong and ignores
 *                                     conditions; unquoted is an ETag without quotes; olddate
 *                                     is date in another form
 *   /named/<value>/<sent>/<size>/<name>  like /by/strong, with Content-Disposition: <value>,
 *                                     %-decoded
 *   /gate/<n>/<name>                  a file; stops before its body until <n> requests for
 *                                     /gate/<n>/ have come, then lets all go
 * Broken transfers: each answer is a file's, range or not, but carries at most <sent> bytes, so
 * that a client which resumes gets there
 *   /truncate/<sent>/<size>/<name>    closes
 *   /rudecut/<sent>/<size>/<name>     closes, with TLS without close_notify
 *   /reset/<sent>/<size>/<name>       RST
 *   /truncchunk/<sent>/<size>/<name>  chunked, no range; <sent> bytes and 12 of one more chunk
 *   /rude/<size>/<name>               like /close, with TLS without close_notify
 * Broken framing
 *   /excess/<size>/<name>             a file and 100 bytes more; the connection stays open
 *   /twocl/<size>/<name>              Content-Length twice, <size> and <size> + 1
 *   /samecl/<size>/<name>             Content-Length twice, the same
 *   /badcl/<kind>/<name>              negative text huge exabyte list lists empty hex
 *                                     plus
 *   /lower/<size>/<name>              a head in lower case
 *   /badchunk/<kind>/<name>           huge text negative
 *   /http09/<name>, /garbage/<name>   a body without a head; bytes of TLS
 *   /empty/<name>                     closes without a byte
 *   /nul/<name>, /barecr/<name>       such bytes in a header
 *   /bighead/<name>, /bigline/<name>  400 KB of headers in 100 lines; in one
 * Statuses
 *   /status/<code>/<name>             with an HTML body
 *   /esc/<name>                       500; ESC, OSC and BEL in reason, header and body
 *   /flaky/<fails>/<code>/<size>/<name>          <code> for the first <fails> requests, then a file
 *   /flakyreset/<fails>/<size>/<name>            the same with RST instead of a status
 *   /retryafter/<fails>/<value>/<code>/<name>    the same with Retry-After: <value>, %-decoded;
 *                                                date+N and date-N become a date
 *   /burst/<ms>/<code>/<name>         <code> for whatever comes to /burst/<ms>/ in the first <ms>
 *   /burstn/<n>/<code>/<name>         <code> for the first <n> requests to /burstn/<n>/
 *   /atmost/<n>/<ms>/<size>/<name>    a file after <ms>; 429 while <n> other requests are in service
 * Redirects
 *   /redir/<code>/<target>/<name>     Location: <target>, %-decoded
 *   /draw/<percent>/<target>/<other>/<name>  a redirect to <target>, or else to <other>
 *   /slowredir/<ms>/<target>/<name>   the same after <ms>
 *   /hops/<n>/<name>                  <n> redirects down to /hops/0/<name>, a file
 *   /loop/a/<name>, /self/<name>      between a and b; to itself
 * Connections
 *   /idleclose/<name>                 a file; the next request on the connection is not answered
 *   /idle408/<size>/<name>            a file; the next such request on the connection gets a 408 and
 *                                     a close, as if the connection had been idle
 *   /keepclose/<name>                 a file that promises keep-alive; closes at once
 * Lies
 *   /unasked/<ms>/<size>/<name>       a file, and <ms> after it a whole answer that nobody asked for
 *   /ticket/<size>/<name>             a file; with TLS a session ticket follows
 *   /statusfield/<code>/<size>/<name> a file, or an error; "HTTP/1.1 200 OK: x" is one of its fields
 *   /coding/<coding>/<sent>/<name>    Transfer-Encoding: <coding> ("empty" is none), <sent> bytes, and
 *                                     an end without close_notify
 *   /foldfirst/<name>                 a file; a space begins the first field of its head
 *   /endlesstrailers/<name>, /longtrailer/<name>, /endless1xx/<name>   without end
 *   /endlessbody/<code>/<name>        <code> with a body without end
 *   /drippingbody/<ms>/<code>/<name>  <code> with a long body, one byte each <ms>
 *   /switch/<name>, /badstatus/<name> 101, and no status at all, with a long body
 *   CONNECT flood.*                   a 407 whose body has no end
 * Logins
 *   /cookie/<cookies>/<target>/<name> a redirect that sets cookies, %-decoded, separated by "|"
 *   /oauth/<login>/<name>             a file for the cookie session=granted, else a redirect to
 *                                     http://<login>/authorize/<host>/<name> with state=<name>
 *   /authorize/<host>/<name>          for Basic user:pass, a redirect to
 *                                     http://<host>/granted/<login>/<name> with login=s3cret; else 401
 *   /digest/<kind>/<name>             a file of 1000 bytes for user:pass by HTTP Digest, else 401 and
 *                                     the cookie asked=1; <kind> is the algorithm, MD5 or SHA-256;
 *                                     both: with a Basic challenge, too; stale: renews the nonce once
 *   /granted/<login>/<name>           for state=<name>, a redirect to /oauth/<login>/<name> with
 *                                     session=granted; else 403
 *   /expiring/<sent>/<size>/<name>?<query>  a file of the seed "<path>#<version>" (see /_bump), at most
 *                                     <sent> bytes; 403 for the second request with a query, and if
 *                                     the query has "=old"
 * Ranges: /range206/<kind>/<size>/<name>; see bad_range.c. The first answer is cut after half of
 * <size>, and the kind says what is wrong with later ones.
 *
 * Control, which is neither logged nor counted:
 *   /_log       a JSON line for each request: path target host method headers conn peer ms; of
 *               equal headers the last
 *   /_stats     {accepted, connections, open, peak_open, requests, active, peak_active, held,
 *               hosts: {host: {requests, active, peak_active}}}; accepted counts every connection
 *               to the main port, connections only those that brought a request
 *   /_reset     forget the log and the counts
 *   /_release, /_release/<name>       let go what /hold and /holdat hold now
 *   /_robots/<text>    what /robots.txt is, %-decoded: a file, "=<status>", or "=<status> <target>"
 *   /_bump, /_bump/<n>   the next version; version <n>
 */

#include "bad_conn.h"

struct fa_bad_behaviour {
    const char *name;
    size_t needs; /* segments after the name */
    void (*serve)(struct fa_bad_conn *conn, const char *const *arg);
};

/* Tables, each ended by a NULL name. */
extern const struct fa_bad_behaviour fa_bad_bodies[];
extern const struct fa_bad_behaviour fa_bad_framings[];
extern const struct fa_bad_behaviour fa_bad_statuses[];
extern const struct fa_bad_behaviour fa_bad_ranges[];
extern const struct fa_bad_behaviour fa_bad_lies[];
extern const struct fa_bad_behaviour fa_bad_logins[];
extern const struct fa_bad_behaviour fa_bad_controls[];

/* Prepares the answer to a CONNECT. */
void fa_bad_lies_connect(struct fa_bad_conn *conn);

/* Prepares the answer to the request of CONN. */
void fa_bad_paths_serve(struct fa_bad_conn *conn);

#endif
