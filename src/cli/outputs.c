/*
 * Compares all outputs with each other and with all inputs, before anything is opened for writing.
 * Paths are compared by the resolved directory and the name, because the file may not exist yet,
 * and existing files also by their inode.
 *
 * Outputs are emptied before the lists are read: without this check, fetchall --report urls.txt
 * urls.txt would destroy its list, and two outputs in one file would overwrite each other.
 *
 * The session gets three sets of names.  No downloaded file takes the name of an output below DIR,
 * none replaces an input, and the sandbox lets the program write where outputs are.
 */
#include "cli/outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fetchall/state.h>

#include "base/netrc.h"
#include "cli/environment.h"
#include "cli/option.h"

struct named {
    const char *option; /* the option or the role of the file */
    const char *path;
};

#define OUTPUTS_MAX 9
#define INPUTS_MAX  8

/* Variables that name files of certificates. */
static const char *const variables[][2] = {{"CURL_CA_BUNDLE", "certificates of CURL_CA_BUNDLE"},
                                           {"SSL_CERT_FILE", "certificates of SSL_CERT_FILE"}};
#define VARIABLES (sizeof(variables) / sizeof(*variables))

static size_t add(struct named *rows, size_t n, const char *option, const char *path)
{
    if (path)
        rows[n++] = (struct named){option, path};
    return n;
}

static size_t outputs_list(const struct fa_options *options, struct named *rows)
{
    const struct fa_compare_options *compare = &options->compare;
    size_t n = add(rows, 0, "report", options->report);
    n = add(rows, n, "events", options->events);
    n = add(rows, n, "manifest", options->manifest);
    n = add(rows, n, "metrics", options->metrics);
    n = add(rows, n, "json", compare->json);
    n = add(rows, n, "csv", compare->csv);
    n = add(rows, n, "html", compare->html);
    n = add(rows, n, "export", compare->hyperfine);
    return add(rows, n, "export", compare->benchstat);
}

/* The absolute path of the file's directory without links, and the name; or the path as given. */
static char *path_resolve(const char *path, const char **base)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    char *real = folder ? realpath(folder, NULL) : NULL;
    *base = slash ? slash + 1 : path;
    if (!real)
        return folder;
    free(folder);
    return real;
}

/* Of existing files, only regular ones can overwrite each other: two names of a device or FIFO are
 * not the same file. */
static bool is_same(const char *a, const char *b)
{
    struct stat x, y;
    if (strcmp(a, b) == 0)
        return true;
    bool there = stat(a, &x) == 0;
    if (there != (stat(b, &y) == 0))
        return false;
    if (there)
        return S_ISREG(x.st_mode) && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
    const char *name, *other;
    char *folder = path_resolve(a, &name), *second = path_resolve(b, &other);
    bool same = folder && second && strcmp(folder, second) == 0 && strcmp(name, other) == 0;
    free(folder);
    free(second);
    return same;
}

static int outputs_check_each_other(const struct named *outputs, size_t n, struct fa_error *err)
{
    for (size_t i = 0; i < n; ++i)
        for (size_t j = i + 1; j < n; ++j)
            if (is_same(outputs[i].path, outputs[j].path))
                return fa_option_refuse(err, "--%s and --%s require different files, not both '%s'",
                                        outputs[i].option, outputs[j].option, outputs[i].path);
    return 0;
}

/* An output "-" is standard output, and a list "-" is standard input: they are different files. */
static int outputs_check_input(const struct named *outputs, size_t n, const struct named *input,
                               struct fa_error *err)
{
    for (size_t i = 0; i < n; ++i)
        if (strcmp(outputs[i].path, "-") != 0 && is_same(outputs[i].path, input->path))
            return fa_option_refuse(err, "--%s would overwrite the %s '%s'", outputs[i].option,
                                    input->option, input->path);
    return 0;
}

static bool options_read_netrc(const struct fa_options *options)
{
    bool any = options->config.netrc;
    for (size_t i = 0; i < options->config.n_hosts; ++i)
        any |= options->config.hosts[i]->netrc;
    return any;
}

static int outputs_check_certificates(const struct fa_options *options, const struct named *outputs,
                                      size_t n, struct fa_error *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < options->config.n_hosts; ++i) {
        const struct fa_host_config *host = options->config.hosts[i];
        struct named cert = {"certificate of --hosts", host->cert};
        struct named key = {"key of --hosts", host->key};
        result = host->cert ? outputs_check_input(outputs, n, &cert, err) : 0;
        if (result == 0 && host->key)
            result = outputs_check_input(outputs, n, &key, err);
    }
    return result;
}

/* Check files named by several options. */
static int outputs_check_inputs(const struct fa_options *options, const struct named *outputs,
                                size_t n, struct fa_error *err)
{
    char *netrc = options_read_netrc(options) ? fa_netrc_path() : NULL;
    struct named input = {"passwords of --netrc", netrc};
    int result = netrc ? outputs_check_input(outputs, n, &input, err) : 0;
    if (result == 0)
        result = outputs_check_certificates(options, outputs, n, err);
    for (size_t i = 0; result == 0 && i < VARIABLES; ++i) {
        input = (struct named){variables[i][1], fa_environment(variables[i][0])};
        if (input.path)
            result = outputs_check_input(outputs, n, &input, err);
    }
    input.option = "headers of --header";
    for (size_t i = 0; result == 0 && i < options->header_files.count; ++i) {
        input.path = options->header_files.items[i];
        result = outputs_check_input(outputs, n, &input, err);
    }
    input.option = "list";
    for (size_t i = 0; result == 0 && i < options->lists.count; ++i) {
        input.path = options->lists.items[i];
        result = outputs_check_input(outputs, n, &input, err);
    }
    free(netrc);
    return result;
}

