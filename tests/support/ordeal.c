#include "ordeal.h"

#include "fail.h"
#include "fetch.h"
#include "pattern.h"
#include "report.h"
#include "truth.h"
#include "workers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef KILL_AT
#define KILL_AT "libkill_at.so"
#endif

#define SECRET_PASSWORD "pa55-of-the-url"
#define SECRET_HEADER   "t0ken-of-the-entry"
#define SECRET_OPTION   "t0ken-of-the-run"
#define TIMEOUT         20

enum kind {
    GOOD,
    VERSIONED, /* "path#<version>" */
    CHANGED,   /* "path#1", as it broke off before it was whole for the first time */
    MISSING,
    MISMATCH,
    TWICE
};

struct line {
    const char *path;
    uint64_t size;
    enum kind kind;
    const char *name;    /* NULL: the path's last segment; "": see the report */
    const char *options; /* of the entry; "@" stands for its digest */
};

#define WRONG "0000000000000000000000000000000000000000000000000000000000000000"

static const struct line all[] = {
    {"/trickle/2/50000/1500000/big", 1500000, GOOD, NULL, NULL},
    {"/trickle/2/30000/800000/checked", 800000, GOOD, NULL, " checksum=sha256=@\n"},
    {"/slowversion/2/40000/900000/turning", 900000, VERSIONED, NULL, NULL},
    {"/ok/0/empty", 0, GOOD, NULL, NULL},
    {"/ok/1/one", 1, GOOD, NULL, NULL},
    {"/ok/20000/a", 20000, GOOD, NULL, NULL},
    {"/ok/20000/a", 20000, TWICE, NULL, NULL},
    {"/status/404/missing", 0, MISSING, NULL, NULL},
    {"/ok/4000/x/same", 4000, GOOD, "", NULL},
    {"/ok/4001/y/same", 4001, GOOD, "", NULL},
    {"/ok/5000/bad", 5000, MISMATCH, NULL, " checksum=sha256=" WRONG "\n"},
    {"/ok/7000/secret", 7000, GOOD, NULL, " header=X-Token: " SECRET_HEADER "\n"},
    {"/ok/6000/deep", 6000, GOOD, "sub/deeper/deep", " dir=sub/deeper\n"},
    {"/range206/novalidator/600000/none", 600000, CHANGED, NULL, NULL},
    {"/range206/weak/600000/weak", 600000, CHANGED, NULL, NULL},
    {"/range206/etag/700000/etag", 700000, CHANGED, NULL, NULL},
    {"/version/2000/small", 2000, VERSIONED, NULL, NULL},
    {"/chunked/300000/chunks", 300000, GOOD, NULL, NULL},
    {"/close/200000/close", 200000, GOOD, NULL, NULL},
    {"/truncate/300000/800000/cut", 800000, GOOD, NULL, NULL},
    {"/delay/20/90000/late", 90000, GOOD, NULL, NULL},
    {"/ok/30000/b", 30000, GOOD, NULL, NULL},
    {"/ok/300000/c", 300000, GOOD, NULL, NULL},
    {NULL, 0, GOOD, NULL, NULL},
};

static const struct line few[] = {
    {"/ok/0/empty", 0, GOOD, NULL, NULL},
    {"/ok/1/one", 1, GOOD, NULL, NULL},
    {"/ok/9000/a", 9000, GOOD, NULL, " checksum=sha256=@\n"},
    {"/ok/6000/deep", 6000, GOOD, "sub/deeper/deep", " dir=sub/deeper\n"},
    {"/chunked/7000/chunks", 7000, GOOD, NULL, NULL},
    {NULL, 0, GOOD, NULL, NULL},
};

static const struct line big[] = {
    {"/trickle/10/50000/4000000/big", FA_ORDEAL_BIG_SIZE, GOOD, NULL, NULL},
    {NULL, 0, GOOD, NULL, NULL},
};

