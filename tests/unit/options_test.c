#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/completion.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/options.h"
#include "cli/parser.h"
#include "cli/value.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A command line, parsed. */
struct parsed {
    struct fa_options options;
    struct fa_error err;
    int rc;
};

#define ARGS_MAX 12

static struct parsed parse(const char *const *args)
{
    char *argv[ARGS_MAX + 2] = {(char *)"fetchall"};
    int argc = 1;
    for (; *args && argc <= ARGS_MAX; ++args)
        argv[argc++] = (char *)*args;
    struct parsed p = {0};
    fa_options_init(&p.options);
    p.rc = fa_parser_run(&p.options, argc, argv, &p.err);
    return p;
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

/* The text that a function prints. */
static char *printed(void (*print)(FILE *))
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    print(out);
    fclose(out);
    return text;
}

/* A file with some bytes, in the folder of the test's own. */
static const char *temp_file(char *path, const void *data, size_t len)
{
    strcpy(path, "/tmp/fetchall-options-XXXXXX");
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    close(fd);
    return path;
}

Test(options, defaults_are_those_of_the_library)
{
    struct fa_config config;
    fa_config_init(&config);
    struct parsed p = PARSE("urls.txt");
    cr_assert_eq(p.rc, 0, "%s", p.err.msg);
    cr_assert_eq(p.options.config.jobs, config.jobs);
    cr_assert_eq(p.options.config.hash_first, FA_HASH_SHA256);
    cr_assert_eq(p.options.action, FA_ACTION_RUN);
    cr_assert_eq(p.options.progress, FA_PROGRESS_AUTO);
    cr_assert_not(p.options.config.hash_existing);
    fa_options_fini(&p.options);
}

Test(options, values_are_taken_in_every_usual_form)
{
    static const char *const forms[][5] = {
        {"--jobs=7", "x"},  {"--jobs", "7", "x"}, {"-j7", "x"},           {"-j", "7", "x"},
        {"x", "-j7"},       {"--job=7", "x"},     {"-qj7", "x"},          {"-qj", "7", "x"},
        {"-j7", "--", "x"}, {"-j9", "-j7", "x"},  {"-j", "7", "--", "x"},
    };
    for (size_t i = 0; i < COUNT(forms); ++i) {
        struct parsed p = parse(forms[i]);
        cr_assert_eq(p.rc, 0, "form %zu: %s", i, p.err.msg);
        cr_assert_eq(p.options.config.jobs, 7, "form %zu", i);
        cr_assert_eq(p.options.lists.count, 1, "form %zu", i);
        cr_assert_str_eq(p.options.lists.items[0], "x", "form %zu", i);
        fa_options_fini(&p.options);
    }
}

Test(options, each_kind_reaches_its_field)
{
    struct parsed p = PARSE("-m", "process", "--layout=tree", "--overwrite", "--timeout", "1.5m",
                            "--max-size=2G", "-d", "out", "-6");
    fa_options_add_list(&p.options, "x", NULL);
    cr_assert_eq(p.options.config.mode, FA_MODE_PROCESS);
    cr_assert_eq(p.options.config.layout, FA_LAYOUT_TREE);
    cr_assert(p.options.config.overwrite);
    cr_assert(p.options.config.timeout > 89.9 && p.options.config.timeout < 90.1);
    cr_assert_eq(p.options.config.max_size, 2ULL << 30);
    cr_assert_str_eq(p.options.config.dir, "out");
    cr_assert_eq(p.options.config.family, FA_FAMILY_V6);
    fa_options_fini(&p.options);

    p = PARSE("--host-rate", "0.5", "x");
    cr_assert_eq(p.options.config.host_rate, 0.5, "%s", p.err.msg);
    fa_options_fini(&p.options);

    p = PARSE("--halt=5%", "--hash", "md5,xxh128", "--progress", "json", "--hash-with=inline",
              "--resolve", "a:1:[::1]", "--manifest", "M", "x");
    cr_assert_eq(p.rc, 0, "%s", p.err.msg);
    cr_assert(p.options.config.halt == 5 && p.options.config.halt_percent);
    cr_assert_eq(p.options.config.hash, FA_HASH_MD5 | FA_HASH_XXH128);
    cr_assert_eq(p.options.config.hash_first, FA_HASH_MD5);
    cr_assert_eq(p.options.progress, FA_PROGRESS_JSON);
    cr_assert_eq(p.options.config.hash_with, FA_HASH_WITH_INLINE);
    cr_assert_str_eq(p.options.config.resolve[0], "a:1:[::1]");
    cr_assert(p.options.config.hash_existing);
    fa_options_fini(&p.options);

    p = PARSE("--format", "csv", "--columns=url=a,out=b", "--base", "HTTP://h", "x");
    cr_assert_eq(p.rc, 0, "%s", p.err.msg);
    cr_assert_eq(p.options.config.format, FA_LIST_FORMAT_CSV);
    cr_assert_str_eq(p.options.config.columns, "url=a,out=b");
    cr_assert_str_eq(p.options.config.base, "HTTP://h");
    fa_options_fini(&p.options);
    p = PARSE("--trust-host", "*.a", "--trust-host=b:1", "x");
    cr_assert_eq(p.rc, 0, "%s", p.err.msg);
    cr_assert_eq(p.options.config.n_trust_hosts, 2);
    cr_assert_str_eq(p.options.config.trust_hosts[0], "*.a");
    cr_assert_str_eq(p.options.config.trust_hosts[1], "b:1");
    fa_options_fini(&p.options);
}

