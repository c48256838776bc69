/**
 * Names that servers give to files (--server-names).
 *
 * A job is admitted, downloaded and recorded under the name of its URL; only when its file is
 * complete does it get the name of the server.  The record of the file keeps the key of the first
 * name, and has the path of the second one; another record, an alias, has the key of the second
 * name, so that no other entry gets it.  Both are committed before the rename: a run that is killed
 * at any time leaves no file that the next one does not know.
 *
 * A file keeps its name: that of an earlier run is used again, whatever the server says, and also
 * without the option.
 */
#ifndef FA_ENGINE_NAMING_H
#define FA_ENGINE_NAMING_H

#include "engine/engine.h"
#include "engine/recall.h"

/** Take the name in the outcome of a job, if there is one. */
void fa_naming_take(struct fa_job *job);

/** Give a job the path that its file got in an earlier run.  @return 0, or -1 */
int fa_naming_recall(struct fa_session *s, struct fa_job *job, const struct fa_recalled *record,
                     struct fa_error *err);

/** Give a job, whose file is complete, the name of the server.  If that and its alternatives are
 * taken, it keeps the one that it has.  @return 0, or -1 */
int fa_naming_serve(struct fa_session *s, struct fa_job *job, struct fa_error *err);

/** The path that fa_naming_serve() gave to a job belongs to somebody else now: give it another one.
 * @return 0, or -1: it has none from its server */
int fa_naming_serve_other(struct fa_session *s, struct fa_job *job, struct fa_error *err);

#endif