static const struct line turn[] = {
    {"/slowversion/10/50000/4000000/turning", FA_ORDEAL_BIG_SIZE, VERSIONED, NULL, NULL},
    {NULL, 0, GOOD, NULL, NULL},
};

static const struct line split[] = {
    {"/slowversion/10/20000/4000000/parts", FA_ORDEAL_BIG_SIZE, VERSIONED, NULL, NULL},
    {NULL, 0, GOOD, NULL, NULL},
};

static const struct line *const lists[] = {[FA_ORDEAL_ALL] = all,
                                           [FA_ORDEAL_SMALL] = few,
                                           [FA_ORDEAL_BIG] = big,
                                           [FA_ORDEAL_TURN] = turn,
                                           [FA_ORDEAL_SPLIT] = split};

static const char *const call_names[FA_KILL_CALLS] = {"pwrite", "write",     "open",   "rename",
                                                      "unlink", "truncate",  "chmod",  "sync",
                                                      "mkdir",  "fallocate", "sendmsg"};
static const char *const role_names[FA_KILL_ROLES] = {"supervisor", "nursery", "worker"};
static const char *const when_names[FA_KILL_WHENS] = {"before", "after", "half of", "failing"};

void fa_ordeal_fail(struct fa_ordeal *ordeal, const char *format, ...)
{
    char *message = NULL;
    const struct fa_shot *s = &ordeal->shot;
    va_list args;
    va_start(args, format);
    if (vasprintf(&message, format, args) < 0)
        message = NULL;
    va_end(args);
    fa_test_fail("mode %s, seed %u, round %zu, %s step %llu of %s of the %s: %s\n"
                 "folder: %s\nstatus %d, stdout: %s\nstderr: %s",
                 ordeal->mode, ordeal->seed, ordeal->round, when_names[s->when],
                 (unsigned long long)s->step, s->call < 0 ? "any call" : call_names[s->call],
                 role_names[s->role], message ? message : format, ordeal->dir, ordeal->run.status,
                 fa_run_out(&ordeal->run), fa_run_err(&ordeal->run));
}

static void add_line(struct fa_ordeal *ordeal, struct fa_lines *text, const struct line *line)
{
    struct fa_ordeal_file *file = &ordeal->files[ordeal->count++];
    char user[80] = "";
    file->path = line->path;
    file->size = line->size;
    file->kind = (int)line->kind;
    if (strstr(line->path, "secret"))
        snprintf(user, sizeof(user), "me:" SECRET_PASSWORD "@");
    snprintf(file->url, sizeof(file->url), "http://%s127.0.0.1:%d%s", user, ordeal->server.port,
             line->path);
    snprintf(file->name, sizeof(file->name), "%s",
             line->name ? line->name : strrchr(line->path, '/') + 1);
    fa_lines_add(text, "%s", file->url);
    if (!line->options)
        return;
    char digest[FA_SHA256_HEX];
    size_t to_digest = strcspn(line->options, "@");
    fa_truth_sha256_pattern(line->path, line->size, digest);
    if (line->options[to_digest])
        fa_lines_add(text, "%.*s%s", (int)to_digest, line->options, digest);
    else
        fa_lines_add(text, "%.*s", (int)strcspn(line->options, "\n"), line->options);
}

struct fa_kill_plan *fa_kill_plan_map(struct fa_scratch *scratch)
{
    static const struct fa_kill_plan none;
    const char *path = fa_scratch_write_bytes(scratch, "plan", &none, sizeof(none));
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *map =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(none), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        fa_test_fail("cannot map \"%s\": %s", path, strerror(errno));
    close(fd);
    return map;
}

const struct fa_run_options *fa_kill_plan_options(struct fa_scratch *scratch)
{
    static char plan[PATH_MAX + 32];
    static const char *const env[] = {"LD_PRELOAD=" KILL_AT, plan,
                                      "ASAN_OPTIONS=verify_asan_link_order=0", NULL};
    static const struct fa_run_options options = {.env = env};
    snprintf(plan, sizeof(plan), "FA_KILL_PLAN=%s", fa_scratch_path(scratch, "plan"));
    return &options;
}

