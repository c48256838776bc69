/*
 * calibrate COMPARISONS FILE: how often `fetchall compare` is wrong, and how many rounds it takes.
 *
 * Prints the tables of CALIBRATION.md, about comparisons that never took place: their times come
 * from a model, or from runs that were recorded (FILE, CSV with a column for each network), and one
 * of the contestants takes a known factor longer.  What judges them is the code of the program.
 * Seeds are fixed, so that the tables are always the same.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/simulation.h"

#define NETWORKS_MAX  8
#define RUNS_MAX      1000
#define NAME_MAX_SIZE 40
#define SEED          20260101

static void print_heading(void)
{
    puts("| times | contestants | effect | wrong | found | no conclusion | coverage | rounds |\n"
         "|---|---|---|---|---|---|---|---|");
}

/* Twice the standard error of the coverage, in percent.  Recorded runs are used again and again, so
 * comparisons count as independent only as far as they have runs of their own. */
static double coverage_error(const struct fa_simulation *simulation,
                             const struct fa_simulated *result)
{
    double independent = result->comparisons;
    double runs = result->rounds * (double)simulation->contestants;
    if (simulation->recorded)
        independent = fmin(independent, (double)simulation->n_recorded / runs);
    double share = (double)result->covered / result->comparisons;
    return 200 * sqrt(share * (1 - share) / independent);
}

static void print_row(const char *text, const struct fa_simulation *simulation, unsigned times)
{
    struct fa_simulated result;
    fa_simulation_run(simulation, times, SEED, &result);
    printf("| %s | %zu | %.2f | %.1f %% | ", text, simulation->contestants, simulation->effect,
           100.0 * result.wrong / times);
    if (simulation->effect > 1)
        printf("%.1f %%", 100.0 * result.found / times);
    else
        printf("-");
    printf(" | %.1f %% | %.1f ± %.1f %% | %.1f |\n", 100.0 * (times - result.concluded) / times,
           100.0 * result.covered / times, coverage_error(simulation, &result), result.rounds);
    fflush(stdout);
}

static void print_models(unsigned times)
{
    static const struct {
        const char *text;
        struct fa_simulation simulation;
    } rows[] = {
        {"noise 1 %", {.noise = 0.01}},
        {"noise 3 %", {.noise = 0.03}},
        {"noise 10 %", {.noise = 0.1}},
        {"noise 30 %", {.noise = 0.3}},
        {"noise 3 %, 5 % of the runs twice as long", {.noise = 0.03, .outliers = 0.05}},
        {"noise 3 %, drift 20 %", {.noise = 0.03, .drift = 1.2}},
    };
    static const double effects[] = {1, 1.1, 1.5};
    print_heading();
    for (size_t e = 0; e < sizeof(effects) / sizeof(*effects); ++e) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
            for (size_t n = 2; n <= 3; ++n) {
                struct fa_simulation simulation = rows[i].simulation;
                simulation.effect = effects[e];
                simulation.contestants = n;
                simulation.rounds = 20;
                print_row(rows[i].text, &simulation, times);
            }
        }
    }
}

static void print_recorded(const char *name, const double *runs, size_t n, unsigned times)
{
    static const double effects[] = {1, 1.1, 1.5};
    for (size_t e = 0; e < sizeof(effects) / sizeof(*effects); ++e)
        for (unsigned longer = 0; longer < 2; ++longer) {
            unsigned most = longer ? FA_SIMULATION_ROUNDS : 20;
            char text[NAME_MAX_SIZE + 20];
            snprintf(text, sizeof(text), "%.30s, auto:%u", name, most);
            struct fa_simulation simulation = {.contestants = 2,
                                               .effect = effects[e],
                                               .rounds = most,
                                               .recorded = runs,
                                               .n_recorded = n};
            /* Many rounds take long. */
            print_row(text, &simulation, longer ? (times + 1) / 2 : times);
        }
}

/* Read the columns of a file: a line of names, and a line of times for each run. */
static size_t read_runs(const char *file, char names[NETWORKS_MAX][NAME_MAX_SIZE],
                        double runs[NETWORKS_MAX][RUNS_MAX], size_t *ret_networks)
{
    char line[1000];
    size_t n = 0;
    FILE *in = fopen(file, "r");
    *ret_networks = 0;
    while (in && n <= RUNS_MAX && fgets(line, sizeof(line), in)) {
        size_t column = 0;
        for (char *rest = line, *word; column < NETWORKS_MAX && (word = strsep(&rest, ",\n"));)
            if (!*word)
                break;
            else if (n == 0)
                snprintf(names[column++], NAME_MAX_SIZE, "%s", word);
            else
                runs[column++][n - 1] = strtod(word, NULL);
        *ret_networks = n == 0 ? column : *ret_networks;
        ++n;
    }
    if (in)
        fclose(in);
    return n > 0 ? n - 1 : 0;
}

int main(int argc, char **argv)
{
    static char names[NETWORKS_MAX][NAME_MAX_SIZE];
    static double runs[NETWORKS_MAX][RUNS_MAX];
    size_t networks = 0;
    unsigned times = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    size_t n = times > 0 ? read_runs(argv[2], names, runs, &networks) : 0;
    if (n == 0) {
        fputs("Usage: calibrate COMPARISONS FILE\n", stderr);
        return 2;
    }
    puts("\n## Times of a model\n");
    print_models(times);
    puts("\n## Recorded times\n");
    print_heading();
    for (size_t i = 0; i < networks; ++i)
        print_recorded(names[i], runs[i], n, times);
    return 0;
}
