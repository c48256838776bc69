#include "virtual_trace.h"

#include "fail.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLACK 0.05

void fa_trace_fini(struct fa_trace *trace)
{
    for (size_t i = 0; i < trace->count; ++i)
        free(trace->lines[i].text);
    free(trace->lines);
    free(trace->whole);
    *trace = (struct fa_trace){0};
}

void fa_trace_add(struct fa_trace *trace, double at, const char *format, ...)
{
    struct fa_trace_line line = {.at = at};
    va_list args;
    va_start(args, format);
    if ((trace->count & (trace->count - 1)) == 0)
        trace->lines =
            reallocarray(trace->lines, trace->count ? 2 * trace->count : 1, sizeof(*trace->lines));
    if (!trace->lines || vasprintf(&line.text, format, args) < 0)
        fa_test_fail("out of memory");
    va_end(args);
    trace->lines[trace->count++] = line;
}

const char *fa_trace_text(struct fa_trace *trace)
{
    size_t size;
    free(trace->whole);
    FILE *file = open_memstream(&trace->whole, &size);
    if (!file)
        fa_test_fail("out of memory");
    for (size_t i = 0; i < trace->count; ++i)
        fprintf(file, "%8.3f %s\n", trace->lines[i].at, trace->lines[i].text);
    fclose(file);
    return trace->whole;
}

/* Whether one of the words of the text is this one. */
static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); ++at)
        if ((at == text || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

/* Whether the text continues with that word; moves past it. "*" is any word. */
static bool take_word(const char **text, const char *word)
{
    bool any = strcmp(word, "*") == 0;
    size_t len = any ? strcspn(*text, " ") : strlen(word);
    if (any) {
        *text += len;
        *text += strspn(*text, " ");
        return len > 0;
    }
    if (strncmp(*text, word, len) != 0 || ((*text)[len] != ' ' && (*text)[len] != '\0'))
        return false;
    *text += len;
    *text += strspn(*text, " ");
    return true;
}

static bool is_time(const char *word, double at)
{
    double from, to;
    int n = sscanf(word, "@%lf-%lf", &from, &to);
    return at >= from - SLACK && at <= (n == 2 ? to : from) + SLACK;
}

static bool fits(const struct fa_trace_line *line, const char *expected)
{
    char copy[512];
    char *save = NULL;
    const char *rest = line->text;
    snprintf(copy, sizeof(copy), "%s", expected);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        bool good = word[0] == '@'      ? is_time(word, line->at)
                    : strchr(word, '=') ? has_word(line->text, word)
                                        : take_word(&rest, word);
        if (!good)
            return false;
    }
    return true;
}

static void match(struct fa_trace *trace, char *expected)
{
    char *save = NULL;
    size_t at = 0;
    bool skip = false;
    for (char *line = strtok_r(expected, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        line += strspn(line, " ");
        if (!*line)
            continue;
        if (strcmp(line, "...") == 0) {
            skip = true;
            continue;
        }
        while (skip && at < trace->count && !fits(&trace->lines[at], line))
            ++at;
        if (at == trace->count || !fits(&trace->lines[at], line))
            fa_test_fail("expected \"%s\" in line %zu of\n%s", line, at + 1, fa_trace_text(trace));
        skip = false;
        ++at;
    }
    if (!skip && at < trace->count)
        fa_test_fail("nothing expected from line %zu on in\n%s", at + 1, fa_trace_text(trace));
}

void fa_trace_expect(struct fa_trace *trace, const char *expected)
{
    char *copy = strdup(expected);
    if (!copy)
        fa_test_fail("out of memory");
    match(trace, copy);
    free(copy);
}

unsigned fa_trace_count(const struct fa_trace *trace, const char *beginning)
{
    unsigned count = 0;
    for (size_t i = 0; i < trace->count; ++i)
        count += fits(&trace->lines[i], beginning);
    return count;
}
