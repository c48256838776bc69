#include <criterion/criterion.h>

#include <locale.h>
#include <string.h>

#include "cli/progress.h"
#include "cli/term.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define MIB          ((uint64_t)1 << 20)

static void utf8_locale(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
}

TestSuite(progress, .init = utf8_locale);

/* In the middle of a run. */
static const struct fa_progress middle = {
    .entries = 1000,
    .entries_final = 1,
    .done = 250,
    .bytes = 250 * MIB,
    .expected = 314 * MIB,
    .active = 64,
    .seconds = 25,
};

/* Three transfers are all that is left. */
static const struct fa_progress last = {
    .entries = 100,
    .entries_final = 1,
    .done = 97,
    .failed = 2,
    .bytes = 900 * MIB,
    .expected = 1800 * MIB,
    .active = 3,
    .seconds = 90,
    .oldest = {{"https://u:***@cdn.example.org/pub/debian-12.iso?token=x", 100 * MIB,
                (int64_t)(1000 * MIB), 35},
               {"http://h/a", 5 * MIB, -1, 12},
               {"https://a.very.long.name.example.com/p/\x1b[2J\xe2\x80\xae-and-so-on.tar.gz", 0, 0,
                1}},
    .n_oldest = 3,
};

static struct fa_rate rate_of(const struct fa_progress *progress)
{
    struct fa_rate rate = {0};
    fa_rate_update(&rate, progress);
    return rate;
}

static const char *format(const struct fa_progress *progress, unsigned width)
{
    static char line[FA_PROGRESS_LINE_MAX];
    struct fa_rate rate = rate_of(progress);
    fa_progress_format(progress, &rate, width, false, line, sizeof(line));
    return line;
}

Test(progress, shows_files_bytes_speed_and_time_left)
{
    cr_assert_str_eq(format(&middle, 79), "250 of 1000 files  250.0 MiB  10.0 MiB/s  1:15 left");
}

Test(progress, marks_a_list_that_is_still_read)
{
    struct fa_progress p = middle;
    p.entries_final = 0;
    cr_assert_str_eq(format(&p, 79), "250 of 1000+ files  250.0 MiB  10.0 MiB/s");
}

Test(progress, leaves_out_what_matters_least)
{
    struct fa_progress p = middle;
    p.failed = 3;
    static const struct {
        unsigned width;
        const char *line;
    } cases[] = {
        {62, "250 of 1000 files  250.0 MiB  10.0 MiB/s  1:15 left  3 failed"},
        {59, "250 of 1000  250.0 MiB  10.0 MiB/s  1:15 left  3 failed"},
        {50, "250 of 1000  10.0 MiB/s  1:15 left  3 failed"},
        {40, "250 of 1000  1:15 left  3 failed"},
        {25, "250 of 1000  3 failed"},
        {11, "250 of 1000"},
        {10, "3 failed"},
        {7, ""},
    };
    for (size_t i = 0; i < COUNT(cases); ++i)
        cr_assert_str_eq(format(&p, cases[i].width), cases[i].line, "width %u", cases[i].width);
}

Test(progress, fills_spare_space_with_a_bar)
{
    char line[FA_PROGRESS_LINE_MAX];
    struct fa_rate rate = rate_of(&middle);
    unsigned width = fa_progress_format(&middle, &rate, 79, true, line, sizeof(line));
    cr_assert_str_eq(line, "[======>                  ] 250 of 1000 files  250.0 MiB  10.0 MiB/s  "
                           "1:15 left");
    cr_assert_eq(width, fa_term_width(line));
    cr_assert_leq(width, 79);
}

Test(progress, names_what_it_waits_for_at_the_end)
{
    cr_assert(fa_progress_last_stretch(&last));
    cr_assert_str_eq(format(&last, 110),
                     "97 of 100  1:30 left  2 failed  waiting for 3: cdn.example.org/debian-12.iso "
                     "100.0 MiB of 1000.0 MiB 35 s, ...");
    cr_assert_str_eq(format(&last, 79),
                     "97 of 100  1:30 left  2 failed  waiting for 3: debian-12.iso 10% 35 s, ...");
    cr_assert_str_eq(format(&last, 39), "97 of 100  waiting for 3: debian-12...");
}

Test(progress, is_not_in_the_last_stretch_while_something_can_begin)
{
    struct fa_progress p = last;
    p.entries_final = 0;
    cr_assert_not(fa_progress_last_stretch(&p));
    p = last;
    p.entries = 101;
    cr_assert_not(fa_progress_last_stretch(&p));
    p.waiting = 1;
    cr_assert(fa_progress_last_stretch(&p));
    p.done = p.entries;
    cr_assert_not(fa_progress_last_stretch(&p));
    cr_assert_not(fa_progress_last_stretch(&middle));
}

Test(progress, waits_for_retries_and_digests_too)
{
    struct fa_progress p = {.entries = 10, .entries_final = 1, .done = 8, .waiting = 2};
    cr_assert_str_eq(format(&p, 79), "8 of 10  0 B  waiting for 2 retries");
    p.waiting = 0;
    p.hashing = 2;
    cr_assert_str_eq(format(&p, 79), "8 of 10  0 B  hashing 2 files");
}

/* One host is down, and its 700 files are all that is left. */
static const struct fa_progress waits = {
    .entries = 1000,
    .entries_final = 1,
    .done = 300,
    .bytes = 250 * MIB,
    .expected = 250 * MIB,
    .active = 1,
    .seconds = 25,
    .down = 1,
    .down_origin = "http://mirror.example.org:80",
    .down_left = 44.3,
};

