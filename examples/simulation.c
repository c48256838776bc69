/*
 * simulation: the price of a stock option by Monte Carlo, in worker processes.
 *
 *     simulation [WORKERS [TASKS [PATHS]]]
 *
 * A European call is worth the mean of what it pays over many random futures of its stock.  The
 * futures are cut into tasks, and a pool of processes works on them: this is pure computation, so
 * it gains what there are cores.
 *
 * The random numbers of a task depend on the number of the task and on nothing else, and the sums
 * are added up in the order of the tasks, not in the order in which they end.  So the result is
 * the same to the last bit, whatever the number of workers is: the program runs with one worker and
 * with WORKERS (the cores), compares the two, and compares the price with the exact one, which
 * Black and Scholes found for this kind of option.
 *
 *     cc simulation.c $(pkg-config --cflags --libs fetchall) -lm
 */
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fetchall/pool.h>

#define STOCK      100.0 /* current price */
#define STRIKE     105.0
#define RATE       0.03 /* interest rate per year */
#define VOLATILITY 0.2
#define YEARS      1.0

/* Input and output of a task: plain values, because they cross processes. */
struct batch {
    uint64_t number;
    uint64_t paths;
};

struct sums {
    double sum;
    double squares;
};

struct result {
    struct sums sums;
    bool ok;
};

/* splitmix64: random numbers from a counter, so that each task can have its own sequence. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Greater than 0, less than 1. */
static double random_unit(uint64_t *state)
{
    return ((double)(random_next(state) >> 11) + 0.5) * 0x1p-53;
}

/* Normally distributed (Box-Muller). */
static double random_normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(random_unit(state)));
    return radius * cos(2 * M_PI * random_unit(state));
}

/* Runs in a worker process. */
static int simulate(void *state, struct fa_task *task, struct fa_error *err)
{
    struct batch batch;
    struct sums sums = {0};
    size_t len;
    const void *input = fa_task_input(task, &len);
    (void)state;
    if (len != sizeof(batch)) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL, "a batch of %zu bytes", len);
        return -1;
    }
    memcpy(&batch, input, sizeof(batch)); /* the input may not be aligned */
    uint64_t seed = batch.number;
    seed = random_next(&seed); /* distant from the seeds of its neighbours */
    for (uint64_t i = 0; i < batch.paths; ++i) {
        double drift = (RATE - VOLATILITY * VOLATILITY / 2) * YEARS;
        double price = STOCK * exp(drift + VOLATILITY * sqrt(YEARS) * random_normal(&seed));
        double paid = fmax(price - STRIKE, 0) * exp(-RATE * YEARS);
        sums.sum += paid;
        sums.squares += paid * paid;
    }
    return fa_task_reply(task, &sums, sizeof(sums));
}

static const struct fa_task_type types[] = {{.name = "simulate", .run = simulate}, {0}};

static void done(void *arg, const struct fa_task_result *result)
{
    struct result *mine = arg;
    mine->ok = result->ok && result->len == sizeof(mine->sums);
    if (mine->ok)
        memcpy(&mine->sums, result->data, sizeof(mine->sums));
    else
        fprintf(stderr, "simulation: a task failed: %s\n", result->error.msg);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int submit_all(struct fa_pool *pool, struct result *results, size_t tasks, uint64_t paths,
                      struct fa_error *err)
{
    for (size_t i = 0; i < tasks; ++i) {
        struct batch batch = {.number = i, .paths = paths};
        struct fa_task_request request = {
            .size = sizeof(request),
            .type = "simulate",
            .data = &batch,
            .len = sizeof(batch),
            .done = done,
            .arg = &results[i],
        };
        if (fa_pool_submit(pool, &request, NULL, err))
            return -1;
    }
    return fa_pool_wait(pool, err);
}

/* Run all tasks with the given number of workers.  The time includes starting the processes. */
static int run(unsigned workers, size_t tasks, uint64_t paths, struct sums *ret,
               double *ret_seconds)
{
    struct fa_error err = {0};
    struct fa_pool_config config = {
        .size = sizeof(config), .kind = FA_POOL_PROCESSES, .workers = workers, .types = types};
    struct result *results = calloc(tasks, sizeof(*results));
    double began = now();
    struct fa_pool *pool = results ? fa_pool_new(&config, &err) : NULL;
    int status = pool ? submit_all(pool, results, tasks, paths, &err) : -1;
    fa_pool_free(pool);
    *ret_seconds = now() - began;
    *ret = (struct sums){0};
    for (size_t i = 0; i < tasks && status == 0; ++i) {
        status = results[i].ok ? 0 : -1;
        ret->sum += results[i].sums.sum;
        ret->squares += results[i].sums.squares;
    }
    if (status)
        fprintf(stderr, "simulation: %s\n", err.msg[0] ? err.msg : "it is not complete");
    free(results);
    return status;
}

static double normal_below(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

static double exact_price(void)
{
    double spread = VOLATILITY * sqrt(YEARS);
    double d1 = (log(STOCK / STRIKE) + (RATE + VOLATILITY * VOLATILITY / 2) * YEARS) / spread;
    return STOCK * normal_below(d1) - STRIKE * exp(-RATE * YEARS) * normal_below(d1 - spread);
}

static bool read_number(const char *text, uint64_t max, uint64_t *ret)
{
    char *end;
    *ret = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && *ret > 0 && *ret <= max;
}

int main(int argc, char **argv)
{
    fa_worker_main(argc, argv, types); /* first of all: see <fetchall/pool.h> */
    signal(SIGPIPE, SIG_IGN);          /* a worker may die while we write to it */
    uint64_t workers = fa_cores();
    uint64_t tasks = 64;
    uint64_t paths = 250000;
    if (argc > 4 || (argc > 1 && !read_number(argv[1], 1000, &workers)) ||
        (argc > 2 && !read_number(argv[2], 1000000, &tasks)) ||
        (argc > 3 && !read_number(argv[3], 1000000000, &paths))) {
        fprintf(stderr, "usage: simulation [WORKERS [TASKS [PATHS]]]\n");
        return 2;
    }
    struct sums one;
    struct sums many;
    double one_seconds;
    double many_seconds;
    if (run(1, tasks, paths, &one, &one_seconds) ||
        run((unsigned)workers, tasks, paths, &many, &many_seconds))
        return EXIT_FAILURE;
    double n = (double)tasks * (double)paths;
    double price = many.sum / n;
    double error = sqrt(fmax(many.squares / n - price * price, 0) / n);
    bool same = one.sum == many.sum && one.squares == many.squares;
    bool right = fabs(price - exact_price()) <= 5 * error;
    printf("simulation: %.0f paths: %.4f +- %.4f, exactly %.4f: %s\n", n, price, error,
           exact_price(), right ? "right" : "WRONG");
    printf("simulation: 1 worker %.2f s, %u workers %.2f s: %.1f times as fast, %s\n", one_seconds,
           (unsigned)workers, many_seconds, one_seconds / many_seconds,
           same ? "the same to the last bit" : "ANOTHER RESULT");
    return same && right ? EXIT_SUCCESS : EXIT_FAILURE;
}
