/*
 * The description of the machine helps to compare results of different machines; a part that cannot
 * be read is left out.
 */
#include "cli/compare/machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <fetchall/pool.h>

/* Read the name of the processor, or "". */
static void read_model(char *buf, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "re");
    buf[0] = '\0';
    while (file && !buf[0] && fgets(line, sizeof(line), file)) {
        const char *value = strchr(line, ':');
        if (!value || strncmp(line, "model name", 10) != 0)
            continue;
        value += 1 + strspn(value + 1, " \t");
        snprintf(buf, size, "%.*s", (int)strcspn(value, "\n"), value);
    }
    if (file)
        fclose(file);
}

void fa_machine_describe(char *buf, size_t size)
{
    char model[80];
    struct utsname name;
    unsigned cores = fa_cores();
    /* The memory of the machine: a limit of a container (cgroup) does not show here. */
    double bytes = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    read_model(model, sizeof(model));
    int len = snprintf(buf, size, "%u core%s%s%s, %.1f GiB", cores, cores == 1 ? "" : "s",
                       model[0] ? " of " : "", model, bytes / (1 << 30));
    if (uname(&name) == 0 && len > 0 && (size_t)len < size)
        snprintf(buf + len, size - (size_t)len, ", %s %s", name.sysname, name.release);
}

void fa_machine_when(char *buf, size_t size)
{
    time_t now = time(NULL);
    struct tm utc;
    if (!gmtime_r(&now, &utc) || strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        snprintf(buf, size, "?");
}
