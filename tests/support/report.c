#include "report.h"

#include "fail.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *fa_report_parse(const char *text)
{
    json_t *report = json_array();
    int line = 1;
    for (const char *end; *text; text = end + 1, line++) {
        end = strchr(text, '\n');
        if (!end) {
            fa_test_fail("line %d of the report has no end: \"%s\"", line, text);
        }
        json_error_t error;
        json_t *object = json_loadb(text, (size_t)(end - text), JSON_REJECT_DUPLICATES, &error);
        if (!json_is_object(object)) {
            fa_test_fail("line %d of the report is no object (%s): \"%.*s\"", line, error.text,
                         (int)(end - text), text);
        }
        json_array_append_new(report, object);
    }
    return report;
}

json_t *fa_report_read(const char *path)
{
    char *text = fa_file_read(path, NULL);
    json_t *report = fa_report_parse(text);
    free(text);
    return report;
}

static const char *shown(const json_t *object, char *buf, size_t size)
{
    char *dump = json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);
    snprintf(buf, size, "%s", dump ? dump : "nothing");
    free(dump);
    return buf;
}

static const json_t *find(const json_t *object, const char *name)
{
    char part[64];
    const json_t *at = object;
    for (const char *rest = name; *rest;) {
        size_t len = strcspn(rest, ".");
        snprintf(part, sizeof(part), "%.*s", (int)len, rest);
        at = json_object_get(at, part);
        rest += len + (rest[len] == '.');
    }
    if (!at) {
        char buf[1024];
        fa_test_fail("there is no \"%s\" in %s", name, shown(object, buf, sizeof(buf)));
    }
    return at;
}

_Noreturn static void wrong_type(const json_t *object, const char *name, const char *type)
{
    char buf[1024];
    fa_test_fail("\"%s\" is no %s in %s", name, type, shown(object, buf, sizeof(buf)));
}

const char *fa_report_str(const json_t *object, const char *name)
{
    const json_t *value = find(object, name);
    if (!json_is_string(value) && !json_is_null(value)) {
        wrong_type(object, name, "string");
    }
    return json_string_value(value);
}

long long fa_report_int(const json_t *object, const char *name)
{
    const json_t *value = find(object, name);
    if (!json_is_integer(value)) {
        wrong_type(object, name, "integer");
    }
    return json_integer_value(value);
}

double fa_report_real(const json_t *object, const char *name)
{
    const json_t *value = find(object, name);
    if (!json_is_number(value)) {
        wrong_type(object, name, "number");
    }
    return json_number_value(value);
}

bool fa_report_is_null(const json_t *object, const char *name)
{
    return json_is_null(find(object, name));
}

/* The one object whose member NAME equals VALUE. */
static json_t *find_one(const json_t *report, const char *name, json_t *value)
{
    json_t *found = NULL;
    size_t i;
    json_t *object;
    json_array_foreach(report, i, object)
    {
        if (json_equal(json_object_get(object, name), value)) {
            if (found) {
                fa_test_fail("two objects of the report have this \"%s\"", name);
            }
            found = object;
        }
    }
    if (!found) {
        char buf[1024];
        fa_test_fail("no object of the report has the \"%s\" %s", name,
                     shown(value, buf, sizeof(buf)));
    }
    json_decref(value);
    return found;
}

json_t *fa_report_by_line(const json_t *report, long long line)
{
    return find_one(report, "line", json_integer(line));
}

json_t *fa_report_by_url(const json_t *report, const char *url)
{
    return find_one(report, "url", json_string(url));
}

size_t fa_report_count(const json_t *report, const char *name, const char *string)
{
    size_t count = 0;
    size_t i;
    json_t *object;
    json_array_foreach(report, i, object)
    {
        const char *value = fa_report_str(object, name);
        count += value && strcmp(value, string) == 0;
    }
    return count;
}
