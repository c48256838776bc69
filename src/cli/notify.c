/*
 * The protocol of sd_notify(3): datagrams of lines NAME=VALUE to a Unix socket.  It is simple, and
 * systemd promises to keep it, so no library is needed.
 *
 * Nothing here may disturb a download: the socket does not block, and errors are ignored.
 */
#include "cli/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

/* Seconds between two statuses. */
#define STATUS_INTERVAL 5.0

static int notify_connect(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len >= sizeof(address.sun_path))
        return -1;
    memcpy(address.sun_path, name, len);
    if (name[0] == '@')
        address.sun_path[0] = '\0'; /* abstract (unix(7)) */
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, size) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* WATCHDOG_USEC may be meant for a parent process. */
static double watchdog_read(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
        return 0;
    return (double)strtoull(usec, NULL, 10) / 1e6;
}

void fa_notify_init(struct fa_notify *notify)
{
    const char *name = getenv("NOTIFY_SOCKET");
    *notify = (struct fa_notify){.fd = name ? notify_connect(name) : -1};
    if (notify->fd >= 0)
        notify->watchdog = watchdog_read();
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static void notify_send(const struct fa_notify *notify, const char *name, const char *value)
{
    char text[512];
    int len = snprintf(text, sizeof(text), "%s=%s\n", name, value);
    if (len > 0 && len < (int)sizeof(text))
        (void)send(notify->fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void fa_notify_ready(struct fa_notify *notify)
{
    if (notify->fd < 0 || notify->ready)
        return;
    notify->ready = true;
    notify_send(notify, "READY", "1");
}

void fa_notify_stopping(struct fa_notify *notify)
{
    if (notify->fd < 0 || notify->stopping)
        return;
    notify->stopping = true;
    notify_send(notify, "STOPPING", "1");
}

/* Twice as often as necessary, as sd_watchdog_enabled(3) advises; and not with each call. */
void fa_notify_alive(struct fa_notify *notify)
{
    double now = fa_clock_now();
    if (!(notify->watchdog > 0) || now - notify->alive_at < notify->watchdog / 2)
        return;
    notify->alive_at = now;
    notify_send(notify, "WATCHDOG", "1");
}

bool fa_notify_wants_status(const struct fa_notify *notify)
{
    return notify->fd >= 0 && fa_clock_now() - notify->status_at >= STATUS_INTERVAL;
}

void fa_notify_status(struct fa_notify *notify, const char *text)
{
    notify->status_at = fa_clock_now();
    notify_send(notify, "STATUS", text);
}

void fa_notify_fini(struct fa_notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    notify->fd = -1;
}
