/*
 * The engine in virtual time: ten thousand random scripts, and the invariants that must hold for
 * each (see support/virtual_world.h).
 *
 * A failure prints the seed, and the script and list without the lines that are not needed for it.
 * FA_ENGINE_SEED=N runs that script only; FA_ENGINE_RUNS=N sets the number of scripts.
 */

#include "support/virtual_world.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS      10000
#define SLICES    10
#define LINES_MAX 128

/* A play: lines of script and list, which can be left out, and a config. */
struct play {
    uint64_t seed, random;
    char *script[LINES_MAX], *list[LINES_MAX];
    bool no_script[LINES_MAX], no_list[LINES_MAX];
    size_t n_script, n_list;
    bool stops; /* somebody stops the run: a request may hang */
    bool twice;
    bool large; /* files that are fetched in segments */
};

static uint64_t draw(struct play *play)
{
    uint64_t z = play->random += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static unsigned below(struct play *play, unsigned limit)
{
    return (unsigned)(draw(play) % limit);
}

static bool percent(struct play *play, unsigned share)
{
    return below(play, 100) < share;
}

static void add(char **lines, size_t *count, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(char **lines, size_t *count, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (*count == LINES_MAX || vasprintf(&lines[*count], format, args) < 0)
        abort();
    va_end(args);
    ++*count;
}

static const char hosts[] = "abcd";

static char host(struct play *play)
{
    return hosts[below(play, sizeof(hosts) - 1)];
}

/* One reply for a file of that size. */
static void reply(struct play *play, char *to, size_t room, unsigned size)
{
    static const char *const words[] = {
        "200 size=%u",
        "200 size=%u",
        "200 size=%u",
        "200 size=%u cut=%u",
        "200 size=%u stall=%u",
        "200 size=%u crash=%u",
        "200 size=%u weak",
        "200 size=%u nolength",
        "200 size=%u norange",
        "200 size=%u refuse",
        "200 size=%u deny=403",
        "200 size=%u deny=503",
        "200 size=%u lies",
        "200 size=%u version=2",
        "404",
        "410",
        "500",
        "503",
        "503 retry-after=%u",
        "429 retry-after=%u",
        "refused",
        "reset",
        "timeout",
        "tls",
        "garbage",
        "crash",
        "302 to=%c/%u",
        "200 size=%u full=%u",
        "files",
        "hang",
    };
    const unsigned n = sizeof(words) / sizeof(*words);
    unsigned kind = percent(play, 40) ? 0 : below(play, play->stops ? n : n - 1);
    char text[80];
    const char *format = words[kind];
    if (strstr(format, "to="))
        snprintf(text, sizeof(text), "302 to=%c/%u", host(play), below(play, 30));
    else if (strstr(format, "retry-after"))
        snprintf(text, sizeof(text), "%.3s retry-after=%u", format,
                 percent(play, 90) ? 1 + below(play, 20) : 700);
    else
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof(text), format, size, below(play, size + 1));
#pragma GCC diagnostic pop
    snprintf(to, room, "%s took=%.3f", text,
             0.001 * (1 + below(play, percent(play, 90) ? 500 : 20000)));
}

static void write_resource(struct play *play, char name_host, unsigned name)
{
    char text[600] = "";
    unsigned count = 1 + below(play, 4), size = below(play, 500);
    bool large = play->large && name < 3;
    if (large)
        size = 2100000 + below(play, 3000000);
    for (unsigned i = 0; i < count; ++i) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof(text) - len, "%s", i ? "; " : "");
        len = strlen(text);
        reply(play, text + len, sizeof(text) - len, size);
        len = strlen(text);
        if (large)
            snprintf(text + len, sizeof(text) - len, " rate=%u", 200000 + below(play, 1000000));
    }
    if (strstr(text, "full=")) /* not for ever */
        strcat(text, "; 404");
    add(play->script, &play->n_script, "%c/%u %s", name_host, name, text);
}

