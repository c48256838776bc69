/*
 * The page of a comparison in a browser: headless Chromium opens it in frames of several widths,
 * and reports what it finds.  A page of the test's own contains the frames and does the checks,
 * because the page itself runs no script.  With FA_KEEP in the environment, pages and screenshots
 * stay in the scratch folder.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare/page.h"
#include "support/compared.h"
#include "support/run.h"
#include "support/scratch.h"

static struct fa_scratch scratch;
static struct fa_compared compared;

static void set_up(void)
{
    fa_scratch_init(&scratch);
}

static void tear_down(void)
{
    fa_compared_fini(&compared);
    fa_scratch_fini(&scratch);
}

TestSuite(page, .init = set_up, .fini = tear_down, .timeout = 300);

/* The checks of the page in each frame; the answer is one line of text. */
static const char looker[] =
    "<!DOCTYPE html><html><body><script>\n"
    "const lines=[];let left=0;\n"
    "function look(f,w){const d=f.contentDocument,v=f.contentWindow,e=d.documentElement;\n"
    " const s=x=>v.getComputedStyle(x);\n"
    " const ids=[...d.querySelectorAll('[id]')].map(x=>x.id);\n"
    " const text=d.querySelector('svg text'),svgs=[...d.querySelectorAll('svg')];\n"
    " lines.push(`${w}: wide=${e.scrollWidth<=w} svgs=${svgs.length}`\n"
    "  +` drawn=${svgs.every(x=>x.namespaceURI.endsWith('svg')"
    "&&x.getBoundingClientRect().height>60)}`\n"
    "  +` ids=${ids.length===new Set(ids).size}`\n"
    "  +` links=${[...d.querySelectorAll('use')].every(x=>ids.includes("
    "x.getAttribute('href').slice(1)))}`\n"
    "  +` fetched=${v.performance.getEntriesByType('resource').length}`\n"
    "  +` paper=${s(d.body).backgroundColor} ink=${s(d.body).color}`\n"
    "  +` svgink=${text?s(text).fill:'none'}`\n"
    "  +` bar=${svgs.length?s(d.querySelector('svg polygon')).fill:'none'}`\n"
    "  +` named=${[...d.querySelectorAll('table')].every(x=>x.caption&&x.tHead)}`\n"
    "  +` boxes=${[...d.querySelectorAll('.scroll')].every("
    "x=>x.getBoundingClientRect().right<=w)}`\n"
    "  +` script=${d.scripts.length}`);\n"
    " if(--left===0)document.body.innerText=lines.sort().join('\\n');}\n"
    "for(const w of [320,360,768,1280]){left++;const f=document.createElement('iframe');\n"
    " f.style.cssText=`border:0;width:${w}px;height:900px`;f.onload=()=>look(f,w);\n"
    " f.src='PAGE';document.body.append(f);}\n"
    "</script></body></html>\n";

/* Run Chromium with some arguments, which end with NULL.  Returns what it printed. */
static char *browse(const char *const *more)
{
    char profile[PATH_MAX + 32], home[PATH_MAX + 16];
    snprintf(profile, sizeof(profile), "--user-data-dir=%s/profile", scratch.path);
    snprintf(home, sizeof(home), "HOME=%s", scratch.path);
    const char *args[32] = {"--headless=new",
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-dev-shm-usage",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-breakpad",
                            "--proxy-server=127.0.0.1:9",
                            "--allow-file-access-from-files",
                            "--hide-scrollbars",
                            profile};
    size_t n = 12;
    for (; *more; ++more)
        args[n++] = *more;
    const char *const env[] = {home, NULL};
    struct fa_run run;
    fa_run_start_argv(&run, &(struct fa_run_options){.program = "chromium", .env = env}, args);
    int status = fa_run_wait(&run, 120);
    cr_assert_eq(status, 0, "chromium ended with %d: %s", status, fa_run_err(&run));
    char *text = strdup(fa_run_out(&run));
    fa_run_end(&run);
    return text;
}

static const char *scheme_of(bool dark)
{
    return dark ? "--blink-settings=preferredColorScheme=0"
                : "--blink-settings=preferredColorScheme=1";
}

/* What the page of the test reports about a page. */
static char *look(const char *name, bool dark)
{
    const char *at = strstr(looker, "PAGE");
    char *text = NULL;
    cr_assert_gt(asprintf(&text, "%.*s%s%s", (int)(at - looker), looker, name, at + 4), 0);
    char file[PATH_MAX + 16];
    snprintf(file, sizeof(file), "file://%s", fa_scratch_write(&scratch, "look.html", text));
    free(text);
    const char *const more[] = {scheme_of(dark), "--virtual-time-budget=20000", "--dump-dom", file,
                                NULL};
    return browse(more);
}

