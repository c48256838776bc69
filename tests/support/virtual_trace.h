#ifndef FETCHALL_SUPPORT_VIRTUAL_TRACE_H
#define FETCHALL_SUPPORT_VIRTUAL_TRACE_H

/* What happened in a virtual world, line by line, and whether it was expected. */

#include <stddef.h>

struct fa_trace_line {
    double at;
    char *text;
};

struct fa_trace {
    struct fa_trace_line *lines;
    size_t count;
    char *whole; /* what fa_trace_text() gave out */
};

/* All zero is empty. */
void fa_trace_fini(struct fa_trace *trace);

void fa_trace_add(struct fa_trace *trace, double at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Fails the test; see virtual_world.h for what is expected. */
void fa_trace_expect(struct fa_trace *trace, const char *expected);

unsigned fa_trace_count(const struct fa_trace *trace, const char *beginning);
const char *fa_trace_text(struct fa_trace *trace);

#endif