static void write_spells(struct play *play)
{
    static const char *const downs[] = {"refused", "timeout", "503", "reset"};
    static const char *const names[] = {"fail", "missing", "mute"};
    while (percent(play, 30)) {
        unsigned from = below(play, 30), len = below(play, 100);
        add(play->script, &play->n_script, "down %c %u %u %s", host(play), from, from + len,
            downs[below(play, 4)]);
    }
    while (percent(play, 15)) {
        unsigned from = below(play, 10), len = below(play, 100);
        add(play->script, &play->n_script, "dns %c %u %u %s", host(play), from, from + len,
            names[below(play, 3)]);
    }
    if (percent(play, 10)) {
        unsigned from = below(play, 5);
        add(play->script, &play->n_script, "at %u.5 full", from);
        if (percent(play, 70))
            add(play->script, &play->n_script, "at %u free", from + below(play, 90));
    }
}

static void write_script(struct play *play)
{
    play->stops = percent(play, 25);
    play->large = percent(play, 1);
    unsigned end = below(play, 40);
    if (play->stops)
        add(play->script, &play->n_script, "at %u.%u %s", end, below(play, 10),
            percent(play, 75) ? "drain" : "stop");
    write_spells(play);
    for (unsigned i = 0; i < 30; ++i)
        if (percent(play, 85))
            write_resource(play, hosts[i % 4], i);
    add(play->script, &play->n_script, "e/* 200 size=250");
    if (percent(play, 50))
        add(play->script, &play->n_script, "a/* 200 size=7 took=0.1");
}

static void write_list(struct play *play)
{
    unsigned count = 1 + below(play, percent(play, 80) ? 15 : 60);
    /* Files that go well, so that others can be slower than them, and are requested twice. */
    unsigned well = percent(play, 30) ? 15 : 0;
    for (unsigned i = 0; i < well; ++i)
        add(play->list, &play->n_list, "http://e/%u", i);
    for (unsigned i = 0; i < count; ++i) {
        unsigned name = percent(play, 90) ? i % 30 : below(play, 30);
        char mirror[64] = "", options[160] = "";
        if (percent(play, 20))
            snprintf(mirror, sizeof(mirror), "\thttp://%c/%u", host(play), below(play, 30));
        if (percent(play, 10))
            snprintf(options, sizeof(options), "\n size=%u", below(play, 500));
        else if (percent(play, 10))
            snprintf(options, sizeof(options), "\n checksum=md5=%032u", name);
        else if (percent(play, 10))
            snprintf(options, sizeof(options), "\n out=o%u", below(play, 10));
        if (percent(play, 3))
            add(play->list, &play->n_list, "no URL at all %u", i);
        else
            add(play->list, &play->n_list, "http://%c/%u%s%s",
                percent(play, 90) ? hosts[name % 4] : host(play), name, mirror, options);
    }
}

static void choose_config(struct play *play, struct fa_config *config)
{
    static const double waits[] = {0, 0, 0.1, 1, 10};
    static const double patience[] = {0, 3, 60};
    config->jobs = percent(play, 50) ? 1 + below(play, 6) : 64;
    config->per_host = percent(play, 50) ? 1 + below(play, 3) : 16;
    config->retries = below(play, 4);
    config->retry_wait = waits[below(play, 5)];
    config->host_wait = patience[below(play, 3)];
    config->disk_wait = patience[below(play, 3)];
    config->connect_timeout = 1 + below(play, 15);
    config->no_state = !percent(play, 20);
    config->hash = percent(play, 20) ? FA_HASH_SHA256 : 0;
    config->layout = percent(play, 10) ? FA_LAYOUT_TREE : FA_LAYOUT_FLAT;
    config->rate = percent(play, 10) ? 50 + below(play, 100000) : 0;
    config->max_size = percent(play, 5) ? 250 : 0;
    config->halt = percent(play, 10) ? 1 + below(play, 10) : 0;
    config->halt_percent = percent(play, 30);
    if (play->large)
        config->segments = percent(play, 80) ? 2 + below(play, 6) : FA_SEGMENTS_AUTO;
    if (play->large && config->rate)
        config->rate = 1000000;
    config->overwrite = percent(play, 10);
    config->sync = !config->overwrite && percent(play, 20);
    config->no_hedge = percent(play, 20);
    play->twice = percent(play, 15) && !play->stops;
}

static void write_play(struct play *play, uint64_t seed)
{
    *play = (struct play){.seed = seed, .random = seed};
    write_script(play);
    write_list(play);
}

static void free_play(struct play *play)
{
    for (size_t i = 0; i < play->n_script; ++i)
        free(play->script[i]);
    for (size_t i = 0; i < play->n_list; ++i)
        free(play->list[i]);
}

