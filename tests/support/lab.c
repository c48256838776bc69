#include "lab.h"

#include "fail.h"
#include "report.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifndef FA_NETLAB
#define FA_NETLAB "netlab"
#endif
#define FAILED     125
#define START_TIME 20.0

const char *fa_lab_missing(void)
{
    static char why[512];
    struct fa_run run;
    fa_run_start(&run, &(struct fa_run_options){.program = FA_NETLAB}, "--", "true", NULL);
    int status = fa_run_wait(&run, START_TIME);
    snprintf(why, sizeof(why), "%s", fa_run_err(&run));
    fa_run_end(&run);
    if (status != 0 && status != FAILED) {
        fa_test_fail("the lab ends with %d: %s", status, why);
    }
    return status == FAILED ? why : NULL;
}

static void add(struct fa_lab *lab, const char *arg)
{
    if (lab->count + 1 >= FA_LAB_ARGS) {
        fa_test_fail("too many arguments");
    }
    lab->wrap[lab->count++] = arg;
    lab->wrap[lab->count] = NULL;
}

void fa_lab_init(struct fa_lab *lab, ...)
{
    lab->count = 0;
    add(lab, FA_NETLAB);
    add(lab, "--stats");
    va_list args;
    va_start(args, lab);
    for (const char *arg; (arg = va_arg(args, const char *));) {
        add(lab, arg);
    }
    va_end(args);
}

void fa_lab_serve(struct fa_lab *lab, struct fa_scratch *scratch,
                  const struct fa_nginx_options *options)
{
    struct fa_nginx_options everywhere = *options;
    everywhere.listen = "0.0.0.0";
    snprintf(lab->server, sizeof(lab->server), "exec sh '%s'",
             fa_nginx_script(scratch, &everywhere, 80));
    add(lab, "--server-command");
    add(lab, lab->server);
}

double fa_lab_stat(const struct fa_run *run, const char *name)
{
    const char *text = fa_run_err(run);
    const char *line = strstr(text, "{\"up\":");
    json_t *stats = line ? json_loads(line, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    if (!stats) {
        fa_test_fail("there are no statistics of the lab in: %s", text);
    }
    double value = fa_report_real(stats, name);
    json_decref(stats);
    return value;
}
