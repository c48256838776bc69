#include "workers.h"

#include "process.h"

#include <stdio.h>
#include <string.h>

static bool is_named(pid_t pid, const char *name)
{
    char path[64];
    char comm[32] = "";
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    char *got = fgets(comm, sizeof(comm), file);
    fclose(file);
    comm[strcspn(comm, "\n")] = '\0';
    return got && strcmp(comm, name) == 0;
}

size_t fa_workers_find(pid_t pid, const char *name, pid_t *pids, size_t max)
{
    pid_t all[FA_WORKERS_MAX];
    size_t count = fa_process_descendants(pid, all, FA_WORKERS_MAX);
    size_t found = 0;
    for (size_t i = 0; i < count && i < FA_WORKERS_MAX; i++) {
        if (!is_named(all[i], name))
            continue;
        if (found < max)
            pids[found] = all[i];
        found++;
    }
    return found;
}

struct herd {
    const pid_t *pids;
    size_t count;
};

static bool are_gone(void *arg)
{
    struct herd *herd = arg;
    for (size_t i = 0; i < herd->count; i++)
        if (fa_process_alive(herd->pids[i]))
            return false;
    return true;
}

bool fa_workers_gone(const pid_t *pids, size_t count, double timeout_s)
{
    struct herd herd = {pids, count};
    return fa_wait_until(are_gone, &herd, timeout_s);
}

bool fa_workers_zombie(pid_t pid)
{
    char path[64];
    char line[4096] = "";
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool zombie = false;
    char *got = fgets(line, sizeof(line), file);
    fclose(file);
    for (char *save, *word = got ? strtok_r(line, " ", &save) : NULL; word;
         word = strtok_r(NULL, " ", &save)) {
        int child = 0;
        sscanf(word, "%d", &child);
        zombie |= child > 0 && !fa_process_alive(child);
    }
    return zombie;
}
