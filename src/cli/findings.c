#include "cli/findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/term.h"

void fa_findings_put(struct fa_findings *findings, enum fa_finding finding, const char *name,
                     const char *help, const char *format, ...)
{
    static const char *const words[] = {"ok", "note", "bad"};
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    printf("%-4s  %-13s ", words[finding], name);
    fa_term_put(stdout, text);
    putchar('\n');
    if (help)
        printf("%21s-> %s\n", "", help);
    findings->bad += finding == FA_FINDING_BAD;
}
