/* Names that need no DNS; system/dns_test.c tests the others, with a resolver of its own. */

#include "engine/resolve.h"

#include "base/clock.h"
#include "base/loop.h"

#include "support/process.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct answer {
    unsigned told;
    char addresses[400];
    struct fa_error error;
    bool final;
    double seconds;
};

static struct event_base *base;
static bool inside;
static unsigned told;

static void on_done(void *ctx, void *tag, const struct fa_resolution *resolution)
{
    struct answer *answer = tag;
    cr_assert_eq(ctx, &told);
    cr_assert(!inside);
    ++told;
    ++answer->told;
    answer->error = resolution->error;
    answer->final = resolution->final;
    answer->seconds = resolution->seconds;
    if (resolution->addresses)
        strncpy(answer->addresses, resolution->addresses, sizeof(answer->addresses) - 1);
}

static void begin(void)
{
    base = fa_loop_new(NULL);
}

static void end(void)
{
    event_base_free(base);
}

TestSuite(resolve, .init = begin, .fini = end, .timeout = 30.0);

static void ask(struct fa_resolver *resolver, const char *host, struct answer *answer)
{
    struct fa_error err = {0};
    inside = true;
    cr_assert_eq(fa_resolver_ask(resolver, host, 10, answer, &err), 0, "%s", err.msg);
    inside = false;
}

static void wait_for(unsigned count)
{
    double until = fa_clock_now() + fa_timeout(10);
    while (told < count && fa_clock_now() < until)
        event_base_loop(base, EVLOOP_ONCE);
    cr_assert_eq(told, count);
}

Test(resolve, names_become_addresses_of_the_family)
{
    static const struct {
        const char *host;
        enum fa_family family;
        const char *addresses; /* NULL: none */
    } rows[] = {
        {"127.0.0.1", FA_FAMILY_ANY, "127.0.0.1"},
        {"127.0.0.1", FA_FAMILY_V4, "127.0.0.1"},
        {"127.0.0.1", FA_FAMILY_V6, NULL},
        {"::1", FA_FAMILY_V4, NULL},
        {"localhost", FA_FAMILY_V4, "127.0.0.1"},
        {"::1", FA_FAMILY_ANY, "[::1]"},
        {"fe80::1%lo", FA_FAMILY_ANY, "[fe80::1%1]"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct answer answer = {0};
        struct fa_resolver *resolver = fa_resolver_new(base, rows[i].family, on_done, &told, NULL);
        ask(resolver, rows[i].host, &answer);
        wait_for((unsigned)i + 1);
        cr_assert_eq(answer.told, 1);
        cr_assert(answer.seconds >= 0);
        if (rows[i].addresses)
            cr_assert_str_eq(answer.addresses, rows[i].addresses);
        else
            cr_assert_eq(answer.error.class, FA_CLASS_DNS, "%s", rows[i].host);
        cr_assert_eq(answer.error.class == FA_CLASS_NONE, answer.addresses[0] != '\0');
        fa_resolver_free(resolver);
    }
}

Test(resolve, many_are_answered_once_each_by_a_bounded_number_of_threads)
{
    enum { MANY = 500 };
    static struct answer answers[MANY];
    struct fa_resolver *resolver = fa_resolver_new(base, FA_FAMILY_ANY, on_done, &told, NULL);
    for (int i = 0; i < MANY; ++i)
        ask(resolver, "127.0.0.1", &answers[i]);
    cr_assert(fa_process_threads(getpid()) <= 72);
    wait_for(MANY);
    for (int i = 0; i < MANY; ++i) {
        cr_assert_eq(answers[i].told, 1);
        cr_assert_str_eq(answers[i].addresses, "127.0.0.1");
    }
    fa_resolver_free(resolver);
}

static bool is_alone(void *arg)
{
    return fa_process_threads(getpid()) == *(int *)arg;
}

Test(resolve, freeing_does_not_wait_and_the_threads_end_by_themselves)
{
    enum { MANY = 100 };
    static struct answer answers[MANY];
    int threads = fa_process_threads(getpid());
    int fds = fa_process_fds(getpid());
    struct fa_resolver *resolver = fa_resolver_new(base, FA_FAMILY_ANY, on_done, &told, NULL);
    for (int i = 0; i < MANY; ++i)
        ask(resolver, "localhost", &answers[i]);
    double before = fa_clock_now();
    fa_resolver_free(resolver);
    cr_assert(fa_clock_now() - before < fa_timeout(0.5));
    cr_assert(fa_wait_until(is_alone, &threads, 10));
    event_base_loop(base, EVLOOP_NONBLOCK);
    cr_assert_eq(told, 0);
    cr_assert_eq(fa_process_fds(getpid()), fds);
}
