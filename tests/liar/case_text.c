/* Cases as text. */

#include "liar/case.h"

#include "support/fail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void text_answers(struct liar_bytes *out, const struct liar_answer *answers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        liar_bytes_text(out, i ? "+" : "");
        for (size_t k = 0; k < answers[i].count; k++) {
            const struct liar_said *said = &answers[i].said[k];
            liar_bytes_printf(out, "%s%s", k ? "." : "", said->word->name);
            if (said->word->say) {
                liar_bytes_printf(out, ":%x", said->param);
            }
        }
        liar_bytes_text(out, answers[i].count ? "" : "-");
    }
    liar_bytes_text(out, count ? "" : "-");
}

char *liar_case_text(const struct liar_case *of)
{
    struct liar_bytes out = {0};
    liar_bytes_printf(&out, "mode=%s jobs=%u http=%d proxy=%d feed=%u kill=%d:%u salt=%u connect=",
                      liar_mode_names[of->mode], of->jobs, of->http2 ? 2 : 1, of->proxy, of->feed,
                      of->kill_signal, of->kill_ms, of->salt);
    text_answers(&out, of->connect, of->connect_count);
    for (size_t i = 0; i < of->count; i++) {
        const struct liar_entry *entry = &of->entries[i];
        liar_bytes_printf(&out, " %u@%u,%s,%llu,%s%s%s%s%s%s=", entry->id, entry->host,
                          entry->tls ? "https" : "http", (unsigned long long)entry->size,
                          entry->etag ? "e" : "", entry->weak ? "w" : "",
                          entry->modified ? "l" : "", entry->checksum ? "c" : "",
                          entry->sized ? "s" : "", entry->mirrored ? "m" : "");
        text_answers(&out, entry->answers, entry->count);
    }
    return out.at;
}

static int read_answer(struct liar_answer *answer, char *text)
{
    if (strcmp(text, "-") == 0) {
        return 0;
    }
    for (char *said; (said = strsep(&text, "."));) {
        size_t len = strcspn(said, ":");
        const struct liar_word *word = liar_word_named(said, len);
        if (!word || answer->count == LIAR_SAID) {
            fprintf(stderr, "liar: unknown word, or too many: \"%s\"\n", said);
            return -1;
        }
        unsigned param = said[len] ? (unsigned)strtoul(said + len + 1, NULL, 16) : 0;
        answer->said[answer->count++] = (struct liar_said){word, param};
    }
    return 0;
}

static int read_answers(struct liar_answer *answers, size_t *count, char *text)
{
    if (strcmp(text, "-") == 0) {
        return 0;
    }
    for (char *answer; (answer = strsep(&text, "+"));) {
        if (*count == LIAR_ANSWERS || read_answer(&answers[(*count)++], answer) != 0) {
            return -1;
        }
    }
    return 0;
}

static int read_entry(struct liar_case *out, char *text)
{
    char scheme[8];
    unsigned long long size;
    int at = 0;
    if (out->count == LIAR_ENTRIES) {
        return -1;
    }
    struct liar_entry *entry = &out->entries[out->count++];
    if (sscanf(text, "%u@%u,%7[a-z],%llu,%n", &entry->id, &entry->host, scheme, &size, &at) != 4 ||
        at == 0 || entry->id < 1 || entry->id > LIAR_ENTRIES || entry->host < 1 ||
        entry->host > LIAR_HOSTS) {
        return -1;
    }
    entry->size = size;
    entry->tls = strcmp(scheme, "https") == 0;
    const char *flags = text + at;
    char *answers = text + at + strcspn(flags, "=");
    if (!*answers) {
        return -1;
    }
    *answers++ = '\0';
    entry->etag = strchr(flags, 'e');
    entry->weak = strchr(flags, 'w');
    entry->modified = strchr(flags, 'l');
    entry->checksum = strchr(flags, 'c');
    entry->sized = strchr(flags, 's');
    entry->mirrored = strchr(flags, 'm');
    return read_answers(entry->answers, &entry->count, answers);
}

static int read_setting(struct liar_case *out, char *text)
{
    unsigned number = 0;
    char name[16];
    if (sscanf(text, "mode=%15s", name) == 1) {
        out->mode = liar_mode_named(name);
        return out->mode < LIAR_MODES ? 0 : -1;
    }
    if (strncmp(text, "connect=", 8) == 0) {
        return read_answers(out->connect, &out->connect_count, text + 8);
    }
    if (sscanf(text, "kill=%d:%u", &out->kill_signal, &out->kill_ms) == 2 ||
        sscanf(text, "jobs=%u", &out->jobs) == 1 || sscanf(text, "feed=%u", &out->feed) == 1 ||
        sscanf(text, "salt=%u", &out->salt) == 1) {
        return 0;
    }
    if (sscanf(text, "http=%u", &number) == 1) {
        out->http2 = number == 2;
        return 0;
    }
    int good = sscanf(text, "proxy=%u", &number);
    out->proxy = number != 0;
    return good == 1 ? 0 : -1;
}

int liar_case_read(struct liar_case *out, const char *text)
{
    *out = (struct liar_case){.jobs = 4, .feed = 1};
    char *copy = strdup(text);
    if (!copy) {
        fa_test_fail("out of memory");
    }
    int good = 0;
    char *rest = copy;
    for (char *token; good == 0 && (token = strsep(&rest, " \n"));) {
        if (*token) {
            char *whole = strdup(token); /* reading cuts it up */
            good = strchr(token, '@') ? read_entry(out, token) : read_setting(out, token);
            if (good != 0) {
                fprintf(stderr, "liar: cannot read \"%s\"\n", whole ? whole : token);
            }
            free(whole);
        }
    }
    free(copy);
    return good;
}
