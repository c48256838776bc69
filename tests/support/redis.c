#include "redis.h"

#include "fail.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* @return whether there was an answer, whose beginning is copied */
static bool redis_ask(const struct fa_redis *redis, const char *text, char answer[64])
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    ssize_t len = (ssize_t)strlen(text), got = 0;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strncpy(at.sun_path, redis->url + strlen("unix://"), sizeof(at.sun_path) - 1);
    if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && write(fd, text, (size_t)len) == len)
        got = read(fd, answer, 63);
    answer[got > 0 ? got : 0] = '\0';
    close(fd);
    return got > 0;
}

void fa_redis_command(const struct fa_redis *redis, const char *text)
{
    char answer[64];
    if (!redis_ask(redis, text, answer))
        fa_test_fail("redis-server does not answer: %s", text);
}

long long fa_redis_number(const struct fa_redis *redis, const char *text)
{
    char answer[64];
    bool asked;
    double until = fa_now() + fa_timeout(60);
    /* On a busy machine, a script of the workers may take seconds. */
    while ((asked = redis_ask(redis, text, answer)) && strncmp(answer, "-BUSY ", 6) == 0 &&
           fa_now() < until)
        continue;
    if (!asked || *answer == '-')
        fa_test_fail("redis-server does not answer '%s' with a number: %s", text, answer);
    const char *end = strstr(answer, "\r\n");
    return *answer == '$' && end ? atoll(end + 2) : atoll(answer + 1) > 0 ? atoll(answer + 1) : 0;
}

static bool redis_accepts(void *arg)
{
    char answer[64];
    return redis_ask(arg, "PING\r\n", answer) &&
           (strncmp(answer, "+PONG", 5) == 0 || strncmp(answer, "-NOAUTH", 7) == 0);
}

void fa_redis_restart(struct fa_redis *redis)
{
    const char *socket = redis->url + strlen("unix://");
    const char *argv[32] = {
        "redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "yes",
        "--dir", redis->scratch->path,
        /* With everysec, Redis answers up to two seconds before it writes, if the disk is slow:
         * killed then, it loses what it has acknowledged.  Here, the kernel has it before the
         * answer. */
        "--appendfsync", "no"};
    size_t n = 13;
    for (const char *const *arg = redis->args; arg && *arg && n + 1 < 32; ++arg)
        argv[n++] = *arg;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct fa_spawn spawn = {
        .argv = argv,
        .fds = {null, null, null},
        .death_signal = SIGKILL,
    };
    redis->pid = fa_process_spawn(&spawn);
    close(null);
    if (!fa_wait_until(redis_accepts, redis, 60))
        fa_test_fail("redis-server does not answer");
}

void fa_redis_start(struct fa_redis *redis, struct fa_scratch *scratch, const char *const *args)
{
    *redis = (struct fa_redis){.scratch = scratch, .args = args};
    snprintf(redis->url, sizeof(redis->url), "unix://%s", fa_scratch_path(scratch, "redis.sock"));
    fa_redis_restart(redis);
}

void fa_redis_stop(struct fa_redis *redis)
{
    if (redis->pid <= 0)
        return;
    kill(redis->pid, SIGKILL);
    while (waitpid(redis->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    redis->pid = 0;
}
