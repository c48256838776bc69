#ifndef FETCHALL_LIAR_CASE_H
#define FETCHALL_LIAR_CASE_H

/*
 * A case: a list of URLs, the lies that the server tells for each, and how fetchall is run. It is
 * made from a seed, and has a text that makes it again:
 *
 *     mode=thread jobs=4 http=1 proxy=0 feed=3 kill=0:0 salt=7 connect=- 3@2,https,4096,ec=cut:9+-
 *
 * An entry is ID@HOST,SCHEME,SIZE,FLAGS=ANSWERS. The n-th request for it gets the n-th answer, and
 * an honest one after the last. An answer is "-" (honest) or words of words.h, with a parameter in
 * hex each. The truth of an entry is the pattern of "/SALT/fID", SIZE bytes of it.
 */

#include "liar/bytes.h"
#include "liar/words.h"

#include <stdbool.h>

#define LIAR_HOSTS   3 /* 127.0.0.1 and up; the proxy is the next */
#define LIAR_ENTRIES 48
#define LIAR_ANSWERS 4
#define LIAR_SAID    8 /* words of an answer */

struct liar_answer {
    struct liar_said {
        const struct liar_word *word;
        unsigned param;
    } said[LIAR_SAID];
    size_t count;
};

struct liar_entry {
    unsigned id;
    unsigned host; /* from 1 */
    bool tls;
    uint64_t size;
    bool etag;     /* e: has a strong ETag */
    bool weak;     /* w: a weak one */
    bool modified; /* l: Last-Modified */
    bool checksum; /* c: the list has it */
    bool sized;    /* s: the list has the size */
    bool mirrored; /* m: the list has a mirror */
    struct liar_answer answers[LIAR_ANSWERS];
    size_t count;
};

enum liar_mode { LIAR_ASYNC_1, LIAR_ASYNC_3, LIAR_THREAD, LIAR_PROCESS, LIAR_MODES };

struct liar_case {
    enum liar_mode mode;
    unsigned jobs;
    bool http2;
    bool proxy;
    unsigned feed;   /* the list comes in so many portions */
    int kill_signal; /* of a first run; 0: there is only one run */
    unsigned kill_ms;
    unsigned salt;
    struct liar_answer connect[LIAR_ANSWERS]; /* of the proxy, in turn */
    size_t connect_count;
    struct liar_entry entries[LIAR_ENTRIES];
    size_t count;
};

extern const char *const liar_mode_names[LIAR_MODES];

/* MODE: of enum liar_mode; LIAR_MODES: the seed chooses. */
void liar_case_make(struct liar_case *out, uint64_t seed, enum liar_mode mode);

/* free() the text. Reading returns -1 if the text is not a case. */
char *liar_case_text(const struct liar_case *of);
int liar_case_read(struct liar_case *out, const char *text);

/* The mode of a name; LIAR_MODES: there is none such. */
enum liar_mode liar_mode_named(const char *name);

const struct liar_entry *liar_case_entry(const struct liar_case *of, unsigned id);

#define LIAR_TRUTH_SIZE 48

/* The seed of the pattern that is the truth of ID. */
const char *liar_truth(const struct liar_case *of, unsigned id, char out[LIAR_TRUTH_SIZE]);

#endif
