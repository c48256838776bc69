#ifndef FETCHALL_LAB_OPTIONS_H
#define FETCHALL_LAB_OPTIONS_H

/* The command line of netlab. */

#include <stdbool.h>
#include <stdint.h>

struct fa_lab_options {
    double rtt;           /* s */
    double rate;          /* bit/s; 0: no limit */
    double queue;         /* bytes; 0: no limit */
    double loss;          /* 0 to 1 */
    uint64_t seed;        /* of the losses */
    uint32_t reset_after; /* bytes; 0: never */
    int mtu;
    bool offload;
    bool stats;
    const char *server; /* a command for sh; NULL: none */
    char **command;
};

/* Ends the program when there is nothing to run, or with an error. */
void fa_lab_options_parse(struct fa_lab_options *options, int argc, char **argv);

#endif
