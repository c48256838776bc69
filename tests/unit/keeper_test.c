/* Commands of users, run by a keeper. */

#include "pool/keeper.h"

#include "base/loop.h"

#include "support/process.h"
#include "support/scratch.h"
#include "support/workers.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct event_base *base;
static struct fa_keeper *keeper;
static struct fa_scratch scratch;

struct ran {
    struct fa_keeper_run run; /* first */
    char text[2000];
    bool ended;
};

static void on_line(struct fa_keeper_run *run, const char *text)
{
    struct ran *ran = (struct ran *)run;
    size_t len = strlen(ran->text);
    snprintf(ran->text + len, sizeof(ran->text) - len, "%s|", text);
}

static void on_ended(struct fa_keeper_run *run)
{
    struct ran *ran = (struct ran *)run;
    cr_assert_not(ran->ended);
    ran->ended = true;
    event_base_loopbreak(base);
}

static void begin(void)
{
    base = fa_loop_new(NULL);
    fa_scratch_init(&scratch);
}

static void end(void)
{
    fa_keeper_free(keeper);
    event_base_free(base);
    fa_scratch_fini(&scratch);
}

TestSuite(keeper, .init = begin, .fini = end, .timeout = 60);

static void keep(const char *command, bool shell, double timeout)
{
    struct fa_error err = {0};
    struct fa_keeper_program program = {.command = command, .shell = shell, .timeout = timeout};
    keeper = fa_keeper_new(base, FA_TEST_WORKER, &program, 1, &err);
    cr_assert_not_null(keeper, "%s", err.msg);
}

static void start(struct ran *ran, const char *argument, int input, int output)
{
    static const struct fa_keeper_variable variables[] = {{"FETCHALL_URL", "http://x/"},
                                                          {"FETCHALL_LINE", "3"}};
    struct fa_error err = {0};
    struct fa_keeper_call call = {.argument = argument,
                                  .variables = variables,
                                  .n_variables = 2,
                                  .input = input,
                                  .output = output};
    *ran = (struct ran){.run = {.line = on_line, .ended = on_ended}};
    cr_assert_eq(fa_keeper_run(keeper, &ran->run, &call, &err), 0, "%s", err.msg);
}

static void await(struct ran *ran)
{
    while (!ran->ended)
        cr_assert_geq(event_base_dispatch(base), 0);
}

static void run(struct ran *ran, const char *argument)
{
    start(ran, argument, -1, -1);
    await(ran);
}

Test(keeper, runs_a_program_with_its_argument_and_environment)
{
    struct ran ran;
    keep("sh -c 'echo \"$0 $1 $FETCHALL_URL $FETCHALL_LINE\"; echo err >&2; printf end; exit 3' a",
         false, 0);
    run(&ran, "b c");
    cr_expect_str_eq(ran.text, "a b c http://x/ 3|err|end|");
    cr_expect(WIFEXITED(ran.run.status) && WEXITSTATUS(ran.run.status) == 3);
    cr_expect(!ran.run.timed_out && !ran.run.lost);
}

Test(keeper, gives_the_argument_to_a_shell_as_its_first_one)
{
    struct ran ran;
    keep("echo \"<$1>\" | tr a-z A-Z", true, 0);
    run(&ran, "$(touch x); y");
    cr_expect_str_eq(ran.text, "<$(TOUCH X); Y>|");
}

/* posix_spawn(3) ignores the two signals that the C library has for itself. */
Test(keeper, gives_default_signals_no_descriptors_and_a_group)
{
    struct ran ran;
    keep(
        "grep -hE 'SigBlk|SigIgn' /proc/self/status | sed s/18/00/; ls -l /proc/self/fd | grep -c socket; "
        "read x || echo no input; test $(ps -o pgid= -p $$) -eq $$ && echo leader",
        true, 0);
    run(&ran, NULL);
    cr_expect_str_eq(ran.text, "SigBlk:\t0000000000000000|SigIgn:\t0000000000000000|0|no input|"
                               "leader|");
}

Test(keeper, reports_a_program_that_does_not_exist)
{
    struct ran ran;
    keep("./no-such-program", false, 0);
    run(&ran, "x");
    cr_expect_str_eq(ran.text, "cannot execute './no-such-program': No such file or directory|");
    cr_expect_eq(WEXITSTATUS(ran.run.status), 127);
}

