#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fa_test_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}
