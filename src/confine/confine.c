/*
 * The order matters: no_new_privs is a precondition of Landlock and seccomp for ordinary users, and
 * the system call filter comes last, because it would forbid setting up the others.
 */
#include "confine/confine.h"

#include "confine/seccomp.h"
#include "confine/capabilities.h"
#include "confine/landlock.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* A sanitizer's runtime starts processes and reads files that a confined process must not. */
unsigned fa_confine_support(void)
{
    if (SANITIZED)
        return 0;
    return (fa_landlock_supported() ? FA_CONFINE_FILES : 0u) |
           (fa_seccomp_supported() ? FA_CONFINE_CALLS : 0u);
}

/* No core dumps, which could contain secrets; a digest worker writes no file at all. */
static int confine_limit(enum fa_confine_role role)
{
    static const struct rlimit none = {0, 0};
    if (role == FA_CONFINE_SUPERVISOR)
        return 0;
    if (setrlimit(RLIMIT_CORE, &none))
        return -1;
    return role == FA_CONFINE_DIGEST ? setrlimit(RLIMIT_FSIZE, &none) : 0;
}

int fa_confine(enum fa_confine_role role, const struct fa_confine_rule *rules, size_t n_rules,
               struct fa_error *err)
{
    unsigned support = fa_confine_support();
    if (support == 0)
        return 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || confine_limit(role) ||
        fa_confine_capabilities(role) ||
        ((support & FA_CONFINE_FILES) && fa_landlock_apply(role, rules, n_rules)) ||
        ((support & FA_CONFINE_CALLS) && fa_seccomp_apply(role))) {
        fa_error_system(err, FA_CLASS_REFUSED, errno, "cannot confine the process");
        return -1;
    }
    return 0;
}