void fa_ordeal_init(struct fa_ordeal *ordeal, const char *mode, enum fa_ordeal_list which)
{
    struct fa_lines text = {0};
    *ordeal = (struct fa_ordeal){.mode = mode, .which = which};
    fa_scratch_init(&ordeal->scratch);
    fa_server_start(&ordeal->server, NULL);
    ordeal->beside = fa_process_descendants(getpid(), NULL, 0);
    fa_scratch_mkdir(&ordeal->scratch, "work");
    fa_scratch_mkdir(&ordeal->scratch, "told");
    fa_scratch_mkdir(&ordeal->scratch, "tmp");
    ordeal->plan = fa_kill_plan_map(&ordeal->scratch);
    for (const struct line *line = lists[which]; line->path; ++line)
        add_line(ordeal, &text, line);
    ordeal->list = text.text;
    fa_scratch_write(&ordeal->scratch, "list", text.text);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphans become ours */
    fa_ordeal_again(ordeal);
}

void fa_ordeal_fini(struct fa_ordeal *ordeal)
{
    fa_run_end(&ordeal->run);
    json_decref(ordeal->report);
    munmap(ordeal->plan, sizeof(*ordeal->plan));
    fa_server_stop(&ordeal->server);
    fa_scratch_fini(&ordeal->scratch);
    free(ordeal->list);
}

void fa_ordeal_again(struct fa_ordeal *ordeal)
{
    if (ordeal->dir[0])
        fa_file_remove(ordeal->dir);
    fa_run_end(&ordeal->run);
    fa_server_reset(&ordeal->server);
    fa_file_remove(fa_scratch_path(&ordeal->scratch, "told"));
    fa_scratch_mkdir(&ordeal->scratch, "told");
    json_decref(ordeal->report);
    ordeal->report = NULL;
    snprintf(ordeal->dir, sizeof(ordeal->dir), "%.4000s/work/out-%zu", ordeal->scratch.path,
             ++ordeal->round);
    fa_ordeal_disarm(ordeal);
}

void fa_ordeal_arm(struct fa_ordeal *ordeal, const struct fa_shot *shot)
{
    ordeal->shot = *shot;
    *ordeal->plan = (struct fa_kill_plan){
        .role = shot->role,
        .call = shot->call,
        .step = shot->step,
        .when = shot->when,
        .error = shot->error,
        .times = shot->times,
        .tiny = shot->tiny,
    };
}

void fa_ordeal_disarm(struct fa_ordeal *ordeal)
{
    fa_ordeal_arm(ordeal, &(struct fa_shot){.call = FA_KILL_ANY});
}

void fa_ordeal_bump(struct fa_ordeal *ordeal)
{
    ordeal->version = !ordeal->version;
    free(fa_server_get(&ordeal->server, ordeal->version ? "/_bump/1" : "/_bump/0"));
}