int fa_outputs_check(const struct fa_options *options, struct fa_error *err)
{
    const struct fa_config *config = &options->config;
    struct named outputs[OUTPUTS_MAX + 1], inputs[INPUTS_MAX];
    char *state = NULL;
    if (asprintf(&state, "%s/" FA_STATE_FILE, config->dir) < 0)
        return fa_option_refuse(err, "out of memory");
    size_t n = outputs_list(options, outputs);
    size_t n_inputs = add(inputs, 0, "state", config->state);
    n_inputs = add(inputs, n_inputs, "state", state);
    n_inputs = add(inputs, n_inputs, "certificates of --cacert", config->cacert);
    n_inputs = add(inputs, n_inputs, "certificate of --cert", config->cert);
    n_inputs = add(inputs, n_inputs, "key of --key", config->key);
    n_inputs = add(inputs, n_inputs, "file of --hosts", options->hosts);
    n_inputs = add(inputs, n_inputs, "file of --cookies", config->cookies);
    n_inputs = add(inputs, n_inputs, "file of --baseline", options->compare.baseline);
    int result = outputs_check_each_other(outputs, n, err);
    for (size_t i = 0; result == 0 && i < n_inputs; ++i)
        result = outputs_check_input(outputs, n, &inputs[i], err);
    /* The database is written, too, so it must not be a list or a file of secrets. */
    n = add(outputs, n, "state", config->state);
    if (result == 0)
        result = outputs_check_inputs(options, outputs, n, err);
    free(state);
    return result;
}

/* Names are relative to DIR; an output outside of it cannot collide with a downloaded file. */
static int add_name(const char *dir, const char *path, struct fa_texts *names)
{
    const char *base;
    char *folder = path_resolve(path, &base), *name = NULL;
    size_t len = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
    int result = folder ? 0 : -1;
    if (folder && strncmp(folder, dir, len) == 0 && (folder[len] == '/' || !folder[len])) {
        const char *rest = folder + len + (folder[len] == '/');
        int printed = asprintf(&name, "%s%s%s", rest, *rest ? "/" : "", base);
        result = printed < 0 ? -1 : fa_texts_add(names, name, (size_t)printed);
        if (printed >= 0)
            free(name);
    }
    free(folder);
    return result;
}

int fa_outputs_add_names(const struct fa_options *options, struct fa_texts *names)
{
    struct named outputs[OUTPUTS_MAX];
    size_t n = outputs_list(options, outputs);
    char *dir = realpath(options->config.dir, NULL);
    int result = 0;
    if (!dir && !(dir = strdup(options->config.dir)))
        return -1;
    for (size_t i = 0; result == 0 && i < n; ++i)
        if (strcmp(outputs[i].path, "-") != 0)
            result = add_name(dir, outputs[i].path, names);
    free(dir);
    return result;
}

/* Devices, pipes and terminals are written in place; for other outputs, the program must be allowed
 * to create and rename files in their directory. */
static int add_folder(const char *path, struct fa_texts *folders)
{
    struct stat st;
    const char *base;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return fa_texts_add(folders, path, strlen(path));
    /* The target of a link, such as /dev/stdout, is written in place. */
    char *real = realpath(path, NULL);
    char *folder = path_resolve(real ? real : path, &base);
    int result = folder ? fa_texts_add(folders, folder, strlen(folder)) : -1;
    free(folder);
    free(real);
    return result;
}

int fa_outputs_add_folders(const struct fa_options *options, struct fa_texts *folders)
{
    struct named outputs[OUTPUTS_MAX];
    size_t n = outputs_list(options, outputs);
    int result = 0;
    for (size_t i = 0; result == 0 && i < n; ++i)
        if (strcmp(outputs[i].path, "-") != 0)
            result = add_folder(outputs[i].path, folders);
    return result;
}

static int add_file(struct fa_texts *files, const char *file)
{
    return file && file[0] ? fa_texts_add(files, file, strlen(file)) : 0;
}

/* A standard descriptor may be redirected to a file below DIR: no downloaded file replaces that. */
int fa_outputs_add_inputs(const struct fa_options *options, struct fa_texts *files)
{
    static const char *const standard[] = {"/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"};
    char *netrc = options_read_netrc(options) ? fa_netrc_path() : NULL;
    int result = add_file(files, netrc);
    free(netrc);
    if (result == 0)
        result = add_file(files, options->config_path);
    for (size_t i = 0; result == 0 && i < VARIABLES; ++i)
        result = add_file(files, fa_environment(variables[i][0]));
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row))
        if (result == 0 && row->type == FA_OPTION_FILE && fa_option_is_for(row, options->command))
            result = add_file(files, *(const char *const *)((const char *)options + row->offset));
    for (size_t i = 0; result == 0 && i < options->header_files.count; ++i)
        result = add_file(files, options->header_files.items[i]);
    for (size_t i = 0; result == 0 && i < sizeof(standard) / sizeof(*standard); ++i)
        result = add_file(files, standard[i]);
    return result;
}
