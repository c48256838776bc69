/**
 * Events for the observer of a session.  A leaf: it reads jobs and origins, and changes nothing.
 *
 * Secrets are replaced by "***" here, before anything leaves the library.
 */
#ifndef FA_ENGINE_EMIT_H
#define FA_ENGINE_EMIT_H

#include "engine/hosts.h"
#include "engine/job.h"

#include <fetchall/event.h>

struct fa_emitter {
    fa_event_handler handler; /**< May be NULL. */
    void *ctx;
    const char *secret_keys; /**< fa_config.secret_keys */
};

void fa_emit_send(const struct fa_emitter *emitter, const struct fa_event *event);

/** A copy of an error without secrets: messages may quote libcurl, or a line of a list. */
struct fa_error fa_emit_redact(const struct fa_emitter *emitter, const struct fa_error *error);

/** The value of a column without secrets, to be freed by the caller; NULL: no memory. */
char *fa_emit_redact_column(const struct fa_emitter *emitter, const struct fa_list_column *column);

void fa_emit_started(const struct fa_emitter *emitter, const struct fa_job *job, const char *url);

/** @wait  Seconds until the next attempt. */
void fa_emit_retry(const struct fa_emitter *emitter, const struct fa_job *job, double wait);

/** @wait  Seconds until the next request.  @left  FA_HOST_BROKEN: seconds until it is given up. */
void fa_emit_host(const struct fa_emitter *emitter, const struct fa_origin *origin,
                  enum fa_host_change change, double wait, double left);

/** @entry  The entry that the notice is about, or NULL. */
void fa_emit_notice(const struct fa_emitter *emitter, const struct fa_entry *entry,
                    const char *format, ...) __attribute__((format(printf, 3, 4)));

/** The same, for --verbose. */
void fa_emit_entry_detail(const struct fa_emitter *emitter, const struct fa_entry *entry,
                          const char *format, ...) __attribute__((format(printf, 3, 4)));

/** A line that the command of --exec printed for the file of a job. */
void fa_emit_output(const struct fa_emitter *emitter, const struct fa_job *job, const char *text);

/** A notice for --verbose. */
void fa_emit_detail(const struct fa_emitter *emitter, const char *text);

#endif