void fa_ordeal_start(struct fa_ordeal *ordeal, const char *const *options)
{
    static char plan[PATH_MAX + 32], tmp[PATH_MAX + 32], asan[4096];
    unlink(fa_scratch_path(&ordeal->scratch, "told/report"));
    const char *scratch = ordeal->scratch.path;
    const char *others = getenv("ASAN_OPTIONS");
    snprintf(plan, sizeof(plan), "FA_KILL_PLAN=%s/plan", scratch);
    snprintf(tmp, sizeof(tmp), "TMPDIR=%s/tmp", scratch);
    snprintf(asan, sizeof(asan), "ASAN_OPTIONS=%s%sverify_asan_link_order=0", others ? others : "",
             others ? ":" : "");
    const char *const env[] = {"LD_PRELOAD=" KILL_AT, plan, tmp, asan, NULL};
    bool loops = strcmp(ordeal->mode, "loops") == 0;
    const char *args[48] = {"-m",           loops ? "async" : ordeal->mode,
                            "-d",           ordeal->dir,
                            "--report",     "../told/report",
                            "--retries",    "3",
                            "--retry-wait", "0.03",
                            "--progress",   "none",
                            "-j",           "6",
                            "-H",           "X-Run: " SECRET_OPTION,
                            "--hash-jobs",  "2",
                            "--sandbox",    "off", /* workers may not kill themselves in one */
                            "--loops",      loops ? "1" : "2"};
    size_t n = 0;
    while (args[n])
        ++n;
    bool hashes = true;
    for (; options && *options; ++options) {
        hashes = hashes && strcmp(*options, "none") != 0;
        args[n++] = *options;
    }
    if (hashes && ordeal->round % 2 > 0) {
        args[n++] = "--manifest"; /* by which a file that exists is hashed again */
        args[n++] = "../told/sums";
    }
    args[n] = "../list";
    fa_run_end(&ordeal->run);
    fa_run_start_argv(
        &ordeal->run,
        &(struct fa_run_options){.env = env, .cwd = fa_scratch_path(&ordeal->scratch, "work")},
        args);
    ++ordeal->tally.runs;
}

/* Whether the bytes are those of a version of the path. */
static bool holds(const char *bytes, size_t len, const char *path, int version)
{
    char seed[160];
    char must[16384];
    snprintf(seed, sizeof(seed), version < 0 ? "%s" : "%s#%d", path, version);
    uint64_t key = fa_pattern_key(seed);
    for (size_t at = 0; at < len; at += sizeof(must)) {
        size_t n = len - at < sizeof(must) ? len - at : sizeof(must);
        fa_pattern_fill_key(key, at, must, n);
        if (memcmp(bytes + at, must, n) != 0)
            return false;
    }
    return true;
}

static bool is_right(const struct fa_ordeal *ordeal, const struct fa_ordeal_file *file,
                     const char *bytes, size_t len)
{
    if (len != file->size)
        return false;
    if (file->kind == GOOD)
        return holds(bytes, len, file->path, -1);
    if (file->kind == CHANGED)
        return holds(bytes, len, file->path, 1);
    if (file->kind != VERSIONED)
        return false;
    return holds(bytes, len, file->path, (int)ordeal->version) ||
           (!ordeal->newest && holds(bytes, len, file->path, !ordeal->version));
}

/* I1: a file with its final name is complete and correct. */
static void check_file(struct fa_ordeal *ordeal, const char *path, const char *name)
{
    size_t len;
    bool known = false;
    char *bytes = fa_file_read(path, &len);
    for (size_t i = 0; i < ordeal->count; ++i) {
        const struct fa_ordeal_file *file = &ordeal->files[i];
        if (file->name[0] ? strcmp(file->name, name) != 0 : strncmp(name, "same", 4) != 0)
            continue;
        known = known || is_right(ordeal, file, bytes, len);
    }
    free(bytes);
    if (!known)
        fa_ordeal_fail(ordeal, "I1: \"%s\" of %zu bytes is wrong", name, len);
}

static struct fa_ordeal *walked; /* nftw() has no argument */

static int check_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)at;
    const char *name = path + strlen(walked->dir);
    name += *name == '/';
    bool own = strncmp(name, ".fetchall", 9) == 0;
    if (kind == FTW_F && S_ISREG(st->st_mode) && !own)
        check_file(walked, path, name);
    else if (kind != FTW_D && !own)
        fa_ordeal_fail(walked, "I1: \"%s\" is no file", name);
    return 0;
}

static void check_files(struct fa_ordeal *ordeal)
{
    struct stat st;
    walked = ordeal;
    if (lstat(ordeal->dir, &st) == 0 && nftw(ordeal->dir, check_one, 16, FTW_PHYS))
        fa_ordeal_fail(ordeal, "cannot walk the folder");
}

