/*
 * liar [OPTIONS]: runs fetchall against servers that lie, and checks what must hold whatever they
 * say (round.h). Each seed is a case (case.h); one that fails is made smaller, and printed with the
 * command that repeats it.
 *
 *     liar --seconds 60 --mode thread      seeds from a number drawn from the clock, for so long
 *     liar --seed 7 --count 1              that one
 *     liar --case "mode=async1 ..."        what an earlier run has printed
 *     liar --cases FILE                    such lines, each in every mode, or in --mode
 */

#include "liar/shrink.h"

#include "support/process.h"
#include "support/run.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHRINK_S 240.0

struct options {
    const char *program;
    uint64_t seed;
    bool seeded;
    unsigned long count; /* of seeds; 0: no limit */
    double seconds;      /* 0: no limit */
    enum liar_mode mode;
    const char *case_text;
    const char *cases;
    const char *without;    /* words to leave out, separated by commas */
    unsigned long failures; /* to stop after */
    double shrink;          /* seconds */
    long rss_mib;
    bool verbose;
    bool print;
};

static const struct option longs[] = {
    {"program", required_argument, NULL, 'p'},  {"seed", required_argument, NULL, 's'},
    {"count", required_argument, NULL, 'n'},    {"seconds", required_argument, NULL, 't'},
    {"mode", required_argument, NULL, 'm'},     {"case", required_argument, NULL, 'c'},
    {"without", required_argument, NULL, 'w'},  {"cases", required_argument, NULL, 'C'},
    {"failures", required_argument, NULL, 'f'}, {"shrink", required_argument, NULL, 'k'},
    {"rss", required_argument, NULL, 'r'},      {"verbose", no_argument, NULL, 'v'},
    {"print", no_argument, NULL, 'P'},          {0},
};

static int options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){.program = fa_run_program(),
                                .mode = LIAR_MODES,
                                .failures = 1,
                                .shrink = SHRINK_S,
                                .rss_mib = 0};
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (c) {
        case 'p':
            options->program = optarg;
            break;
        case 's':
            options->seed = strtoull(optarg, NULL, 10);
            options->seeded = true;
            break;
        case 'n':
            options->count = strtoul(optarg, NULL, 10);
            break;
        case 't':
            options->seconds = strtod(optarg, NULL);
            break;
        case 'm':
            options->mode = liar_mode_named(optarg);
            break;
        case 'c':
            options->case_text = optarg;
            break;
        case 'C':
            options->cases = optarg;
            break;
        case 'w':
            options->without = optarg;
            break;
        case 'f':
            options->failures = strtoul(optarg, NULL, 10);
            break;
        case 'k':
            options->shrink = strtod(optarg, NULL);
            break;
        case 'r':
            options->rss_mib = strtol(optarg, NULL, 10);
            break;
        case 'v':
            options->verbose = true;
            break;
        case 'P':
            options->print = true;
            break;
        default:
            return -1;
        }
    }
    return optind == argc ? 0 : -1;
}

static void fault_print(const struct liar_case *of, const struct liar_fault *fault)
{
    char *text = liar_case_text(of);
    printf("FAULT %s: %s\n  repeat: liar --case \"%s\"\n", fault->kind, fault->text, text);
    fflush(stdout);
    free(text);
}

/* Returns whether all held. */
static bool try_case(struct liar_world *world, const struct options *options, struct liar_case *of)
{
    struct liar_fault fault;
    liar_round(world, of, &fault);
    if (!fault.kind[0]) {
        return true;
    }
    fault_print(of, &fault);
    if (options->shrink > 0) {
        liar_shrink(world, of, &fault, options->shrink);
        printf("smaller: ");
        fault_print(of, &fault);
    }
    return false;
}

static bool is_listed(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; at && (at = strstr(at, name)); at += len) {
        if ((at == list || at[-1] == ',') && (at[len] == ',' || !at[len])) {
            return true;
        }
    }
    return false;
}

static void answers_filter(struct liar_answer *answers, size_t count, const char *without)
{
    for (size_t i = 0; i < count; i++) {
        size_t kept = 0;
        for (size_t k = 0; k < answers[i].count; k++) {
            if (!is_listed(without, answers[i].said[k].word->name)) {
                answers[i].said[kept++] = answers[i].said[k];
            }
        }
        answers[i].count = kept;
    }
}

