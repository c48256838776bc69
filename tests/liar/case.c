#include "liar/case.h"

#include "support/fail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COSTLY_MAX 3 /* words of weight 1 in a case: floods and waits */

const char *const liar_mode_names[LIAR_MODES] = {"async1", "async3", "thread", "process"};

/* What a case is about: how often, in percent, an answer has a word of each group. */
struct theme {
    unsigned char percent[LIAR_GROUPS];
    unsigned char tls, http2, proxy, feed;
};

static const struct theme themes[] = {
    /* a little of everything */
    {{[LIAR_PRE] = 15,
      [LIAR_STATUS] = 12,
      [LIAR_AWAY] = 10,
      [LIAR_RANGE] = 15,
      [LIAR_HEAD] = 40,
      [LIAR_LENGTH] = 35,
      [LIAR_BODY] = 25,
      [LIAR_END] = 15,
      [LIAR_POST] = 20,
      [LIAR_STYLE] = 20,
      [LIAR_FRAMES] = 30},
     50,
     25,
     25,
     30},
    /* connections that are kept, and what comes on them */
    {{[LIAR_STATUS] = 15,
      [LIAR_AWAY] = 15,
      [LIAR_HEAD] = 20,
      [LIAR_LENGTH] = 15,
      [LIAR_POST] = 70,
      [LIAR_STYLE] = 5},
     40,
     0,
     20,
     100},
    /* bodies that end with the connection, in TLS */
    {{[LIAR_STATUS] = 5,
      [LIAR_HEAD] = 50,
      [LIAR_LENGTH] = 60,
      [LIAR_BODY] = 60,
      [LIAR_END] = 20,
      [LIAR_POST] = 40,
      [LIAR_STYLE] = 30},
     100,
     0,
     20,
     60},
    /* parts */
    {{[LIAR_RANGE] = 80, [LIAR_LENGTH] = 15, [LIAR_BODY] = 85, [LIAR_STYLE] = 5}, 40, 20, 20, 20},
    /* heads */
    {{[LIAR_PRE] = 50, [LIAR_HEAD] = 80, [LIAR_STATUS] = 30, [LIAR_STYLE] = 40}, 30, 0, 20, 30},
    /* redirects */
    {{[LIAR_AWAY] = 75, [LIAR_HEAD] = 30, [LIAR_POST] = 20, [LIAR_END] = 20}, 40, 20, 30, 20},
    /* bodies */
    {{[LIAR_LENGTH] = 90, [LIAR_BODY] = 30, [LIAR_STYLE] = 40, [LIAR_END] = 20}, 40, 0, 20, 10},
    /* frames */
    {{[LIAR_FRAMES] = 60,
      [LIAR_BODY] = 30,
      [LIAR_HEAD] = 20,
      [LIAR_STATUS] = 10,
      [LIAR_RANGE] = 30,
      [LIAR_LENGTH] = 10,
      [LIAR_END] = 10},
     100,
     100,
     20,
     20},
};

struct maker {
    uint64_t state;
    const struct theme *theme;
    unsigned costly;
};

static bool maker_percent(struct maker *maker, unsigned percent)
{
    return liar_below(&maker->state, 100) < percent;
}

static unsigned word_weight(const struct liar_word *word)
{
    return word->weight == LIAR_NEVER ? 0 : word->weight ? word->weight : 4;
}

static void answer_say(struct maker *maker, struct liar_answer *answer, enum liar_group group)
{
    size_t count;
    const struct liar_word *words = liar_words(group, &count);
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += word_weight(&words[i]);
    }
    unsigned at = liar_below(&maker->state, sum);
    unsigned param = liar_below(&maker->state, 65536);
    size_t i = 0;
    for (; at >= word_weight(&words[i]); i++) {
        at -= word_weight(&words[i]);
    }
    if (words[i].weight == 1 && ++maker->costly > COSTLY_MAX) {
        return;
    }
    if (answer->count < LIAR_SAID) {
        answer->said[answer->count++] = (struct liar_said){&words[i], param};
    }
}

