/*
 * The tables of options.  A row has everything about an option: its names, type, field, limits,
 * default, help line and manual text.  The parser, --help, the manual and the completion are driven
 * by the rows, so they cannot disagree, and an option is added in one place.
 *
 * An option may have several rows, for different commands: --jobs is a number for a download, and a
 * list of numbers for a comparison.  A row without .commands is for downloads only.
 *
 * Options may be given in any order: cli/rules.h checks at the end what involves several of them.
 */
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/option_rows.h"

/* The order of their rows is that of --help and of the manual. */
static const struct fa_option *const tables[] = {
    fa_options_concurrency, fa_options_lists,  fa_options_connection,
    fa_options_queue,       fa_options_output,
};

static const struct fa_option *table_end(const struct fa_option *row)
{
    while (row->type != FA_OPTION_END)
        ++row;
    return row;
}

const struct fa_option *fa_options_next(const struct fa_option *row)
{
    if (!row)
        return tables[0];
    if ((++row)->type != FA_OPTION_END)
        return row;
    for (size_t i = 0; i + 1 < sizeof(tables) / sizeof(*tables); ++i)
        if (table_end(tables[i]) == row)
            return tables[i + 1];
    return NULL;
}

/* Defaults of downloads are those of the library; the others are here. */
void fa_options_init(struct fa_options *options)
{
    *options = (struct fa_options){
        .command = FA_COMMAND_FETCH,
        .compare = {.sample = FA_PICKS_SAMPLE, .sequential = true},
        .queue = {.partitions = 64, .lease = 30, .results = 100000},
    };
    fa_config_init(&options->config);
}

void fa_options_fini(struct fa_options *options)
{
    fa_texts_fini(&options->lists);
    fa_texts_fini(&options->headers);
    fa_texts_fini(&options->resolve);
    fa_texts_fini(&options->trust_hosts);
    fa_texts_fini(&options->header_files);
    fa_host_file_fini(&options->host_file);
    fa_texts_fini(&options->reserved);
    fa_texts_fini(&options->writable);
    fa_texts_fini(&options->kept);
    fa_texts_fini(&options->shard_files);
    fa_texts_fini(&options->passed);
    fa_texts_fini(&options->config_values);
    free(options->config_path);
    free(options->given);
}

int fa_options_add_list(struct fa_options *options, const char *name, struct fa_error *err)
{
    if (fa_texts_add(&options->lists, name, strlen(name)) == 0)
        return 0;
    return fa_option_refuse(err, "out of memory");
}
