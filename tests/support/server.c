#include "server.h"

#include "fail.h"
#include "process.h"
#include "report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX      128
#define START_TIMEOUT 10.0
#define STOP_TIMEOUT  10.0

/* Reads the two lines that say that the server is ready. */
static void read_ports(struct fa_server *server, int out)
{
    char text[128] = "";
    size_t len = 0;
    double deadline = fa_now() + fa_timeout(START_TIMEOUT);
    while (sscanf(text, "PORT %d CONTROL %d%*[\n]", &server->port, &server->control) != 2 ||
           text[len - 1] != '\n') {
        struct pollfd fd = {.fd = out, .events = POLLIN};
        poll(&fd, 1, 100);
        ssize_t got = fd.revents ? read(out, text + len, sizeof(text) - 1 - len) : -1;
        if (got == 0 || fa_now() > deadline) {
            fa_test_fail("\"%s\" did not start: \"%s\"", FA_BAD_SERVER, text);
        }
        len += got > 0 ? (size_t)got : 0;
    }
}

void fa_server_start(struct fa_server *server, const char *const *args)
{
    *server = (struct fa_server){0};
    const char *argv[ARGS_MAX] = {FA_BAD_SERVER};
    for (size_t i = 0; args && args[i]; i++) {
        if (i + 2 >= ARGS_MAX) {
            fa_test_fail("too many arguments");
        }
        argv[i + 1] = args[i];
        server->secure = server->secure || strcmp(args[i], "--tls") == 0;
    }
    int in[2];
    int out[2];
    fa_process_pipe(in);
    fa_process_pipe(out);
    struct fa_spawn spawn = {
        .argv = argv, .fds = {in[0], out[1], STDERR_FILENO}, .death_signal = SIGKILL};
    server->pid = fa_process_spawn(&spawn);
    server->in = in[1];
    close(in[0]);
    close(out[1]);
    read_ports(server, out[0]);
    close(out[0]);
}

static bool has_ended(void *arg)
{
    struct fa_server *server = arg;
    return waitpid(server->pid, NULL, WNOHANG) != 0;
}

void fa_server_stop(struct fa_server *server)
{
    if (server->pid <= 0) {
        return;
    }
    close(server->in);
    if (!fa_wait_until(has_ended, server, STOP_TIMEOUT)) {
        kill(server->pid, SIGKILL);
        waitpid(server->pid, NULL, 0);
    }
    *server = (struct fa_server){0};
}

const char *fa_server_url_at(struct fa_server *server, const char *host, const char *path)
{
    snprintf(server->url, sizeof(server->url), "%s://%s:%d%s", server->secure ? "https" : "http",
             host, server->port, path);
    return server->url;
}

const char *fa_server_url(struct fa_server *server, const char *path)
{
    return fa_server_url_at(server, "127.0.0.1", path);
}

static struct sockaddr_in local_address(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

/* Returns a socket, or -1. */
static int connect_to(int port)
{
    struct sockaddr_in in = local_address(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&in, sizeof(in)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool fa_port_accepts(int port)
{
    int fd = connect_to(port);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

/* A socket that is bound to a port of HOST which the kernel chooses. */
static int bound_socket(const char *host, struct sockaddr_in *ret)
{
    *ret = local_address(0);
    ret->sin_addr.s_addr = inet_addr(host);
    socklen_t len = sizeof(*ret);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)ret, len) != 0 ||
        getsockname(fd, (struct sockaddr *)ret, &len) != 0) {
        fa_test_fail("cannot find a free port of %s: %s", host, strerror(errno));
    }
    return fd;
}

int fa_port_free(void)
{
    struct sockaddr_in in;
    close(bound_socket("127.0.0.1", &in));
    return ntohs(in.sin_port);
}

int fa_port_full(const char *host)
{
    struct sockaddr_in in;
    if (listen(bound_socket(host, &in), 0) != 0) {
        fa_test_fail("cannot listen at %s: %s", host, strerror(errno));
    }
    for (int i = 0; i < 4; i++) {
        int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        int connected = connect(filler, (struct sockaddr *)&in, sizeof(in));
        (void)connected; /* it stays open until the test ends */
    }
    return ntohs(in.sin_port);
}

/* Reads to the end; free() it. */
static char *read_all(int fd, size_t *len)
{
    char *bytes = NULL;
    FILE *memory = open_memstream(&bytes, len);
    char piece[16384];
    ssize_t got;
    while (memory && (got = read(fd, piece, sizeof(piece))) > 0) {
        fwrite(piece, 1, (size_t)got, memory);
    }
    if (!memory || fclose(memory) != 0) {
        fa_test_fail("out of memory");
    }
    return bytes;
}

char *fa_http_get(int port, const char *path, size_t *len)
{
    int fd = connect_to(port);
    if (fd < 0) {
        fa_test_fail("nothing listens at port %d: %s", port, strerror(errno));
    }
    dprintf(fd, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
    size_t size;
    char *answer = read_all(fd, &size);
    close(fd);
    char *body = memmem(answer, size, "\r\n\r\n", 4);
    if (!body) {
        fa_test_fail("port %d gave no answer for \"%s\"", port, path);
    }
    body += 4;
    size -= (size_t)(body - answer);
    memmove(answer, body, size + 1); /* with the NUL of open_memstream() */
    if (len) {
        *len = size;
    }
    return answer;
}

char *fa_server_get(const struct fa_server *server, const char *path)
{
    return fa_http_get(server->control, path, NULL);
}

json_t *fa_server_log(const struct fa_server *server)
{
    char *text = fa_server_get(server, "/_log");
    json_t *log = fa_report_parse(text);
    free(text);
    return log;
}

json_t *fa_server_stats(const struct fa_server *server)
{
    char *text = fa_server_get(server, "/_stats");
    json_t *stats = json_loads(text, 0, NULL);
    if (!stats) {
        fa_test_fail("the statistics are no JSON: \"%s\"", text);
    }
    free(text);
    return stats;
}

long long fa_server_stat(const struct fa_server *server, const char *name)
{
    json_t *stats = fa_server_stats(server);
    long long value = fa_report_int(stats, name);
    json_decref(stats);
    return value;
}

struct wanted {
    const struct fa_server *server;
    const char *name;
    long long count;
};

static bool is_reached(void *arg)
{
    const struct wanted *wanted = arg;
    return fa_server_stat(wanted->server, wanted->name) >= wanted->count;
}

void fa_server_until(const struct fa_server *server, const char *name, long long count,
                     double timeout_s)
{
    struct wanted wanted = {server, name, count};
    if (!fa_wait_until(is_reached, &wanted, timeout_s)) {
        fa_test_fail("\"%s\" of the server is %lld, not %lld, after %g s", name,
                     fa_server_stat(server, name), count, timeout_s);
    }
}

size_t fa_server_requests(const struct fa_server *server, const char *path)
{
    json_t *log = fa_server_log(server);
    size_t count = 0;
    size_t i;
    json_t *line;
    json_array_foreach(log, i, line)
    {
        count += strcmp(fa_report_str(line, "path"), path) == 0;
    }
    json_decref(log);
    return count;
}

void fa_server_release(const struct fa_server *server, const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "/_release/%s", name ? name : "");
    free(fa_server_get(server, path));
}

void fa_server_reset(const struct fa_server *server)
{
    free(fa_server_get(server, "/_reset"));
}
