#include "nginx.h"

#include "fail.h"
#include "process.h"
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NGINX         "/usr/sbin/nginx"
#define TRIES         5 /* another process may take the free port first */
#define START_TIMEOUT 10.0
#define STOP_TIMEOUT  10.0
#define DESCRIPTORS   65536

static void write_main(FILE *conf, const struct fa_nginx_options *options)
{
    if (geteuid() == 0) {
        fprintf(conf, "user root;\n");
    }
    fprintf(conf, "daemon off;\nmaster_process %s;\nworker_processes %d;\n",
            options->workers > 0 ? "on" : "off", options->workers > 0 ? options->workers : 1);
    fprintf(conf, "pid nginx.pid;\nerror_log error.log;\n"
                  "events { worker_connections 16384; multi_accept on; }\n");
}

static void write_server(FILE *conf, const struct fa_nginx_options *options, int port)
{
    fprintf(conf, "  server {\n    listen %s:%d backlog=4096%s%s;\n    root \"%s\";\n",
            options->listen ? options->listen : "127.0.0.1", port, options->cert ? " ssl" : "",
            options->http2 ? " http2" : "", options->root);
    if (options->cert) {
        fprintf(conf, "    ssl_certificate \"%s\";\n    ssl_certificate_key \"%s\";\n",
                options->cert, options->key);
    }
    fprintf(conf, "    %s\n  }\n", options->server ? options->server : "");
}

static void write_config(struct fa_scratch *scratch, const struct fa_nginx_options *options,
                         int port)
{
    char *text = NULL;
    size_t len;
    FILE *conf = open_memstream(&text, &len);
    if (!conf) {
        fa_test_fail("out of memory");
    }
    write_main(conf, options);
    fprintf(conf, "http {\n  access_log %s;\n", options->access_log ? "access.log" : "off");
    static const char *const temporary[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};
    for (size_t i = 0; i < sizeof(temporary) / sizeof(temporary[0]); i++) {
        fprintf(conf, "  %s_temp_path tmp;\n", temporary[i]);
    }
    fprintf(conf, "  sendfile on;\n  tcp_nopush on;\n  keepalive_requests 1000000;\n"
                  "  keepalive_timeout 600s;\n  http2_max_concurrent_streams 256;\n");
    write_server(conf, options, port);
    fprintf(conf, "}\n");
    fclose(conf);
    fa_scratch_write(scratch, "nginx/nginx.conf", text);
    free(text);
}

static pid_t spawn(struct fa_scratch *scratch, const char *dir)
{
    const char *argv[] = {NGINX, "-p", dir, "-c", "nginx.conf", "-e", "error.log", NULL};
    const char *output = fa_scratch_path(scratch, "nginx/output");
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int out = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (null < 0 || out < 0) {
        fa_test_fail("cannot open \"%s\": %s", output, strerror(errno));
    }
    /* SIGTERM lets a master process end its workers as well. */
    struct fa_spawn spawn = {
        .argv = argv, .fds = {null, out, out}, .nofile = DESCRIPTORS, .death_signal = SIGTERM};
    pid_t pid = fa_process_spawn(&spawn);
    close(null);
    close(out);
    return pid;
}

static bool has_ended(void *arg)
{
    struct fa_nginx *nginx = arg;
    if (nginx->pid > 0 && waitpid(nginx->pid, NULL, WNOHANG) != 0) {
        nginx->pid = 0;
    }
    return nginx->pid == 0;
}

static bool is_settled(void *arg)
{
    struct fa_nginx *nginx = arg;
    return has_ended(nginx) || fa_port_accepts(nginx->port);
}

void fa_nginx_start(struct fa_nginx *nginx, struct fa_scratch *scratch,
                    const struct fa_nginx_options *options)
{
    const char *dir = fa_scratch_mkdir(scratch, "nginx");
    *nginx = (struct fa_nginx){
        .access_log = fa_scratch_path(scratch, "nginx/access.log"),
    };
    for (int i = 0; i < TRIES && nginx->pid == 0; i++) {
        nginx->port = fa_port_free();
        write_config(scratch, options, nginx->port);
        nginx->pid = spawn(scratch, dir);
        if (!fa_wait_until(is_settled, nginx, START_TIMEOUT)) {
            fa_nginx_stop(nginx);
        }
    }
    if (nginx->pid == 0) {
        char *why = fa_file_read(fa_scratch_path(scratch, "nginx/output"), NULL);
        fa_test_fail("nginx does not start: %s", why);
    }
}

void fa_nginx_stop(struct fa_nginx *nginx)
{
    if (nginx->pid <= 0) {
        return;
    }
    kill(nginx->pid, SIGTERM);
    if (!fa_wait_until(has_ended, nginx, STOP_TIMEOUT)) {
        kill(-nginx->pid, SIGKILL);
        waitpid(nginx->pid, NULL, 0);
        nginx->pid = 0;
    }
}

const char *fa_nginx_script(struct fa_scratch *scratch, const struct fa_nginx_options *options,
                            int port)
{
    const char *dir = fa_scratch_mkdir(scratch, "nginx");
    write_config(scratch, options, port);
    char *text = NULL;
    if (asprintf(&text,
                 "ulimit -n \"$(ulimit -H -n)\"\n"
                 "exec " NGINX " -p '%s' -c nginx.conf -e error.log\n",
                 dir) < 0) {
        fa_test_fail("out of memory");
    }
    const char *script = fa_scratch_write(scratch, "nginx/start", text);
    free(text);
    return script;
}
