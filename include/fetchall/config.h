/**
 * The settings of a session: a plain value, which fa_session_new() copies and checks.
 *
 * Times are in seconds, 0 or more; sizes in bytes, rates in bytes per second.  Strings and arrays
 * are borrowed until the session is freed.  The options of fetchall(1) have the same names.
 *
 * The functions here can be called from any thread.
 */
#ifndef FETCHALL_CONFIG_H
#define FETCHALL_CONFIG_H

#include <fetchall/api.h>
#include <fetchall/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

FA_API_BEGIN

/** The strategy: how bytes are moved. */
enum fa_mode {
    FA_MODE_ASYNC,
    FA_MODE_THREAD,
    FA_MODE_PROCESS,
    FA_MODES /**< How many there are. */
};

/** How the name of a file is made from its URL. */
enum fa_layout { FA_LAYOUT_FLAT, FA_LAYOUT_TREE };

/** What makes an entry the same as one of an earlier run, so that it gets its file or part. */
enum fa_match {
    FA_MATCH_AUTO, /**< The URL, without the parameters of its query that sign it. */
    FA_MATCH_URL,
    FA_MATCH_PATH, /**< The URL without its query. */
    FA_MATCH_NAME, /**< The name of the file.  Always so for entries with a name of their own. */
};

/** What to do with a web page (text/html) for a file that is none by the ending of its name or
 * URL. */
enum fa_guard {
    FA_GUARD_ON, /**< Fail it, with FA_CLASS_CONTENT; not if the list has a digest. */
    FA_GUARD_OFF,
};

/** Digests that servers declare in their answers, as in Repr-Digest: see --http-digest in
 * fetchall(1). */
/** What robots.txt means (RFC 9309). */
enum fa_robots {
    FA_ROBOTS_IGNORE,
    FA_ROBOTS_OBEY, /**< What its rules forbid fails with FA_CLASS_REFUSED. */
};

enum fa_http_digest {
    FA_HTTP_DIGEST_CHECK, /**< Fail a file that differs, with FA_CLASS_INTEGRITY. */
    FA_HTTP_DIGEST_OFF,
};

/** What decides which shard an entry belongs to: the hash (XXH3, 64 bits) of... */
enum fa_shard_by {
    FA_SHARD_BY_ORIGIN, /**< ...scheme, host and port, so that one shard has all of a host. */
    FA_SHARD_BY_URL,    /**< ...the URL.  fa_config.per_host and host_rate are divided by the number
                             of shards. */
};

/** Where digests are computed. */
enum fa_hash_with {
    FA_HASH_WITH_PROCESS,
    FA_HASH_WITH_THREAD,
    FA_HASH_WITH_INLINE,
    FA_HASH_WITH_AUTO, /**< Small files that were just downloaded inline, others in processes. */
};

/** The address family of connections. */
enum fa_family { FA_FAMILY_ANY, FA_FAMILY_V4, FA_FAMILY_V6 };

/** The newest version of HTTP to request. */
enum fa_http {
    FA_HTTP_1_1,
    FA_HTTP_2, /**< Over TLS, if the server supports it.  FA_MODE_ASYNC then multiplexes transfers
                    on one connection.  Refused with a rate, which cannot limit it. */
};

/** The format of lists: see LIST FORMAT in fetchall(1). */
enum fa_list_format {
    FA_LIST_FORMAT_AUTO, /**< By the name and the first bytes of each list. */
    FA_LIST_FORMAT_TEXT,
    FA_LIST_FORMAT_SUMS, /**< Checksum files, as of sha256sum(1). */
    FA_LIST_FORMAT_JSONL,
    FA_LIST_FORMAT_CSV,
    FA_LIST_FORMAT_TSV,
    FA_LIST_FORMAT_CURL, /**< Config files of curl(1). */
    FA_LIST_FORMAT_METALINK,
    FA_LIST_FORMAT_BAGIT, /**< The fetch.txt of a bag. */
    FA_LIST_FORMATS       /**< How many there are. */
};

/** The oldest version of TLS to accept. */
enum fa_tls {
    FA_TLS_DEFAULT, /**< FA_TLS_1_2 */
    FA_TLS_1_0,     /**< Insecure, as is 1.1; weak keys and signatures are accepted, too. */
    FA_TLS_1_1,
    FA_TLS_1_2,
    FA_TLS_1_3,
};

