#ifndef FETCHALL_SUPPORT_BAD_LOG_H
#define FETCHALL_SUPPORT_BAD_LOG_H

/*
 * What the bad server records: a line for each request, how many were open and in service at once,
 * and how often a path was requested.
 */

#include "bad_request.h"

#include <event2/buffer.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct fa_bad_log {
    struct evbuffer *lines;
    json_t *hosts;  /* Host header -> {requests, active, peak_active} */
    json_t *counts; /* key -> times it was counted */
    json_t *firsts; /* key -> when it was first seen, ms */
    unsigned accepted;
    unsigned connections;
    unsigned open;
    unsigned peak_open;
    unsigned requests;
    unsigned active;
    unsigned peak_active;
};

int fa_bad_log_init(struct fa_bad_log *log);
void fa_bad_log_fini(struct fa_bad_log *log);

/* Forgets everything except what is open and in service now. */
void fa_bad_log_clear(struct fa_bad_log *log);

/* A connection is counted when its first request has come that is not a control request. */
void fa_bad_log_open(struct fa_bad_log *log);
void fa_bad_log_close(struct fa_bad_log *log);

/* A request is in service from the end of its head to the last byte of its answer. */
void fa_bad_log_begin(struct fa_bad_log *log, unsigned conn, const char *peer,
                      const struct fa_bad_request *request);
void fa_bad_log_end(struct fa_bad_log *log, const struct fa_bad_request *request);

/* How often KEY has been counted before; counts it once more. */
uint64_t fa_bad_log_count(struct fa_bad_log *log, const char *key);

/* Milliseconds since KEY was first seen; 0 the first time. */
uint64_t fa_bad_log_age(struct fa_bad_log *log, const char *key);

/* The answer to /_stats, malloc'd, or NULL. HELD is the number of answers held back now. */
char *fa_bad_log_stats(const struct fa_bad_log *log, unsigned held);

#endif
