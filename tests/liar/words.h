#ifndef FETCHALL_LIAR_WORDS_H
#define FETCHALL_LIAR_WORDS_H

/* The lies by name. A word changes the draft of an answer; at most one of each group is said. */

#include <stddef.h>

struct liar_draft;

enum liar_group {
    LIAR_PRE,     /* before the status line, or in it */
    LIAR_STATUS,  /* another status than 200 */
    LIAR_AWAY,    /* a redirect */
    LIAR_RANGE,   /* lies about a range; without one in the request, the answer is cut instead */
    LIAR_HEAD,    /* lines of the head */
    LIAR_LENGTH,  /* how the body is framed */
    LIAR_BODY,    /* how much of it there is */
    LIAR_END,     /* how the connection ends */
    LIAR_POST,    /* what comes after the answer */
    LIAR_STYLE,   /* how it is written */
    LIAR_FRAMES,  /* HTTP/2 only */
    LIAR_CONNECT, /* a proxy's answer to CONNECT, and nothing else */
    LIAR_GROUPS,
};

/* A weight: seeds never say it, since nothing above libcurl could notice; --case may. */
#define LIAR_NEVER 1000u

struct liar_word {
    const char *name;
    enum liar_group group;
    void (*say)(struct liar_draft *draft, unsigned param); /* NULL: TEXT is lines of the head */
    const char *text;
    unsigned weight; /* how often, against others of the group; 0: as 4 */
};

/* The words of a group, and how many. */
const struct liar_word *liar_words(enum liar_group group, size_t *count);

/* NULL: there is none such. */
const struct liar_word *liar_word_named(const char *name, size_t len);

#endif
