/*
 * One parser for all lists of values: a struct kind describes for each option which names and
 * numbers are valid.
 *
 * The names come from cli/value.h, which the options of a single run use too: a new mode is
 * accepted here without a change.
 */
#include "cli/compare/picks.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/value.h"

#define ROUNDS_MAX 1000

/* The valid values of a list: names of values from 0 on, and numbers from 1 to most. */
struct kind {
    const char *option;
    const char *required;          /* NULL: all names. */
    const char *(*name)(unsigned); /* NULL: no names. */
    unsigned most;                 /* 0: no numbers. */
};

static const char *loops_name(unsigned loops)
{
    return loops == 0 ? "auto" : NULL;
}

static const struct kind modes_kind = {"modes", NULL, fa_value_mode, 0};
static const struct kind jobs_kind = {"jobs", "numbers from 1 to 4096", NULL, 4096};
static const struct kind loops_kind = {"loops", "auto, and numbers from 1 to 64", loops_name, 64};
static const struct kind http_kind = {"http", NULL, fa_value_http, 0};
static const struct kind model_kind = {"hash-with", NULL, fa_value_hash_with, 0};

static int picks_find(const struct kind *kind, const char *word, unsigned *ret_value)
{
    uint64_t number;
    for (unsigned i = 0; kind->name && kind->name(i); ++i) {
        if (strcmp(kind->name(i), word) == 0) {
            *ret_value = i;
            return 0;
        }
    }
    if (kind->most == 0 || fa_value_number(word, &number) != 0 || number < 1 || number > kind->most)
        return -1;
    *ret_value = (unsigned)number;
    return 0;
}

bool fa_picks_hold(const struct fa_picks *picks, unsigned value)
{
    for (size_t i = 0; i < picks->count; ++i)
        if (picks->values[i] == value)
            return true;
    return false;
}

/* "process, thread and inline" */
static const char *all_names(const struct kind *kind, char *buf, size_t size)
{
    size_t len = 0;
    for (unsigned i = 0; kind->name(i) && len < size; ++i) {
        const char *glue = i == 0 ? "" : kind->name(i + 1) ? ", " : " and ";
        len += (size_t)snprintf(buf + len, size - len, "%s%s", glue, kind->name(i));
    }
    return buf;
}

static int picks_refuse(const struct kind *kind, const char *text, size_t len, struct fa_error *err)
{
    char names[120];
    return fa_option_refuse(err, "--%s requires %s, separated by commas, not '%.*s'", kind->option,
                            kind->required ? kind->required : all_names(kind, names, sizeof(names)),
                            (int)len, text);
}

/* Add one value, the text between two commas. */
static int picks_add(struct fa_picks *picks, const struct kind *kind, const char *text, size_t len,
                     struct fa_error *err)
{
    char word[16];
    unsigned value;
    /* No valid value needs that many characters. */
    if (len >= sizeof(word))
        return picks_refuse(kind, text, len, err);
    memcpy(word, text, len);
    word[len] = '\0';
    if (picks_find(kind, word, &value) != 0)
        return picks_refuse(kind, text, len, err);
    /* More likely a typing error than intent: a program compared with itself shows only noise. */
    if (fa_picks_hold(picks, value))
        return fa_option_refuse(err, "--%s has '%s' twice", kind->option, word);
    if (picks->count == FA_PICKS_MAX)
        return fa_option_refuse(err, "--%s accepts at most %d values", kind->option, FA_PICKS_MAX);
    picks->values[picks->count++] = value;
    return 0;
}

static int picks_parse(struct fa_picks *picks, const struct kind *kind, const char *value,
                       struct fa_error *err)
{
    *picks = (struct fa_picks){0};
    for (const char *at = value;; ++at) {
        size_t len = strcspn(at, ",");
        if (picks_add(picks, kind, at, len, err) != 0)
            return -1;
        at += len;
        if (!*at)
            return 0;
    }
}

int fa_picks_parse_modes(struct fa_options *options, const char *value, struct fa_error *err)
{
    return picks_parse(&options->compare.modes, &modes_kind, value, err);
}

int fa_picks_parse_jobs(struct fa_options *options, const char *value, struct fa_error *err)
{
    return picks_parse(&options->compare.jobs, &jobs_kind, value, err);
}

int fa_picks_parse_loops(struct fa_options *options, const char *value, struct fa_error *err)
{
    return picks_parse(&options->compare.loops, &loops_kind, value, err);
}

int fa_picks_parse_http(struct fa_options *options, const char *value, struct fa_error *err)
{
    return picks_parse(&options->compare.http, &http_kind, value, err);
}

int fa_picks_parse_hash_with(struct fa_options *options, const char *value, struct fa_error *err)
{
    return picks_parse(&options->compare.hash_with, &model_kind, value, err);
}

int fa_picks_parse_rounds(struct fa_options *options, const char *value, struct fa_error *err)
{
    struct fa_compare_options *compare = &options->compare;
    if (fa_value_auto(value, ROUNDS_MAX, &compare->rounds, &compare->sequential) != 0)
        return fa_option_refuse(err,
                                "--rounds requires a number from 1 to %d, auto or auto:MAX, not "
                                "'%s'",
                                ROUNDS_MAX, value);
    if (compare->rounds == 0)
        compare->rounds = FA_PICKS_ROUNDS;
    return 0;
}
