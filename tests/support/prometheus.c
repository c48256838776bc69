#include "prometheus.h"

#include "fail.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAMPLES_MAX 1000
#define PROMTOOL    "/usr/bin/promtool"

struct family {
    char name[100], type[20];
    double bucket, bound; /* histogram: the last one */
    bool has_inf, has_sum;
};

static size_t name_len(const char *at)
{
    size_t len = 0;
    while (isalnum((unsigned char)at[len]) || at[len] == '_')
        ++len;
    return isdigit((unsigned char)at[0]) ? 0 : len;
}

static bool ends_with(const char *name, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len > n && strncmp(name + len - n, end, n) == 0;
}

/* @return what follows the closing brace */
static const char *check_labels(const char *at, const char *line)
{
    while (*at != '}') {
        size_t len = name_len(at);
        if (len == 0 || strncmp(at + len, "=\"", 2) != 0)
            fa_test_fail("malformed label: %s", line);
        for (at += len + 2; *at != '"'; ++at)
            if (*at == '\n' || !*at || (*at == '\\' && !strchr("\\\"n", *++at)))
                fa_test_fail("malformed label value: %s", line);
        at += at[1] == ',' ? 2 : 1;
    }
    return at + 1;
}

/* The sample of a histogram, by the end of its name. */
static void check_histogram(struct family *family, const char *line, size_t len, double value)
{
    const char *le = strstr(line, "le=\"");
    if (ends_with(line, len, "_bucket") && le) {
        double bound = strtod(le + 4, NULL);
        if (bound <= family->bound || value < family->bucket)
            fa_test_fail("buckets must ascend: %s", line);
        family->bound = bound;
        family->bucket = value;
        family->has_inf |= strncmp(le + 4, "+Inf", 4) == 0;
    } else if (ends_with(line, len, "_sum")) {
        family->has_sum = true;
    } else if (!ends_with(line, len, "_count") || value != family->bucket || !family->has_inf ||
               !family->has_sum) {
        fa_test_fail("incomplete histogram: %s", line);
    }
}

static void check_sample(struct family *family, const char *line)
{
    size_t len = name_len(line), base = strlen(family->name);
    char *end;
    const char *at = line[len] == '{' ? check_labels(line + len + 1, line) : line + len;
    if (len == 0 || *at != ' ' || strncmp(line, family->name, base) != 0)
        fa_test_fail("malformed sample, or not one of %s: %s", family->name, line);
    double value = strtod(at + 1, &end);
    if (end == at + 1 || (*end && *end != '\n'))
        fa_test_fail("malformed value: %s", line);
    if (strcmp(family->type, "histogram") == 0)
        check_histogram(family, line, len, value);
    else if (len != base ||
             ends_with(line, len, "_total") != (strcmp(family->type, "counter") == 0))
        fa_test_fail("only counters end in _total: %s", line);
}

/* A HELP line begins a family, and a TYPE line follows. */
static void check_comment(struct family *family, const char *line, const char *text)
{
    char name[100], type[20], again[120];
    if (sscanf(line, "# HELP %99s %*[^\n]", name) == 1) {
        *family = (struct family){.bound = -1};
        snprintf(family->name, sizeof(family->name), "%s", name);
        snprintf(again, sizeof(again), "# HELP %s ", name);
        const char *first = strstr(text, again);
        if (!first || strstr(first + 1, again))
            fa_test_fail("family %s is not one", name);
    } else if (sscanf(line, "# TYPE %99s %19s", name, type) != 2 || family->type[0] ||
               strcmp(name, family->name) != 0) {
        fa_test_fail("malformed comment: %s", line);
    } else {
        snprintf(family->type, sizeof(family->type), "%s", type);
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check_promtool(const char *text)
{
    if (access(PROMTOOL, X_OK) != 0)
        return;
    FILE *tool = popen(PROMTOOL " check metrics", "w");
    if (!tool || fputs(text, tool) == EOF || pclose(tool) != 0)
        fa_test_fail("promtool: %s", text);
}

void fa_prometheus_check(const char *text)
{
    struct family family = {0};
    char *copy = strdup(text), *rest = NULL, *samples[SAMPLES_MAX];
    size_t n = 0, len = strlen(text);
    if (len == 0 || text[len - 1] != '\n')
        fa_test_fail("the last line is not complete: %s", text);
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (*line == '#') {
            check_comment(&family, line, text);
            continue;
        }
        check_sample(&family, line);
        *strrchr(line, ' ') = '\0';
        if (n < SAMPLES_MAX)
            samples[n++] = line;
    }
    qsort(samples, n, sizeof(*samples), compare);
    for (size_t i = 1; i < n; ++i)
        if (strcmp(samples[i - 1], samples[i]) == 0)
            fa_test_fail("a sample occurs twice: %s", samples[i]);
    free(copy);
    check_promtool(text);
}

double fa_prometheus_value(const char *text, const char *name, const char *label)
{
    size_t len = strlen(name);
    for (const char *at = text; (at = strstr(at, name)); at += len) {
        const char *end = strchr(at, '\n'), *found = strstr(at, label);
        if ((at == text || at[-1] == '\n') && at[len] == '{' && end && found && found < end) {
            while (*end != ' ')
                --end;
            return strtod(end, NULL);
        }
    }
    fa_test_fail("no sample %s with %s in: %s", name, label, text);
}
