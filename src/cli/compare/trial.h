/**
 * What is compared (a contestant), and the result of one run of it (a trial): plain values.
 *
 * Times are in seconds, sizes in bytes, counts whole.  A value that could not be measured is NAN,
 * or FA_UNMEASURED for a count.
 */
#ifndef FETCHALL_CLI_COMPARE_TRIAL_H
#define FETCHALL_CLI_COMPARE_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/config.h>
#include <fetchall/error.h>

#define FA_UNMEASURED UINT64_MAX

/** The percentiles of a latency, over the entries that succeeded. */
struct fa_latency {
    double p50, p95, p99;
};

/** Bytes received up to some time. */
struct fa_moment {
    double time; /**< Since the start of the run. */
    uint64_t bytes;
};

#define FA_FAILURE_MAX 240

/** One run of one contestant. */
struct fa_trial {
    unsigned round; /**< From 0; the warm-up is not kept. */
    unsigned place; /**< Its place in the round, from 0. */

    double wall;
    double user, system; /**< CPU of the whole process tree. */
    uint64_t peak_pss;   /**< Of the whole tree at a time; shared pages count once. */
    uint64_t peak_threads;
    uint64_t peak_processes;
    uint64_t switches;      /**< Context switches, voluntary and forced. */
    uint64_t calls;         /**< System calls. */
    struct fa_latency ttfb; /**< From the slot to the first byte of the answer. */
    struct fa_latency total;
    struct fa_latency due; /**< From the start of the run, when all entries of a list are due, to
                                the end of an entry: waiting for a slot counts. */

    uint64_t entries; /**< Ended entries. */
    uint64_t failed;
    uint64_t retried;              /**< Failed entries with more than one attempt. */
    uint64_t failures[FA_CLASSES]; /**< Failed entries by class. */
    char failure[FA_FAILURE_MAX];  /**< The first failure: "URL: why".  Not escaped. */
    uint64_t http2;                /**< Entries whose answer came over HTTP/2. */
    uint64_t requests;             /**< Attempts. */
    uint64_t refusals;             /**< Responses 429 and 503. */
    double rtt;                    /**< Median round-trip time of the entries' connections. */
    uint64_t retransmits;          /**< TCP segments that were sent again. */
    uint64_t reordered;            /**< TCP segments that arrived out of order, as after a loss. */
    double cached;                 /**< Share of the entries that came from a cache, of those that
                                        say it; NAN: none does. */
    double pause;                  /**< Seconds after the end of the run until the servers accept
                                        requests again (Retry-After); 0: at once. */
    uint64_t bytes;                /**< Bodies received. */
    int status;                    /**< The exit status; 128 plus the number of a signal. */

    double slots_full; /**< Share of the time of transfers in which all slots were in use; NAN if
                            there are not more entries than slots. */
    double slot_yield; /**< Mean duration of transfers while at most 70 % of the slots were in use,
                            relative to that while all were: near 1, throughput rises with them. */

    struct fa_moment *moments; /**< In order of time; owned. */
    size_t n_moments;
};

struct fa_program;
struct fa_race;

#define FA_CONTESTANT_NAME_MAX 96
#define FA_WRONG_MAX           320

/** One way of doing the same work. */
struct fa_contestant {
    char name[FA_CONTESTANT_NAME_MAX]; /**< What distinguishes it from the others: "async -j 32". */
    enum fa_mode mode;
    unsigned jobs;
    unsigned loops; /**< 0: auto. */
    enum fa_http http;
    enum fa_hash_with hash_with;
    struct fa_trial *trials; /**< One for each round, in order; owned. */
    size_t n_trials;
    unsigned per_host;                /**< See FA_PICK_AUTO.  These are 0 if they were not given. */
    unsigned segments;                /**< As fa_config.segments. */
    unsigned hash;                    /**< enum fa_hash bits, or FA_PICK_NO_HASH. */
    const struct fa_program *program; /**< NULL: fetchall itself, with the values above; borrowed.
                                           Of those, a program has jobs only. */
    bool defaults;                    /**< It needs no option at all. */
    bool reference; /**< It has the options of the user only (--tune): to use if it is as fast. */
    char wrong[FA_WRONG_MAX]; /**< What was wrong with the files of a program: then it is neither
                                   ranked nor run again.  "": nothing.  Not escaped. */
};

/** Which entries the runs of a comparison download. */
enum fa_asked {
    FA_ASKED_SAME,  /**< All runs the same ones. */
    FA_ASKED_FRESH, /**< Each run other ones (--sample fresh). */
    FA_ASKED_AGAIN, /**< Those of the FRESH run that was just before it. */
    FA_ASKED
};

/** A comparison: what was requested, and what was measured. */
struct fa_comparison {
    const char *title; /**< The list or folder as the user named it. */
    bool stage;        /**< The CPU stage is compared, without fetching. */
    struct fa_contestant *contestants;
    size_t n_contestants;
    unsigned rounds;        /**< Rounds that every contestant has ended. */
    unsigned rounds_wanted; /**< More than rounds: a limit was reached, or a signal came. */
    bool sequential; /**< Rounds end when the answer is decided; rounds_wanted is the maximum. */
    uint64_t entries, bytes; /**< Of the sample; bytes as measured by the warm-up. */
    enum fa_asked asked;
    uint64_t listed;            /**< Entries of the whole list. */
    uint64_t origins;           /**< Of the sample. */
    unsigned per_host;          /**< Limit of transfers to an origin; 0: the number of jobs. */
    uint64_t requests;          /**< Sent in all, the warm-up included. */
    const struct fa_race *race; /**< That chose the contestants (--tune), with its own requests;
                                     NULL: none. */
    const char *command; /**< The start of a command line that repeats a run, before the options
                                 of the contestant, quoted: "fetchall --cacert ca.pem". */
    const char *list;    /**< The end of it, after those options, quoted. */
    bool redacted;       /**< These two contain "***" in place of a secret. */
    char machine[160];   /**< "2 cores of ..., 8 GiB, Linux 6.1". */
    char when[32];       /**< ISO 8601, UTC. */
};

#endif