Test(options, segments_are_a_number_or_found)
{
    static const struct {
        const char *value;
        unsigned segments; /* 0: refused */
    } rows[] = {{"1", 1}, {"64", 64},      {"auto", FA_SEGMENTS_AUTO},
                {"0", 0}, {"65", 0},       {"-1", 0},
                {"", 0},  {"automatic", 0}};
    struct parsed without = PARSE("list");
    cr_expect_eq(without.options.config.segments, FA_SEGMENTS_AUTO);
    fa_options_fini(&without.options);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct parsed p = PARSE("--segments", rows[i].value, "list");
        cr_expect_eq(p.rc, rows[i].segments ? 0 : -1, "%s", rows[i].value);
        if (p.rc == 0)
            cr_expect_eq(p.options.config.segments, rows[i].segments);
        fa_options_fini(&p.options);
    }
}

Test(options, limit_per_host_is_a_number_or_found)
{
    static const struct {
        const char *value;
        unsigned most;
        bool found;
    } cases[] = {{"1", 1, false},
                 {"20000", 20000, false},
                 {"auto", 0, true},
                 {"auto:1", 1, true},
                 {"auto:300", 300, true}};
    struct parsed p = PARSE("x");
    cr_expect(p.options.config.per_host == 0 && p.options.config.per_host_auto);
    fa_options_fini(&p.options);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        p = PARSE("--per-host", cases[i].value, "x");
        cr_assert_eq(p.rc, 0, "%s: %s", cases[i].value, p.err.msg);
        cr_expect_eq(p.options.config.per_host, cases[i].most, "%s", cases[i].value);
        cr_expect_eq(p.options.config.per_host_auto, cases[i].found, "%s", cases[i].value);
        fa_options_fini(&p.options);
    }
}

