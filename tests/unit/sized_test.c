/* Structs of programs that were compiled with an earlier or a later version of the library. */

#include "base/sized.h"

#include <fetchall/pool.h>
#include <fetchall/sample.h>
#include <fetchall/session.h>
#include <fetchall/state.h>

#include <criterion/criterion.h>
#include <string.h>

/* A byte of padding at the end could be taken for a field of a later version. */
#define ENDS_WITH(type, last)                                                             \
    _Static_assert(sizeof(struct type) ==                                                 \
                       offsetof(struct type, last) + sizeof(((struct type *)NULL)->last), \
                   "struct " #type " ends with padding, or with another field than " #last)

ENDS_WITH(fa_config, respect);
ENDS_WITH(fa_host_config, spare);
ENDS_WITH(fa_pool_config, worker_program);
ENDS_WITH(fa_task_request, note);

struct ours {
    size_t size;
    long a, b;
};

struct theirs {
    size_t size;
    long a, b, c;
};

#define FIRST offsetof(struct ours, b)

static struct fa_error err;

Test(sized, fields_that_the_caller_does_not_have_keep_their_defaults)
{
    struct ours ours = {.a = 1, .b = 2};
    const struct ours shorter = {.size = FIRST, .a = 10, .b = 77};
    cr_assert_eq(fa_sized_get(&ours, sizeof(ours), &shorter, FIRST, "ours", &err), 0);
    cr_assert_eq(ours.size, sizeof(ours));
    cr_assert_eq(ours.a, 10);
    cr_assert_eq(ours.b, 2);
}

Test(sized, fields_of_a_later_version_must_be_zero)
{
    struct ours ours = {0};
    struct theirs longer = {.size = sizeof(longer), .a = 10, .b = 20};
    cr_assert_eq(fa_sized_get(&ours, sizeof(ours), &longer, FIRST, "ours", &err), 0);
    cr_assert_eq(ours.size, sizeof(ours));
    cr_assert_eq(ours.b, 20);
    longer.c = 1L << 40;
    cr_assert_eq(fa_sized_get(&ours, sizeof(ours), &longer, FIRST, "ours", &err), -1);
    cr_assert_eq(err.class, FA_CLASS_REFUSED);
    cr_assert(strstr(err.msg, "struct ours sets a field"), "%s", err.msg);
}

Test(sized, a_size_below_the_first_one_is_refused)
{
    struct ours ours = {.a = 1};
    const size_t bad[] = {0, 1, FIRST - 1};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        const struct ours given = {.size = bad[i], .a = 10};
        cr_assert_eq(fa_sized_get(&ours, sizeof(ours), &given, FIRST, "ours", &err), -1);
        cr_assert_eq(err.class, FA_CLASS_REFUSED);
        cr_assert(strstr(err.msg, "size of struct ours"), "%s", err.msg);
        cr_assert_eq(ours.a, 1);
        cr_assert_eq(fa_sized_check(&given, FIRST, "ours", &err), -1);
    }
}

Test(sized, a_result_is_cut_to_the_size_of_the_caller)
{
    const struct ours ours = {.size = sizeof(ours), .a = 1, .b = 2};
    struct ours shorter = {.size = FIRST, .b = 77};
    fa_sized_put(&shorter, &ours, sizeof(ours));
    cr_assert_eq(shorter.size, FIRST);
    cr_assert_eq(shorter.a, 1);
    cr_assert_eq(shorter.b, 77);
}

Test(sized, a_result_is_padded_with_zeros_to_the_size_of_the_caller)
{
    const struct ours ours = {.size = sizeof(ours), .a = 1, .b = 2};
    struct theirs longer = {.size = sizeof(longer), .c = 77};
    fa_sized_put(&longer, &ours, sizeof(ours));
    cr_assert_eq(longer.size, sizeof(longer));
    cr_assert_eq(longer.b, 2);
    cr_assert_eq(longer.c, 0);
}

Test(sized, every_public_struct_with_a_size_is_refused_without_it)
{
    struct fa_config config = {.dir = "/nonexistent"};
    cr_assert_null(fa_session_new(&config, NULL, NULL, &err));
    cr_assert(strstr(err.msg, "size of struct fa_config"), "%s", err.msg);
    struct fa_pool_config pool_config = {.kind = FA_POOL_THREADS, .workers = 1};
    cr_assert_null(fa_pool_new(&pool_config, &err));
    cr_assert(strstr(err.msg, "size of struct fa_pool_config"), "%s", err.msg);
    struct fa_sample sample = {0};
    cr_assert_eq(fa_sample_write(NULL, 0, 1, "/nonexistent/x", &sample, &err), -1);
    cr_assert(strstr(err.msg, "size of struct fa_sample"), "%s", err.msg);
    struct fa_state_summary summary = {0};
    cr_assert_eq(fa_state_read("/nonexistent", NULL, &summary, NULL, NULL, &err), -1);
    cr_assert(strstr(err.msg, "size of struct fa_state_summary"), "%s", err.msg);

    static const struct fa_task_type types[] = {{.name = "none"}, {0}};
    struct fa_pool_config good = {
        .size = sizeof(good), .kind = FA_POOL_THREADS, .workers = 1, .types = types};
    struct fa_pool *pool = fa_pool_new(&good, &err);
    cr_assert_not_null(pool, "%s", err.msg);
    struct fa_task_request request = {.type = "none"};
    cr_assert_eq(fa_pool_submit(pool, &request, NULL, &err), -1);
    cr_assert(strstr(err.msg, "size of struct fa_task_request"), "%s", err.msg);
    fa_pool_free(pool);
}
