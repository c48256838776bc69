#include "cli/compare/picks.h"

#include <string.h>

#include "cli/options.h"
#include "cli/value.h"

/* A value by its name; ends with a row without one. */
struct name {
    const char *name;
    unsigned value;
};

/* What a list may hold: names, and numbers from 1 to most. */
struct kind {
    const char *option;
    const char *wants;
    const struct name *names;
    unsigned most; /* 0: no numbers */
};

static const struct name no_names[] = {{0}};
static const struct name mode_names[] = {
    {"thread", FA_MODE_THREAD}, {"process", FA_MODE_PROCESS}, {"async", FA_MODE_ASYNC}, {0}};
static const struct name loops_names[] = {{"auto", 0}, {0}};
static const struct name http_names[] = {{"1.1", FA_HTTP_1_1}, {"2", FA_HTTP_2}, {0}};
static const struct name model_names[] = {{"inline", FA_HASH_WITH_INLINE},
                                          {"thread", FA_HASH_WITH_THREAD},
                                          {"process", FA_HASH_WITH_PROCESS},
                                          {0}};

static const struct kind modes_kind = {"modes", "thread, process and async", mode_names, 0};
static const struct kind jobs_kind = {"jobs", "numbers from 1 to 4096", no_names, 4096};
static const struct kind loops_kind = {"loops", "auto, and numbers from 1 to 64", loops_names, 64};
static const struct kind http_kind = {"http", "1.1 and 2", http_names, 0};
static const struct kind model_kind = {"hash-with", "process, thread and inline", model_names, 0};

static const char *name_of(const struct name *names, unsigned value)
{
    for (; names->name; ++names)
        if (names->value == value)
            return names->name;
    return NULL;
}

const char *fa_picks_mode(unsigned mode)
{
    return name_of(mode_names, mode);
}

const char *fa_picks_http(unsigned http)
{
    return name_of(http_names, http);
}

const char *fa_picks_hash_with(unsigned model)
{
    return name_of(model_names, model);
}

static int find(const struct kind *kind, const char *word, unsigned *ret_value)
{
    uint64_t number;
    for (const struct name *row = kind->names; row->name; ++row) {
        if (strcmp(row->name, word) == 0) {
            *ret_value = row->value;
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

/* One value between two commas. */
static int add(struct fa_picks *picks, const struct kind *kind, const char *text, size_t len,
               struct fa_error *err)
{
    char word[16];
    unsigned value;
    if (len >= sizeof(word))
        return fa_option_refuse(err, "--%s wants %s, parted by commas, not '%.*s'", kind->option,
                                kind->wants, (int)len, text);
    memcpy(word, text, len);
    word[len] = '\0';
    if (find(kind, word, &value) != 0)
        return fa_option_refuse(err, "--%s wants %s, parted by commas, not '%s'", kind->option,
                                kind->wants, word);
    if (fa_picks_hold(picks, value))
        return fa_option_refuse(err, "--%s has '%s' twice", kind->option, word);
    if (picks->count == FA_PICKS_MAX)
        return fa_option_refuse(err, "--%s takes at most %d values", kind->option, FA_PICKS_MAX);
    picks->values[picks->count++] = value;
    return 0;
}

static int parse(struct fa_picks *picks, const struct kind *kind, const char *value,
                 struct fa_error *err)
{
    *picks = (struct fa_picks){0};
    for (const char *at = value;; ++at) {
        size_t len = strcspn(at, ",");
        if (add(picks, kind, at, len, err) != 0)
            return -1;
        at += len;
        if (!*at)
            return 0;
    }
}

int fa_picks_parse_modes(struct fa_options *options, const char *value, struct fa_error *err)
{
    return parse(&options->compare.modes, &modes_kind, value, err);
}

int fa_picks_parse_jobs(struct fa_options *options, const char *value, struct fa_error *err)
{
    return parse(&options->compare.jobs, &jobs_kind, value, err);
}

int fa_picks_parse_loops(struct fa_options *options, const char *value, struct fa_error *err)
{
    return parse(&options->compare.loops, &loops_kind, value, err);
}

int fa_picks_parse_http(struct fa_options *options, const char *value, struct fa_error *err)
{
    return parse(&options->compare.http, &http_kind, value, err);
}

int fa_picks_parse_hash_with(struct fa_options *options, const char *value, struct fa_error *err)
{
    return parse(&options->compare.hash_with, &model_kind, value, err);
}