Test(options, wrong_command_lines_are_refused_with_a_reason)
{
    static const struct {
        const char *args[6];
        const char *says;
    } cases[] = {
        {{NULL}, "no list given"},
        {{"--jobs", "abc", "x"}, "--jobs requires a number from 1 to 20000, not 'abc'"},
        {{"--jobs", "0", "x"}, "from 1 to 20000"},
        {{"--jobs", "20001", "x"}, "from 1 to 20000"},
        {{"-m", "thread", "-j", "4097", "x"}, "-m thread allows at most --jobs 4096"},
        {{"-j", "4097", "-m", "process", "x"}, "-m process allows at most --jobs 4096"},
        {{"--per-host", "0", "x"}, "a number from 1 to 20000, auto or auto:MAX, not '0'"},
        {{"--per-host", "20001", "x"}, "not '20001'"},
        {{"--per-host", "auto:", "x"}, "not 'auto:'"},
        {{"--per-host", "auto:0", "x"}, "not 'auto:0'"},
        {{"--per-host", "automatic", "x"}, "not 'automatic'"},
        {{"--host-rate", "-1", "x"}, "requests per second, such as 3 or 0.5, not '-1'"},
        {{"--host-rate", "3/s", "x"}, "not '3/s'"},
        {{"--host-rate", "1e3", "x"}, "not '1e3'"},
        {{"--host-rate", "0.000001", "x"}, "not '0.000001'"},
        {{"--host-rate", "1000001", "x"}, "not '1000001'"},
        {{"--jobs=", "x"}, "not ''"},
        {{"--jobs", "99999999999999999999", "x"}, "from 1 to 20000"},
        {{"-j"}, "--jobs requires a value (N)"},
        {{"-j-5", "x"}, "not '-5'"},
        {{"--quiet=yes", "x"}, "--quiet does not accept a value"},
        {{"--ret", "3", "x"}, "ambiguous option --ret: --retry-failed, --retries, --retry-wait"},
        {{"--hlep"}, "did you mean --help?"},
        {{"--tiemout=3", "x"}, "did you mean --timeout?"},
        {{"--zzzzzz", "x"}, "unknown option --zzzzzz"},
        {{"-qz", "x"}, "unknown option -z in '-qz'"},
        {{"--mode", "fast", "x"}, "--mode requires async, thread or process, not 'fast'"},
        {{"--timeout", "1d", "x"}, "--timeout requires a time"},
        {{"--retry-wait", "61", "x"}, "from 0 to 60 seconds"},
        {{"--max-size", "1T", "x"}, "--max-size requires a size"},
        {{"--cacert", "/nonexistent", "x"}, "cannot read '/nonexistent': No such file"},
        {{"--cert", "/tmp", "x"}, "Is a directory"},
        {{"--key", "/dev/null", "x"}, "--cert"},
        {{"--resolve", "a:1", "x"}, "HOST:PORT:ADDR"},
        {{"--trust-host", "*", "x"}, "'*' is not a host"},
        {{"--format", "xls", "x"}, "--format"},
        {{"--base", "example.org/", "x"}, "--base requires a URL"},
        {{"--columns", "url", "x"}, "PART=NAME"},
        {{"--columns", "link=url", "x"}, "--columns"},
        {{"--name", "a/{id", "x"},
         "'a/{id' is not a template of names: a { without its } at "
         "position 3 (--name)"},
        {{"--expect-type", "png", "x"}, "'png' is not a list of media types"},
        {{"--respect", "noai,foo", "x"},
         "unknown rule 'foo' for --respect: the known ones are noai,"},
        {{"--respect", "", "x"}, "unknown rule ''"},
        {{"--exec", "no-such-program", "x"}, "cannot execute 'no-such-program': No such file"},
        {{"--trust-host", "https://a/", "x"}, "--trust-host"},
        {{"--hash", "sha3", "x"}, "--hash requires"},
        {{"--hash", "none", "--manifest", "M", "x"}, "--manifest requires a digest"},
        {{"--manifest", "-", "x"}, "not '-'"},
        {{"--plan", "--manifest", "M", "x"}, "--plan"},
        {{"--report", "-", "--events", "-", "x"}, "require different files"},
        {{"--report", "+r", "--events", "r", "x"}, "require different files, not both 'r'"},
        {{"--report", "+", "x"}, "--report requires a name after the '+'"},
        {{"--events", "+", "x"}, "--events requires a name after the '+'"},
        {{"--report", "+x", "x"}, "--report would overwrite the list 'x'"},
        {{"-q", "-v", "x"}, "cannot be combined"},
        {{"--sync", "--overwrite", "x"}, "cannot be combined"},
        {{"--state", "s", "--no-state", "x"}, "cannot be combined"},
        {{"--retry-failed", "--no-state", "x"}, "--no-state"},
        {{"--proxy", "junk://h", "x"}, "'junk'"},
        {{"--proxy", "http://user:word@h:99999", "x"}, "invalid proxy URL in --proxy"},
        {{"--proxy", "http://user:word%00@h", "x"}, "invalid proxy URL in --proxy"},
        {{"--proxy", "user%0a:word@h", "x"}, "invalid proxy URL in --proxy"},
        {{"--proxy", "http://user:word@", "x"}, "invalid proxy URL in --proxy"},
        {{"--stall-timeout", "0.5", "x"}, "--stall-timeout"},
        {{"--halt", "0", "x"}, "--halt requires"},
        {{"-A", "a\nb", "x"}, "single line"},
        {{"-d", "", "x"}, "requires a name"},
        {{"-H", "no colon", "x"}, "'Name: value'"},
        {{"-H", "A: b\r\nC: d", "x"}, "single line"},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct parsed p = parse(cases[i].args);
        cr_assert_eq(p.rc, -1, "case %zu (%s)", i, cases[i].says);
        cr_assert_not_null(strstr(p.err.msg, cases[i].says), "case %zu: '%s' lacks '%s'", i,
                           p.err.msg, cases[i].says);
        cr_assert_null(strstr(p.err.msg, "word"), "case %zu: '%s'", i, p.err.msg);
        fa_options_fini(&p.options);
    }
}

Test(options, a_rate_and_http_2_contradict_each_other)
{
    struct parsed fetch = PARSE("--http=2", "x");
    cr_assert(fetch.rc == 0 && fetch.options.config.http == FA_HTTP_2);
    fa_options_fini(&fetch.options);
    struct parsed both = PARSE("--http=2", "--rate", "1M", "x");
    cr_assert(both.rc == -1 && strstr(both.err.msg, "--rate does not work with HTTP/2"));
    fa_options_fini(&both.options);
    struct parsed compared = PARSE("compare", "--http", "1.1,2", "--rate", "1M", "x");
    cr_assert(compared.rc == -1 && strstr(compared.err.msg, "--rate does not work with HTTP/2"));
    fa_options_fini(&compared.options);
}

