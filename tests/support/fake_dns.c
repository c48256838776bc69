/*
 * An LD_PRELOAD library that answers getaddrinfo() for names below .test, so that tests of name
 * resolution need no network:
 *
 *   nx-*.test        EAI_NONAME
 *   fail-*.test      EAI_AGAIN
 *   slow<ms>-*.test  127.0.0.1 after that many milliseconds
 *   hang-*.test      EAI_AGAIN after 30 s
 *   many-*.test      127.255.255.254, where nothing should listen, then 127.0.0.1
 *   *.test           127.0.0.1
 *
 * All other names go to the real one. If FAKE_DNS_LOG names a file, each call for a .test name
 * appends "<name> <calls in progress in this process, this one included>" to it, in one write.
 * If FAKE_DNS_NO_THREADS is a number, that many threads of a process cannot be made: EAGAIN.
 * With AddressSanitizer in the program, add verify_asan_link_order=0 to ASAN_OPTIONS.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define HANG_MS 30000

typedef int getaddrinfo_fn(const char *node, const char *service, const struct addrinfo *hints,
                           struct addrinfo **result);

static atomic_int in_progress;

static getaddrinfo_fn *real_getaddrinfo(void)
{
    getaddrinfo_fn *real;
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    memcpy(&real, &symbol, sizeof(real)); /* ISO C has no cast from object to function pointer */
    return real;
}

static bool starts_with(const char *name, const char *prefix)
{
    return strncasecmp(name, prefix, strlen(prefix)) == 0;
}

static bool is_ours(const char *node)
{
    static const char suffix[] = ".test";
    size_t len = node ? strlen(node) : 0;
    len -= len > 0 && node[len - 1] == '.';
    size_t tail = sizeof(suffix) - 1;
    return len > tail && strncasecmp(node + len - tail, suffix, tail) == 0;
}

static void write_log(const char *name, int calls)
{
    const char *path = getenv("FAKE_DNS_LOG");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
    if (fd < 0) {
        return;
    }
    char line[512];
    int len = snprintf(line, sizeof(line), "%.400s %d\n", name, calls);
    ssize_t ignored = write(fd, line, (size_t)len);
    (void)ignored;
    close(fd);
}

static void wait_ms(long ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0) {
    }
}

static int numeric(const char *address, const char *service, const struct addrinfo *hints,
                   struct addrinfo **result)
{
    struct addrinfo exact = hints ? *hints : (struct addrinfo){0};
    exact.ai_flags = (exact.ai_flags & ~AI_CANONNAME) | AI_NUMERICHOST;
    return real_getaddrinfo()(address, service, &exact, result);
}

/* glibc frees each node of a list by itself, so two lists can be joined. */
static int two_addresses(const char *service, const struct addrinfo *hints,
                         struct addrinfo **result)
{
    struct addrinfo *second;
    int error = numeric("127.255.255.254", service, hints, result);
    if (error != 0) {
        return error;
    }
    error = numeric("127.0.0.1", service, hints, &second);
    if (error != 0) {
        freeaddrinfo(*result);
        return error;
    }
    struct addrinfo *last = *result;
    while (last->ai_next) {
        last = last->ai_next;
    }
    last->ai_next = second;
    return 0;
}

static int resolve(const char *node, const char *service, const struct addrinfo *hints,
                   struct addrinfo **result)
{
    if (starts_with(node, "nx-")) {
        return EAI_NONAME;
    }
    if (starts_with(node, "fail-")) {
        return EAI_AGAIN;
    }
    if (starts_with(node, "hang-")) {
        wait_ms(HANG_MS);
        return EAI_AGAIN;
    }
    if (starts_with(node, "many-")) {
        return two_addresses(service, hints, result);
    }
    if (starts_with(node, "slow")) {
        wait_ms(strtol(node + strlen("slow"), NULL, 10));
    }
    return numeric("127.0.0.1", service, hints, result);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    if (!is_ours(node)) {
        return real_getaddrinfo()(node, service, hints, result);
    }
    if (hints && (hints->ai_flags & AI_NUMERICHOST)) {
        return EAI_NONAME;
    }
    write_log(node, atomic_fetch_add(&in_progress, 1) + 1);
    int error = resolve(node, service, hints, result);
    atomic_fetch_sub(&in_progress, 1);
    return error;
}

typedef int pthread_create_fn(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
                              void *arg);

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
    static atomic_long refused;
    const char *none = getenv("FAKE_DNS_NO_THREADS");
    if (none && atomic_fetch_add(&refused, 1) < strtol(none, NULL, 10)) {
        return EAGAIN;
    }
    pthread_create_fn *real;
    void *symbol = dlsym(RTLD_NEXT, "pthread_create");
    memcpy(&real, &symbol, sizeof(real));
    return real(thread, attr, start, arg);
}
