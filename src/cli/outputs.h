/**
 * What the options name to be written, held against each other and against all else that there is.
 */
#ifndef FETCHALL_CLI_OUTPUTS_H
#define FETCHALL_CLI_OUTPUTS_H

#include <fetchall/error.h>

#include "cli/options.h"
#include "cli/texts.h"

/** Refuse outputs in one file, and those in a file that is read.  @return 0, or -1. */
int fa_outputs_check(const struct fa_options *options, struct fa_error *err);

/** Add the names that outputs have below DIR: no file of the list may take them.  @return 0, or -1
 *  when memory ran out. */
int fa_outputs_add_names(const struct fa_options *options, struct fa_texts *names);

/** Add where outputs are written: their folders, as they are renamed into place, or what is there
 *  already and is no regular file.  @return 0, or -1 when memory ran out. */
int fa_outputs_add_folders(const struct fa_options *options, struct fa_texts *folders);
/** Add the files that are read, whatever option names them, and those that the standard descriptors
 * go to.  @return 0, or -1 when memory ran out. */
int fa_outputs_add_inputs(const struct fa_options *options, struct fa_texts *files);

#endif
