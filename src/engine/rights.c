/*
 * The session itself parses lists and runs the strategy, so it may write only to the folder, the
 * folder of the state and what the config names; reading is unrestricted.  See confine/confine.h
 * for the mechanism.
 */
#include "engine/rights.h"

#include "confine/confine.h"

#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

/* Rules besides config.writable: dir, folder of the state, program, interpreter, null device. */
#define FIXED 5

static const char *support_missing(unsigned support)
{
    bool files = support & FA_CONFINE_FILES, calls = support & FA_CONFINE_CALLS;
    return files && calls ? NULL
           : files        ? "no sandbox for system calls: this kernel has no seccomp"
           : calls        ? "no sandbox for files: this kernel has no Landlock, or an old one"
                   : "no sandbox: this kernel has neither Landlock nor seccomp, or the build "
                     "has a sanitizer";
}

const char *fa_rights_missing(const struct fa_config *config)
{
    return config->sandbox == FA_SANDBOX_OFF ? NULL : support_missing(fa_confine_support());
}

int fa_rights_check(const struct fa_config *config, struct fa_error *err)
{
    const char *why = fa_rights_missing(config);
    if (config->sandbox != FA_SANDBOX_REQUIRE || !why)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "--sandbox require: %s; use --sandbox auto to go on without", why);
    return -1;
}

/* The nursery is this program, executed again; the kernel also executes the ELF interpreter
 * (ld.so) of a dynamic one. */
static int program_find_interpreter(struct dl_phdr_info *info, size_t size, void *ret)
{
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; ++i)
        if (info->dlpi_phdr[i].p_type == PT_INTERP)
            *(const char **)ret = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    return 1; /* the first object is the program */
}

/* The folder of the state must be writable: SQLite creates its -wal and -shm files there. */
static char *file_folder(const char *file)
{
    const char *slash = strrchr(file, '/');
    return !slash ? strdup(".") : strndup(file, slash == file ? 1 : (size_t)(slash - file));
}

int fa_rights_drop(const struct fa_config *config, struct fa_error *err)
{
    const char *program = config->worker_program ? config->worker_program : "/proc/self/exe";
    const char *interpreter = NULL;
    char *state = config->state ? file_folder(config->state) : NULL;
    struct fa_confine_rule *rules = calloc(FIXED + config->n_writable, sizeof(*rules));
    int result = -1;
    size_t n = 0;
    if (!rules || (config->state && !state)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot confine the process");
        goto out;
    }
    dl_iterate_phdr(program_find_interpreter, &interpreter);
    rules[n++] = (struct fa_confine_rule){FA_CONFINE_WRITE, config->dir};
    rules[n++] = (struct fa_confine_rule){FA_CONFINE_WRITE, "/dev/null"};
    rules[n++] = (struct fa_confine_rule){FA_CONFINE_EXECUTE, program};
    if (interpreter)
        rules[n++] = (struct fa_confine_rule){FA_CONFINE_EXECUTE, interpreter};
    if (state)
        rules[n++] = (struct fa_confine_rule){FA_CONFINE_WRITE, state};
    for (size_t i = 0; i < config->n_writable; ++i)
        rules[n++] = (struct fa_confine_rule){FA_CONFINE_WRITE, config->writable[i]};
    result = fa_confine(FA_CONFINE_SUPERVISOR, rules, n, err);
out:
    free(rules);
    free(state);
    return result;
}
