/**
 * One option: a row of a table.
 *
 * The tables (options.c lists them) are the only place that names an option; the parser, --help,
 * the man page and the completion are all driven by them.
 */
#ifndef FETCHALL_CLI_OPTION_H
#define FETCHALL_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include <fetchall/error.h>

struct fa_options;

/** The type of a row, and of its field. */
enum fa_option_type {
    FA_OPTION_END,
    FA_OPTION_GROUP,  /**< A heading for the rows that follow; help is its text. */
    FA_OPTION_FLAG,   /**< bool */
    FA_OPTION_SET,    /**< An enum, set to .first; no argument. */
    FA_OPTION_CHOICE, /**< An enum, set to .first plus the index of a .choice. */
    FA_OPTION_UINT,   /**< unsigned, from .min to .max */
    FA_OPTION_SIZE,   /**< uint64_t */
    FA_OPTION_TIME,   /**< double, in seconds, from .least to .most */
    FA_OPTION_TEXT,   /**< const char *, one line, borrowed from the command line */
    FA_OPTION_FILE,   /**< const char *, a file that can be read */
    FA_OPTION_CUSTOM, /**< Whatever .parse stores. */
};

/** What shell completion offers for an argument. */
enum fa_option_offer { FA_OFFER_NOTHING, FA_OFFER_FILES, FA_OFFER_FOLDERS };

/** The commands of the program, as bits of fa_option.commands; without a command it fetches. */
enum fa_command {
    FA_COMMAND_FETCH = 1 << 0,
    FA_COMMAND_STATUS = 1 << 1,
    FA_COMMAND_VERIFY = 1 << 2,
    FA_COMMAND_COMPARE = 1 << 3,
    FA_COMMAND_MERGE = 1 << 4,
    FA_COMMAND_ENQUEUE = 1 << 5,
    FA_COMMAND_WORK = 1 << 6, /**< Downloads, too: it accepts the options of FA_COMMAND_FETCH. */
    FA_COMMAND_DOCTOR = 1 << 7,
    FA_COMMAND_EXPLAIN = 1 << 8,
};

struct fa_option {
    enum fa_option_type type;
    unsigned commands; /**< Commands that accept it; 0: FA_COMMAND_FETCH. */
    char letter;       /**< '\0': none. */
    const char *name;  /**< Without the dashes. */
    const char *arg;   /**< Placeholder of the argument in texts; NULL: no argument. */
    size_t offset;     /**< Of the field in struct fa_options. */

    unsigned min, max;
    double least, most;
    unsigned first;
    const char *(*choice)(unsigned index); /**< NULL after the last one.  In a CUSTOM row: for
                                              texts and completion only. */
    int (*parse)(struct fa_options *options, const char *value, struct fa_error *err);
    enum fa_option_offer offer;
    bool folder;  /**< FILE: a folder is accepted, too. */
    bool lists;   /**< It is about lists, which FA_COMMAND_WORK does not read. */
    bool repeats; /**< Each value is added to those before it. */
    bool early;   /**< Stored before the config file is read, and not allowed there. */

    const char *initial; /**< The default as a text, if the initial value of the field (0, NULL)
                            does not show it. */
    const char *help;    /**< Lower case, no full stop. */
    const char *more;    /**< Sentences for the man page that follow the help; may be NULL. */
};

/** Whether a command accepts an option, which is not a group. */
bool fa_option_is_for(const struct fa_option *option, enum fa_command command);

/**
 * Store a value in the field of an option.
 *
 * @value  NULL for an option without argument.
 * @return 0, or -1 with a message that names the option and what it requires.
 */
int fa_option_store(const struct fa_option *option, struct fa_options *options, const char *value,
                    struct fa_error *err);

/**
 * The default as a text.
 *
 * @defaults  Options as fa_options_init() leaves them.
 * @buf       Buffer for the text.
 * @return    NULL: no default to show.
 */
const char *fa_option_default(const struct fa_option *option, const struct fa_options *defaults,
                              char *buf, size_t size);

/** Set a usage error.  @return -1 */
int fa_option_refuse(struct fa_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
