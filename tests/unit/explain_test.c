/* What fetchall explain prints. */

#include "cli/explain.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

/* A class that is added needs its texts. */
Test(explain, each_class_has_a_meaning_causes_and_what_helps)
{
    cr_assert_null(fa_explain_class(FA_CLASS_NONE));
    cr_assert_null(fa_explain_class(FA_CLASSES));
    for (enum fa_class class = FA_CLASS_NONE + 1; class < FA_CLASSES; ++class) {
        const struct fa_explanation *text = fa_explain_class(class);
        cr_assert(text && text->meaning && text->pairs, "%s", fa_class_name(class));
        size_t n = 0;
        while (text->pairs[n])
            ++n;
        cr_expect(n >= 2 && n % 2 == 0, "%s: %zu", fa_class_name(class), n);
    }
}

static struct fa_options options;

static enum fa_exit_status explain(const char *name)
{
    struct fa_error err = {0};
    fa_options_init(&options);
    if (name)
        cr_assert_eq(fa_options_add_list(&options, name, &err), 0);
    enum fa_exit_status status = fa_explain_command(&options);
    fa_options_fini(&options);
    return status;
}

Test(explain, a_class_is_explained, .init = cr_redirect_stdout)
{
    cr_expect_eq(explain("stalled"), FA_EXIT_OK);
    cr_assert_stdout_eq_str(
        "stalled: the connection was open, but no bytes arrived, or too few.\n\n"
        "  the server prepares the file\n      -> --stall-timeout S\n"
        "  the server or the network is overloaded\n      -> --per-host N, fewer --jobs\n"
        "  the server is slow on purpose\n      -> --speed-limit SIZE, or 0 for none\n"
        "  a firewall has dropped the connection\n      -> run it again: it resumes\n");
}

Test(explain, an_unknown_class_is_refused, .init = cr_redirect_stderr)
{
    cr_expect_eq(explain("stale"), FA_EXIT_USAGE);
    cr_assert_stderr_eq_str(
        "fetchall: no such class: 'stale'; 'fetchall explain' lists all of them\n");
}
