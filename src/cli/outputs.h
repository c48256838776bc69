/**
 * Checks the outputs that the options name against each other and against the files that are read.
 */
#ifndef FETCHALL_CLI_OUTPUTS_H
#define FETCHALL_CLI_OUTPUTS_H

#include <fetchall/error.h>

#include "cli/options.h"
#include "cli/texts.h"

/** Refuse two outputs in one file, and an output in a file that is read.  @return 0, or -1. */
int fa_outputs_check(const struct fa_options *options, struct fa_error *err);

/** Add the names of outputs below DIR, which no file of the list may have.  @return 0, or -1: no
 * memory. */
int fa_outputs_add_names(const struct fa_options *options, struct fa_texts *names);

/** Add the paths that must be writable: the folders of outputs, as those are renamed into place, or
 * existing files that are not regular.  @return 0, or -1: no memory. */
int fa_outputs_add_folders(const struct fa_options *options, struct fa_texts *folders);

/** Add the files that any option names for reading, and those that the standard descriptors refer
 * to.  @return 0, or -1: no memory. */
int fa_outputs_add_inputs(const struct fa_options *options, struct fa_texts *files);

#endif