Test(progress, says_which_host_that_is_down_it_waits_for_and_how_long)
{
    cr_assert_str_eq(format(&waits, 100), "300 of 1000 files  250.0 MiB  10.0 MiB/s  waiting up to "
                                          "45 s for http://mirror.example.org:80");
    cr_assert_str_eq(format(&waits, 79), "300 of 1000 files  waiting up to 45 s for "
                                         "http://mirror.example.org:80");
    cr_assert_str_eq(format(&waits, 49), "300 of 1000  waiting up to 45 s for 1 host");
    cr_assert_str_eq(format(&waits, 39), "300 of 1000  waiting up to 45 s");
    struct fa_progress p = waits;
    p.down = 3;
    p.down_left = 90;
    p.active = 64;
    p.failed = 4;
    cr_assert_str_eq(format(&p, 79),
                     "300 of 1000 files  59 s left  4 failed  waiting up to 1:30 for "
                     "3 hosts");
    p.down_origin = "http://\x1b[2J/";
    p.down = 1;
    cr_assert_null(strchr(format(&p, 200), '\x1b'));
}

/* Both hosts asked for a pause. */
Test(progress, says_which_host_pauses_and_for_how_long)
{
    struct fa_progress p = middle;
    p.paused = 1;
    p.paused_origin = "http://mirror.example.org:80";
    p.paused_left = 39.5;
    cr_assert_not_null(strstr(format(&p, 120), "  http://mirror.example.org:80 pauses for 40 s"),
                       "%s", format(&p, 120));
    cr_assert_not_null(strstr(format(&p, 49), "  1 host pauses for 40 s"), "%s", format(&p, 49));
    p.paused = 2;
    cr_assert_not_null(strstr(format(&p, 120), "  2 hosts pause for 40 s"), "%s", format(&p, 120));
    cr_assert_not_null(strstr(format(&p, 32), "  pause 40 s"), "%s", format(&p, 32));
    p.paused = 1;
    p.paused_origin = "http://\x1b[2J/";
    cr_assert_null(strchr(format(&p, 200), '\x1b'));
}

Test(progress, names_the_oldest_transfers_on_a_wide_line_if_they_take_long)
{
    struct fa_progress p = middle;
    memcpy(p.oldest, last.oldest, sizeof(p.oldest));
    p.n_oldest = last.n_oldest;
    const char *line = format(&p, 200);
    cr_assert_not_null(strstr(line, "  oldest: cdn.example.org/debian-12.iso 100.0 MiB of 1000.0 "
                                    "MiB 35 s, h/a 5.0 MiB 12 s"),
                       "%s", line);
    cr_assert_null(strstr(line, "and-so-on"), "%s", line);
    cr_assert_null(strstr(format(&p, 60), "oldest"), "%s", format(&p, 60));
    p.oldest[0].seconds = 9;
    cr_assert_null(strstr(format(&p, 200), "oldest"), "%s", format(&p, 200));
}

Test(progress, is_never_wider_than_asked_and_never_harmful)
{
    struct fa_progress full = last;
    full.entries = 1000;
    full.paused = full.down = 1;
    full.paused_origin = full.down_origin = "http://mirror.example.org:80";
    const struct fa_progress *const snapshots[] = {&middle, &last, &waits, &full};
    for (size_t i = 0; i < COUNT(snapshots); ++i) {
        struct fa_rate rate = rate_of(snapshots[i]);
        for (unsigned width = 0; width < 300; ++width) {
            char line[FA_PROGRESS_LINE_MAX];
            unsigned used =
                fa_progress_format(snapshots[i], &rate, width, true, line, sizeof(line));
            cr_assert_eq(used, fa_term_width(line), "width %u: '%s'", width, line);
            cr_assert_leq(used, width, "width %u: '%s'", width, line);
            cr_assert_null(strpbrk(line, "\x1b\n\r"), "width %u", width);
            cr_assert_null(strstr(line, "***"), "width %u", width);
        }
    }
}

Test(progress, survives_small_buffers)
{
    struct fa_rate rate = rate_of(&last);
    for (size_t size = 1; size < 200; ++size) {
        char line[200];
        memset(line, '#', sizeof(line));
        fa_progress_format(&last, &rate, 150, true, line, size);
        cr_assert_not_null(memchr(line, '\0', size), "size %zu", size);
    }
}

Test(progress, speed_is_an_average_first_and_forgets_later)
{
    struct fa_rate rate = {0};
    struct fa_progress p = {0};
    for (int i = 1; i <= 40; ++i) {
        p.seconds = i * 0.1;
        p.bytes = (uint64_t)i * MIB;
        fa_rate_update(&rate, &p);
    }
    cr_assert(rate.speed > 9.9 * MIB && rate.speed < 10.1 * MIB, "%f", rate.speed);
    for (int i = 1; i <= 300; ++i) {
        p.seconds += 0.1;
        fa_rate_update(&rate, &p);
    }
    cr_assert(rate.speed < 0.1 * MIB, "%f", rate.speed);
}

Test(progress, time_left_is_only_shown_when_it_can_be_known)
{
    struct fa_rate rate = rate_of(&middle);
    struct fa_progress p = middle;
    cr_assert(fa_progress_left(&p, &rate) > 0);
    p.entries_final = 0;
    cr_assert(fa_progress_left(&p, &rate) < 0);
    p = middle;
    p.done = p.entries;
    cr_assert(fa_progress_left(&p, &rate) <= 0);
    /* No bytes have arrived yet. */
    p = (struct fa_progress){.entries = 5, .entries_final = 1, .active = 5};
    rate = (struct fa_rate){0};
    cr_assert(fa_progress_left(&p, &rate) < 0);
}
