/**
 * The command line as values, and the tables of options.
 */
#ifndef FETCHALL_CLI_OPTIONS_H
#define FETCHALL_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <fetchall/config.h>
#include <fetchall/error.h>

#include "cli/compare/condition.h"
#include "cli/compare/picks.h"
#include "cli/compare/program.h"
#include "cli/host_file.h"
#include "cli/option.h"
#include "cli/texts.h"

/** What the program has to do. */
enum fa_action {
    FA_ACTION_RUN,
    FA_ACTION_HELP,
    FA_ACTION_VERSION,
    FA_ACTION_MAN, /**< --generate: print a text that is generated from the table. */
    FA_ACTION_BASH,
    FA_ACTION_ZSH,
    FA_ACTION_FISH,
    FA_ACTION_SHOW_CONFIG,
};

/** How progress is shown on standard error. */
enum fa_progress_mode {
    FA_PROGRESS_AUTO,
    FA_PROGRESS_BAR,
    FA_PROGRESS_PLAIN,
    FA_PROGRESS_JSON,
    FA_PROGRESS_NONE,
};

/** Options of FA_COMMAND_COMPARE besides those that are passed on to its runs. */
struct fa_compare_options {
    struct fa_picks modes;     /**< enum fa_mode */
    struct fa_picks jobs;      /**< Counts. */
    struct fa_picks loops;     /**< Counts; 0: auto. */
    struct fa_picks http;      /**< 11, 20 */
    struct fa_picks hash_with; /**< enum fa_hash_with */
    unsigned sample;           /**< Maximum number of entries. */
    unsigned rounds;           /**< Without the warm-up; 0: not given, until the options are
                                    checked. */
    unsigned rounds_local;     /**< Instead, if all hosts of the list are this machine. */
    bool sequential;           /**< rounds is a maximum. */
    double budget;             /**< Seconds; 0: no limit. */
    uint64_t max_bytes;        /**< 0: no limit. */
    const char *json;          /**< These are file names; NULL: none, "-": standard output. */
    const char *csv;
    const char *html;
    const char *hyperfine;
    const char *benchstat;
    const char *baseline;        /**< A file of --json; NULL: none. */
    struct fa_condition fail_if; /**< Compared with the baseline. */
    bool read;                   /**< The lists are files of --json. */
    bool stage;                  /**< Compare the CPU stage. */
    bool tune;                   /**< Race settings, and compare the best with the defaults. */
    bool write;                  /**< Put what --tune finds into the config file. */
    struct fa_programs programs; /**< Other contestants; borrows from the arguments. */
    struct fa_picks per_host;    /**< See FA_PICK_AUTO. */
    struct fa_picks segments;    /**< As fa_config.segments. */
    struct fa_picks hash;        /**< enum fa_hash bits, or FA_PICK_NO_HASH. */
    bool fresh;                  /**< Each run downloads other entries, sample of them. */
};

/** Options of queues. */
struct fa_queue_options {
    const char *url;       /**< NULL: none. */
    const char *auth_file; /**< These are NULL: none. */
    const char *cacert;
    unsigned partitions;
    unsigned results;
    double lease;
    bool wait;   /**< FA_COMMAND_WORK */
    bool follow; /**< FA_COMMAND_STATUS */
};

/** An option that was given. */
struct fa_given {
    const struct fa_option *option;
    const char *value; /**< NULL: it has no argument. */
    unsigned line;     /**< Of the config file; 0: on the command line. */
};

struct fa_options {
    struct fa_config config; /**< Its arrays are borrowed from the texts below. */
    enum fa_action action;
    enum fa_command command;
    struct fa_texts lists;
    struct fa_texts headers;
    struct fa_texts resolve;
    struct fa_texts trust_hosts;
    struct fa_texts header_files; /**< Of --header. */
    const char *doctor_host;      /**< FA_COMMAND_DOCTOR: the host to look at. */
    const char *hosts;            /**< The file of --hosts; NULL: none. */
    struct fa_host_file host_file;
    struct fa_texts reserved;
    struct fa_texts writable;
    struct fa_texts kept;
    struct fa_texts shard_files; /**< Outputs with the shard in their names. */
    const char *report;          /**< NULL: none. */
    const char *events;          /**< NULL: none. */
    bool report_append;          /**< Was given as +FILE. */
    bool events_append;
    const char *manifest; /**< NULL: none.  FA_COMMAND_VERIFY: the manifest to read. */
    const char *metrics;  /**< NULL: none. */
    bool failed;          /**< FA_COMMAND_STATUS: print failed entries. */
    bool json;            /**< FA_COMMAND_STATUS: print JSON. */
    struct fa_compare_options compare;
    struct fa_queue_options queue;
    struct fa_texts passed;  /**< FA_COMMAND_COMPARE: the given options that a fetch accepts too, as
                               "--name=value", for the runs. */
    const char *config_file; /**< Of --config; NULL: the default. */
    bool no_config;          /**< Read no config file. */
    char *config_path;       /**< The file that was read; NULL: none. */
    struct fa_texts config_values; /**< Values from that file. */
    struct fa_given *given;        /**< In their order. */
    size_t n_given;
    enum fa_progress_mode progress;
    bool quiet;
    bool verbose;
};

/** The option that follows a row, in the order of the manual; NULL: the first one.  @return NULL
 * after the last one. */
const struct fa_option *fa_options_next(const struct fa_option *row);

/** Set the defaults.  Strings of the command line are borrowed later, until fa_options_fini(). */
void fa_options_init(struct fa_options *options);

void fa_options_fini(struct fa_options *options);

/** Add a list. */
int fa_options_add_list(struct fa_options *options, const char *name, struct fa_error *err);

#endif