static char *join(char *const *lines, const bool *left_out, size_t count)
{
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        abort();
    for (size_t i = 0; i < count; ++i)
        if (!left_out[i])
            fprintf(file, "%s\n", lines[i]);
    fclose(file);
    return text;
}

static unsigned count_parts(struct fa_world *world)
{
    unsigned count = 0;
    DIR *dir = opendir(fa_world_path(world, ".fetchall"));
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        count += strstr(entry->d_name, ".part") != NULL;
    if (dir)
        closedir(dir);
    return count;
}

static unsigned count_descriptors(void)
{
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        ++count;
    closedir(dir);
    return count;
}

/* @return what went wrong, or NULL; to be freed. @ret_trace may be NULL. */
static char *perform(struct play *play, char **ret_trace)
{
    char *script = join(play->script, play->no_script, play->n_script);
    char *list = join(play->list, play->no_list, play->n_list), *wrong = NULL;
    unsigned descriptors = count_descriptors();
    struct fa_world *world = fa_world_new(script);
    struct fa_config *config = fa_world_config(world);
    uint64_t random = play->random;
    choose_config(play, config);
    play->random = random;
    fa_world_seed(world, play->seed);
    for (int run = 0; run <= play->twice; ++run) {
        fa_world_list(world, "%s", list);
        fa_world_run(world);
    }
    if (fa_world_check(world))
        wrong = strdup(fa_world_check(world));
    else if (config->no_state && count_parts(world) > 0)
        wrong = strdup("parts are left, and there is no state");
    else if (count_descriptors() != descriptors)
        wrong = strdup("descriptors are left open");
    if (ret_trace)
        *ret_trace = strdup(fa_world_trace(world));
    fa_world_free(world);
    free(script);
    free(list);
    return wrong;
}

/* Leave out a line for good if something is still wrong without it. */
static bool try_without(struct play *play, bool *left_out)
{
    if (*left_out)
        return false;
    *left_out = true;
    char *wrong = perform(play, NULL);
    *left_out = wrong != NULL;
    free(wrong);
    return *left_out;
}

static void shrink(struct play *play)
{
    bool smaller = true;
    while (smaller) {
        smaller = false;
        for (size_t i = 0; i < play->n_list; ++i)
            smaller |= try_without(play, &play->no_list[i]);
        for (size_t i = 0; i < play->n_script; ++i)
            smaller |= try_without(play, &play->no_script[i]);
    }
}

static void fail(struct play *play)
{
    char *trace = NULL;
    shrink(play);
    char *wrong = perform(play, &trace);
    cr_assert(0, "FA_ENGINE_SEED=%llu: %s\n%s\n%s\n%s", (unsigned long long)play->seed,
              wrong ? wrong : "only at times", join(play->script, play->no_script, play->n_script),
              join(play->list, play->no_list, play->n_list), trace);
}

static void perform_seed(uint64_t seed, bool print)
{
    struct play play;
    char *trace = NULL;
    write_play(&play, seed);
    char *wrong = perform(&play, print ? &trace : NULL);
    if (print) {
        for (size_t i = 0; i < play.n_script; ++i)
            fprintf(stderr, "%s\n", play.script[i]);
        for (size_t i = 0; i < play.n_list; ++i)
            fprintf(stderr, "%s\n", play.list[i]);
        fprintf(stderr, "%s", trace);
    }
    if (wrong)
        fail(&play);
    free(trace);
    free_play(&play);
}

ParameterizedTestParameters(engine_random, invariants_hold_for_every_script)
{
    static int slices[SLICES];
    for (int i = 0; i < SLICES; ++i)
        slices[i] = i;
    return cr_make_param_array(int, slices, SLICES);
}

ParameterizedTest(int *slice, engine_random, invariants_hold_for_every_script, .timeout = 280.0)
{
    const char *seed = getenv("FA_ENGINE_SEED"), *runs = getenv("FA_ENGINE_RUNS");
    uint64_t count = runs ? strtoull(runs, NULL, 10) : RUNS;
    if (seed) {
        if (*slice == 0)
            perform_seed(strtoull(seed, NULL, 10), true);
        return;
    }
    for (uint64_t i = (uint64_t)*slice; i < count; i += SLICES)
        perform_seed(i + 1, false);
}
