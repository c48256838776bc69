#include "liar/script.h"

#include "support/fail.h"

#include <string.h>

struct liar_step *liar_script_add(struct liar_script *script, enum liar_op op)
{
    if (script->count == LIAR_STEPS) {
        fa_test_fail("a script has too many steps");
    }
    struct liar_step *step = &script->steps[script->count++];
    *step = (struct liar_step){.op = op};
    return step;
}

struct liar_step *liar_script_take(struct liar_script *script, enum liar_op op,
                                   struct liar_bytes *bytes)
{
    struct liar_step *step = liar_script_add(script, op);
    step->bytes = *bytes;
    *bytes = (struct liar_bytes){0};
    return step;
}

bool liar_script_same(const struct liar_script *a, const struct liar_script *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        const struct liar_step *x = &a->steps[i];
        const struct liar_step *y = &b->steps[i];
        same = x->op == y->op && x->piece == y->piece && x->ms == y->ms && x->number == y->number &&
               x->bytes.len == y->bytes.len &&
               (x->bytes.len == 0 || memcmp(x->bytes.at, y->bytes.at, x->bytes.len) == 0);
    }
    return same;
}

void liar_script_fini(struct liar_script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        liar_bytes_fini(&script->steps[i].bytes);
    }
    script->count = 0;
}
