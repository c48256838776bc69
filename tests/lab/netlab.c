/*
 * netlab: a slow, lossy link in user space, and a command that runs behind it.
 *
 *     netlab --rtt 50ms --rate 50M --loss 0.5% --stats \
 *            --server-command 'exec nginx -p DIR -c nginx.conf' -- \
 *            sh -c 'curl -s http://$FA_LAB_SERVER/'
 *
 *      namespace of the client                             namespace of the server
 *      10.77.0.1  COMMAND                                  10.77.0.2  the server's command
 *          │                                                   │
 *        lab0 (TUN) ──▶ up:   queue ─ rate ─ loss ─ delay ──▶ lab0 (TUN)
 *                   ◀── down: delay ─ loss ─ rate ─ queue ◀──
 *
 * The addresses, of which the command is told in its environment:
 *
 *     FA_LAB_CLIENT    10.77.0.1
 *     FA_LAB_SERVER    10.77.0.2
 *     FA_LAB_HOSTS     10.77.1     .0 to .255: the server, as so many hosts
 *     FA_LAB_DEAD      10.77.2     what is sent there is dropped silently
 *     FA_LAB_REFUSED   10.77.3     every connection is refused, by a reset, after a round trip
 *     FA_LAB_RESET     10.77.4     the server; with --reset-after, every connection gets a reset
 *                                  at both ends once so many bytes have set out to the client
 *
 * The model (link.h): each direction has its rate, its queue with tail drop, its independent
 * losses from a seeded generator, and half of the round trip as delay. Sizes are those of IP
 * packets. A packet read from one device waits in a ring and is written to the other when it is
 * due, by a process of a real-time priority that sleeps with a fine timer.
 *
 * How true it is, on two cores of a virtual machine: a packet is late by 30 us (mean), or early by
 * 50 us at most; connect(2) takes the round trip and 0.1 ms. With --rtt and --rate at most 2 Gbit/s
 * with packets of 1500 bytes, for most of a core (7 us for a packet); without them 3.6 Gbit/s, and
 * 7 with --mtu 9000 or --offload. What the machine does besides shows as "late_us" in --stats: at
 * a late_us_max of many ms, measure again.
 *
 * What it does not do: jitter, reordering, duplication, corruption, bursts of losses, other
 * queues than tail drop, the overhead of a link layer, IPv6, name resolution, ICMP for what is
 * refused or dead, and different figures for both directions. Fragments to special addresses are
 * not looked into. With --offload, up to 64 KiB of a connection travel as one packet, as through a
 * network card that segments: faster for us, but the queue takes or drops them as a whole and they
 * arrive together.
 *
 * The kernel's TCP is whatever this machine has: bbr fills queues and takes losses differently than
 * cubic does, and 4 MiB of tcp_wmem bound one connection at 50 ms to 450 Mbit/s. Both are a
 * namespace's own, so a command can set them: --server-command
 * 'echo 4096 65536 67108864 >/proc/sys/net/ipv4/tcp_wmem; exec nginx ...'
 *
 * Nothing outside is changed and nothing is left: the namespaces have no names and end with us and
 * the two commands, which end with us. A process that a command left behind is killed at the end;
 * if we are killed ourselves, only the commands themselves are, so a server command had better
 * begin with exec.
 */

#include "command.h"
#include "ends.h"
#include "options.h"

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVER_PATIENCE_MS 10000

struct lab {
    struct fa_lab_options options;
    struct fa_space client;
    struct fa_space server;
    struct fa_ends ends;
    int signals;
    pid_t command;
    pid_t server_command; /* 0: there is none any more */
    bool ended;
    int status; /* of the command */
};

static void require_root(void)
{
    if (geteuid() != 0) {
        errx(FA_LAB_FAILED, "this needs root (CAP_NET_ADMIN and CAP_SYS_ADMIN), for network "
                            "namespaces and TUN devices");
    }
}

static void open_link(struct lab *lab, struct fa_link *link, uint64_t stream)
{
    *link = (struct fa_link){
        .rate = lab->options.rate,
        .queue = lab->options.queue,
        .loss = lab->options.loss,
        .delay = (int64_t)(lab->options.rtt * 1e9 / 2),
        .random = lab->options.seed * 2 + stream,
    };
}

static void open_lab(struct lab *lab)
{
    fa_space_open(&lab->client, false, lab->options.mtu, lab->options.offload);
    fa_space_open(&lab->server, true, lab->options.mtu, lab->options.offload);
    open_link(lab, &lab->ends.up.link, 0);
    open_link(lab, &lab->ends.down.link, 1);
    lab->ends.client = lab->client.tun;
    lab->ends.server = lab->server.tun;
    lab->ends.offload = lab->options.offload;
    lab->ends.reset_after = lab->options.reset_after;
    fa_ends_init(&lab->ends);
}

static void open_signals(struct lab *lab)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    lab->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (lab->signals < 0) {
        err(FA_LAB_FAILED, "cannot watch signals");
    }
}