/** What survives a power failure.  If only the program is killed, everything does. */
enum fa_fsync {
    FA_FSYNC_NONE,  /**< No promise. */
    FA_FSYNC_BATCH, /**< Files that the state records as done. */
    FA_FSYNC_EACH,  /**< Files that FA_EVENT_DONE has reported, too. */
};

/** Which rights are dropped before the first connection: see SECURITY in fetchall(1). */
enum fa_sandbox {
    FA_SANDBOX_AUTO, /**< As many as this kernel supports. */
    FA_SANDBOX_OFF,
    FA_SANDBOX_REQUIRE, /**< All; fail if the kernel does not support it. */
};

/** Digest algorithms, as bits of fa_config.hash. */
enum fa_hash {
    FA_HASH_MD5 = 1 << 0,
    FA_HASH_SHA1 = 1 << 1,
    FA_HASH_SHA256 = 1 << 2,
    FA_HASH_SHA512 = 1 << 3,
    FA_HASH_BLAKE2B = 1 << 4,
    FA_HASH_XXH128 = 1 << 5,
    FA_HASH_SHA224 = 1 << 6,
    FA_HASH_SHA384 = 1 << 7,
    FA_HASH_ADLER32 = 1 << 8, /**< For checksums of lists and servers only: anyone can forge it. */
    FA_HASH_CRC32 = 1 << 9,   /**< As ADLER32. */
    FA_HASH_CRC32C = 1 << 10, /**< As ADLER32. */
};
#define FA_HASHES 11

/** Those that are not for fa_config.hash. */
#define FA_HASHES_WEAK (FA_HASH_ADLER32 | FA_HASH_CRC32 | FA_HASH_CRC32C)

/** Maximum of fa_config.host_rate. */
#define FA_HOST_RATE_MAX 1e6

/** Maximum of fa_config.fan_out. */
#define FA_FAN_OUT_MAX 65536

/** Maximum number of shards. */
#define FA_SHARDS_MAX 1000000

/** fa_config.segments */
#define FA_SEGMENTS_MAX  64
#define FA_SEGMENTS_AUTO 0xffffffffu

/** What a host has of its own, as bits of fa_host_config.set. */
enum fa_host_set {
    FA_HOST_PER_HOST = 1 << 0, /**< per_host and per_host_auto. */
    FA_HOST_RATE = 1 << 1,     /**< host_rate */
    FA_HOST_USER_AGENT = 1 << 2,
    FA_HOST_PROXY = 1 << 3,
    FA_HOST_HTTP = 1 << 4,
    FA_HOST_INSECURE = 1 << 5,
    FA_HOST_CERT = 1 << 6, /**< cert and key. */
    FA_HOST_NETRC = 1 << 7,
};

/** What differs for some hosts.  Fields have the meaning that they have in struct fa_config, and
 * count if they are in set. */
struct fa_host_config {
    size_t size;         /**< Set by fa_host_config_init(). */
    const char *pattern; /**< A name, "*." and a name, or an address; and ":PORT". */
    unsigned set;        /**< enum fa_host_set bits. */
    unsigned per_host;
    double host_rate;
    const char *const *headers; /**< Sent to these hosts, n_headers lines, besides those of the
                                   config of other names: see SECRETS in fetchall(1). */
    size_t n_headers;
    const char *user_agent;
    const char *proxy;
    const char *cert;
    const char *key;
    enum fa_http http;
    bool per_host_auto;
    bool insecure;
    bool netrc;
    bool spare; /**< False. */
};

/** Set the size, and nothing else. */
static inline void fa_host_config_init(struct fa_host_config *host)
{
    const struct fa_host_config none = {sizeof(none), 0,     0,     0,     0,    0, 0, 0, 0, 0, 0,
                                        FA_HTTP_1_1,  false, false, false, false};
    *host = none;
}

/** New fields go to the end; the smallest accepted size ends before sandbox. */
struct fa_config {
    size_t size; /**< Set by fa_config_init(). */

