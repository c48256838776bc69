/**
 * What is compared (a contestant), and what one run of it showed (a trial): plain values.
 *
 * Times are in seconds, sizes in bytes, counts whole.  What could not be measured is NAN, or
 * FA_UNMEASURED for a count.
 */
#ifndef FETCHALL_CLI_COMPARE_TRIAL_H
#define FETCHALL_CLI_COMPARE_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/config.h>
#include <fetchall/error.h>

#define FA_UNMEASURED UINT64_MAX

/** The percentiles of one kind of latency, over the entries that ended well. */
struct fa_latency {
    double p50, p95, p99;
};

/** What had been received after some time. */
struct fa_moment {
    double time; /**< Since the start of the run. */
    uint64_t bytes;
};

#define FA_FAILURE_MAX 240

/** One run of one contestant. */
struct fa_trial {
    unsigned round; /**< From 0; the warm-up is not kept. */
    unsigned place; /**< Its turn within the round, from 0. */

    double wall;
    double user, system; /**< CPU of the whole process tree. */
    uint64_t peak_pss;   /**< Of the whole tree at one time; shared pages count once. */
    uint64_t peak_threads;
    uint64_t peak_processes;
    uint64_t switches;      /**< Context switches, voluntary and forced. */
    uint64_t calls;         /**< System calls. */
    struct fa_latency ttfb; /**< From the slot to the first byte of the answer. */
    struct fa_latency total;

    uint64_t entries; /**< That ended, well or not. */
    uint64_t failed;
    uint64_t retried;              /**< Of the failed ones, those that were tried more than once. */
    uint64_t failures[FA_CLASSES]; /**< The failed ones by class. */
    char failure[FA_FAILURE_MAX];  /**< The first one: "URL: why".  As it came: escape it. */
    uint64_t http2;                /**< Entries whose answer came over HTTP/2. */
    uint64_t bytes;                /**< Bodies received. */
    int status;                    /**< The exit status; 128 plus the number of a signal. */

    struct fa_moment *moments; /**< In order of time; owned. */
    size_t n_moments;
};

#define FA_CONTESTANT_NAME_MAX 96

/** One way of doing the same work. */
struct fa_contestant {
    char name[FA_CONTESTANT_NAME_MAX]; /**< Only what tells it from the others: "async -j 32". */
    enum fa_mode mode;
    unsigned jobs;
    unsigned loops; /**< 0: auto. */
    enum fa_http http;
    enum fa_hash_with hash_with;
    struct fa_trial *trials; /**< One a round, in order of the rounds; owned. */
    size_t n_trials;
};

/** All that was asked and seen. */
struct fa_comparison {
    const char *title; /**< The list or folder as the user named it. */
    bool stage;        /**< The CPU stage was compared, and nothing was fetched. */
    struct fa_contestant *contestants;
    size_t n_contestants;
    unsigned rounds;         /**< That every contestant has ended. */
    unsigned rounds_wanted;  /**< More than rounds: a budget ran out, or a signal came. */
    uint64_t entries, bytes; /**< Of the sample; bytes as the warm-up found. */
    uint64_t listed;         /**< Entries of the whole list. */
    uint64_t origins;        /**< Of the sample. */
    unsigned per_host;       /**< Transfers at once to one of them; 0: as many as there are jobs. */
    uint64_t requests;       /**< Sent in all, the warm-up included. */
    const char *command;     /**< What goes before the contestant's own options in a command line
                                 that repeats it, quoted for a shell: "fetchall --cacert ca.pem". */
    const char *list;        /**< What goes behind them, quoted for a shell. */
    bool redacted;           /**< "***" stands for something in these two. */
    char machine[160];       /**< "2 cores of ..., 8 GiB, Linux 6.1". */
    char when[32];           /**< ISO 8601, UTC. */
};

#endif