static void make_answer(struct maker *maker, struct liar_answer *answer)
{
    bool status = false;
    for (int group = 0; group < LIAR_CONNECT; group++) {
        bool of_status = group == LIAR_STATUS || group == LIAR_AWAY || group == LIAR_RANGE;
        if (!maker_percent(maker, maker->theme->percent[group]) || (of_status && status)) {
            continue;
        }
        status = status || of_status;
        answer_say(maker, answer, (enum liar_group)group);
        if (group == LIAR_HEAD && maker_percent(maker, 30)) {
            answer_say(maker, answer, LIAR_HEAD);
        }
    }
}

static uint64_t make_size(struct maker *maker)
{
    static const unsigned limits[] = {1, 12, 2000, 2000, 2000, 2000, 20000, 20000, 20000, 200000};
    return liar_below(&maker->state, limits[liar_below(&maker->state, 10)]);
}

static void make_entry(struct maker *maker, struct liar_entry *entry, unsigned id)
{
    *entry = (struct liar_entry){.id = id, .host = 1 + liar_below(&maker->state, LIAR_HOSTS)};
    entry->tls = maker_percent(maker, maker->theme->tls);
    entry->size = make_size(maker);
    entry->etag = maker_percent(maker, 65);
    entry->weak = entry->etag && maker_percent(maker, 15);
    entry->etag = entry->etag && !entry->weak;
    entry->modified = maker_percent(maker, 40);
    entry->checksum = maker_percent(maker, 10);
    entry->sized = maker_percent(maker, 10);
    entry->mirrored = maker_percent(maker, 8);
    if (maker_percent(maker, 20)) {
        return;
    }
    entry->count = 1 + liar_below(&maker->state, LIAR_ANSWERS - 1);
    for (size_t i = 0; i < entry->count; i++) {
        make_answer(maker, &entry->answers[i]);
    }
}

static void make_kill(struct maker *maker, struct liar_case *out)
{
    unsigned draw = liar_below(&maker->state, 100);
    out->kill_ms = 50 + liar_below(&maker->state, 1500);
    out->kill_signal = draw < 15 ? 9 : draw < 25 ? 2 : 0;
    out->kill_ms = out->kill_signal ? out->kill_ms : 0;
}

void liar_case_make(struct liar_case *out, uint64_t seed, enum liar_mode mode)
{
    static const unsigned jobs[] = {1, 2, 3, 4, 8, 32};
    /* The state is a counter: seeds that are neighbours must not begin beside each other in it. */
    struct maker maker = {.state = liar_random(&(uint64_t){seed})};
    maker.theme = &themes[liar_below(&maker.state, sizeof(themes) / sizeof(themes[0]))];
    *out = (struct liar_case){.salt = (unsigned)seed};
    enum liar_mode drawn = (enum liar_mode)liar_below(&maker.state, LIAR_MODES);
    out->mode = mode < LIAR_MODES ? mode : drawn;
    out->jobs = jobs[liar_below(&maker.state, 6)];
    out->http2 = maker_percent(&maker, maker.theme->http2);
    out->proxy = maker_percent(&maker, maker.theme->proxy);
    out->feed = maker_percent(&maker, maker.theme->feed) ? 2 + liar_below(&maker.state, 3) : 1;
    make_kill(&maker, out);
    for (unsigned i = 0; out->proxy && i < LIAR_ANSWERS; i++) {
        struct liar_answer *answer = &out->connect[out->connect_count++];
        if (maker_percent(&maker, 40)) {
            answer_say(&maker, answer, LIAR_CONNECT);
        }
    }
    out->count = 8 + liar_below(&maker.state, LIAR_ENTRIES - 8);
    for (unsigned i = 0; i < out->count; i++) {
        make_entry(&maker, &out->entries[i], i + 1);
    }
}

const struct liar_entry *liar_case_entry(const struct liar_case *of, unsigned id)
{
    for (size_t i = 0; i < of->count; i++) {
        if (of->entries[i].id == id) {
            return &of->entries[i];
        }
    }
    return NULL;
}

const char *liar_truth(const struct liar_case *of, unsigned id, char out[LIAR_TRUTH_SIZE])
{
    snprintf(out, LIAR_TRUTH_SIZE, "/%u/f%u", of->salt, id);
    return out;
}

enum liar_mode liar_mode_named(const char *name)
{
    int mode = 0;
    while (mode < LIAR_MODES && strcmp(name, liar_mode_names[mode]) != 0) {
        mode++;
    }
    return (enum liar_mode)mode;
}
