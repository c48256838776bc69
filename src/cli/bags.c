/*
 * A run downloads what fetch.txt names; a bag (RFC 8493) is more than that: files that came with
 * it, further manifests, tag files.  Only a bag whose folder is --dir becomes whole by the run.
 */
#include "cli/bags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <fetchall/verify.h>

#include "cli/term.h"
#include "cli/units.h"

struct bag {
    uint64_t counts[FA_FINDINGS];
    uint64_t bytes;
};

static void bag_on_checked(void *ctx, const struct fa_checked *checked)
{
    struct bag *bag = ctx;
    ++bag->counts[checked->finding];
    bag->bytes += checked->size;
    if (checked->finding == FA_FINDING_GOOD)
        return;
    fprintf(stderr, "fetchall: bag: %s: ", fa_finding_name(checked->finding));
    fa_term_put(stderr, checked->path);
    if (checked->why) {
        fputs(": ", stderr);
        fa_term_put(stderr, checked->why);
    }
    fputc('\n', stderr);
}

/* The folder of a list that is the fetch.txt of a bag; free() it.  NULL: it is none. */
static char *list_bag(const struct fa_options *options, const char *list)
{
    enum fa_list_format format = options->config.format;
    const char *slash = strrchr(list, '/');
    const char *name = slash ? slash + 1 : list;
    if (format != FA_LIST_FORMAT_BAGIT &&
        (format != FA_LIST_FORMAT_AUTO || strcmp(name, "fetch.txt") != 0))
        return NULL;
    char *dir = !slash ? strdup(".") : strndup(list, slash == list ? 1 : (size_t)(slash - list));
    if (dir && fa_verify_has_bag(dir))
        return dir;
    free(dir);
    return NULL;
}

/* By what they are, since there are many names for a folder. */
static bool folder_is_same(const char *one, const char *two)
{
    struct stat a, b;
    return stat(one, &a) == 0 && stat(two, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static enum fa_exit_status bag_check(const struct fa_options *options)
{
    struct bag bag = {0};
    struct fa_error err = {0};
    char size[FA_UNITS_MAX];
    int64_t busy;
    if (fa_verify_bag(&options->config, bag_on_checked, &bag, &busy, &err)) {
        fa_term_error(&err);
        return fa_exit_of(&err);
    }
    uint64_t bad = 0;
    for (unsigned i = 0; i < FA_FINDINGS; ++i)
        bad += i == FA_FINDING_GOOD ? 0 : bag.counts[i];
    if (bad == 0 && options->quiet)
        return FA_EXIT_OK;
    fputs("fetchall: the bag '", stderr);
    fa_term_put(stderr, options->config.dir);
    fprintf(stderr, "' is %swhole: %llu good files (%s), %llu errors\n", bad ? "not " : "",
            (unsigned long long)bag.counts[FA_FINDING_GOOD],
            fa_units_bytes((double)bag.bytes, size), (unsigned long long)bad);
    return bag.counts[FA_FINDING_UNREADABLE] ? FA_EXIT_LOCAL : bad ? FA_EXIT_INTEGRITY : FA_EXIT_OK;
}

static void bag_skip(const struct fa_options *options, const char *dir, const char *why)
{
    if (options->quiet)
        return;
    fputs("fetchall: the bag '", stderr);
    fa_term_put(stderr, dir);
    fprintf(stderr, "' is not checked: %s\n", why);
}

/* Checked after a run without failures only: otherwise the bag cannot be whole, and the failures
 * are what the user has to look at. */
enum fa_exit_status fa_bags_check(const struct fa_options *options, enum fa_exit_status status)
{
    const struct fa_config *config = &options->config;
    bool found = false;
    for (size_t i = 0; !found && !config->plan && i < options->lists.count; ++i) {
        char *dir = list_bag(options, options->lists.items[i]);
        found = dir && folder_is_same(dir, config->dir);
        if (dir && !found)
            bag_skip(options, dir, "its files are in another folder; use -d with that of the bag");
        else if (found && config->shards > 1)
            bag_skip(options, dir, "this run has only a shard of it");
        else if (found && status != FA_EXIT_OK)
            bag_skip(options, dir, "it is not complete");
        else if (found)
            status = bag_check(options);
        free(dir);
    }
    return status;
}
