#ifndef FETCHALL_LIAR_ROUND_H
#define FETCHALL_LIAR_ROUND_H

/* One round: the servers of a case, the program run against them, and what must hold. */

#include "liar/server.h"

#include "support/ca.h"
#include "support/scratch.h"

struct liar_world {
    struct fa_scratch scratch;
    struct fa_ca ca;
    SSL_CTX *tls;
    const char *program;
    bool verbose;
    bool host_wait; /* the program has --host-wait */
    long rss_max;   /* KiB of memory; 0: as much as it likes */
    unsigned rounds;
};

/* What did not hold. KIND is a word; "": all did. */
struct liar_fault {
    char kind[24];
    char text[4096];
};

void liar_world_init(struct liar_world *world, const char *program, bool verbose, long rss_max);
void liar_world_fini(struct liar_world *world);

void liar_round(struct liar_world *world, const struct liar_case *of, struct liar_fault *fault);

/* check.c: the first fault is kept, later ones are not. */
void liar_fault_set(struct liar_fault *fault, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct liar_seen {
    const struct liar_case *of;
    struct liar_server *server;
    const char *dir;
    const char *beside; /* the folder that DIR is in */
    const char *report; /* its text; NULL: the run was killed, and files alone are looked at */
    bool interrupted;   /* by SIGINT: entries may be missing */
    int status;
};

void liar_check(const struct liar_seen *seen, struct liar_fault *fault);

/* What the program wrote to standard error; a sanitizer's report is a fault. */
void liar_check_errors(const char *text, struct liar_fault *fault);

/* The line of an entry in the list, from 1. */
unsigned liar_list_line(const struct liar_case *of, size_t index);

/* The list from the entry FROM to before TO. */
void liar_list_text(const struct liar_case *of, const struct liar_places *places, size_t from,
                    size_t to, struct liar_bytes *out);

#endif
