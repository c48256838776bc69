/**
 * The settings of a session: a plain value.
 *
 * Times are in seconds, 0 or more; sizes and rates in bytes.  Strings and arrays are borrowed until
 * the session made from the config is freed.  What makes no sense is refused by fa_session_new().
 */
#ifndef FETCHALL_CONFIG_H
#define FETCHALL_CONFIG_H

#include <fetchall/api.h>
#include <fetchall/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

FA_API_BEGIN

/** How bytes are moved. */
enum fa_mode {
    FA_MODE_ASYNC,
    FA_MODE_THREAD,
    FA_MODE_PROCESS,
    FA_MODES /**< How many there are. */
};

/** How a URL becomes the name of a file. */
enum fa_layout { FA_LAYOUT_FLAT, FA_LAYOUT_TREE };

/** Which model runs the CPU stage. */
enum fa_hash_with { FA_HASH_WITH_PROCESS, FA_HASH_WITH_THREAD, FA_HASH_WITH_INLINE };

/** Which family of addresses is used. */
enum fa_family { FA_FAMILY_ANY, FA_FAMILY_V4, FA_FAMILY_V6 };

/** The newest version of HTTP that is asked for. */
enum fa_http {
    FA_HTTP_1_1,
    FA_HTTP_2, /**< Over TLS, where the server has it.  FA_MODE_ASYNC then has many transfers on one
                    connection.  Not with a rate: nothing holds back what comes on a connection. */
};

/** What the end of a file promises against a power cut. */
enum fa_fsync {
    FA_FSYNC_NONE,  /**< Nothing; the death of the program loses nothing. */
    FA_FSYNC_BATCH, /**< What the state calls done is on the disk. */
    FA_FSYNC_EACH,  /**< What is told as done is on the disk. */
};

/** What the program gives up before servers can reach it: see SECURITY in fetchall(1). */
enum fa_sandbox {
    FA_SANDBOX_AUTO, /**< What this kernel has. */
    FA_SANDBOX_OFF,
    FA_SANDBOX_REQUIRE, /**< A kernel that lacks some of it is refused. */
};

/** The digests of the CPU stage, as bits of fa_config.hash. */
enum fa_hash {
    FA_HASH_MD5 = 1 << 0,
    FA_HASH_SHA1 = 1 << 1,
    FA_HASH_SHA256 = 1 << 2,
    FA_HASH_SHA512 = 1 << 3,
    FA_HASH_BLAKE2B = 1 << 4,
    FA_HASH_XXH128 = 1 << 5,
};
#define FA_HASHES 6

struct fa_config {
    size_t size; /**< Set by fa_config_init(). */

    enum fa_mode mode;
    unsigned jobs;     /**< Transfers at once over all hosts, 1 at least. */
    unsigned per_host; /**< Transfers at once to one origin, 1 at least. */
    unsigned loops;    /**< Event loops, if fa_mode_has_loops(mode); 0: the cores, at most 8. */

    const char *dir; /**< Where files go; made if missing. */
    enum fa_layout layout;
    const char *const *reserved; /**< Names below dir that no file gets: others write there. */
    size_t n_reserved;
    const char *const *kept; /**< Files that no file of a list replaces, wherever they lie: what the
                                caller itself reads.  Lists, state, cacert, cert and key are kept
                                without being named. */
    size_t n_kept;
    bool overwrite; /**< Fetch again what is there. */
    bool sync;      /**< Ask the server whether what is there has changed.  Not with overwrite. */
    bool plan;      /**< Read, check and name everything, fetch nothing. */

    const char *state; /**< The database; NULL: DIR/.fetchall/state.db. */
    bool no_state;     /**< None: nothing is known of earlier runs. */
    bool retry_failed; /**< Only what the state says failed. */
    enum fa_fsync fsync;
    double disk_wait; /**< How long to wait for room on a full disk. */

    unsigned retries; /**< Tries after the first. */
    double retry_wait;
    double host_wait; /**< How long an origin that only fails is waited for. */
    double connect_timeout;
    double stall_timeout;
    uint64_t speed_limit; /**< Bytes a second that a body must bring; 0: no limit. */
    double speed_time;    /**< Seconds over which that is measured. */
    double timeout;       /**< Of one attempt as a whole; 0: none. */
    uint64_t max_size;    /**< 0: none. */
    uint64_t rate;        /**< Bytes a second, all transfers together; 0: no limit. */
    uint64_t halt;        /**< Stop once that many entries failed; 0: never. */
    bool halt_percent;    /**< halt is a share of the entries that ended, in percent. */
    bool expect_length;

    const char *const *headers; /**< "Name: value" lines, n_headers of them. */
    size_t n_headers;
    const char *user_agent; /**< NULL: fetchall's own. */
    bool netrc;             /**< Read ~/.netrc. */
    const char *proxy;      /**< NULL: as the environment says; "": none. */
    const char *cacert;     /**< NULL: the system's. */
    const char *cert;
    const char *key;
    bool insecure;
    const char *const *resolve; /**< "HOST:PORT:ADDR", n_resolve of them. */
    size_t n_resolve;
    enum fa_family family;
    enum fa_http http;

    const char *secret_keys; /**< Names of keys in queries, parted by commas, whose values are as
                                  secret as those that fetchall/redact.h knows; NULL: none. */

    unsigned hash;       /**< enum fa_hash bits; 0: no CPU stage. */
    unsigned hash_first; /**< The one of them that was named first. */
    unsigned hash_jobs;  /**< 0: the cores. */
    enum fa_hash_with hash_with;
    bool hash_existing; /**< Hash files that are there already (a manifest wants it). */

    const char *worker_program; /**< The program that becomes the nursery of worker processes; it
                                   calls fa_worker_main() first.  NULL: the running program. */

    enum fa_sandbox sandbox; /**< Of worker processes. */
    bool sandbox_self; /**< And of the calling thread, for good, with all threads that it makes: it
                          writes below dir, beside the state, and below writable, and starts no
                          program but worker_program.  Call with one thread. */
    const char *const *writable; /**< Files or folders, n_writable of them. */
    size_t n_writable;
};

/**
 * Fill in the size and the defaults, for a struct of that size.  Programs call fa_config_init().
 *
 * @size  sizeof(struct fa_config), as the program was compiled.
 */
void fa_config_init_size(struct fa_config *config, size_t size);

/** Fill in the size and the defaults. */
static inline void fa_config_init(struct fa_config *config)
{
    fa_config_init_size(config, sizeof(*config));
}

/**
 * Whether that can be fa_config.proxy.
 *
 * @return 0, or -1 with FA_CLASS_REFUSED; no password is in its text.
 */
int fa_config_check_proxy(const char *proxy, struct fa_error *err);

/** The stable name of a mode ("async"), or NULL: loop from 0 up to it to list them all. */
const char *fa_mode_name(enum fa_mode mode);

/**
 * Look up a mode by its name.
 *
 * @return 0, or -1 if there is no such mode; then *ret is unchanged.
 */
int fa_mode_parse(const char *name, enum fa_mode *ret);

/** Whether a mode runs on event loops, so that fa_config.loops applies to it. */
bool fa_mode_has_loops(enum fa_mode mode);

/** The name of a digest ("sha256"), or NULL. */
const char *fa_hash_name(enum fa_hash hash);

/** The digest of that name, or 0.  "sha-256" and "SHA256" are also understood. */
enum fa_hash fa_hash_from_name(const char *name, size_t len);

/** How many bytes a digest has. */
size_t fa_hash_size(enum fa_hash hash);

FA_API_END

#endif
