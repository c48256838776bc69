#ifndef FETCHALL_SUPPORT_RUN_H
#define FETCHALL_SUPPORT_RUN_H

/*
 * One run of a program, the built fetchall unless told otherwise:
 *
 *     struct fa_run run;
 *     fa_run_start(&run, &(struct fa_run_options){.cwd = scratch.path}, "-j", "4", list, NULL);
 *     cr_assert_eq(fa_run_wait(&run, 10), 0, "%s", fa_run_err(&run));
 *     fa_run_end(&run);
 *
 * Its output is read while one of the functions below runs, and kept. process.h says in
 * what state it starts. Times are seconds, made longer by FA_SLOW (process.h); when one runs out,
 * the group is killed and the test fails with the output. One thread at a time for each run.
 */

#include "process.h"

#ifndef FETCHALL_PROGRAM
#define FETCHALL_PROGRAM "fetchall"
#endif

/* The program under test: what FA_PROGRAM in the environment says, or the one built beside. */
const char *fa_run_program(void);

/* Its libcurl is at least that version: 804 is 8.4. */
bool fa_run_has_libcurl(unsigned version);

struct fa_run_options {
    const char *program;     /* NULL: fa_run_program() */
    const char *const *wrap; /* a command that is to run it: its arguments come first; NULL: none */
    const char *stdin_text;  /* given through a pipe that then ends */
    bool stdin_open;         /* keep the pipe open for fa_run_feed(); without both: /dev/null */
    const char *stdin_file;  /* this file is standard input */
    const char *cwd;
    const char *const *env; /* NAME=value, ended by NULL, besides the clean few of process.h */
    rlim_t nofile;          /* 0: as it is */
    rlim_t fsize;           /* 0: as it is */
    bool has_umask;
    mode_t umask;
};

struct fa_text {
    char *bytes; /* with a NUL after them; NULL while there are none */
    size_t len;
    size_t sent; /* of standard input */
};

struct fa_run {
    pid_t pid;
    int pidfd;
    int in;  /* -1: closed */
    int out; /* -1: at its end */
    int err;
    struct fa_text stdin_text;
    bool stdin_open;
    struct fa_text stdout_text;
    struct fa_text stderr_text;
    bool ended;
    int status;    /* exit status, or 128 + signal */
    bool signaled; /* it died by a signal */
    int signal;    /* that one */
    long peak_rss; /* KiB, of the largest of it and the children it waited for; not less than the
                      size of the test itself, which exec counts in */
};

/* The arguments follow, without the program's name, ended by NULL. OPTIONS may be NULL. */
void fa_run_start(struct fa_run *run, const struct fa_run_options *options, ...)
    __attribute__((sentinel));
void fa_run_start_argv(struct fa_run *run, const struct fa_run_options *options,
                       const char *const *args);

/* Waits for the end and returns the status. May be called again. */
int fa_run_wait(struct fa_run *run, double timeout_s);

/* Waits for a text; fails the test if the program ends without it. */
void fa_run_until_stderr_has(struct fa_run *run, const char *text, double timeout_s);
void fa_run_until_stdout_has(struct fa_run *run, const char *text, double timeout_s);

/* Adds to the standard input of a run with stdin_open; ends that input. Neither waits. */
void fa_run_feed(struct fa_run *run, const char *text);
void fa_run_feed_end(struct fa_run *run);

/* Moves what can be moved between us and the program, waiting at most MS for something. */
void fa_run_pump(struct fa_run *run, int ms);

/* Signals the program alone; its whole group. */
void fa_run_kill(struct fa_run *run, int signal);
void fa_run_kill_group(struct fa_run *run, int signal);

/* What it has written so far, never NULL. Lives until the next call with this run. */
const char *fa_run_out(const struct fa_run *run);
const char *fa_run_err(const struct fa_run *run);

/* Kills what is left of the group and frees everything. */
void fa_run_end(struct fa_run *run);

#endif
