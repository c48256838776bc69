/* The programs of examples/, run as their comments say, on small input. */

#include "support/nginx.h"
#include "support/run.h"
#include "support/scratch.h"
#include "support/server.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 20

static struct fa_scratch scratch;
static struct fa_server server;
static char list[FILES * 4096];

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_server_start(&server, NULL);
}

static void end(void)
{
    fa_server_stop(&server);
    fa_scratch_fini(&scratch);
}

TestSuite(examples, .init = begin, .fini = end, .timeout = 120.0);

static void start(struct fa_run *run, const char *name, const char *const *args)
{
    char program[PATH_MAX];
    snprintf(program, sizeof(program), "%s/%s", FA_EXAMPLES, name);
    struct fa_run_options options = {.program = program, .cwd = scratch.path};
    fa_run_start_argv(run, &options, args);
}

#define START(run, name, ...) start(run, name, (const char *const[]){__VA_ARGS__, NULL})

static void expect_status(struct fa_run *run, int status)
{
    cr_assert_eq(fa_run_wait(run, 60), status, "%d\n%s%s", run->status, fa_run_out(run),
                 fa_run_err(run));
}

static void expect_out(const struct fa_run *run, const char *text)
{
    cr_assert(strstr(fa_run_out(run), text), "no '%s' in\n%s", text, fa_run_out(run));
}

static void expect_err(const struct fa_run *run, const char *text)
{
    cr_assert(strstr(fa_run_err(run), text), "no '%s' in\n%s", text, fa_run_err(run));
}

/* One more line of the list. */
static void want(const char *url)
{
    size_t len = strlen(list);
    snprintf(list + len, sizeof(list) - len, "%s\n", url);
}

static void want_files(const char *format)
{
    for (int i = 0; i < FILES; ++i) {
        char path[64];
        snprintf(path, sizeof(path), "%s/file%d", format, i);
        want(fa_server_url(&server, path));
    }
}

static const char *write_list(void)
{
    return fa_scratch_write(&scratch, "list", list);
}

Test(examples, factorials_are_right)
{
    struct fa_run run;
    START(&run, "factorials", "1", "5", "1000", "2000");
    expect_status(&run, 0);
    expect_out(&run, "5! has 3 digits, 1 zeros at its end, sha256 2abaca4911e68fa9...");
    expect_out(&run, "1000! has 2568 digits, 249 zeros at its end, sha256 cc336cf135d690c1...");
    expect_out(&run, "4 of 4 factorials are right");
    fa_run_end(&run);
}

Test(examples, factorials_of_other_texts_than_numbers_are_refused)
{
    struct fa_run run;
    START(&run, "factorials", "7", "x");
    expect_status(&run, 2);
    expect_err(&run, "'x' is not a number");
    fa_run_end(&run);
}

Test(examples, images_are_the_same_by_processes_and_by_one)
{
    struct fa_run run;
    START(&run, "images", "8", "64", fa_scratch_mkdir(&scratch, "images"));
    expect_status(&run, 0);
    expect_out(&run, "8 images");
    expect_out(&run, "both found the same 32768 pixels");
    fa_run_end(&run);

    size_t len;
    char *image = fa_file_read(fa_scratch_path(&scratch, "images/image-00007.ppm"), &len);
    cr_assert_eq(len, strlen("P6\n64 64\n255\n") + 64 * 64 * 3);
    cr_assert_eq(strncmp(image, "P6\n64 64\n255\n", 13), 0);
    free(image);
}

Test(examples, images_without_their_folder_fail)
{
    struct fa_run run;
    START(&run, "images", "2", "10", fa_scratch_path(&scratch, "none"));
    expect_status(&run, 1);
    expect_err(&run, "cannot make image");
    expect_err(&run, "No such file or directory");
    fa_run_end(&run);
}

Test(examples, api_calls_add_up_what_servers_answer)
{
    struct fa_nginx nginx;
    fa_scratch_mkdir(&scratch, "www");
    for (int i = 0; i < FILES; ++i) {
        char name[32], text[64];
        snprintf(name, sizeof(name), "www/%d.json", i);
        snprintf(text, sizeof(text), "{\"name\": \"item %d\", \"count\": %d.5}", i, i);
        fa_scratch_write(&scratch, name, text);
    }
    fa_scratch_write(&scratch, "www/text.json", "no JSON");
    fa_nginx_start(&nginx, &scratch,
                   &(struct fa_nginx_options){.root = fa_scratch_path(&scratch, "www")});
    for (int i = 0; i < FILES + 1; ++i) {
        char url[64];
        snprintf(url, sizeof(url), "http://127.0.0.1:%d/%d.json", nginx.port, i);
        want(url); /* the last is not there */
        if (i + 1 == FILES) {
            struct fa_run good;
            START(&good, "api_calls", write_list(), "count");
            expect_status(&good, 0);
            expect_out(&good, "20 calls answered, 0 failures; the sum of 'count' is 200\n");
            expect_out(&good, "kB of answers");
            fa_run_end(&good);
        }
    }
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/text.json", nginx.port);
    want(url);

    struct fa_run run;
    START(&run, "api_calls", write_list(), "count");
    expect_status(&run, 1);
    expect_out(&run, "20 calls answered, 2 failures; the sum of 'count' is 200\n");
    expect_err(&run, "/20.json: 404 Not Found");
    expect_err(&run, "/text.json: the answer is not JSON");
    fa_run_end(&run);
    fa_nginx_stop(&nginx);
}

