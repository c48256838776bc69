#ifndef FETCHALL_SUPPORT_VIRTUAL_SCRIPT_H
#define FETCHALL_SUPPORT_VIRTUAL_SCRIPT_H

/* The script of a virtual world, as virtual_world.h describes it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fa_reply_kind {
    FA_REPLY_STATUS,
    FA_REPLY_REFUSED,
    FA_REPLY_TIMEOUT,
    FA_REPLY_RESET,
    FA_REPLY_STALL,
    FA_REPLY_CUT,
    FA_REPLY_CRASH,
    FA_REPLY_FULL,
    FA_REPLY_TLS,
    FA_REPLY_GARBAGE,
    FA_REPLY_HANG,
    FA_REPLY_FILES,
    FA_REPLY_EIO,
    FA_REPLIES
};

struct fa_reply {
    enum fa_reply_kind kind;
    int http; /* 0: no answer */
    double took;
    double rate;        /* bytes a second; 0: any */
    double retry_after; /* -1: none */
    uint64_t size;
    uint64_t at; /* FA_REPLY_CUT, _STALL, _CRASH, _FULL: this many bytes arrive */
    char version[64];
    char to[128];
    char cookies[32];
    bool weak, no_length, no_range, refuse, lies, digest, idle;
    int deny; /* a status; 0: no */
};

struct fa_resource {
    char url[128];
    struct fa_reply *replies;
    size_t n_replies;
    size_t served;
};

enum fa_spell_kind { FA_SPELL_DOWN, FA_SPELL_FAIL, FA_SPELL_MISSING, FA_SPELL_MUTE };

/* A time in which a host does not work. */
struct fa_spell {
    enum fa_spell_kind kind;
    char host[64];
    double from, to;
    struct fa_reply reply;
};

enum fa_action_kind {
    FA_ACTION_DRAIN,
    FA_ACTION_STOP,
    FA_ACTION_FULL,
    FA_ACTION_FREE,
    FA_ACTION_FEED,
    FA_ACTION_CLOSE,
    FA_ACTION_TOUCH,
};

struct fa_action {
    enum fa_action_kind kind;
    double at;
    char text[256];
    bool done;
};

struct fa_script {
    struct fa_resource *resources;
    size_t n_resources;
    struct fa_spell *spells;
    size_t n_spells;
    struct fa_action *actions;
    size_t n_actions;
};

/* Fails the test if the text is malformed. */
void fa_script_init(struct fa_script *script, const char *text);
void fa_script_fini(struct fa_script *script);

/* What the next request for the URL gets. */
struct fa_reply fa_script_reply(struct fa_script *script, const char *url, double now);

/* How the lookup of a host goes: NULL, well. */
const struct fa_spell *fa_script_lookup(const struct fa_script *script, const char *host,
                                        double now);

/* The next action; NULL: there is none. */
struct fa_action *fa_script_action(const struct fa_script *script);

#endif