Test(options, a_command_is_the_first_argument)
{
    static const struct {
        const char *args[4];
        enum fa_command command;
        size_t lists;
    } cases[] = {
        {{"status", "-d", "x"}, FA_COMMAND_STATUS, 0},
        {{"verify", "-v"}, FA_COMMAND_VERIFY, 0},
        {{"verify", "--man", "/dev/null"}, FA_COMMAND_VERIFY, 0},
        {{"./status"}, FA_COMMAND_FETCH, 1},
        {{"--", "status"}, FA_COMMAND_FETCH, 1},
        {{"--", "stats"}, FA_COMMAND_FETCH, 1},
        {{"./stats"}, FA_COMMAND_FETCH, 1},
        {{"compares.txt"}, FA_COMMAND_FETCH, 1},
        {{"-q", "stats"}, FA_COMMAND_FETCH, 1},
        {{"-q", "verify"}, FA_COMMAND_FETCH, 1},
        {{"x", "status"}, FA_COMMAND_FETCH, 2},
        {{"compare", "status", "x"}, FA_COMMAND_COMPARE, 2},
        {{"x", "compare"}, FA_COMMAND_FETCH, 2},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct parsed p = parse(cases[i].args);
        cr_assert_eq(p.rc, 0, "case %zu: %s", i, p.err.msg);
        cr_assert_eq(p.options.command, cases[i].command, "case %zu", i);
        cr_assert_eq(p.options.lists.count, cases[i].lists, "case %zu", i);
        fa_options_fini(&p.options);
    }
}

Test(options, options_of_another_command_are_refused)
{
    static const struct {
        const char *args[6];
        const char *says;
    } cases[] = {
        {{"status", "--sync"}, "--sync is not an option of 'fetchall status'"},
        {{"status", "-j3"}, "unknown option -j"},
        {{"status", "--manifest", "x"}, "--manifest is not an option of 'fetchall status'"},
        {{"verify", "--failed"}, "--failed is not an option of 'fetchall verify'"},
        {{"--failed", "x"}, "--failed is not an option of 'fetchall'"},
        {{"--json", "x"}, "--json is not an option of 'fetchall'"},
        {{"comprae", "x"}, "no such list: 'comprae'; did you mean the command 'compare'?"},
        {{"Compare", "x"}, "did you mean the command 'compare'?"},
        {{"cmopare"}, "did you mean the command 'compare'?"},
        {{"stats", "-q"}, "did you mean the command 'status'?"},
        {{"verifiy"}, "did you mean the command 'verify'?"},
        {{"status", "--faield"}, "did you mean --failed?"},
        {{"status", "list"}, "does not accept a list: 'list'"},
        {{"verify", "--", "-x"}, "does not accept a list: '-x'"},
        {{"status", "--failed", "--json"}, "cannot be combined"},
        {{"verify", "-qv"}, "cannot be combined"},
        {{"verify", "--manifest", "/nonexistent"}, "cannot read '/nonexistent'"},
        {{"--rounds", "3", "x"}, "--rounds is not an option of 'fetchall'"},
        {{"compare", "--sync", "x"}, "--sync is not an option of 'fetchall compare'"},
        {{"compare", "--overwrite", "x"}, "--overwrite is not an option of 'fetchall compare'"},
        {{"compare", "--state", "s"}, "--state is not an option of 'fetchall compare'"},
        {{"compare", "--no-state", "x"}, "--no-state is not an option of 'fetchall compare'"},
        {{"compare", "--report", "r"}, "--report is not an option of 'fetchall compare'"},
        {{"compare", "--manifest", "r"}, "--manifest is not an option of 'fetchall compare'"},
        {{"compare", "--halt", "3"}, "--halt is not an option of 'fetchall compare'"},
        {{"compare"}, "no list given"},
        {{"compare", "--modes", "fast", "x"}, "async, thread and process"},
        {{"compare", "-m", "async,", "x"}, "not ''"},
        {{"compare", "-m", "async,async", "x"}, "'async' twice"},
        {{"compare", "--jobs", "8,0", "x"}, "numbers from 1 to 4096"},
        {{"compare", "--jobs", "8,4097", "x"}, "numbers from 1 to 4096"},
        {{"compare", "--per-host", "0,1", "x"}, "numbers from 1 to 20000, auto and auto:MAX"},
        {{"compare", "--per-host", "4,4", "x"}, "'4' twice"},
        {{"compare", "--segments", "65", "x"}, "numbers from 1 to 64, and auto"},
        {{"compare", "--hash", "sha256,sha3", "x"}, "sha256+md5, separated by commas, not 'sha3'"},
        {{"compare", "--with", "wget", "x"}, "curl, wget2, aria2c and xargs"},
        {{"compare", "--stage", "--with", "curl", "x"}, "remove --with"},
        {{"compare", "--loops", "65", "x"}, "auto, and numbers from 1 to 64"},
        {{"compare", "--hash-with", "fork", "x"}, "process, thread, inline and auto"},
        {{"compare", "--rounds", "0", "x"}, "from 1 to 1000"},
        {{"compare", "--json=-", "--csv=-", "x"}, "require different files"},
        {{"compare", "--stage", "--hash=none", "x"}, "--stage requires a digest"},
        {{"compare", "--stage", "--max-bytes=1k", "x"}, "--stage downloads each file once"},
        {{"compare", "--key", "/dev/null", "x"}, "--cert"},
        {{"compare", "-H", "@/dev/null", "x"}, "must be a regular file"},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct parsed p = parse(cases[i].args);
        cr_assert_eq(p.rc, -1, "case %zu (%s)", i, cases[i].says);
        cr_assert_not_null(strstr(p.err.msg, cases[i].says), "case %zu: '%s' lacks '%s'", i,
                           p.err.msg, cases[i].says);
        fa_options_fini(&p.options);
    }
}