Test(keeper, stops_a_command_at_its_timeout_with_what_it_started)
{
    struct ran ran;
    keep("sleep 100 & echo $!; wait", true, 0.3);
    run(&ran, NULL);
    cr_expect(ran.run.timed_out && WIFSIGNALED(ran.run.status));
    cr_expect_eq(WTERMSIG(ran.run.status), SIGTERM);
    pid_t pid = atoi(ran.text);
    cr_assert_gt(pid, 1);
    cr_expect(fa_workers_gone(&pid, 1, 5));
}

Test(keeper, kills_a_command_that_ignores_sigterm)
{
    struct ran ran;
    keep("trap '' TERM; while :; do sleep 1; done", true, 0.1);
    run(&ran, NULL);
    cr_expect(ran.run.timed_out && WIFSIGNALED(ran.run.status));
    cr_expect_eq(WTERMSIG(ran.run.status), SIGKILL);
}

Test(keeper, leaves_no_process_of_a_command_behind)
{
    struct ran ran;
    keep("sleep 100 & echo $!", true, 0);
    run(&ran, NULL);
    cr_expect_eq(ran.run.status, 0);
    pid_t pid = atoi(ran.text);
    cr_expect(fa_workers_gone(&pid, 1, 5));
}

Test(keeper, runs_many_at_once_and_stops_them_all)
{
    struct ran rans[20];
    keep("echo up; sleep 100", true, 0);
    for (size_t i = 0; i < 20; ++i)
        start(&rans[i], NULL, -1, -1);
    for (size_t i = 0; i < 20; ++i)
        while (!rans[i].text[0])
            event_base_loop(base, EVLOOP_ONCE);
    fa_keeper_stop(keeper);
    for (size_t i = 0; i < 20; ++i) {
        await(&rans[i]);
        cr_expect(WIFSIGNALED(rans[i].run.status) && !rans[i].run.timed_out);
    }
    struct ran again;
    start(&again, NULL, -1, -1);
    fa_keeper_free(keeper);
    keeper = NULL;
}

Test(keeper, reads_and_writes_files)
{
    struct ran ran;
    char text[20] = "";
    int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
    cr_assert_eq(write(in, "abc\n", 4), 4);
    lseek(in, 0, SEEK_SET);
    keep("tr a-z A-Z; echo note >&2", true, 0);
    start(&ran, NULL, in, out);
    await(&ran);
    cr_expect_eq(pread(out, text, sizeof(text) - 1, 0), 4);
    cr_expect_str_eq(text, "ABC\n");
    cr_expect_str_eq(ran.text, "note|");
    close(in);
    close(out);
}

Test(keeper, splits_long_lines)
{
    struct ran ran;
    keep("printf '%01500d\\n' 0", true, 0);
    run(&ran, NULL);
    cr_expect_eq(strlen(ran.text), 1502);
    cr_expect_eq(ran.text[1000], '|');
}

Test(keeper, reports_commands_as_lost_when_it_dies_and_starts_again)
{
    struct ran ran;
    keep("sh -c 'echo $PPID $$; exec sleep 100'", false, 0);
    start(&ran, NULL, -1, -1);
    while (!ran.text[0])
        event_base_loop(base, EVLOOP_ONCE);
    int parent = 0, self = 0;
    cr_assert_eq(sscanf(ran.text, "%d %d", &parent, &self), 2);
    kill(parent, SIGKILL);
    await(&ran);
    cr_expect(ran.run.lost);
    cr_expect(fa_workers_gone(&(pid_t){self}, 1, 5));
    start(&ran, NULL, -1, -1);
    while (!ran.text[0])
        event_base_loop(base, EVLOOP_ONCE);
}

Test(keeper, refuses_a_command_that_cannot_be_split)
{
    struct fa_error err = {0};
    struct fa_keeper_program program = {.command = "x 'y"};
    cr_expect_null(fa_keeper_new(base, FA_TEST_WORKER, &program, 1, &err));
    cr_expect_str_eq(err.msg, "invalid command 'x 'y': a quotation mark is not closed");
}

Test(keeper, accepts_no_variable_of_another_name)
{
    struct fa_error err = {0};
    struct ran ran = {.run = {.line = on_line, .ended = on_ended}};
    static const struct fa_keeper_variable bad = {"LD_PRELOAD", "x.so"};
    struct fa_keeper_call call = {.variables = &bad, .n_variables = 1, .input = -1, .output = -1};
    keep("true", false, 0);
    cr_assert_eq(fa_keeper_run(keeper, &ran.run, &call, &err), 0);
    await(&ran);
    cr_expect_eq(WEXITSTATUS(ran.run.status), 126);
}
