/* The grammar of the lying server: its answers are a pure function of the seed. */

#include "liar/draft.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 300

static const struct liar_places places = {{{1001, 1002}, {1003, 1004}, {1005, 1006}}};

static struct liar_case first, second;

/* The script for request NUMBER of an entry, with a range if FROM is not 0. */
static void make_script(const struct liar_case *of, size_t entry, size_t number, uint64_t from,
                        unsigned stream, struct liar_script *out)
{
    struct liar_ask ask = {.of = of,
                           .entry = &of->entries[entry],
                           .places = &places,
                           .ranged = from > 0,
                           .from = from,
                           .announced = true,
                           .tls = of->entries[entry].tls,
                           .stream = stream};
    bool lies = number < ask.entry->count;
    *out = (struct liar_script){0};
    liar_draft_script(&ask, lies ? &ask.entry->answers[number] : NULL, out);
}

static void expect_same_scripts(size_t entry, size_t number)
{
    for (unsigned i = 0; i < 4; i++) {
        struct liar_script a;
        struct liar_script b;
        make_script(&first, entry, number, i & 1, i & 2 ? 7 : 0, &a);
        make_script(&second, entry, number, i & 1, i & 2 ? 7 : 0, &b);
        cr_assert(liar_script_same(&a, &b), "entry %zu, answer %zu, form %u", entry, number, i);
        liar_script_fini(&a);
        liar_script_fini(&b);
    }
}

static void expect_same_texts(void)
{
    char *one = liar_case_text(&first);
    char *other = liar_case_text(&second);
    cr_assert_str_eq(one, other);
    free(one);
    free(other);
}

Test(liar, a_seed_gives_the_same_steps_each_time)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        liar_case_make(&first, seed, LIAR_MODES);
        liar_case_make(&second, seed, LIAR_MODES);
        expect_same_texts();
        for (size_t i = 0; i < first.count; i++) {
            for (size_t k = 0; k <= first.entries[i].count; k++) {
                expect_same_scripts(i, k);
            }
        }
    }
}

Test(liar, a_case_is_read_back_from_its_text)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        liar_case_make(&first, seed, LIAR_MODES);
        char *text = liar_case_text(&first);
        cr_assert_eq(liar_case_read(&second, text), 0, "%s", text);
        free(text);
        expect_same_texts();
        for (size_t i = 0; i < first.count; i++) {
            expect_same_scripts(i, 0);
        }
    }
}

Test(liar, a_text_that_is_not_a_case_is_refused)
{
    static const char *const texts[] = {
        "mode=fibers",    "jobs=",           "1@1,http,5,e",        "1@9,http,5,e=-",
        "0@1,http,5,e=-", "1@1,http,5=-",    "1@1,http,5,e=lies:1", "1@1,http,5,e=-+-+-+-+-",
        "colour=red",     "99@1,http,5,e=-",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cr_assert_neq(liar_case_read(&first, texts[i]), 0, "%s", texts[i]);
    }
}

Test(liar, another_seed_gives_another_case)
{
    liar_case_make(&first, 1, LIAR_ASYNC_1);
    liar_case_make(&second, 2, LIAR_ASYNC_1);
    char *one = liar_case_text(&first);
    char *other = liar_case_text(&second);
    cr_assert_str_neq(strchr(one, '@'), strchr(other, '@'));
    free(one);
    free(other);
}

Test(liar, every_word_is_said_by_some_seed)
{
    for (int group = 0; group < LIAR_GROUPS; group++) {
        size_t count;
        const struct liar_word *words = liar_words((enum liar_group)group, &count);
        for (size_t i = 0; i < count; i++) {
            cr_assert_eq(liar_word_named(words[i].name, strlen(words[i].name)), &words[i],
                         "\"%s\" is there twice", words[i].name);
            bool said = words[i].weight == LIAR_NEVER;
            for (uint64_t seed = 0; !said && seed < 20 * SEEDS; seed++) {
                liar_case_make(&first, seed, LIAR_ASYNC_1);
                char *text = liar_case_text(&first);
                said = strstr(text, words[i].name) != NULL;
                free(text);
            }
            cr_assert(said, "%s", words[i].name);
        }
    }
}

/* The first step of the only entry's answer. */
static const char *first_bytes(const char *text, struct liar_script *script)
{
    cr_assert_eq(liar_case_read(&first, text), 0);
    make_script(&first, 0, 0, 0, 0, script);
    cr_assert_eq(script->steps[0].op, LIAR_SEND);
    return script->steps[0].bytes.at;
}

Test(liar, an_honest_answer_is_the_truth)
{
    struct liar_script script;
    struct liar_bytes truth = {0};
    const char *head = first_bytes("salt=7 3@1,http,500,e=-", &script);
    cr_assert(strstr(head, "HTTP/1.1 200 ") == head && strstr(head, "Content-Length: 500\r\n") &&
              strstr(head, "ETag: \"3\"\r\n"));
    liar_bytes_pattern(&truth, "/7/f3", 0, 500);
    cr_assert_eq(script.count, 2);
    cr_assert_eq(script.steps[1].bytes.len, 500);
    cr_assert_eq(memcmp(script.steps[1].bytes.at, truth.at, 500), 0);
    liar_bytes_fini(&truth);
    liar_script_fini(&script);
}

Test(liar, a_body_that_only_the_end_of_the_connection_frames_is_never_cut_without_a_sign)
{
    struct liar_script script;
    first_bytes("3@1,http,500,e=until_close:0.cut:32", &script);
    cr_assert_eq(script.steps[1].bytes.len, 500, "plain: it is whole");
    liar_script_fini(&script);
    first_bytes("3@1,https,500,e=until_close:0.cut:32", &script);
    cr_assert_eq(script.steps[1].bytes.len, 250);
    cr_assert_eq(script.steps[2].op, LIAR_CUT, "TLS: without close_notify");
    liar_script_fini(&script);
    first_bytes("3@1,http,500,e=until_close:0.cut:132", &script);
    cr_assert_eq(script.steps[1].bytes.len, 250);
    cr_assert_eq(script.steps[2].op, LIAR_RESET, "plain: reset");
    liar_script_fini(&script);
}

Test(liar, the_words_change_the_answer)
{
    static const struct {
        const char *text;
        const char *has;
    } all[] = {
        {"1@1,http,9,=fold_first:0", "Said\r\n f: x\r\n"},
        {"1@1,http,9,=second_line:0", "Content-Length: 9\r\nHTTP/1.1 200 OK: x\r\n"},
        {"1@1,http,9,=length_two:0", "Content-Length: 9\r\nContent-Length: 4\r\n"},
        {"1@1,http,9,=coding:8", "Transfer-Encoding: identity\r\n"},
        {"1@1,http,9,=range_half:1", "HTTP/1.1 206 Said\r\n"},
        {"1@1,http,9,=away:1", "Location: http://127.0.0.2:1003/r/f1\r\n"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct liar_script script;
        const char *head = first_bytes(all[i].text, &script);
        cr_assert(strstr(head, all[i].has), "%s: %s", all[i].text, head);
        liar_script_fini(&script);
    }
}
