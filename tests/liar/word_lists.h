#ifndef FETCHALL_LIAR_WORD_LISTS_H
#define FETCHALL_LIAR_WORD_LISTS_H

/* The lists that words.c joins, each of one group or more. */

#include "liar/words.h"

extern const struct liar_word liar_pre_words[], liar_head_words[], liar_length_words[];
extern const size_t liar_pre_count, liar_head_count, liar_length_count;

extern const struct liar_word liar_status_words[], liar_away_words[], liar_range_words[];
extern const size_t liar_status_count, liar_away_count, liar_range_count;

extern const struct liar_word liar_body_words[], liar_end_words[], liar_post_words[],
    liar_style_words[];
extern const size_t liar_body_count, liar_end_count, liar_post_count, liar_style_count;

extern const struct liar_word liar_frame_words[], liar_connect_words[];
extern const size_t liar_frame_count, liar_connect_count;

#endif
