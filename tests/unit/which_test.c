#include "base/which.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

static void expect_missing(const char *word, int why)
{
    errno = 0;
    cr_expect_null(fa_which(word), "%s", word);
    cr_expect_eq(errno, why, "%s: %d", word, errno);
}

Test(which, programs_are_found_in_path_or_by_their_path)
{
    setenv("PATH", "/nonexistent::/bin:/usr/bin", 1);
    char *sh = fa_which("sh"), *same = fa_which("/bin/sh");
    cr_assert_str_eq(sh, "/bin/sh");
    cr_assert_str_eq(same, "/bin/sh");
    free(sh);
    free(same);
}

Test(which, what_cannot_be_executed_is_named)
{
    setenv("PATH", "/bin:/:/etc", 1);
    expect_missing("no-such-program", ENOENT);
    expect_missing("", ENOENT);
    expect_missing("/bin", EACCES);
    expect_missing("/etc/passwd", EACCES);
    expect_missing("bin", EACCES);
    expect_missing("./no-such-program", ENOENT);
    expect_missing("/etc/passwd/x", ENOTDIR);
}
