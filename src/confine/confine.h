/**
 * What a process gives up before it deals with what servers send.
 *
 * Four of the kernel's means are combined: Landlock (landlock(7)) for files and other processes,
 * seccomp(2) for the system calls of workers, capabilities(7) and setrlimit(2).  None can be undone,
 * and processes that are started later inherit them.  Landlock and capabilities hold for the calling
 * thread and those that it makes: call before there are others.
 *
 * A kernel that lacks one of them is no error: see fa_confine_support().
 */
#ifndef FA_CONFINE_CONFINE_H
#define FA_CONFINE_CONFINE_H

#include <fetchall/error.h>

#include <stdbool.h>
#include <stddef.h>

/** What this kernel, and this build, can do. */
enum fa_confine_support {
    FA_CONFINE_FILES = 1 << 0, /**< Landlock, with rights for files that change their folder. */
    FA_CONFINE_CALLS = 1 << 1, /**< seccomp. */
};

/** @return bits; 0 with a sanitizer, whose run time needs more than the program. */
unsigned fa_confine_support(void);

enum fa_confine_role {
    /** Hashes descriptors that it is given: no file, no socket, no process. */
    FA_CONFINE_DIGEST,
    /** Fetches into descriptors that it is given: sockets and threads, files to read as the rules
     * say, none to write, no process. */
    FA_CONFINE_DOWNLOAD,
    /** Runs the show: reads any file, writes as the rules say, starts only what the rules say. */
    FA_CONFINE_SUPERVISOR,
};

enum fa_confine_access {
    FA_CONFINE_READ,    /**< The file, or all below the folder. */
    FA_CONFINE_WRITE,   /**< Read it, and make, change, rename and remove what is below it. */
    FA_CONFINE_EXECUTE, /**< Start the file. */
};

struct fa_confine_rule {
    enum fa_confine_access access;
    const char *path; /**< One that does not exist gives no right. */
};

/**
 * Become confined.
 *
 * @rules  n_rules of them, for FA_CONFINE_DOWNLOAD and FA_CONFINE_SUPERVISOR.
 * @return 0, also if the kernel lacks what it takes; -1 if it refused what it should be able to do.
 */
int fa_confine(enum fa_confine_role role, const struct fa_confine_rule *rules, size_t n_rules,
               struct fa_error *err);

#endif
