#include "fail.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fa_test_fail(const char *format, ...)
{
    char *message = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&message, format, args);
    va_end(args);
    cr_assert(0, "%s", len >= 0 ? message : format);
    abort();
}