void fa_ordeal_expect_newest(struct fa_ordeal *ordeal)
{
    ordeal->newest = true;
    check_files(ordeal);
    ordeal->newest = false;
}

static void expect_only(struct fa_ordeal *ordeal, const char *folder, const char *const *names)
{
    DIR *dir = opendir(fa_scratch_path(&ordeal->scratch, "%s", folder));
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        bool known = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        for (const char *const *name = names; *name && !known; ++name)
            known = strcmp(*name, entry->d_name) == 0;
        if (!known)
            fa_ordeal_fail(ordeal, "I3: there is \"%s/%s\"", folder, entry->d_name);
    }
    if (dir)
        closedir(dir);
}

static void check_outside(struct fa_ordeal *ordeal)
{
    expect_only(ordeal, "", (const char *[]){"work", "told", "tmp", "plan", "list", NULL});
    expect_only(ordeal, "work", (const char *[]){strrchr(ordeal->dir, '/') + 1, NULL});
    expect_only(ordeal, "told", (const char *[]){"report", "sums", ".sums.fetchall", NULL});
    expect_only(ordeal, "tmp", (const char *[]){NULL});
}

static bool is_alone(void *arg)
{
    struct fa_ordeal *ordeal = arg;
    pid_t pids[FA_WORKERS_MAX];
    size_t n = fa_process_descendants(getpid(), pids, FA_WORKERS_MAX);
    while (waitpid(-ordeal->run.pid, NULL, WNOHANG) > 0)
        ;
    return n <= ordeal->beside;
}

static int check_secrets(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    static const char *const secrets[] = {SECRET_PASSWORD, SECRET_HEADER, SECRET_OPTION};
    (void)st;
    (void)at;
    if (kind != FTW_F)
        return 0;
    size_t len;
    char *bytes = fa_file_read(path, &len);
    for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); ++i)
        if (memmem(bytes, len, secrets[i], strlen(secrets[i])))
            fa_ordeal_fail(walked, "I7: \"%s\" is in \"%s\"", secrets[i], path);
    free(bytes);
    return 0;
}

static void count_end(struct fa_ordeal *ordeal, bool killed)
{
    struct fa_kill_plan *plan = ordeal->plan;
    size_t hits = (size_t)atomic_load(&plan->hits);
    bool fails = ordeal->shot.when == FA_KILL_FAIL;
    if (hits > 0) {
        ordeal->tally.by_call[ordeal->shot.role][plan->hit_call] += 1;
        *(fails ? &ordeal->tally.failures : &ordeal->tally.kills) += 1;
    } else if (killed) {
        ordeal->tally.outside += 1;
        ordeal->tally.kills += 1;
    }
}

bool fa_ordeal_finish(struct fa_ordeal *ordeal)
{
    struct fa_run *run = &ordeal->run;
    fa_run_wait(run, TIMEOUT);
    bool killed = run->signaled;
    if (!fa_wait_until(is_alone, ordeal, 1))
        fa_ordeal_fail(ordeal, "I6: processes are left");
    count_end(ordeal, killed);
    if (killed && run->signal != SIGKILL)
        fa_ordeal_fail(ordeal, "it died by signal %d", run->signal);
    check_files(ordeal);
    check_outside(ordeal);
    nftw(ordeal->dir, check_secrets, 16, FTW_PHYS);
    nftw(fa_scratch_path(&ordeal->scratch, "told"), check_secrets, 16, FTW_PHYS);
    if (strstr(fa_run_err(run), SECRET_PASSWORD) || strstr(fa_run_err(run), SECRET_HEADER))
        fa_ordeal_fail(ordeal, "I7: a secret in a message");
    json_decref(ordeal->report);
    ordeal->report = NULL;
    const char *report = fa_scratch_path(&ordeal->scratch, "told/report");
    bool there = access(report, F_OK) == 0;
    /* A run that could not even begin has not opened it. */
    if (!killed && !there && run->status != 4)
        fa_ordeal_fail(ordeal, "there is no report");
    if (!killed)
        ordeal->report = there ? fa_report_read(report) : json_array();
    return killed;
}

