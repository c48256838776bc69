/* The completions, each in its shell. */

#include "support/fail.h"
#include "support/process.h"
#include "support/run.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SHELLS FA_SOURCE_DIR "/tests/shells/"

static struct fa_scratch scratch;
static struct fa_run run;

static void begin(void)
{
    fa_scratch_init(&scratch);
}

static void end(void)
{
    fa_run_end(&run);
    fa_scratch_fini(&scratch);
}

TestSuite(shells, .init = begin, .fini = end, .timeout = 60.0);

/* Runs a program; returns what it printed. */
static const char *printed(const char *program, const char *const *args)
{
    const char *home = fa_scratch_path(&scratch, "HOME=%s", scratch.path);
    const char *env[] = {strstr(home, "HOME="), NULL};
    const struct fa_run_options options = {.program = program, .cwd = scratch.path, .env = env};
    fa_run_end(&run);
    fa_run_start_argv(&run, &options, args);
    cr_assert_eq(fa_run_wait(&run, 30), 0, "%s: %s", args[0], fa_run_err(&run));
    return fa_run_out(&run);
}

#define PRINTED(program, ...) printed(program, (const char *const[]){__VA_ARGS__, NULL})

/* The completion for a shell, in a file of that name. */
static const char *script(const char *shell, const char *name)
{
    return fa_scratch_write(&scratch, name, PRINTED(NULL, "--generate", shell));
}

static bool offers(const char *text, const char *line)
{
    size_t len = strlen(line);
    for (const char *at = text; (at = strstr(at, line)); at += len)
        if ((at == text || at[-1] == '\n') && strchr("\t\n", at[len]))
            return true;
    return false;
}

Test(shells, bash_offers_options_choices_and_commands)
{
    const char *file = script("bash", "fetchall.bash");
    const char *program = "/bin/bash", *complete = SHELLS "complete.bash";
    cr_expect(offers(PRINTED(program, complete, file, "fetchall", "--mo"), "--mode"));
    cr_expect(offers(PRINTED(program, complete, file, "fetchall", "--mode", "pro"), "process"));
    cr_expect(offers(PRINTED(program, complete, file, "fetchall", "sta"), "status"));
    cr_expect(offers(PRINTED(program, complete, file, "fetchall", "status", "--fa"), "--failed"));
    cr_expect_not(offers(PRINTED(program, complete, file, "fetchall", "status", "--"), "--mode"));
}

Test(shells, fish_offers_options_choices_and_commands)
{
    const char *file = script("fish", "fetchall.fish");
    const char *program = "/usr/bin/fish", *complete = SHELLS "complete.fish";
    cr_expect(offers(PRINTED(program, complete, file, "fetchall --mo"), "--mode"));
    cr_expect(offers(PRINTED(program, complete, file, "fetchall -m pro"), "process"));
    cr_expect(offers(PRINTED(program, complete, file, "fetchall sta"), "status"));
    cr_expect(offers(PRINTED(program, complete, file, "fetchall status --fa"), "--failed"));
    cr_expect_not(offers(PRINTED(program, complete, file, "fetchall status --"), "--mode"));
    cr_expect_not(offers(PRINTED(program, complete, file, "fetchall x sta"), "status"));
}

Test(shells, zsh_completes_options_choices_and_commands)
{
    static const struct {
        const char *line, *completed;
    } cases[] = {
        {"fetchall --mod", "fetchall --mode="},
        {"fetchall --mode=pro", "fetchall --mode=process "},
        {"fetchall -m thr", "fetchall -m thread "},
        {"fetchall sta", "fetchall status "},
        {"fetchall status --fai", "fetchall status --failed "},
        {"fetchall status --mod", "fetchall status --mod"},
    };
    script("zsh", "_fetchall");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        const char *got =
            PRINTED("/usr/bin/zsh", "-f", SHELLS "complete.zsh", scratch.path, cases[i].line);
        size_t len = strlen(cases[i].completed);
        cr_expect(strncmp(got, cases[i].completed, len) == 0 && got[len] == '\n', "%s -> %s",
                  cases[i].line, got);
    }
}
