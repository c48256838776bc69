/**
 * What the tables of options are written with.
 *
 * A row refers to its field by offset and type.  FIELD() checks the type at compile time: a TIME
 * whose field is not a double does not compile.
 */
#ifndef FETCHALL_CLI_OPTION_ROWS_H
#define FETCHALL_CLI_OPTION_ROWS_H

#include "cli/options.h"

/** The tables, each for some sections of the manual; each ends with a row of FA_OPTION_END. */
extern const struct fa_option fa_options_concurrency[];
extern const struct fa_option fa_options_lists[];
extern const struct fa_option fa_options_connection[];
extern const struct fa_option fa_options_queue[];
extern const struct fa_option fa_options_output[];

/** An enum field is written as unsigned: see option_store_choice(). */
#define SAME_SIZE(type) _Static_assert(sizeof(type) == sizeof(unsigned), #type)

/** Commands, and sets of them, for .commands.  LOOKS read a directory and download nothing. */
#define STATUS  FA_COMMAND_STATUS
#define VERIFY  FA_COMMAND_VERIFY
#define LOOKS   (STATUS | VERIFY)
#define COMPARE FA_COMMAND_COMPARE
#define MERGE   FA_COMMAND_MERGE
#define ENQUEUE FA_COMMAND_ENQUEUE
#define WORK    FA_COMMAND_WORK
#define DOCTOR  FA_COMMAND_DOCTOR
#define EXPLAIN FA_COMMAND_EXPLAIN
#define HASHES  (FA_COMMAND_FETCH | VERIFY)
/** Options that a comparison passes to its runs. */
#define RUNS (FA_COMMAND_FETCH | COMPARE)
/** Options about the lists that are read. */
#define READS (RUNS | ENQUEUE | DOCTOR)
#define ALL   (RUNS | LOOKS | MERGE | ENQUEUE | DOCTOR | EXPLAIN)
/** Options that hosts can have of their own. */
#define HOSTED (RUNS | DOCTOR)

/** A function for .choice: the names in the order of the enum. */
#define NAMES(function, ...)                                                 \
    static const char *function(unsigned index)                              \
    {                                                                        \
        static const char *const names[] = {__VA_ARGS__};                    \
        return index < sizeof(names) / sizeof(*names) ? names[index] : NULL; \
    }

/** offsetof(), and a compile error unless the field has that type.  The operand of sizeof is not
 * evaluated, so the null pointer is never used. */
#define FIELD(type, f) \
    (offsetof(struct fa_options, f) + 0 * sizeof((type *){&((struct fa_options *)0)->f}))

/** One macro per type, so that no row lacks a field that its type requires. */
#define GROUP(text)                                         \
    {                                                       \
        .type = FA_OPTION_GROUP, .name = "", .help = (text) \
    }
#define FLAG(n, l, f, ...)                                                                        \
    {                                                                                             \
        .type = FA_OPTION_FLAG, .name = (n), .letter = (l), .offset = FIELD(bool, f), __VA_ARGS__ \
    }
#define SET(n, l, t, f, v, ...)                                                                 \
    {                                                                                           \
        .type = FA_OPTION_SET, .name = (n), .letter = (l), .offset = FIELD(t, f), .first = (v), \
        __VA_ARGS__                                                                             \
    }
#define CHOICE(n, l, a, t, f, c, ...)                                                            \
    {                                                                                            \
        .type = FA_OPTION_CHOICE, .name = (n), .letter = (l), .arg = (a), .offset = FIELD(t, f), \
        .choice = (c), __VA_ARGS__                                                               \
    }
#define UINT(n, l, f, lo, hi, ...)                                          \
    {                                                                       \
        .type = FA_OPTION_UINT, .name = (n), .letter = (l), .arg = "N",     \
        .offset = FIELD(unsigned, f), .min = (lo), .max = (hi), __VA_ARGS__ \
    }
#define SIZE(n, f, ...)                                                                   \
    {                                                                                     \
        .type = FA_OPTION_SIZE, .name = (n), .arg = "SIZE", .offset = FIELD(uint64_t, f), \
        __VA_ARGS__                                                                       \
    }
#define TIME(n, f, lo, hi, ...)                                                      \
    {                                                                                \
        .type = FA_OPTION_TIME, .name = (n), .arg = "S", .offset = FIELD(double, f), \
        .least = (lo), .most = (hi), __VA_ARGS__                                     \
    }
#define TEXT(n, l, a, f, ...)                                           \
    {                                                                   \
        .type = FA_OPTION_TEXT, .name = (n), .letter = (l), .arg = (a), \
        .offset = FIELD(const char *, f), __VA_ARGS__                   \
    }
#define OUTPUT(n, f, ...) TEXT(n, 0, "FILE", f, .offer = FA_OFFER_FILES, __VA_ARGS__)
#define INPUT(n, f, ...)                                                                      \
    {                                                                                         \
        .type = FA_OPTION_FILE, .name = (n), .arg = "FILE", .offset = FIELD(const char *, f), \
        .offer = FA_OFFER_FILES, __VA_ARGS__                                                  \
    }
#define CUSTOM(n, l, a, p, ...)                                                         \
    {                                                                                   \
        .type = FA_OPTION_CUSTOM, .name = (n), .letter = (l), .arg = (a), .parse = (p), \
        __VA_ARGS__                                                                     \
    }

/** In seconds. */
#define DAY 86400

#endif
