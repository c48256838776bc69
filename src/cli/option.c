/*
 * Stores the value of an option in its field of struct fa_options.  The type of a row selects the
 * parser; FIELD() in options.c has checked the type of the field at compile time.
 *
 * A field is found by its offset, so that a row is constant data and most options need no function
 * of their own.  Enum fields are written as unsigned, whose size options.c compares with theirs.
 *
 * A message says what the option accepts, so that the user need not look it up.
 */
#include "cli/option.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/value.h"

int fa_option_refuse(struct fa_error *err, const char *format, ...)
{
    char msg[FA_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(msg, sizeof(msg), format, args);
    va_end(args);
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "%s", msg);
    return -1;
}

/* A row without .commands is for downloads only. */
bool fa_option_is_for(const struct fa_option *option, enum fa_command command)
{
    unsigned commands = option->commands ? option->commands : FA_COMMAND_FETCH;
    if ((commands & FA_COMMAND_FETCH) && !option->lists)
        commands |= FA_COMMAND_WORK;
    return option->type != FA_OPTION_GROUP && (commands & command);
}

static void *option_field(const struct fa_option *option, struct fa_options *options)
{
    return (char *)options + option->offset;
}

/* Collects the names while it compares them: the message lists them all. */
static int option_store_choice(const struct fa_option *option, unsigned *option_field,
                               const char *value, struct fa_error *err)
{
    char names[120] = "";
    for (unsigned i = 0; option->choice(i); ++i) {
        const char *name = option->choice(i);
        if (strcmp(name, value) == 0) {
            *option_field = option->first + i;
            return 0;
        }
        size_t len = strlen(names);
        const char *glue = i == 0 ? "" : option->choice(i + 1) ? ", " : " or ";
        snprintf(names + len, sizeof(names) - len, "%s%s", glue, name);
    }
    return fa_option_refuse(err, "--%s requires %s, not '%s'", option->name, names, value);
}

static int option_store_uint(const struct fa_option *option, unsigned *option_field,
                             const char *value, struct fa_error *err)
{
    uint64_t number;
    if (fa_value_number(value, &number) != 0 || number < option->min || number > option->max)
        return fa_option_refuse(err, "--%s requires a number from %u to %u, not '%s'", option->name,
                                option->min, option->max, value);
    *option_field = (unsigned)number;
    return 0;
}

/* Sizes have no range: 0 means no limit, and fa_value_size() rejects what exceeds off_t. */
static int option_store_size(const struct fa_option *option, uint64_t *option_field,
                             const char *value, struct fa_error *err)
{
    if (fa_value_size(value, option_field) != 0)
        return fa_option_refuse(err, "--%s requires a size such as 500k, 20M or 1G, not '%s'",
                                option->name, value);
    return 0;
}

static int option_store_time(const struct fa_option *option, double *option_field,
                             const char *value, struct fa_error *err)
{
    double seconds;
    if (fa_value_seconds(value, &seconds) != 0)
        return fa_option_refuse(err, "--%s requires a time such as 1.5, 30s, 2m or 1h, not '%s'",
                                option->name, value);
    if (seconds < option->least || seconds > option->most)
        return fa_option_refuse(err, "--%s requires a time from %.10g to %.10g seconds, not '%s'",
                                option->name, option->least, option->most, value);
    *option_field = seconds;
    return 0;
}

static int option_store_text(const struct fa_option *option, const char **option_field,
                             const char *value, struct fa_error *err)
{
    /* Reject line ends: the text becomes part of headers and of line-based outputs. */
    if (strpbrk(value, "\r\n"))
        return fa_option_refuse(err, "--%s requires a single line of text", option->name);
    /* A file or directory has a name, but other texts may be empty: --proxy ''. */
    if (!*value && option->offer != FA_OFFER_NOTHING)
        return fa_option_refuse(err, "--%s requires a name, not ''", option->name);
    *option_field = value;
    return 0;
}

/* Report a missing file now, not at the first transfer that needs it. */
static int option_store_file(const struct fa_option *option, const char **option_field,
                             const char *value, struct fa_error *err)
{
    struct stat st;
    const char *why = NULL;
    if (stat(value, &st) != 0 || access(value, R_OK) != 0)
        why = strerror(errno);
    else if (S_ISDIR(st.st_mode) && !option->folder)
        why = strerror(EISDIR);
    if (why)
        return fa_option_refuse(err, "--%s: cannot read '%s': %s", option->name, value, why);
    *option_field = value;
    return 0;
}

int fa_option_store(const struct fa_option *option, struct fa_options *options, const char *value,
                    struct fa_error *err)
{
    /* FLAG and SET have no argument, and value is NULL. */
    void *at = option_field(option, options);
    switch (option->type) {
    case FA_OPTION_FLAG:
        *(bool *)at = true;
        return 0;
    case FA_OPTION_SET:
        *(unsigned *)at = option->first;
        return 0;
    case FA_OPTION_CHOICE:
        return option_store_choice(option, at, value, err);
    case FA_OPTION_UINT:
        return option_store_uint(option, at, value, err);
    case FA_OPTION_SIZE:
        return option_store_size(option, at, value, err);
    case FA_OPTION_TIME:
        return option_store_time(option, at, value, err);
    case FA_OPTION_TEXT:
        return option_store_text(option, at, value, err);
    case FA_OPTION_FILE:
        return option_store_file(option, at, value, err);
    case FA_OPTION_CUSTOM:
        return option->parse(options, value, err);
    case FA_OPTION_END:
    case FA_OPTION_GROUP:
        break;
    }
    return fa_option_refuse(err, "unknown option");
}

/* The field's value as a text; NULL if it is 0 or NULL, which stands for no limit or an automatic
 * choice: .initial has the text for that. */
static const char *field_text(const struct fa_option *option, const void *at, char *buf,
                              size_t size)
{
    switch (option->type) {
    case FA_OPTION_CHOICE: {
        unsigned value = *(const unsigned *)at;
        return value < option->first ? NULL : option->choice(value - option->first);
    }
    case FA_OPTION_UINT:
        snprintf(buf, size, "%u", *(const unsigned *)at);
        return *(const unsigned *)at ? buf : NULL;
    case FA_OPTION_TIME:
        snprintf(buf, size, "%g", *(const double *)at);
        return *(const double *)at > 0 ? buf : NULL;
    case FA_OPTION_TEXT:
        return *(const char *const *)at;
    default:
        return NULL;
    }
}

const char *fa_option_default(const struct fa_option *option, const struct fa_options *defaults,
                              char *buf, size_t size)
{
    if (option->initial)
        return option->initial;
    const void *at = (const char *)defaults + option->offset;
    return field_text(option, at, buf, size);
}
