#include "archived.h"

#include "fail.h"
#include "kill_plan.h"
#include "ordeal.h"
#include "run.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static const char long_name[] =
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/"
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/"
    "h.jpg";

struct fa_truth fa_archived[FA_ARCHIVED];

void fa_archived_list(struct fa_lines *list, struct fa_server *server)
{
    static char paths[FA_ARCHIVED][64];
    static const char *const names[FA_ARCHIVED] = {
        "a.jpg",   "a.txt",          "b.tar.gz", "plain", "empty.x", "g.json",
        long_name, "\xc3\xbc/i.jpg", "j.jpg",    "k.jpg", "l.jpg",   "m.jpg"};
    for (int i = 0; i < FA_ARCHIVED; ++i) {
        uint64_t size = i == 4 ? 0 : i == 5 ? 512 : (uint64_t)(7001 * i + 300);
        snprintf(paths[i], sizeof(paths[i]), "/ok/%d/f%d", (int)size, i);
        fa_lines_add(list, "%s", fa_server_url(server, paths[i]));
        fa_lines_add(list, " out=%s", names[i]);
        fa_archived[i] = (struct fa_truth){names[i], paths[i], size};
    }
}

void fa_archived_kill(struct fa_scratch *scratch, const char *list, const char *output,
                      void (*check)(const char *dir))
{
    struct fa_run run = {0};
    struct fa_kill_plan *plan = fa_kill_plan_map(scratch);
    const char *file = fa_scratch_write(scratch, "list", list);
    const struct fa_run_options *options = fa_kill_plan_options(scratch);
    const char *dir = fa_scratch_path(scratch, "out");
    uint64_t step = 1;
    for (bool hit = true; hit; step += getenv("FA_EVERY_KILL") ? 1 : 17) {
        *plan =
            (struct fa_kill_plan){.role = FA_KILL_SUPERVISOR, .call = FA_KILL_ANY, .step = step};
        for (int i = 0; i < 2; ++i) {
            fa_run_end(&run);
            fa_run_start(&run, i == 0 ? options : NULL, "-d", dir, "--hash-with", "inline",
                         "--progress", "none", "--output", output, "--tar-files", "5", file, NULL);
            if (fa_run_wait(&run, 20) != 0 && i == 1)
                fa_test_fail("step %llu: %s", (unsigned long long)step, fa_run_err(&run));
        }
        hit = plan->hits > 0;
        check(dir);
        fa_file_remove(dir);
    }
    if (step <= 50)
        fa_test_fail("only %llu steps", (unsigned long long)step);
    fa_run_end(&run);
    munmap(plan, sizeof(*plan));
}
