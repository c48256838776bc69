/**
 * Confines a process before it handles data from servers.
 *
 * Four mechanisms of the kernel are combined: Landlock (landlock(7)) for files and other processes,
 * seccomp(2) for the system calls of workers, capabilities(7) and setrlimit(2).  None of them can
 * be undone, and child processes inherit them.  Landlock and capabilities apply to the calling
 * thread and threads that it creates later: call this before there are others.
 *
 * A kernel that lacks one of them is not an error: see fa_confine_support().
 */
#ifndef FA_CONFINE_CONFINE_H
#define FA_CONFINE_CONFINE_H

#include <fetchall/error.h>

#include <stdbool.h>
#include <stddef.h>

/** What this kernel and this build support. */
enum fa_confine_support {
    FA_CONFINE_FILES = 1 << 0, /**< Landlock, with the right to move a file to another directory. */
    FA_CONFINE_CALLS = 1 << 1, /**< seccomp. */
};

/** @return bits; 0 in a build with a sanitizer, whose runtime needs more system calls and files. */
unsigned fa_confine_support(void);

enum fa_confine_role {
    /** Hashes descriptors that it receives: no files, sockets or processes. */
    FA_CONFINE_DIGEST,
    /** Downloads into descriptors that it receives: sockets and threads; reads files as the
     * rules allow, writes none; no processes. */
    FA_CONFINE_DOWNLOAD,
    /** Coordinates the run: reads any file, but writes and executes only as the rules allow. */
    FA_CONFINE_SUPERVISOR,
};

enum fa_confine_access {
    FA_CONFINE_READ,    /**< Read the file, or everything below the directory. */
    FA_CONFINE_WRITE,   /**< Read and create, change, rename and remove what is below it. */
    FA_CONFINE_EXECUTE, /**< Execute the file. */
};

struct fa_confine_rule {
    enum fa_confine_access access;
    const char *path; /**< A path that does not exist is skipped. */
};

/**
 * Confine the process.
 *
 * @rules  n_rules of them, for FA_CONFINE_DOWNLOAD and FA_CONFINE_SUPERVISOR.
 * @return 0, also if the kernel lacks a mechanism; -1 if one that it supports fails.
 */
int fa_confine(enum fa_confine_role role, const struct fa_confine_rule *rules, size_t n_rules,
               struct fa_error *err);

#endif