bool fa_ordeal_run(struct fa_ordeal *ordeal, const char *const *options)
{
    fa_ordeal_start(ordeal, options);
    return fa_ordeal_finish(ordeal);
}

/* The file of an entry exists or not, and the report agrees. */
static void check_there(struct fa_ordeal *ordeal, const struct fa_ordeal_file *file,
                        const json_t *entry, bool must)
{
    struct stat st;
    char path[PATH_MAX + 64];
    char digest[FA_SHA256_HEX];
    snprintf(path, sizeof(path), "%s/%s", ordeal->dir, file->name);
    bool there = lstat(path, &st) == 0;
    if (there != must)
        fa_ordeal_fail(ordeal, "\"%s\" is %s", file->name, there ? "there" : "not there");
    if (!there || file->kind == TWICE || json_is_null(json_object_get(entry, "digest")))
        return;
    fa_truth_sha256_file(path, digest);
    if (strcmp(fa_report_str(entry, "digest.sha256"), digest) != 0)
        fa_ordeal_fail(ordeal, "the digest told of \"%s\" (%s) is not that of the file", file->name,
                       fa_report_str(entry, "status"));
}

/* I2 for one entry; it also learns the names that cannot be predicted. */
static void check_entry(struct fa_ordeal *ordeal, const json_t *entry)
{
    long long line = fa_report_int(entry, "line");
    const char *status = fa_report_str(entry, "status");
    const char *class = fa_report_str(entry, "class");
    const char *path = fa_report_str(entry, "path");
    struct fa_ordeal_file *file = NULL;
    long long at = 1;
    for (size_t i = 0; i < ordeal->count && !file; ++i) {
        const struct line *l = &lists[ordeal->which][i];
        if (at == line)
            file = &ordeal->files[i];
        at += 1 + (l->options != NULL);
    }
    if (!file)
        fa_ordeal_fail(ordeal, "I2: the report has line %lld", line);
    const char *must = file->kind == MISSING || file->kind == MISMATCH ? "failed"
                       : file->kind == TWICE                           ? "duplicate"
                                                                       : "ok";
    const char *of = file->kind == MISSING ? "http" : file->kind == MISMATCH ? "integrity" : "";
    bool good =
        strcmp(status, must) == 0 ||
        (must[0] == 'o' && (strcmp(status, "exists") == 0 || strcmp(status, "unchanged") == 0));
    if (!good || strcmp(class ? class : "", of) != 0)
        fa_ordeal_fail(ordeal, "I2: \"%s\" ended as %s (%s: %s), not %s", file->url, status,
                       class ? class : "", fa_report_str(entry, "error"), must);
    if (!file->name[0])
        snprintf(file->name, sizeof(file->name), "%s", path);
    if (strcmp(path ? path : "", file->name) != 0)
        fa_ordeal_fail(ordeal, "\"%s\" has the name \"%s\", not \"%s\"", file->url, path,
                       file->name);
    check_there(ordeal, file, entry, must[0] != 'f');
}

/* Of an earlier run: what the server cuts short is resumed in the same run. */
static void count_resumed(struct fa_ordeal *ordeal, const json_t *entry)
{
    unsigned long long resumed = (unsigned long long)fa_report_int(entry, "resumed");
    if (resumed == 0 || strstr(fa_report_str(entry, "url"), "/truncate/"))
        return;
    ordeal->tally.resumed += resumed;
    ordeal->tally.resumed_files += 1;
}