    enum fa_mode mode;
    unsigned jobs;     /**< Concurrent transfers over all hosts; 0: fa_mode_jobs(mode). */
    unsigned per_host; /**< Maximum concurrent transfers per origin; 0, with per_host_auto: as
                            jobs. */
    unsigned loops;    /**< Event loops, if fa_mode_has_loops(mode); 0: fa_cores(), at most 8. */

    const char *dir; /**< The folder to download into; created if missing. */
    enum fa_layout layout;
    const char *const *reserved; /**< Names below dir that no file gets, because the caller writes
                                    there. */
    size_t n_reserved;
    const char *const *kept; /**< Files anywhere that no download replaces, because the caller reads
                                them.  Lists, state, cookies and certificates are included already. */
    size_t n_kept;
    bool overwrite; /**< Download existing files again. */
    bool sync;      /**< Ask the server whether existing files changed.  Not with overwrite. */
    bool plan;      /**< Read, check and name all entries, but download nothing. */

    const char *state; /**< The database file; NULL: DIR/.fetchall/state.db. */
    bool no_state;     /**< Keep no database, and ignore earlier runs. */
    bool retry_failed; /**< Only entries that the state records as failed. */
    enum fa_fsync fsync;
    double disk_wait; /**< How long to wait for space on a full disk. */

    unsigned retries;       /**< Further attempts after the first one fails. */
    double retry_wait;      /**< Base of the exponential back-off between attempts. */
    double host_wait;       /**< How long to probe an origin that only fails. */
    double connect_timeout; /**< For name lookup, TCP and TLS together. */
    double stall_timeout;   /**< An attempt fails after that time without a byte. */
    uint64_t speed_limit;   /**< Minimum speed of a body; 0: none. */
    double speed_time;      /**< How long a body may be slower than speed_limit. */
    double timeout;         /**< For one attempt; 0: none. */
    uint64_t max_size;      /**< Refuse larger bodies; 0: no limit. */
    uint64_t rate;          /**< Maximum speed of all transfers together; 0: no limit. */
    uint64_t halt;          /**< Stop after that many failed entries; 0: never. */
    bool halt_percent;      /**< halt is a percentage of the entries that ended. */
    bool expect_length;     /**< Fail an answer that does not declare its length. */

    const char *const *headers; /**< "Name: value" lines, n_headers of them. */
    size_t n_headers;
    const char *user_agent;     /**< NULL: "fetchall/VERSION". */
    bool netrc;                 /**< Read ~/.netrc. */
    const char *proxy;          /**< A URL; NULL: from the environment; "": none. */
    const char *cacert;         /**< CA bundle, or a folder of certificates; NULL: that
                                     of the environment or the system, as with curl. */
    const char *cert;           /**< Client certificate; NULL: none. */
    const char *key;            /**< Its private key, not encrypted. */
    bool insecure;              /**< Do not verify certificates. */
    const char *const *resolve; /**< "HOST:PORT:ADDR", n_resolve of them. */
    size_t n_resolve;
    enum fa_family family;
    enum fa_http http;

    const char *secret_keys; /**< Further query keys whose values are secret, separated by commas:
                                see fetchall/redact.h; NULL: none. */

    unsigned hash;       /**< enum fa_hash bits; 0: compute no digests. */
    unsigned hash_first; /**< The bit of the preferred one, for a manifest. */
    unsigned hash_jobs;  /**< Workers that compute digests; 0: fa_cores(). */
    enum fa_hash_with hash_with;
    bool hash_existing; /**< Hash existing files, too. */

    const char *worker_program; /**< The program to start as the nursery of worker processes, which
                                   calls fa_worker_main() first; NULL: the running program. */

    enum fa_sandbox sandbox; /**< For worker processes. */
    bool sandbox_self; /**< Also confine the calling thread and all threads that it creates later,
                          until the process ends: they can write only below dir, next to the state
                          and to writable, and execute only worker_program.  The process must have
                          one thread. */
    const char *const *writable; /**< Files and folders, n_writable of them. */
    size_t n_writable;

    const char *retry_on; /**< Further statuses that are transient, separated by commas ("403,520");
                             NULL: none. */
    double began; /**< When the first run of the session began, for the state: seconds since 1970.
                     0: when fa_session_run() is called. */