/* What runs behind the link keeps its own priority. A high nice value alone was late by 10 ms. */
static void be_punctual(void)
{
    prctl(PR_SET_TIMERSLACK, 1UL);
    struct sched_param param = {.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) != 0) {
        setpriority(PRIO_PROCESS, 0, -20);
    }
}

static void start_server(struct lab *lab)
{
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)lab->options.server, NULL};
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC); /* the command alone has our input */
    lab->server_command = fa_command_start(argv, lab->server.net, null, SIGTERM);
    close(null);
    for (int ms = 0; !fa_space_listens(); ms++) {
        int status = 0;
        if (waitpid(lab->server_command, &status, WNOHANG) != 0) {
            fa_command_end(0);
            errx(FA_LAB_FAILED, "the server ended with %d", fa_command_status(status));
        }
        if (ms == SERVER_PATIENCE_MS) {
            fa_command_end(lab->server_command);
            errx(FA_LAB_FAILED, "the server does not listen");
        }
        poll(NULL, 0, 1);
    }
}

static void start_command(struct lab *lab)
{
    setenv("FA_LAB_CLIENT", FA_LAB_PREFIX "0.1", 1);
    setenv("FA_LAB_SERVER", FA_LAB_PREFIX "0.2", 1);
    setenv("FA_LAB_HOSTS", FA_LAB_PREFIX "1", 1);
    setenv("FA_LAB_DEAD", FA_LAB_PREFIX "2", 1);
    setenv("FA_LAB_REFUSED", FA_LAB_PREFIX "3", 1);
    setenv("FA_LAB_RESET", FA_LAB_PREFIX "4", 1);
    lab->command = fa_command_start(lab->options.command, lab->client.net, STDIN_FILENO, SIGKILL);
}

static void reap(struct lab *lab)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == lab->command) {
            lab->ended = true;
            lab->status = fa_command_status(status);
        } else if (pid == lab->server_command) {
            warnx("the server ended with %d", fa_command_status(status));
            lab->server_command = 0;
        }
    }
}

/* A terminal's signals go to the whole group, so the command has had them. */
static void take_signals(struct lab *lab)
{
    struct signalfd_siginfo info;
    while (read(lab->signals, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGCHLD) {
            reap(lab);
        } else if (info.ssi_code != SI_KERNEL && !lab->ended) {
            kill(lab->command, (int)info.ssi_signo);
        }
    }
}

static void run(struct lab *lab)
{
    struct pollfd fds[] = {
        {.fd = lab->client.tun, .events = POLLIN},
        {.fd = lab->server.tun, .events = POLLIN},
        {.fd = lab->signals, .events = POLLIN},
    };
    while (!lab->ended) {
        int64_t due = fa_ends_turn(&lab->ends);
        int64_t wait = due - fa_ends_now();
        wait = wait > 0 ? wait : 0;
        struct timespec pause = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
        if (ppoll(fds, 3, due < 0 ? NULL : &pause, NULL) > 0 && fds[2].revents) {
            take_signals(lab);
        }
    }
}

static void print_wire(const char *name, const struct fa_wire *wire)
{
    double mean =
        wire->stats.arrived ? (double)wire->stats.late_sum / 1e3 / (double)wire->stats.arrived : 0;
    fprintf(stderr,
            "\"%s\":{\"packets\":%llu,\"bytes\":%llu,\"arrived\":%llu,\"lost\":%llu,"
            "\"dropped\":%llu,\"queue_max\":%.0f,\"late_us\":%.1f,\"late_us_max\":%.1f},",
            name, (unsigned long long)wire->stats.packets, (unsigned long long)wire->stats.bytes,
            (unsigned long long)wire->stats.arrived, (unsigned long long)wire->stats.lost,
            (unsigned long long)wire->stats.dropped, wire->link.queue_max, mean,
            (double)wire->stats.late_max / 1e3);
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void print_stats(const struct lab *lab)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    fprintf(stderr, "{");
    print_wire("up", &lab->ends.up);
    print_wire("down", &lab->ends.down);
    fprintf(stderr,
            "\"dead\":%llu,\"refused\":%llu,\"resets\":%llu,\"unread\":%llu,"
            "\"server_retransmitted\":%ld,\"cpu_s\":%.3f}\n",
            (unsigned long long)lab->ends.stats.dead, (unsigned long long)lab->ends.stats.refused,
            (unsigned long long)lab->ends.stats.resets, (unsigned long long)lab->ends.stats.unread,
            fa_space_retransmitted(), seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

int main(int argc, char **argv)
{
    static struct lab lab;
    fa_lab_options_parse(&lab.options, argc, argv);
    require_root();
    fa_command_prepare();
    open_lab(&lab);
    open_signals(&lab);
    be_punctual();
    if (lab.options.server) {
        start_server(&lab);
    }
    start_command(&lab);
    run(&lab);
    if (lab.options.stats) {
        print_stats(&lab);
    }
    fa_command_end(lab.server_command);
    fa_ends_fini(&lab.ends);
    return lab.status;
}
