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

#include <fetchall/event.h>

#include "cli/options.h"
#include "cli/value.h"

#define ROUNDS_MAX 1000
#define SAMPLE_MAX 1000000

/* The valid values of a list: names of values from 0 on, and numbers from 1 to most. */
struct kind {
    const char *option;
    const char *required;                               /* NULL: all names. */
    const char *(*name)(unsigned);                      /* NULL: no names. */
    unsigned most;                                      /* 0: no numbers. */
    int (*find)(const char *word, unsigned *ret_value); /* Instead of names and numbers. */
};

static const char *loops_name(unsigned loops)
{
    return loops == 0 ? "auto" : NULL;
}

static int per_host_find(const char *word, unsigned *ret_value)
{
    bool search;
    if (fa_value_per_host(word, ret_value, &search) != 0)
        return -1;
    *ret_value |= search ? FA_PICK_AUTO : 0;
    return 0;
}

static int segments_find(const char *word, unsigned *ret_value)
{
    return fa_value_segments(word, ret_value);
}

/* Digests that are computed together have a plus between them, as commas separate the values. */
static int hash_find(const char *word, unsigned *ret_value)
{
    char text[FA_PICK_TEXT_MAX];
    unsigned first;
    snprintf(text, sizeof(text), "%s", word);
    if (strchr(text, ','))
        return -1;
    for (char *plus = text; (plus = strchr(plus, '+'));)
        *plus = ',';
    if (fa_value_hashes(text, ret_value, &first) != 0)
        return -1;
    *ret_value = *ret_value ? *ret_value : FA_PICK_NO_HASH;
    return 0;
}

static const struct kind modes_kind = {"modes", NULL, fa_value_mode, 0, NULL};
static const struct kind jobs_kind = {"jobs", "numbers from 1 to 4096", NULL, 4096, NULL};
static const struct kind loops_kind = {"loops", "auto, and numbers from 1 to 64", loops_name, 64,
                                       NULL};
static const struct kind http_kind = {"http", NULL, fa_value_http, 0, NULL};
static const struct kind model_kind = {"hash-with", NULL, fa_value_hash_with, 0, NULL};
static const struct kind per_host_kind = {"per-host", "numbers from 1 to 20000, auto and auto:MAX",
                                          NULL, 0, per_host_find};
static const struct kind segments_kind = {"segments", "numbers from 1 to 64, and auto", NULL, 0,
                                          segments_find};
static const struct kind hash_kind = {
    "hash",
    "none, md5, sha1, sha224, sha256, sha384, sha512, blake2b, xxh128, or some of them as "
    "sha256+md5",
    NULL, 0, hash_find};

static int picks_find(const struct kind *kind, const char *word, unsigned *ret_value)
{
    uint64_t number;
    if (kind->find)
        return kind->find(word, ret_value);
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
    char word[FA_PICK_TEXT_MAX];
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

int fa_picks_parse_sample(struct fa_options *options, const char *value, struct fa_error *err)
{
    static const char prefix[] = "fresh:";
    struct fa_compare_options *compare = &options->compare;
    uint64_t sample = FA_PICKS_SAMPLE;
    bool plain = strcmp(value, "fresh") == 0;
    compare->fresh = plain || strncmp(value, prefix, sizeof(prefix) - 1) == 0;
    const char *number = compare->fresh && !plain ? value + sizeof(prefix) - 1 : value;
    if (!plain && (fa_value_number(number, &sample) != 0 || sample < 1 || sample > SAMPLE_MAX))
        return fa_option_refuse(
            err, "--sample requires a number from 1 to %d, fresh or fresh:N, not '%s'", SAMPLE_MAX,
            value);
    compare->sample = (unsigned)sample;
    return 0;
}

int fa_picks_parse_rounds(struct fa_options *options, const char *value, struct fa_error *err)
{
    struct fa_compare_options *compare = &options->compare;
    if (fa_value_auto(value, ROUNDS_MAX, &compare->rounds, &compare->sequential) != 0)
        return fa_option_refuse(err,
                                "--rounds requires a number from 1 to %d, auto or auto:MAX, not "
                                "'%s'",
                                ROUNDS_MAX, value);
    return 0;
}

int fa_picks_parse_per_host(struct fa_options *options, const char *value, struct fa_error *err)
{
    struct fa_picks *picks = &options->compare.per_host;
    struct fa_config *config = &options->config;
    if (picks_parse(picks, &per_host_kind, value, err) != 0)
        return -1;
    if (picks->count == 1) {
        config->per_host = picks->values[0] & ~FA_PICK_AUTO;
        config->per_host_auto = picks->values[0] & FA_PICK_AUTO;
    }
    return 0;
}

int fa_picks_parse_segments(struct fa_options *options, const char *value, struct fa_error *err)
{
    struct fa_picks *picks = &options->compare.segments;
    if (picks_parse(picks, &segments_kind, value, err) != 0)
        return -1;
    if (picks->count == 1)
        options->config.segments = picks->values[0];
    return 0;
}

int fa_picks_parse_hash(struct fa_options *options, const char *value, struct fa_error *err)
{
    struct fa_picks *picks = &options->compare.hash;
    char text[FA_PICK_TEXT_MAX];
    if (picks_parse(picks, &hash_kind, value, err) != 0)
        return -1;
    if (picks->count > 1)
        return 0;
    fa_pick_hash(picks->values[0], text);
    return fa_value_hashes(text, &options->config.hash, &options->config.hash_first);
}

const char *fa_pick_per_host(unsigned value, char buf[FA_PICK_TEXT_MAX])
{
    unsigned most = value & ~FA_PICK_AUTO;
    if (most > 0)
        snprintf(buf, FA_PICK_TEXT_MAX, "%s%u", value & FA_PICK_AUTO ? "auto:" : "", most);
    else
        snprintf(buf, FA_PICK_TEXT_MAX, "auto");
    return buf;
}

const char *fa_pick_segments(unsigned value, char buf[FA_PICK_TEXT_MAX])
{
    if (value == FA_SEGMENTS_AUTO)
        snprintf(buf, FA_PICK_TEXT_MAX, "auto");
    else
        snprintf(buf, FA_PICK_TEXT_MAX, "%u", value);
    return buf;
}

const char *fa_pick_hash(unsigned value, char buf[FA_PICK_TEXT_MAX])
{
    size_t used = 0;
    snprintf(buf, FA_PICK_TEXT_MAX, "none");
    for (unsigned bit = 1; value != FA_PICK_NO_HASH && bit && bit <= value; bit <<= 1)
        if (value & bit)
            used += (size_t)snprintf(buf + used, FA_PICK_TEXT_MAX - used, "%s%s", used ? "," : "",
                                     fa_hash_name((enum fa_hash)bit));
    return buf;
}