/* Whatever was killed, the state has a digest of every file in the end. */
static void check_state(struct fa_ordeal *ordeal)
{
    struct fa_run run;
    char path[PATH_MAX + 64];
    snprintf(path, sizeof(path), "%s/.fetchall/state.db", ordeal->dir);
    if (access(path, F_OK))
        return;
    fa_run_start(&run, NULL, "verify", "-d", ordeal->dir, NULL);
    int status = fa_run_wait(&run, TIMEOUT);
    if (status != 0 || strstr(fa_run_out(&run), "unhashed") || strstr(fa_run_err(&run), "unhashed"))
        fa_ordeal_fail(ordeal, "verify (status %d): %s%s", status, fa_run_out(&run),
                       fa_run_err(&run));
    fa_run_end(&run);
}

void fa_ordeal_expect_done(struct fa_ordeal *ordeal)
{
    int status = ordeal->which == FA_ORDEAL_ALL ? 3 : 0;
    unsigned long long bytes = 0, room = 0;
    if (ordeal->run.status != status)
        fa_ordeal_fail(ordeal, "the status is not %d", status);
    check_state(ordeal);
    if (json_array_size(ordeal->report) != ordeal->count)
        fa_ordeal_fail(ordeal, "I2: the report has %zu objects", json_array_size(ordeal->report));
    for (size_t i = 0; i < ordeal->count; ++i) {
        const json_t *entry = json_array_get(ordeal->report, i);
        long long line = fa_report_int(entry, "line");
        for (size_t j = 0; j < i; ++j)
            if (fa_report_int(json_array_get(ordeal->report, j), "line") == line)
                fa_ordeal_fail(ordeal, "I2: line %lld twice", line);
        check_entry(ordeal, entry);
        bytes += (unsigned long long)fa_report_int(entry, "bytes");
        count_resumed(ordeal, entry);
        /* A body that is cut short, or found to have changed, is fetched up to twice, and an error
         * has a body, too. */
        room += 2 * ordeal->files[i].size + 1000;
    }
    if (ordeal->which == FA_ORDEAL_BIG)
        room = FA_ORDEAL_BIG_SIZE;
    if (bytes > room)
        fa_ordeal_fail(ordeal, "I5: %llu bytes were fetched", bytes);
    if (fa_ordeal_part(ordeal) > 0)
        fa_ordeal_fail(ordeal, "I4: a part is left");
}

uint64_t fa_ordeal_part(const struct fa_ordeal *ordeal)
{
    char path[PATH_MAX + 300];
    uint64_t largest = 0;
    snprintf(path, sizeof(path), "%s/.fetchall", ordeal->dir);
    DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        struct stat st;
        snprintf(path, sizeof(path), "%s/.fetchall/%s", ordeal->dir, entry->d_name);
        if (strstr(entry->d_name, ".part") && lstat(path, &st) == 0) {
            /* An empty file exists, too. */
            uint64_t size = (uint64_t)st.st_size + (st.st_size == 0);
            largest = size > largest ? size : largest;
        }
    }
    if (dir)
        closedir(dir);
    return largest;
}

void fa_ordeal_tell(const struct fa_ordeal *ordeal, const char *what)
{
    char text[2048];
    int len =
        snprintf(text, sizeof(text),
                 "%s with %s: %zu runs, %zu kills (%zu from outside), %zu failing calls, %zu "
                 "files resumed with %llu bytes;",
                 what, ordeal->mode, ordeal->tally.runs, ordeal->tally.kills, ordeal->tally.outside,
                 ordeal->tally.failures, ordeal->tally.resumed_files, ordeal->tally.resumed);
    for (int role = 0; role < FA_KILL_ROLES; ++role)
        for (int call = 0; call < FA_KILL_CALLS; ++call)
            if (ordeal->tally.by_call[role][call] > 0 && len < (int)sizeof(text) - 64)
                len +=
                    snprintf(text + len, sizeof(text) - (size_t)len, " %s %s %zu", role_names[role],
                             call_names[call], ordeal->tally.by_call[role][call]);
    fprintf(stderr, "kill: %s\n", text);
}