/* The folder in memory that the program has open. */
static void find_memory(const struct fa_run *run, char folder[PATH_MAX])
{
    for (int fd = 3; fd < 64; ++fd) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)run->pid, fd);
        ssize_t len = readlink(path, folder, PATH_MAX - 1);
        folder[len > 0 ? len : 0] = '\0';
        struct stat st;
        if (strncmp(folder, "/dev/shm/api_calls.", 19) == 0 && stat(folder, &st) == 0 &&
            S_ISDIR(st.st_mode) && !strchr(folder + 19, '/'))
            return;
    }
    cr_assert_fail("no folder in memory");
}

Test(examples, api_calls_leave_nothing_in_memory_when_they_are_stopped)
{
    struct fa_run run;
    char folder[PATH_MAX];
    want(fa_server_url(&server, "/hold/one"));
    START(&run, "api_calls", write_list(), "count");
    fa_server_until(&server, "held", 1, 10);
    find_memory(&run, folder);
    fa_run_kill(&run, SIGTERM);
    expect_status(&run, 1);
    expect_err(&run, "stopped by a signal");
    cr_assert_neq(access(folder, F_OK), 0, "%s is left", folder);
    fa_run_end(&run);
}

Test(examples, mixed_models_compute_while_downloads_continue)
{
    struct fa_run run;
    want(fa_server_url(&server, "/hold/last"));
    want_files("/ok/300000");
    START(&run, "mixed_models", write_list(), fa_scratch_path(&scratch, "out"));
    for (int i = 0; i < FILES; ++i) {
        char line[64];
        snprintf(line, sizeof(line), "/out/file%d\n", i);
        fa_run_until_stdout_has(&run, line, 20);
    }
    fa_server_release(&server, NULL);
    expect_status(&run, 0);
    expect_out(&run, "1024 bytes  ");
    expect_out(&run, "/out/last\n");
    expect_out(&run, "7.999 bits a byte       300000 bytes  ");
    expect_out(&run, "21 files, downloaded by 16 threads");
    expect_out(&run, "; 0 failures");
    fa_run_end(&run);
}

Test(examples, mixed_models_name_what_failed_and_do_the_rest)
{
    struct fa_run run;
    want(fa_server_url(&server, "/status/404/gone"));
    want_files("/ok/1000");
    START(&run, "mixed_models", write_list(), fa_scratch_path(&scratch, "out"));
    expect_status(&run, 1);
    expect_err(&run, "/status/404/gone: 404");
    expect_out(&run, "20 files, downloaded");
    expect_out(&run, "; 1 failures");
    fa_run_end(&run);
}

Test(examples, threads_and_processes_download_the_same)
{
    struct fa_run run;
    want_files("/ok/50000");
    START(&run, "threads_vs_processes", write_list(), "4", "2");
    expect_status(&run, 0);
    const char *threads = strstr(fa_run_out(&run), "\nthreads ");
    const char *processes = strstr(fa_run_out(&run), "\nprocesses ");
    cr_assert(threads && processes, "%s", fa_run_out(&run));
    double time, cpu, memory[2];
    const char *form = "%*s %lf s %lf s %lf MB 20 files";
    cr_assert_eq(sscanf(threads, form, &time, &cpu, &memory[0]), 3, "%s", threads);
    cr_assert_eq(sscanf(processes, form, &time, &cpu, &memory[1]), 3, "%s", processes);
    cr_assert(memory[0] > 0 && memory[1] > memory[0], "%s", fa_run_out(&run));
    cr_assert_eq(fa_server_requests(&server, "/ok/50000/file7"), 4);
    cr_assert_leq(fa_server_stat(&server, "peak_active"), 4);
    fa_run_end(&run);
}

Test(examples, threads_and_processes_are_not_compared_when_downloads_fail)
{
    struct fa_run run;
    want(fa_server_url(&server, "/status/404/gone"));
    START(&run, "threads_vs_processes", write_list());
    expect_status(&run, 1);
    expect_err(&run, "line 1 of the list failed first: http");
    expect_err(&run, "no comparison");
    cr_assert(!strstr(fa_run_out(&run), "memory"), "%s", fa_run_out(&run));
    fa_run_end(&run);
}
