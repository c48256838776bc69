#include "options.h"

#include "space.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_LEAST (64 * 1024)

static const char help[] =
    "Usage: netlab [OPTION]... [--] COMMAND [ARGUMENT]...\n"
    "Runs COMMAND behind a slow link, in a network of its own. Needs root.\n\n"
    "  --rtt TIME              round trip, half each way: 50ms, 1s (default 0)\n"
    "  --rate BITS             of each direction, per second: 10M, 1G (default: no limit)\n"
    "  --queue BYTES           before the link, each way: 256k, 4M (default: rtt times rate, at\n"
    "                          least 64k)\n"
    "  --loss PART             of the packets, each way: 0.5% (default 0)\n"
    "  --seed N                of the losses (default 1)\n"
    "  --mtu BYTES             (default 1500)\n"
    "  --offload               let many segments travel as one; not with --loss\n"
    "  --reset-after BYTES     cut connections to 10.77.4.0/24 when so much has come\n"
    "  --server-command TEXT   run by sh on the server's side; COMMAND waits until it listens\n"
    "  --stats                 a line of JSON on standard error at the end\n\n"
    "The server is 10.77.0.2 and all of 10.77.1.0/24; 10.77.2.0/24 is dead, 10.77.3.0/24 refuses.\n"
    "Exits as COMMAND does, with 128 + N for signal N, or with 125 when the lab itself fails.\n";

struct unit {
    const char *name;
    double factor;
};

static const struct unit times[] = {{"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {NULL, 0}};
static const struct unit rates[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {NULL, 0}};
static const struct unit sizes[] = {{"", 1}, {"k", 0x1p10}, {"M", 0x1p20}, {NULL, 0}};
static const struct unit parts[] = {{"", 1}, {"%", 0.01}, {NULL, 0}};

static double number(const char *option, const char *text, const struct unit *units, double max)
{
    char *end;
    double value = strtod(text, &end);
    if (value == 0 && end != text && *end == '\0') {
        return 0;
    }
    for (; end != text && units->name; units++) {
        if (strcmp(end, units->name) == 0 && value >= 0 && value * units->factor <= max) {
            return value * units->factor;
        }
    }
    errx(FA_LAB_FAILED, "--%s: \"%s\" is not understood; see --help", option, text);
}

enum { RTT, RATE, QUEUE, LOSS, SEED, MTU, OFFLOAD, RESET_AFTER, SERVER, STATS, HELP };

static const struct option known[] = {
    {"rtt", required_argument, NULL, RTT},
    {"rate", required_argument, NULL, RATE},
    {"queue", required_argument, NULL, QUEUE},
    {"loss", required_argument, NULL, LOSS},
    {"seed", required_argument, NULL, SEED},
    {"mtu", required_argument, NULL, MTU},
    {"offload", no_argument, NULL, OFFLOAD},
    {"reset-after", required_argument, NULL, RESET_AFTER},
    {"server-command", required_argument, NULL, SERVER},
    {"stats", no_argument, NULL, STATS},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static void set(struct fa_lab_options *options, int option)
{
    switch (option) {
    case RTT:
        options->rtt = number("rtt", optarg, times, 3600);
        break;
    case RATE:
        options->rate = number("rate", optarg, rates, 1e12);
        break;
    case QUEUE:
        options->queue = number("queue", optarg, sizes, 1e12);
        break;
    case LOSS:
        options->loss = number("loss", optarg, parts, 1);
        break;
    case SEED:
        options->seed = (uint64_t)number("seed", optarg, rates, 1e15);
        break;
    case MTU:
        options->mtu = (int)number("mtu", optarg, rates, 65535);
        break;
    case OFFLOAD:
        options->offload = true;
        break;
    case RESET_AFTER:
        options->reset_after = (uint32_t)number("reset-after", optarg, sizes, 0x7fffffff);
        break;
    case SERVER:
        options->server = optarg;
        break;
    case STATS:
        options->stats = true;
        break;
    case HELP:
        fputs(help, stdout);
        exit(0);
    default:
        exit(FA_LAB_FAILED);
    }
}

void fa_lab_options_parse(struct fa_lab_options *options, int argc, char **argv)
{
    *options = (struct fa_lab_options){.queue = -1, .seed = 1, .mtu = 1500};
    for (int option; (option = getopt_long(argc, argv, "+", known, NULL)) != -1;) {
        set(options, option);
    }
    options->command = argv + optind;
    if (!options->command[0]) {
        errx(FA_LAB_FAILED, "there is no command to run; see --help");
    }
    if (options->offload && options->loss > 0) {
        errx(FA_LAB_FAILED, "--offload does not go with --loss, which would take 64 KiB at once");
    }
    if (options->queue < 0) {
        double product = options->rtt * options->rate / 8;
        options->queue = product > QUEUE_LEAST ? product : QUEUE_LEAST;
    }
}