Test(options, a_comparison_takes_lists_of_values)
{
    struct parsed p = PARSE("compare", "-m", "thread,async", "--jobs=8,32", "--loops", "1,auto",
                            "--http=1.1", "--hash-with", "inline,process", "--rounds", "7", "x");
    const struct fa_compare_options *c = &p.options.compare;
    cr_assert_eq(p.rc, 0, "%s", p.err.msg);
    cr_assert(c->modes.count == 2 && c->modes.values[0] == FA_MODE_THREAD);
    cr_assert(c->jobs.count == 2 && c->jobs.values[1] == 32);
    cr_assert(c->loops.count == 2 && c->loops.values[0] == 1 && c->loops.values[1] == 0);
    cr_assert(c->http.count == 1 && c->http.values[0] == FA_HTTP_1_1);
    cr_assert(c->hash_with.count == 2 && c->hash_with.values[0] == FA_HASH_WITH_INLINE);
    cr_assert(c->rounds == 7 && !c->sequential);
    fa_options_fini(&p.options);
    p = PARSE("compare", "--per-host", "16,auto,auto:64", "--segments=1,auto", "--hash",
              "sha256+md5,none,xxh128", "x");
    cr_assert_eq(p.rc, 0, "%s", p.err.msg);
    cr_assert(c->per_host.count == 3 && c->per_host.values[0] == 16 &&
              c->per_host.values[1] == FA_PICK_AUTO &&
              c->per_host.values[2] == (FA_PICK_AUTO | 64));
    cr_assert(c->segments.count == 2 && c->segments.values[1] == FA_SEGMENTS_AUTO);
    cr_assert(c->hash.count == 3 && c->hash.values[0] == (FA_HASH_SHA256 | FA_HASH_MD5) &&
              c->hash.values[1] == FA_PICK_NO_HASH);
    fa_options_fini(&p.options);
    p = PARSE("compare", "--per-host", "4", "--segments=2", "--hash", "none", "x");
    cr_assert(p.options.config.per_host == 4 && !p.options.config.per_host_auto);
    cr_assert(p.options.config.segments == 2 && p.options.config.hash == 0);
    cr_assert_eq(p.options.compare.per_host.count, 1);
    cr_assert_eq(c->sample, 1000);
    cr_assert_eq(p.options.passed.count, 0);
    fa_options_fini(&p.options);
}

Test(options, a_sample_of_a_comparison_may_be_a_fresh_one_for_each_run)
{
    struct parsed p = PARSE("compare", "--sample", "70", "x");
    cr_expect(p.rc == 0 && p.options.compare.sample == 70 && !p.options.compare.fresh);
    fa_options_fini(&p.options);
    p = PARSE("compare", "--sample", "fresh", "x");
    cr_expect(p.rc == 0 && p.options.compare.sample == 1000 && p.options.compare.fresh);
    fa_options_fini(&p.options);
    p = PARSE("compare", "--sample", "fresh:30", "x");
    cr_expect(p.rc == 0 && p.options.compare.sample == 30 && p.options.compare.fresh);
    fa_options_fini(&p.options);
    static const char *const bad[] = {"0", "1000001", "fresh5", "fresh:", "fresh:0", "freshly", ""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        p = PARSE("compare", "--sample", bad[i], "x");
        cr_expect_eq(p.rc, -1, "%s", bad[i]);
        cr_expect(strstr(p.err.msg, "fresh or fresh:N"), "%s", p.err.msg);
        fa_options_fini(&p.options);
    }
    static const char *const others[] = {"--stage", "--tune", "--with=curl"};
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); ++i) {
        p = PARSE("compare", "--sample=fresh", others[i], "x");
        cr_expect_eq(p.rc, -1, "%s", others[i]);
        cr_expect(strstr(p.err.msg, "cannot be combined with --"), "%s", p.err.msg);
        fa_options_fini(&p.options);
    }
}

