/**
 * The options of shards: --shard, where a scheduler's variables may name it, and the names of the
 * files that each shard writes.
 */
#ifndef FETCHALL_CLI_SHARDS_H
#define FETCHALL_CLI_SHARDS_H

#include <fetchall/config.h>
#include <fetchall/error.h>

struct fa_options;

/** Parse "I/N" or "auto".  @return 0, or -1. */
int fa_shards_parse(struct fa_options *options, const char *value, struct fa_error *err);

/**
 * The name of a file of a shard: "report.jsonl" is "report.0-of-4.jsonl".
 *
 * @return To be freed; NULL: no memory.
 */
char *fa_shards_file(const char *file, unsigned shard, unsigned shards);

/** The state of the shard in config.dir, or a copy of config.state if given or if there is no
 * shard.
 * @return To be freed; NULL: none, or no memory. */
char *fa_shards_state(const struct fa_config *config);

/** Put the shard into the names of all outputs and of --state.  Devices and pipes keep theirs.
 * @return 0, or -1: no memory. */
int fa_shards_name_files(struct fa_options *options);

#endif
