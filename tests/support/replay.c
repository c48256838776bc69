#include "replay.h"

#include "fail.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is asked for: "127.0.0.1/path". */
#define KEY 4096

static bool record_is(const struct fa_warc_found *record, const char *name, const char *value)
{
    const char *is = fa_warc_field(record, name);
    return is && strcmp(is, value) == 0;
}

static bool record_has_url(const struct fa_warc_found *record, const char *key)
{
    char host[KEY] = "", path[KEY] = "", is[2 * KEY];
    const char *url = fa_warc_field(record, "WARC-Target-URI");
    if (!url || sscanf(url, "http://%4095[^:/]%*[^/]%4095s", host, path) != 2)
        return false;
    snprintf(is, sizeof(is), "%s%s", host, path);
    return strcmp(is, key) == 0;
}

static void send_bytes(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

static void send_payload_of(int fd, const struct fa_warc_file *file, const char *id)
{
    char wanted[128];
    size_t len;
    snprintf(wanted, sizeof(wanted), "%s", id ? id : "");
    for (size_t i = 0; i < file->count; ++i)
        if (record_is(&file->records[i], "WARC-Record-ID", wanted)) {
            const char *payload = fa_warc_payload(&file->records[i], &len);
            send_bytes(fd, payload, len);
        }
}

static void answer(int fd, const struct fa_warc_file *file, const char *key)
{
    static const char none[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    for (size_t i = 0; i < file->count; ++i) {
        const struct fa_warc_found *record = &file->records[i];
        bool revisit = record_is(record, "WARC-Type", "revisit");
        if ((!revisit && !record_is(record, "WARC-Type", "response")) ||
            !record_has_url(record, key))
            continue;
        send_bytes(fd, record->block, record->len);
        if (revisit)
            send_payload_of(fd, file, fa_warc_field(record, "WARC-Refers-To"));
        return;
    }
    send_bytes(fd, none, strlen(none));
}

/* One request for each connection: its end is that of any answer. */
static void serve(int fd, const struct fa_warc_file *file)
{
    char request[2 * KEY + 1] = "", path[KEY], host[KEY], key[2 * KEY];
    size_t len = 0;
    while (len < 2 * KEY && !strstr(request, "\r\n\r\n")) {
        ssize_t n = recv(fd, request + len, 2 * KEY - len, 0);
        if (n <= 0)
            return;
        len += (size_t)n;
        request[len] = '\0';
    }
    const char *field = strstr(request, "\r\nHost: ");
    if (!field || sscanf(request, "GET %4095s", path) != 1 ||
        sscanf(field + 8, "%4095[^:\r]", host) != 1)
        return;
    snprintf(key, sizeof(key), "%s%s", host, path);
    answer(fd, file, key);
}

void fa_replay_start(struct fa_replay *replay, const struct fa_warc_file *file)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 64) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        fa_test_fail("cannot listen");
    replay->port = ntohs(address.sin_port);
    replay->pid = fork();
    if (replay->pid < 0)
        fa_test_fail("cannot fork");
    if (replay->pid > 0) {
        close(fd);
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (peer < 0)
            continue;
        serve(peer, file);
        close(peer);
    }
}

void fa_replay_stop(struct fa_replay *replay)
{
    if (replay->pid <= 0)
        return;
    kill(replay->pid, SIGKILL);
    waitpid(replay->pid, NULL, 0);
    replay->pid = 0;
}