Test(options, the_rounds_of_a_comparison_are_a_number_or_as_many_as_it_takes)
{
    struct parsed p = PARSE("compare", "x");
    cr_expect(p.rc == 0 && p.options.compare.sequential && p.options.compare.rounds == 20);
    cr_expect_eq(p.options.compare.rounds_local, 100);
    fa_options_fini(&p.options);
    p = PARSE("compare", "--rounds", "auto", "--budget", "60", "x");
    cr_expect(p.rc == 0 && p.options.compare.sequential && p.options.compare.rounds == 100);
    fa_options_fini(&p.options);
    p = PARSE("compare", "--rounds", "auto:7", "--budget", "60", "x");
    cr_expect(p.rc == 0 && p.options.compare.sequential && p.options.compare.rounds == 7);
    cr_expect_eq(p.options.compare.rounds_local, 7);
    fa_options_fini(&p.options);
    static const char *const wrong[] = {"auto:", "auto:0", "auto:1001", "autumn", "1001", ""};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); ++i) {
        p = PARSE("compare", "--rounds", wrong[i], "x");
        cr_expect_eq(p.rc, -1, "%s", wrong[i]);
        fa_options_fini(&p.options);
    }
}

Test(options, a_comparison_hands_on_what_was_given_and_no_more)
{
    char path[40], arg[48], passed[64];
    snprintf(arg, sizeof(arg), "@%s", temp_file(path, "X: s3cret\n", 10));
    snprintf(passed, sizeof(passed), "--header=%s", arg);
    struct parsed p = PARSE("compare", "-4", "-H", arg, "--host-rate=3", "--rounds", "2", "-q",
                            "--proxy", "", "x");
    unlink(path);
    cr_assert_eq(p.rc, 0, "%s", p.err.msg);
    const char *const expected[] = {"--ipv4", passed, "--host-rate=3", "--proxy="};
    cr_assert_eq(p.options.passed.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); ++i)
        cr_assert_str_eq(p.options.passed.items[i], expected[i]);
    fa_options_fini(&p.options);
}

Test(options, lists_may_look_like_anything_after_two_dashes)
{
    struct parsed p = PARSE("-", "--", "--jobs", "-");
    cr_assert_eq(p.rc, 0);
    cr_assert_eq(p.options.lists.count, 3);
    cr_assert_str_eq(p.options.lists.items[1], "--jobs");
    fa_options_fini(&p.options);
}

Test(options, help_and_the_like_win_over_what_follows)
{
    static const struct {
        const char *args[3];
        enum fa_action action;
    } cases[] = {
        {{"-h"}, FA_ACTION_HELP},
        {{"--help", "--nonsense"}, FA_ACTION_HELP},
        {{"--version"}, FA_ACTION_VERSION},
        {{"--generate=man"}, FA_ACTION_MAN},
        {{"--generate", "bash"}, FA_ACTION_BASH},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct parsed p = parse(cases[i].args);
        cr_assert_eq(p.rc, 0, "case %zu: %s", i, p.err.msg);
        cr_assert_eq(p.options.action, cases[i].action, "case %zu", i);
        fa_options_fini(&p.options);
    }
}

Test(options, sizes_take_binary_suffixes)
{
    static const struct {
        const char *text;
        int rc;
        uint64_t bytes;
    } cases[] = {
        {"0", 0, 0},
        {"17", 0, 17},
        {"1k", 0, 1024},
        {"1K", 0, 1024},
        {"20M", 0, 20 << 20},
        {"3g", 0, 3ULL << 30},
        {"", -1, 0},
        {"k", -1, 0},
        {"1kB", -1, 0},
        {"-1", -1, 0},
        {" 1", -1, 0},
        {"1.5M", -1, 0},
        {"0x10", -1, 0},
        {"1T", -1, 0},
        {"9000000000G", -1, 0},
        {"8589934591G", 0, 8589934591ULL << 30},
        {"8589934592G", -1, 0},
        {"18446744073709551616", -1, 0},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        uint64_t bytes = 0;
        cr_assert_eq(fa_value_size(cases[i].text, &bytes), cases[i].rc, "'%s'", cases[i].text);
        cr_assert_eq(bytes, cases[i].bytes, "'%s'", cases[i].text);
    }
}

Test(options, times_take_fractions_and_units)
{
    static const struct {
        const char *text;
        int rc;
        double seconds;
    } cases[] = {
        {"0", 0, 0},    {"1.5", 0, 1.5},   {".5", 0, .5},  {"2.", 0, 2},     {"30s", 0, 30},
        {"2m", 0, 120}, {"1.5h", 0, 5400}, {"", -1, 0},    {".", -1, 0},     {"s", -1, 0},
        {"1ms", -1, 0}, {"1d", -1, 0},     {"-1", -1, 0},  {"+1", -1, 0},    {"1e3", -1, 0},
        {"inf", -1, 0}, {"nan", -1, 0},    {"0x1", -1, 0}, {"1.2.3", -1, 0}, {" 1", -1, 0},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        double seconds = 0;
        cr_assert_eq(fa_value_seconds(cases[i].text, &seconds), cases[i].rc, "'%s'", cases[i].text);
        cr_assert(seconds > cases[i].seconds - 1e-9 && seconds < cases[i].seconds + 1e-9, "'%s'",
                  cases[i].text);
    }
}

