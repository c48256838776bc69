#include "liar/word_lists.h"

#include <string.h>

static const struct {
    const struct liar_word *words;
    const size_t *count;
} lists[LIAR_GROUPS] = {
    [LIAR_PRE] = {liar_pre_words, &liar_pre_count},
    [LIAR_STATUS] = {liar_status_words, &liar_status_count},
    [LIAR_AWAY] = {liar_away_words, &liar_away_count},
    [LIAR_RANGE] = {liar_range_words, &liar_range_count},
    [LIAR_HEAD] = {liar_head_words, &liar_head_count},
    [LIAR_LENGTH] = {liar_length_words, &liar_length_count},
    [LIAR_BODY] = {liar_body_words, &liar_body_count},
    [LIAR_END] = {liar_end_words, &liar_end_count},
    [LIAR_POST] = {liar_post_words, &liar_post_count},
    [LIAR_STYLE] = {liar_style_words, &liar_style_count},
    [LIAR_FRAMES] = {liar_frame_words, &liar_frame_count},
    [LIAR_CONNECT] = {liar_connect_words, &liar_connect_count},
};

const struct liar_word *liar_words(enum liar_group group, size_t *count)
{
    *count = *lists[group].count;
    return lists[group].words;
}

const struct liar_word *liar_word_named(const char *name, size_t len)
{
    for (int group = 0; group < LIAR_GROUPS; group++) {
        for (size_t i = 0; i < *lists[group].count; i++) {
            const struct liar_word *word = &lists[group].words[i];
            if (strlen(word->name) == len && memcmp(word->name, name, len) == 0) {
                return word;
            }
        }
    }
    return NULL;
}