/* Leaves out the words of faults that are known, so that others show. */
static void case_filter(struct liar_case *of, const char *without)
{
    answers_filter(of->connect, of->connect_count, without);
    for (size_t i = 0; i < of->count; i++) {
        answers_filter(of->entries[i].answers, of->entries[i].count, without);
    }
}

static int try_seeds(struct liar_world *world, const struct options *options)
{
    double until = fa_now() + options->seconds;
    uint64_t seed = options->seeded ? options->seed : (uint64_t)time(NULL) * 1000;
    unsigned long done = 0;
    unsigned long failures = 0;
    printf("liar: from seed %llu on\n", (unsigned long long)seed);
    while ((!options->count || done < options->count) && failures < options->failures &&
           (!(options->seconds > 0) || fa_now() < until)) {
        struct liar_case of;
        liar_case_make(&of, seed + done, options->mode);
        case_filter(&of, options->without);
        double began = fa_now();
        if (!try_case(world, options, &of)) {
            printf("seed: liar --seed %llu --count 1%s%s\n", (unsigned long long)seed + done,
                   options->mode < LIAR_MODES ? " --mode " : "",
                   options->mode < LIAR_MODES ? liar_mode_names[options->mode] : "");
            failures++;
        }
        if (options->verbose) {
            printf("seed %llu took %.1f s\n", (unsigned long long)seed + done, fa_now() - began);
        }
        fflush(stdout);
        done++;
    }
    printf("liar: %lu cases, %lu failed\n", done, failures);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Returns how many modes a line of the file fails in. */
static unsigned try_line(struct liar_world *world, const struct options *options, const char *line)
{
    struct liar_case of;
    unsigned failures = 0;
    if (liar_case_read(&of, line) != 0) {
        return 1;
    }
    for (int mode = 0; mode < LIAR_MODES; mode++) {
        if (options->mode == LIAR_MODES || options->mode == (enum liar_mode)mode) {
            of.mode = (enum liar_mode)mode;
            struct liar_case tried = of;
            failures += !try_case(world, options, &tried);
        }
    }
    return failures;
}

static int try_file(struct liar_world *world, const struct options *options)
{
    FILE *file = fopen(options->cases, "re");
    char *line = NULL;
    size_t room = 0;
    unsigned lines = 0;
    unsigned failures = 0;
    while (file && getline(&line, &room, file) > 0) {
        if (line[0] != '#' && line[0] != '\n') {
            failures += try_line(world, options, line);
            lines++;
        }
    }
    free(line);
    if (file) {
        fclose(file);
    }
    printf("liar: %u cases of \"%s\", %u failures\n", lines, options->cases, failures);
    return lines && !failures ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int print_case(const struct options *options)
{
    struct liar_case of;
    liar_case_make(&of, options->seed, options->mode);
    char *text = liar_case_text(&of);
    puts(text);
    free(text);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct options options;
    if (options_read(&options, argc, argv) != 0) {
        fprintf(
            stderr,
            "usage: liar [--program PATH] [--seed N] [--count N] [--seconds S]\n"
            "            [--mode async1|async3|thread|process] [--case TEXT] [--cases FILE]\n"
            "            [--without WORD,...] [--failures N] [--shrink S] [--rss MIB] [--verbose] "
            "[--print]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (options.print) {
        return print_case(&options);
    }
    struct liar_case of = {0};
    if (options.case_text && liar_case_read(&of, options.case_text) != 0) {
        return 2;
    }
    if (options.mode < LIAR_MODES) {
        of.mode = options.mode;
    }
    struct liar_world world;
    liar_world_init(&world, options.program, options.verbose, options.rss_mib * 1024);
    int status = EXIT_SUCCESS;
    if (options.cases) {
        status = try_file(&world, &options);
    } else if (!options.case_text) {
        status = try_seeds(&world, &options);
    } else if (!try_case(&world, &options, &of)) {
        status = EXIT_FAILURE;
    }
    liar_world_fini(&world);
    return status;
}
