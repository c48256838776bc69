#include "virtual_script.h"

#include "fail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOOK 0.01

static const struct fa_reply no_reply = {.http = 404, .took = TOOK, .retry_after = -1};

static void *grow(void *items, size_t count, size_t size)
{
    void *more = reallocarray(items, count + 1, size);
    if (!more)
        fa_test_fail("out of memory");
    memset((char *)more + count * size, 0, size);
    return more;
}

static void copy(char *to, size_t room, const char *from)
{
    if ((size_t)snprintf(to, room, "%s", from) >= room)
        fa_test_fail("too long for a script: %s", from);
}

static const struct {
    const char *name;
    enum fa_reply_kind kind;
    int http;
} failures[] = {
    {"refused", FA_REPLY_REFUSED, 0}, {"timeout", FA_REPLY_TIMEOUT, 0},
    {"reset", FA_REPLY_RESET, 0},     {"stall", FA_REPLY_STALL, 200},
    {"cut", FA_REPLY_CUT, 200},       {"crash", FA_REPLY_CRASH, 200},
    {"full", FA_REPLY_FULL, 200},     {"tls", FA_REPLY_TLS, 0},
    {"garbage", FA_REPLY_GARBAGE, 0}, {"hang", FA_REPLY_HANG, 0},
    {"files", FA_REPLY_FILES, 0},     {"eio", FA_REPLY_EIO, 200},
};
#define FAILURES (sizeof(failures) / sizeof(*failures))

static bool set_failure(struct fa_reply *reply, const char *name, size_t len)
{
    for (size_t i = 0; i < FAILURES; ++i) {
        if (strlen(failures[i].name) != len || strncmp(failures[i].name, name, len) != 0)
            continue;
        reply->kind = failures[i].kind;
        if (reply->http == 0 || failures[i].http == 0)
            reply->http = failures[i].http;
        return true;
    }
    return false;
}

static bool set_flag(struct fa_reply *reply, const char *word)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"weak", &reply->weak},     {"nolength", &reply->no_length}, {"norange", &reply->no_range},
        {"refuse", &reply->refuse}, {"lies", &reply->lies},          {"digest", &reply->digest},
        {"idle", &reply->idle},
    };
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); ++i)
        if (strcmp(flags[i].name, word) == 0)
            return *flags[i].flag = true;
    return false;
}

static void read_word(struct fa_reply *reply, const char *word)
{
    const char *equals = strchr(word, '=');
    const char *value = equals ? equals + 1 : "";
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    if (strncmp(word, "size=", 5) == 0)
        reply->size = strtoull(value, NULL, 10);
    else if (strncmp(word, "took=", 5) == 0)
        reply->took = strtod(value, NULL);
    else if (strncmp(word, "rate=", 5) == 0)
        reply->rate = strtod(value, NULL);
    else if (strncmp(word, "retry-after=", 12) == 0)
        reply->retry_after = strtod(value, NULL);
    else if (strncmp(word, "deny=", 5) == 0)
        reply->deny = atoi(value);
    else if (strncmp(word, "version=", 8) == 0)
        copy(reply->version, sizeof(reply->version), value);
    else if (strncmp(word, "to=", 3) == 0)
        copy(reply->to, sizeof(reply->to), value);
    else if (strncmp(word, "cookies=", 8) == 0)
        copy(reply->cookies, sizeof(reply->cookies), value);
    else if (set_failure(reply, word, len))
        reply->at = strtoull(value, NULL, 10);
    else if (!set_flag(reply, word))
        fa_test_fail("what is '%s' in a reply?", word);
}

static struct fa_reply read_reply(char *text)
{
    char *save = NULL;
    struct fa_reply reply = {.took = TOOK, .retry_after = -1};
    char *word = strtok_r(text, " ", &save);
    if (!word)
        fa_test_fail("a reply is empty");
    reply.http = atoi(word);
    if (reply.http == 0)
        read_word(&reply, word);
    while ((word = strtok_r(NULL, " ", &save)))
        read_word(&reply, word);
    return reply;
}

static void add_resource(struct fa_script *script, const char *name, char *replies)
{
    char *save = NULL;
    struct fa_resource *resource;
    script->resources = grow(script->resources, script->n_resources, sizeof(*script->resources));
    resource = &script->resources[script->n_resources++];
    snprintf(resource->url, sizeof(resource->url), "%s%s", strstr(name, "://") ? "" : "http://",
             name);
    for (char *text = strtok_r(replies, ";", &save); text; text = strtok_r(NULL, ";", &save)) {
        resource->replies =
            grow(resource->replies, resource->n_replies, sizeof(*resource->replies));
        resource->replies[resource->n_replies++] = read_reply(text);
    }
}

static void add_spell(struct fa_script *script, bool down, char *text)
{
    struct fa_spell spell = {0};
    char kind[64];
    if (sscanf(text, "%63s %lf %lf %63[^\n]", spell.host, &spell.from, &spell.to, kind) != 4)
        fa_test_fail("malformed: %s", text);
    if (down)
        spell.reply = read_reply(kind);
    else
        spell.kind = strcmp(kind, "fail") == 0      ? FA_SPELL_FAIL
                     : strcmp(kind, "missing") == 0 ? FA_SPELL_MISSING
                                                    : FA_SPELL_MUTE;
    script->spells = grow(script->spells, script->n_spells, sizeof(*script->spells));
    script->spells[script->n_spells++] = spell;
}

