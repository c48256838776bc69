/*
 * Ten factorials, computed by worker processes.
 *
 *     factorials [N...]        5000, 10000, ... 50000 by default
 *
 * What it shows: a pool of processes, for work that needs the CPU.  A task is a name and a few
 * bytes, here a number; its result is bytes again, or an error.  A worker that crashed would take
 * one factorial with it and no other.
 *
 * Every result is checked against what is known of n! without computing it: how many digits it
 * has, and how many zeros it ends in.
 *
 *     cc factorials.c $(pkg-config --cflags --libs fetchall libcrypto) -lm
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/evp.h>

#include <fetchall/pool.h>

#define N_MAX 100000
#define JOBS  10

/* The description of n!, whose digits may not fit into a reply.  Both ends are the same
 * program, so the struct can be sent as it is. */
struct answer {
    size_t digits;
    size_t zeros;             /* trailing zeros */
    unsigned char sha256[32]; /* of its digits */
};

struct job {
    uint32_t n;
    bool ok;
    struct answer answer;
};

/* n!, or NULL.  Checking for cancellation also tells the pool that the worker is alive. */
static BIGNUM *factorial(uint32_t n, struct fa_task *task)
{
    BIGNUM *product = BN_new();
    bool good = product && BN_one(product);
    for (uint32_t i = 2; good && i <= n; ++i) {
        good = BN_mul_word(product, i) && !fa_task_cancelled(task);
        fa_task_progress(task, i);
    }
    if (good)
        return product;
    BN_free(product);
    return NULL;
}

/* Runs in a worker. */
static int run(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state;
    size_t len;
    uint32_t n = 0;
    const void *input = fa_task_input(task, &len);
    if (len != sizeof(n)) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "that is no number's task");
        return -1;
    }
    memcpy(&n, input, sizeof(n));

    int result = -1;
    BIGNUM *product = factorial(n, task);
    char *text = product ? BN_bn2dec(product) : NULL;
    struct answer answer = {.digits = text ? strlen(text) : 0};
    while (answer.zeros + 1 < answer.digits && text[answer.digits - answer.zeros - 1] == '0')
        ++answer.zeros;
    if (text && EVP_Q_digest(NULL, "SHA256", NULL, text, answer.digits, answer.sha256, NULL))
        result = fa_task_reply(task, &answer, sizeof(answer));
    if (result)
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot compute %u!", n);
    OPENSSL_free(text);
    BN_free(product);
    return result;
}

static const struct fa_task_type types[] = {{.name = "factorial", .run = run}, {0}};

/* Check with the formulas of Stirling and Legendre. */
static bool is_right(const struct job *job)
{
    size_t zeros = 0;
    for (uint32_t power = 5; power <= job->n; power *= 5)
        zeros += job->n / power;
    double digits = floor(lgamma((double)job->n + 1) / log(10)) + 1;
    return job->answer.digits == (size_t)digits && job->answer.zeros == zeros;
}

/* Called in fa_pool_wait() on our own thread, in the order in which tasks end. */
static void done(void *arg, const struct fa_task_result *result)
{
    struct job *job = arg;
    if (!result->ok)
        fprintf(stderr, "%u!: %s\n", job->n, result->error.msg);
    else if (result->len == sizeof(job->answer)) {
        memcpy(&job->answer, result->data, sizeof(job->answer));
        job->ok = is_right(job);
        if (!job->ok)
            fprintf(stderr, "%u!: the result is wrong\n", job->n);
    }
}

static int compute(struct job *jobs, size_t n, unsigned workers, struct fa_error *err)
{
    struct fa_pool_config config = {.size = sizeof(config),
                                    .kind = FA_POOL_PROCESSES,
                                    .workers = workers,
                                    .types = types,
                                    .hang_timeout = 30};
    struct fa_pool *pool = fa_pool_new(&config, err);
    int result = pool ? 0 : -1;
    for (size_t i = 0; result == 0 && i < n; ++i) {
        struct fa_task_request request = {.size = sizeof(request),
                                          .type = "factorial",
                                          .data = &jobs[i].n,
                                          .len = sizeof(jobs[i].n),
                                          .done = done,
                                          .arg = &jobs[i]};
        result = fa_pool_submit(pool, &request, NULL, err);
    }
    if (result == 0)
        result = fa_pool_wait(pool, err);
    fa_pool_free(pool);
    return result;
}

static size_t print(const struct job *jobs, size_t n)
{
    size_t right = 0;
    for (size_t i = 0; i < n; ++i) {
        if (!jobs[i].ok)
            continue;
        ++right;
        printf("%u! has %zu digits, %zu zeros at its end, sha256 ", jobs[i].n,
               jobs[i].answer.digits, jobs[i].answer.zeros);
        for (size_t k = 0; k < 8; ++k)
            printf("%02x", jobs[i].answer.sha256[k]);
        printf("...\n");
    }
    return right;
}

int main(int argc, char **argv)
{
    fa_worker_main(argc, argv, types); /* first: a worker process never comes back from it */
    signal(SIGPIPE, SIG_IGN);
    size_t n = argc > 1 ? (size_t)argc - 1 : JOBS;
    struct job *jobs = calloc(n, sizeof(*jobs));
    if (!jobs) {
        fprintf(stderr, "factorials: out of memory\n");
        return 1;
    }
    for (size_t i = 0; i < n; ++i) {
        char *end = "";
        unsigned long given = argc > 1 ? strtoul(argv[i + 1], &end, 10) : (i + 1) * 5000;
        if (*end || given < 1 || given > N_MAX) {
            fprintf(stderr, "factorials: '%s' is not a number from 1 to %d\n", argv[i + 1], N_MAX);
            free(jobs);
            return 2;
        }
        jobs[i].n = (uint32_t)given;
    }
    struct fa_error err = {0};
    unsigned workers = fa_cores();
    if (compute(jobs, n, workers, &err))
        fprintf(stderr, "factorials: %s\n", err.msg);
    size_t right = print(jobs, n);
    printf("%zu of %zu factorials are right, by %u worker processes\n", right, n, workers);
    free(jobs);
    return right == n ? 0 : 1;
}