Test(options, digests_keep_the_one_named_first)
{
    static const struct {
        const char *text;
        int rc;
        unsigned bits, first;
    } cases[] = {
        {"none", 0, 0, 0},
        {"sha256", 0, FA_HASH_SHA256, FA_HASH_SHA256},
        {"xxh128,md5", 0, FA_HASH_XXH128 | FA_HASH_MD5, FA_HASH_XXH128},
        {"md5,md5", 0, FA_HASH_MD5, FA_HASH_MD5},
        {"", -1, 7, 7},
        {"md5,", -1, 7, 7},
        {",md5", -1, 7, 7},
        {"none,md5", -1, 7, 7},
        {"adler32", -1, 7, 7},
        {"crc32c", -1, 7, 7},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        unsigned bits = 7, first = 7;
        cr_assert_eq(fa_value_hashes(cases[i].text, &bits, &first), cases[i].rc, "'%s'",
                     cases[i].text);
        cr_assert(bits == cases[i].bits && first == cases[i].first, "'%s'", cases[i].text);
    }
}

Test(options, addresses_by_hand_are_checked_for_form)
{
    static const struct {
        const char *text;
        int rc;
    } cases[] = {
        {"example.org:443:192.0.2.7", 0},
        {"a:1:::1", 0},
        {"a:1:[::1]", 0},
        {"[::1]:80:127.0.0.1", 0},
        {"192.0.2.1:80:127.0.0.1", 0},
        {"a:65535:127.0.0.1", 0},
        {"", -1},
        {"a", -1},
        {"a:443", -1},
        {"a:443:", -1},
        {":443:127.0.0.1", -1},
        {"a:0:127.0.0.1", -1},
        {"a:65536:127.0.0.1", -1},
        {"a:x:127.0.0.1", -1},
        {"a:443:name", -1},
        {"a:443:127.0.0.1,127.0.0.2", 0},
        {"a:443:::1,[::2],192.0.2.1", 0},
        {"a:443:[fe80::1%eth0.1],fe80::2%3", 0},
        {"a:443:fe80::1%", -1},
        {"a:443:[fe80::1%]", -1},
        {"a:443:[fe80::1%sixteen-is-long-]", -1},
        {"a:443:fe80::1%a/b", -1},
        {"a:443:127.0.0.1%lo", -1},
        {"[fe80::1%lo]:443:127.0.0.1", -1},
        {"a:443:127.0.0.1,", -1},
        {"a:443:,127.0.0.1", -1},
        {"a:443:[127.0.0.1]", -1},
        {"a:443:[::1", -1},
        {"[::1:80:127.0.0.1", -1},
        {"[a]:80:127.0.0.1", -1},
        {"a b:443:127.0.0.1", -1},
        {"a:443:127.0.0.1 ", -1},
        {"a/b:443:127.0.0.1", -1},
        {"[", -1},
    };
    for (size_t i = 0; i < COUNT(cases); ++i)
        cr_assert_eq(fa_value_resolve(cases[i].text), cases[i].rc, "'%s'", cases[i].text);
}

Test(options, header_lines_need_a_name)
{
    static const struct {
        const char *text;
        int rc;
    } cases[] = {
        {"A: b", 0},  {"A:", 0},     {"A;", 0},      {"X-Token: a:b", 0}, {"A: \xc3\xbc", 0},
        {"", -1},     {":", -1},     {": b", -1},    {"A", -1},           {"A b: c", -1},
        {"A; b", -1}, {" A: b", -1}, {"A: b\n", -1}, {"A: b\rB: c", -1},  {"\xc3\xbc: b", -1},
    };
    for (size_t i = 0; i < COUNT(cases); ++i)
        cr_assert_eq(fa_value_header(cases[i].text, strlen(cases[i].text)), cases[i].rc, "'%s'",
                     cases[i].text);
    cr_assert_eq(fa_value_header("A: b\0c", 6), -1);
}

Test(options, headers_come_from_files_too)
{
    static const char lines[] = "Authorization: Bearer s3cret\r\n\nX-Two: 2";
    char path[40], arg[48];
    snprintf(arg, sizeof(arg), "@%s", temp_file(path, lines, strlen(lines)));
    struct parsed p = PARSE("-H", "A: b", "-H", arg, "x");
    unlink(path);
    cr_assert_eq(p.rc, 0, "%s", p.err.msg);
    cr_assert_eq(p.options.config.n_headers, 3);
    cr_assert_str_eq(p.options.config.headers[0], "A: b");
    cr_assert_str_eq(p.options.config.headers[1], "Authorization: Bearer s3cret");
    cr_assert_str_eq(p.options.config.headers[2], "X-Two: 2");
    fa_options_fini(&p.options);
}

