#include "engine/job.h"
#include "list/text.h"

#include <criterion/criterion.h>
#include <signal.h>

#define STATES 11

static const char *const names[] = {"NEW",     "QUEUED",  "ACTIVE",  "SPLIT",  "WAITING", "ASKING",
                                    "FETCHED", "HASHING", "PACKING", "HOOKED", "FINAL"};

/* From the row, to the column. */
static const bool allowed[STATES][STATES] = {
    /*             N  Q  A  S  W  ?  F  H  P  K  F */
    /* NEW */ {0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1},
    /* QUEUED */ {0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1},
    /* ACTIVE */ {0, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1},
    /* SPLIT */ {0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1},
    /* WAITING */ {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1},
    /* ASKING */ {0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1},
    /* FETCHED */ {0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1},
    /* HASHING */ {0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1},
    /* PACKING */ {0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1},
    /* HOOKED */ {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
    /* FINAL */ {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
};

Test(job, allowed_changes_of_state_are_made)
{
    for (int from = 0; from < STATES; ++from) {
        for (int to = 0; to < STATES; ++to) {
            struct fa_job job = {.state = (enum fa_job_state)from};
            if (!allowed[from][to])
                continue;
            fa_job_set_state(&job, (enum fa_job_state)to);
            cr_assert_eq((int)job.state, to, "%s to %s", names[from], names[to]);
        }
    }
}

Test(job, a_final_one_never_moves, .signal = SIGABRT)
{
    struct fa_job job = {.state = FA_JOB_FINAL};
    fa_job_set_state(&job, FA_JOB_QUEUED);
}

Test(job, one_that_is_hashed_is_not_active, .signal = SIGABRT)
{
    struct fa_job job = {.state = FA_JOB_HASHING};
    fa_job_set_state(&job, FA_JOB_ACTIVE);
}

Test(job, queues_keep_their_order_and_count)
{
    static struct fa_job jobs[4];
    struct fa_job_queue queue;
    fa_job_queue_init(&queue);
    cr_assert_null(fa_job_queue_pop(&queue));
    fa_job_queue_push(&queue, &jobs[1]);
    fa_job_queue_push(&queue, &jobs[2]);
    fa_job_queue_push_front(&queue, &jobs[0]);
    cr_assert_eq(queue.count, 3);
    for (int i = 0; i < 3; ++i)
        cr_assert_eq(fa_job_queue_pop(&queue), &jobs[i]);
    cr_assert_eq(queue.count, 0);
    cr_assert_null(fa_job_queue_pop(&queue));
    fa_job_queue_push_front(&queue, &jobs[3]);
    fa_job_queue_push(&queue, &jobs[0]);
    cr_assert_eq(fa_job_queue_pop(&queue), &jobs[3]);
    cr_assert_eq(fa_job_queue_pop(&queue), &jobs[0]);
}

Test(job, freeing_none_or_one_half_built_is_fine)
{
    fa_job_free(NULL);
    struct fa_entry *entry = fa_text_parse("list", 1, "http://a/", 9, NULL);
    cr_assert(entry);
    struct fa_job *job = fa_job_new(entry);
    cr_assert(job);
    cr_assert(job->place.size == -1 && job->attempt.fd == -1 && job->state == FA_JOB_NEW);
    fa_job_free(job);
}