static void add_action(struct fa_script *script, const char *text)
{
    static const char *const kinds[] = {"drain", "stop", "full", "free", "feed", "close", "touch"};
    struct fa_action action = {0};
    char kind[16];
    if (sscanf(text, "%lf %15s %255[^\n]", &action.at, kind, action.text) < 2)
        fa_test_fail("malformed: at %s", text);
    while (action.kind <= FA_ACTION_TOUCH && strcmp(kinds[action.kind], kind) != 0)
        ++action.kind;
    if (action.kind > FA_ACTION_TOUCH)
        fa_test_fail("what is '%s'?", kind);
    script->actions = grow(script->actions, script->n_actions, sizeof(*script->actions));
    script->actions[script->n_actions++] = action;
}

static void add_line(struct fa_script *script, char *line)
{
    line += strspn(line, " ");
    char *rest = strchr(line, ' ');
    if (!*line || *line == '#')
        return;
    if (!rest)
        fa_test_fail("malformed: %s", line);
    *rest++ = '\0';
    if (strcmp(line, "at") == 0)
        add_action(script, rest);
    else if (strcmp(line, "down") == 0 || strcmp(line, "dns") == 0)
        add_spell(script, line[1] == 'o', rest);
    else
        add_resource(script, line, rest);
}

void fa_script_init(struct fa_script *script, const char *text)
{
    *script = (struct fa_script){0};
    char *all = strdup(text), *save = NULL;
    if (!all)
        fa_test_fail("out of memory");
    for (char *line = strtok_r(all, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        add_line(script, line);
    free(all);
}

void fa_script_fini(struct fa_script *script)
{
    for (size_t i = 0; i < script->n_resources; ++i)
        free(script->resources[i].replies);
    free(script->resources);
    free(script->spells);
    free(script->actions);
}

static const char *host_of(const char *url)
{
    const char *slashes = strstr(url, "://");
    return slashes ? slashes + 3 : url;
}

static bool is_host(const char *host, const char *name)
{
    size_t len = strlen(name);
    return strncmp(host, name, len) == 0 && (host[len] == '\0' || strchr("/:", host[len]));
}

static struct fa_resource *find(struct fa_script *script, const char *url)
{
    struct fa_resource *any = NULL;
    for (size_t i = 0; i < script->n_resources; ++i) {
        struct fa_resource *resource = &script->resources[i];
        size_t len = strlen(resource->url);
        if (strcmp(resource->url, url) == 0)
            return resource;
        if (resource->url[len - 1] == '*' && strncmp(resource->url, url, len - 1) == 0)
            any = resource;
    }
    if (!any)
        return NULL;
    /* Each URL that a "*" stands for begins with the first reply. */
    struct fa_resource own = {.n_replies = any->n_replies};
    copy(own.url, sizeof(own.url), url);
    own.replies = calloc(own.n_replies, sizeof(*own.replies));
    if (!own.replies)
        fa_test_fail("out of memory");
    memcpy(own.replies, any->replies, own.n_replies * sizeof(*own.replies));
    script->resources = grow(script->resources, script->n_resources, sizeof(*script->resources));
    script->resources[script->n_resources] = own;
    return &script->resources[script->n_resources++];
}

struct fa_reply fa_script_reply(struct fa_script *script, const char *url, double now)
{
    for (size_t i = 0; i < script->n_spells; ++i) {
        const struct fa_spell *spell = &script->spells[i];
        if (spell->kind == FA_SPELL_DOWN && is_host(host_of(url), spell->host) &&
            now >= spell->from && now < spell->to)
            return spell->reply;
    }
    struct fa_resource *resource = find(script, url);
    if (!resource)
        return no_reply;
    size_t at = resource->served++;
    if (at >= resource->n_replies)
        at = resource->n_replies - 1;
    struct fa_reply reply = resource->replies[at];
    if (!reply.version[0]) {
        const char *path = strchr(host_of(url), '/');
        copy(reply.version, sizeof(reply.version), path ? path + 1 : "");
    }
    return reply;
}

const struct fa_spell *fa_script_lookup(const struct fa_script *script, const char *host,
                                        double now)
{
    for (size_t i = 0; i < script->n_spells; ++i) {
        const struct fa_spell *spell = &script->spells[i];
        if (spell->kind != FA_SPELL_DOWN && strcmp(host, spell->host) == 0 && now >= spell->from &&
            now < spell->to)
            return spell;
    }
    return NULL;
}

struct fa_action *fa_script_action(const struct fa_script *script)
{
    struct fa_action *next = NULL;
    for (size_t i = 0; i < script->n_actions; ++i) {
        struct fa_action *action = &script->actions[i];
        if (!action->done && (!next || action->at < next->at))
            next = action;
    }
    return next;
}