/* A picture, for whoever sets FA_KEEP and looks. */
static void shoot(const char *name, bool dark, unsigned width, unsigned height)
{
    char shot[PATH_MAX + 64], size[64], file[PATH_MAX + 64];
    if (!getenv("FA_KEEP"))
        return;
    snprintf(shot, sizeof(shot), "--screenshot=%s/%s-%s-%u.png", scratch.path, name,
             dark ? "dark" : "light", width);
    snprintf(size, sizeof(size), "--window-size=%u,%u", width, height);
    snprintf(file, sizeof(file), "file://%s/%s", scratch.path, name);
    const char *const more[] = {scheme_of(dark), size, shot, file, NULL};
    free(browse(more));
}

static void write_page(const char *name)
{
    struct fa_error err = {0};
    cr_assert_eq(fa_page_write(fa_scratch_path(&scratch, "%s", name), &compared.comparison,
                               &compared.verdict, &err),
                 0, "%s", err.msg);
}

static void check_frames(const char *seen, const char *svgs, const char *colors)
{
    static const char *const widths[] = {"320: ", "360: ", "768: ", "1280: "};
    char *rest = NULL;
    char *copy = strdup(seen);
    unsigned frames = 0;
    for (char *line = strtok_r(copy, "\n<>", &rest); line; line = strtok_r(NULL, "\n<>", &rest)) {
        bool ours = false;
        for (size_t i = 0; i < 4; ++i)
            ours = ours || strncmp(line, widths[i], strlen(widths[i])) == 0;
        if (!ours)
            continue;
        ++frames;
        cr_expect(strstr(line, "wide=true"), "it scrolls sideways: %s", line);
        cr_expect(strstr(line, svgs), "not %s: %s", svgs, line);
        cr_expect(strstr(line, "drawn=true ids=true links=true fetched=0"), "%s", line);
        cr_expect(strstr(line, colors), "not %s: %s", colors, line);
        cr_expect(strstr(line, "named=true boxes=true script=0"), "%s", line);
    }
    cr_expect_eq(frames, 4, "%s", seen);
    free(copy);
}

Test(page, it_fits_a_phone_and_a_screen_in_light_and_dark)
{
    fa_compared_init(&compared, 3, 5);
    write_page("page.html");
    char *light = look("page.html", false);
    check_frames(light, "svgs=5",
                 "paper=rgb(255, 255, 255) ink=rgb(28, 32, 36) svgink=rgb(28, 32, 36) "
                 "bar=rgb(0, 114, 178)");
    char *dark = look("page.html", true);
    check_frames(dark, "svgs=5",
                 "paper=rgb(21, 24, 27) ink=rgb(228, 232, 236) svgink=rgb(228, 232, 236) "
                 "bar=rgb(59, 159, 224)");
    free(light);
    free(dark);
    shoot("page.html", false, 1280, 2400);
    shoot("page.html", true, 1280, 2400);
    shoot("page.html", false, 500, 4200);
}

Test(page, long_names_and_many_contestants_do_not_widen_it)
{
    fa_compared_init(&compared, 9, 7);
    for (size_t i = 0; i < 9; ++i) {
        char *name = compared.contestants[i].name;
        size_t len = strlen(name);
        snprintf(name + len, FA_CONTESTANT_NAME_MAX - len,
                 " --http 2 --loops auto --hash-with thread");
    }
    fa_compared_fail(&compared, 2, 0.25);
    compared.standings[8].total = (struct fa_latency){0.7, 2.2, 9.4};
    compared.comparison.title = "https://mirror.example.org/a/very/long/path/without/any/blank/"
                                "that/could/be/a/place/to/break/a/line/urls-of-all-files.txt";
    compared.comparison.list = compared.comparison.title;
    compared.comparison.rounds_wanted = 9;
    compared.verdict.concluded = false;
    compared.verdict.drifted = true;
    compared.verdict.drift = 1.43;
    snprintf(compared.verdict.reason, sizeof(compared.verdict.reason),
             "The network became 43 %% slower from the first round to the last; run it again, "
             "with more rounds.");
    write_page("many.html");
    char *seen = look("many.html", false);
    check_frames(seen, "svgs=6", "paper=rgb(255, 255, 255)");
    free(seen);
    shoot("many.html", false, 1280, 3400);
    shoot("many.html", true, 1280, 3400);
    shoot("many.html", true, 500, 6000);
}

Test(page, without_plots_it_is_a_page_of_tables)
{
    fa_compared_init(&compared, 3, 5);
    fa_compared_stage(&compared);
    char *path = strdup(getenv("PATH"));
    setenv("PATH", fa_scratch_mkdir(&scratch, "bin"), 1);
    write_page("tables.html");
    setenv("PATH", path, 1);
    free(path);
    char *seen = look("tables.html", false);
    check_frames(seen, "svgs=0", "svgink=none bar=none");
    free(seen);
    shoot("tables.html", false, 1280, 1400);
}