    enum fa_match match;
    bool
        allow_downgrade; /**< Follow redirects from https to http, without headers and passwords. */
    bool per_host_auto;  /**< Find the best number for each origin, up to per_host. */
    bool no_hedge;       /**< Never request a slow transfer twice at the end of a run. */
    bool spare[1];       /**< False: a later version may have fields here. */

    unsigned shard;  /**< Only the entries of this shard, from 0... */
    unsigned shards; /**< ...of that many, at most FA_SHARDS_MAX.  0: all entries. */
    enum fa_shard_by shard_by;

    enum fa_tls tls_min;

    const char *const *trust_hosts; /**< Hosts that get headers, user and password of a URL after a
                                       redirect to them, too, n_trust_hosts of them: see
                                       fa_config_check_trust_host(). */
    size_t n_trust_hosts;
    enum fa_list_format format;
    enum fa_guard guard;
    const char *base; /**< The URL that names in a list of checksums are relative to; NULL: none. */
    const char *columns; /**< "url=NAME,out=NAME": the columns of lists; NULL: those of such
                            names. */
    double host_rate;    /**< Maximum requests per second to an origin, at most
                            FA_HOST_RATE_MAX; 0: no limit. */
    const struct fa_host_config *const *hosts; /**< n_hosts of them, in any order: of those that
                                                    match a host, the most specific one applies. */
    size_t n_hosts;
    const char *cookies; /**< A file of cookies in the format of Netscape, which is only read; all
                            transfers share them, and those that servers set.  NULL: those of
                            redirects count for their entry only. */
    unsigned segments; /**< Ranges of one large file fetched at once, up to FA_SEGMENTS_MAX; 0 or 1:
                          never split a file; FA_SEGMENTS_AUTO, the default: as many as raise the
                          throughput. */
    unsigned fan_out;  /**< Put files into that many folders, by the hash of their names; 0: no. */

    const char *worker; /**< The name of this session among those that use dir at once, whose names
                           for files must not collide: its lock, parts and state are in
                           DIR/.fetchall/worker-NAME.  Up to 32 letters, digits, '-', '_' and '.'.
                           Not with shards.  NULL: it has dir for itself. */

    const char *name;  /**< A template of the names of files, as in "{id}.{ext}": see --name in
                          fetchall(1).  NULL: names are made from URLs, as layout says. */
    bool keep_columns; /**< Keep the columns of lists that are not parts of an entry, for
                            fa_result.columns; else only those that name has. */
    bool remote_time;  /**< Set the modification times of files to those of the server. */
    bool server_names; /**< Name files as their servers do (Content-Disposition): see --server-names
                            in fetchall(1). */
    bool spare_lists[1]; /**< False: a later version may have fields here. */
    enum fa_http_digest http_digest;
    uint64_t min_size; /**< Refuse smaller files, with FA_CLASS_CONTENT; 0: no limit. */

    const char *exec;        /**< Run this command for each file that is complete: see --exec in
                            fetchall(1).  NULL: none. */
    double exec_timeout;     /**< End a command, also one of refresh, after that time; 0: never. */
    unsigned exec_jobs;      /**< Commands at once; 0: fa_cores(). */
    bool exec_shell;         /**< exec is for sh -c, with the path as $1. */
    bool spare2[3];          /**< False. */
    const char *expect_type; /**< Media types, as in "image/png,video/" and a star: refuse files of
                                others, with FA_CLASS_CONTENT; NULL: any. */
    const char *output;      /**< "tar:" and a path below dir: files become members of archives;
                            "warc:" and a path: what is sent and received becomes records;
                            "cas:" and a path: they are stored by digest; NULL: by their names.
                            See --output in fetchall(1). */
    uint64_t tar_size;       /**< One archive has at most that many bytes, unless its only file is
                            larger. */
    unsigned tar_files;      /**< It has at most that many files, from 1. */
    unsigned spare3;         /**< 0. */
    const char *refresh; /**< Ask this command for a new URL when that of an entry is answered with
                                401, 403 or 410: see --refresh in fetchall(1).  NULL: none. */
    enum fa_robots robots; /**< Whether the robots.txt of each origin is obeyed. */
    bool refresh_batch;    /**< refresh gets URLs on standard input, and prints as many. */
    bool spare4[3];        /**< False. */
    const char *respect;   /**< Refuse files with one of these rules in X-Robots-Tag, as in
                              "noai,noimageai", with FA_CLASS_REFUSED; NULL: none. */
};