Test(options, wrong_header_files_are_named_by_line_and_never_quoted)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
        {"A: b\ns3+cret\n", 13}, {"A: b\nX: s3+\0cret\n", 17}, {"A: b\nX: s3+cret\rY: b\n", 21}};
    for (size_t i = 0; i < COUNT(cases); ++i) {
        char path[40], arg[48];
        snprintf(arg, sizeof(arg), "@%s", temp_file(path, cases[i].text, cases[i].len));
        struct parsed p = PARSE("-H", arg, "x");
        unlink(path);
        cr_assert_eq(p.rc, -1, "case %zu", i);
        cr_assert_not_null(strstr(p.err.msg, "line 2"), "case %zu: %s", i, p.err.msg);
        cr_assert_null(strstr(p.err.msg, "s3+"), "case %zu: %s", i, p.err.msg);
        fa_options_fini(&p.options);
    }
}

static const enum fa_command commands[] = {FA_COMMAND_FETCH, FA_COMMAND_STATUS, FA_COMMAND_VERIFY,
                                           FA_COMMAND_COMPARE};

static void expect_used_once(enum fa_command command)
{
    for (const struct fa_option *a = fa_options_next(NULL); a; a = fa_options_next(a)) {
        if (!fa_option_is_for(a, command))
            continue;
        for (const struct fa_option *b = fa_options_next(a); b; b = fa_options_next(b)) {
            if (!fa_option_is_for(b, command))
                continue;
            cr_assert_str_neq(a->name, b->name);
            cr_assert(!a->letter || a->letter != b->letter, "-%c", a->letter);
        }
    }
}

Test(options, names_and_letters_are_used_once_in_each_command)
{
    for (size_t i = 0; i < COUNT(commands); ++i)
        expect_used_once(commands[i]);
}

Test(options, help_texts_are_lower_case_without_a_full_stop)
{
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row)) {
        if (row->type == FA_OPTION_GROUP)
            continue;
        cr_assert(row->help && *row->help, "--%s", row->name);
        /* A name such as IPv4 may begin it, a capitalised word may not. */
        cr_assert_not(row->help[0] >= 'A' && row->help[0] <= 'Z', "--%s", row->name);
        cr_assert_neq(row->help[strlen(row->help) - 1], '.', "--%s", row->name);
    }
}

static char *help_of(enum fa_command command)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    fa_help_print(out, command);
    fclose(out);
    return text;
}

Test(options, help_fits_a_terminal_and_names_every_option_of_its_command)
{
    for (size_t i = 0; i < COUNT(commands); ++i) {
        char *help = help_of(commands[i]);
        for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row)) {
            char name[40];
            snprintf(name, sizeof(name), " --%s", row->name);
            if (fa_option_is_for(row, commands[i]))
                cr_assert_not_null(strstr(help, name), "%s", name);
        }
        for (char *save = NULL, *line = strtok_r(help, "\n", &save); line;
             line = strtok_r(NULL, "\n", &save))
            cr_assert_leq(strlen(line), FA_HELP_COLUMNS, "%s", line);
        free(help);
    }
}

Test(options, help_has_no_group_without_options)
{
    char *help = help_of(FA_COMMAND_FETCH);
    cr_assert_not_null(strstr(help, "\nDigests:\n"));
    cr_assert_null(strstr(help, ":\n\n"), "%s", help);
    free(help);
}

Test(options, help_lists_the_defaults_and_the_commands)
{
    char *help = help_of(FA_COMMAND_FETCH);
    cr_assert_not_null(strstr(help, "64 with -m thread or process]"));
    cr_assert_not_null(strstr(help, "async|thread|process [async]"));
    cr_assert_not_null(strstr(help, "fetchall status"));
    cr_assert_not_null(strstr(help, "fetchall verify"));
    cr_assert_null(strstr(help, "--json"));
    free(help);
}

Test(options, completion_offers_every_option)
{
    char *script = printed(fa_completion_print);
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row)) {
        char name[40];
        snprintf(name, sizeof(name), "--%s", row->name);
        cr_assert_not_null(strstr(script, name), "%s", name);
    }
    cr_assert_not_null(strstr(script, "compgen -W 'async thread process'"));
    cr_assert_not_null(
        strstr(script, "commands='status verify merge enqueue work doctor explain compare'"));
    free(script);
}

Test(options, the_man_page_in_the_tree_is_the_generated_one)
{
    FILE *file = fopen(FA_SOURCE_DIR "/man/fetchall.1", "re");
    cr_assert_not_null(file);
    char *kept = NULL;
    size_t room = 0;
    cr_assert_gt(getdelim(&kept, &room, '\0', file), 0);
    fclose(file);
    char *made = printed(fa_man_print);
    cr_assert(strcmp(kept, made) == 0, "run: fetchall --generate man > man/fetchall.1");
    free(kept);
    free(made);
}
