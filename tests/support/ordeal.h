#ifndef FETCHALL_SUPPORT_ORDEAL_H
#define FETCHALL_SUPPORT_ORDEAL_H

/*
 * A list that is fetched again and again into one folder by runs that are killed, and what must
 * hold all the while (invariants I1 to I7 of the kill loop).
 *
 *     struct fa_ordeal ordeal;
 *     fa_ordeal_init(&ordeal, "async");
 *     fa_ordeal_arm(&ordeal, &(struct fa_shot){.role = FA_KILL_SUPERVISOR, .step = 7});
 *     fa_ordeal_run(&ordeal, NULL);   until it has ended, in whatever way
 *     fa_ordeal_disarm(&ordeal);
 *     fa_ordeal_run(&ordeal, NULL);
 *     fa_ordeal_expect_done(&ordeal);
 *     fa_ordeal_again(&ordeal);       a new folder
 *
 * Whatever does not hold fails the test, with the seed, the shot and what the program wrote.
 */

#include "kill_plan.h"
#include "run.h"
#include "scratch.h"
#include "server.h"

#include <jansson.h>

enum fa_ordeal_list {
    FA_ORDEAL_ALL,   /* every kind of entry; some fail, so that the status is 3 */
    FA_ORDEAL_SMALL, /* few bytes, all good */
    FA_ORDEAL_BIG,   /* one large file that may be resumed */
    FA_ORDEAL_TURN,  /* the same, and it changes */
    FA_ORDEAL_SPLIT, /* and slower, so that several connections share it */
};

/* The file of FA_ORDEAL_BIG comes in chunks of that many bytes, that many seconds apart. */
#define FA_ORDEAL_BIG_SIZE  4000000
#define FA_ORDEAL_BIG_PIECE 50000
#define FA_ORDEAL_BIG_EVERY 0.01

/* A kill or failure: the fields of fa_kill_plan that a test sets. */
struct fa_shot {
    int role;
    int call;
    uint64_t step;
    enum fa_kill_when when;
    int error;
    uint64_t times;
    int tiny;
};

#define FA_ORDEAL_FILES 48

struct fa_ordeal {
    struct fa_scratch scratch;
    struct fa_server server;
    size_t beside;    /* processes of the test itself, such as the server */
    const char *mode; /* of fa_modes */
    unsigned seed;    /* for messages */
    enum fa_ordeal_list which;

    char *list; /* text */
    struct fa_ordeal_file {
        char url[160];
        char name[64]; /* "": from the first report that has it */
        const char *path;
        uint64_t size;
        int kind;
    } files[FA_ORDEAL_FILES];
    size_t count;
    unsigned version; /* of the files that change */
    bool newest;      /* the other version may not be there */
    size_t round;
    char dir[PATH_MAX];
    struct fa_kill_plan *plan;
    struct fa_shot shot;

    struct fa_run run;
    json_t *report; /* of the last run that was not killed */
    struct {
        size_t runs, kills, failures;
        size_t by_call[FA_KILL_ROLES][FA_KILL_CALLS];
        size_t outside; /* kills at random times */
        unsigned long long resumed;
        size_t resumed_files;
    } tally;
};

/* A plan that does nothing yet, in the file "plan", for FA_KILL_PLAN; to be unmapped. */
struct fa_kill_plan *fa_kill_plan_map(struct fa_scratch *scratch);

/** Runs with these follow the plan of fa_kill_plan_map().  Valid until the next call. */
const struct fa_run_options *fa_kill_plan_options(struct fa_scratch *scratch);

void fa_ordeal_init(struct fa_ordeal *ordeal, const char *mode, enum fa_ordeal_list which);
void fa_ordeal_fini(struct fa_ordeal *ordeal);

/* Arm the next run and set the counts to zero; disarm it. */
void fa_ordeal_arm(struct fa_ordeal *ordeal, const struct fa_shot *shot);
void fa_ordeal_disarm(struct fa_ordeal *ordeal);

/* Starts a run with more OPTIONS, ended by NULL; NULL: none. */
void fa_ordeal_start(struct fa_ordeal *ordeal, const char *const *options);

/*
 * Waits for its end, and checks what must hold at any time: a file with its final name is correct
 * (I1), nothing is outside the folder (I3), no process is left (I6), and no secret is in any file
 * (I7).  Returns whether it was killed.
 */
bool fa_ordeal_finish(struct fa_ordeal *ordeal);

/* Both. */
bool fa_ordeal_run(struct fa_ordeal *ordeal, const char *const *options);

/*
 * After a run that was not killed: its status and each entry's end are what the list requires (I2),
 * all files exist, no part is left (I4), and no more was fetched than exists (I5).
 */
void fa_ordeal_expect_done(struct fa_ordeal *ordeal);

/* Changes the files that change, between two versions: an earlier one comes back. */
void fa_ordeal_bump(struct fa_ordeal *ordeal);

/* Those that exist have the last version. */
void fa_ordeal_expect_newest(struct fa_ordeal *ordeal);

/* Size of the largest part; 0: there is none. */
uint64_t fa_ordeal_part(const struct fa_ordeal *ordeal);

/* Starts again in an empty folder. */
void fa_ordeal_again(struct fa_ordeal *ordeal);

/* Prints what was done. */
void fa_ordeal_tell(const struct fa_ordeal *ordeal, const char *what);

/* Fails the test. */
_Noreturn void fa_ordeal_fail(struct fa_ordeal *ordeal, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