/**
 * Set the defaults of a struct of that size.  C and C++ programs call fa_config_init() instead.
 *
 * @size  sizeof(struct fa_config) when the program was compiled.
 */
void fa_config_init_size(struct fa_config *config, size_t size);

/** Set the size and the defaults. */
static inline void fa_config_init(struct fa_config *config)
{
    fa_config_init_size(config, sizeof(*config));
}

/**
 * Check a value for fa_config.proxy.
 *
 * @return 0, or -1 with FA_CLASS_REFUSED; the message contains no password.
 */
int fa_config_check_proxy(const char *proxy, struct fa_error *err);

/** Check a value for fa_config.retry_on; NULL is valid.  @return 0, or -1 with FA_CLASS_REFUSED. */
int fa_config_check_retry_on(const char *statuses, struct fa_error *err);

/**
 * Check a value for fa_config.trust_hosts: a name, "*." and a name, or an address; and ":PORT".
 *
 * @return 0, or -1 with FA_CLASS_REFUSED.
 */
int fa_config_check_trust_host(const char *pattern, struct fa_error *err);

/** Check an element of fa_config.hosts.  @return 0, or -1 with FA_CLASS_REFUSED; the message has no
 * password and no header. */
int fa_host_config_check(const struct fa_host_config *host, struct fa_error *err);

/**
 * The element of fa_config.hosts that applies to a host; NULL: none.
 *
 * @host  In lower case; an IPv6 address has no brackets.
 * @port  Decimal.
 */
const struct fa_host_config *fa_config_find_host(const struct fa_config *config, const char *host,
                                                 const char *port);

/** Check a value for fa_config.expect_type; NULL is valid.  @return 0, or -1 with
 * FA_CLASS_REFUSED. */
int fa_config_check_expect_type(const char *types, struct fa_error *err);

/** Check a value for fa_config.respect; NULL is valid.  @return 0, or -1 with FA_CLASS_REFUSED: it
 * is not a list of known rules, and the message has them. */
int fa_config_check_respect(const char *rules, struct fa_error *err);

/** Check a value for fa_config.name; NULL is valid.  @return 0, or -1 with FA_CLASS_REFUSED. */
int fa_config_check_name(const char *name, struct fa_error *err);

/** Check fa_config.output, and that the config allows it.  @return 0, or -1 with
 * FA_CLASS_REFUSED. */
int fa_config_check_output(const struct fa_config *config, struct fa_error *err);

/** Check a value for fa_config.columns; NULL is valid.  @return 0, or -1 with FA_CLASS_REFUSED. */
int fa_config_check_columns(const char *columns, struct fa_error *err);

/** Check a value for fa_config.refresh, or for fa_config.exec without exec_shell, and that its
 * program can be executed.  @return 0, or -1 with FA_CLASS_REFUSED. */
int fa_config_check_command(const char *command, struct fa_error *err);

/** The stable name of a mode ("async"); NULL if there is none, so that a loop from 0 lists all. */
const char *fa_mode_name(enum fa_mode mode);

/**
 * Look up a mode by its name.
 *
 * @return 0, or -1 if no mode has that name; *ret is unchanged then.
 */
int fa_mode_parse(const char *name, enum fa_mode *ret);

/** Whether a mode runs on event loops, so that fa_config.loops applies to it. */
bool fa_mode_has_loops(enum fa_mode mode);

/** The number of concurrent transfers that fa_config.jobs is in a mode if it is 0; 0 if there is no
 * such mode. */
unsigned fa_mode_jobs(enum fa_mode mode);

/** The stable name of a digest algorithm ("sha256"), or NULL if there is none. */
const char *fa_hash_name(enum fa_hash hash);

/** The algorithm of that name, len bytes long, or 0.  "sha-256" and "SHA256" are names, too. */
enum fa_hash fa_hash_from_name(const char *name, size_t len);

/** The size of a digest in bytes, at most FA_DIGEST_MAX; 0 if there is no such algorithm. */
size_t fa_hash_size(enum fa_hash hash);

FA_API_END

#endif
