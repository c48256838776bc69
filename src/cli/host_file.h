/**
 * The file of --hosts: sections with the options of some hosts.
 *
 *     # a comment
 *     [*.example.org:443]
 *     header = Authorization: Bearer ...
 *     host-rate = 3
 *
 * Lines may contain secrets: messages quote the name of the file, the number of the line, names of
 * options and patterns, and nothing else.
 */
#ifndef FETCHALL_CLI_HOST_FILE_H
#define FETCHALL_CLI_HOST_FILE_H

#include <fetchall/config.h>
#include <fetchall/error.h>

#include <stdio.h>

#include "cli/texts.h"

/** A section; the strings are owned by the texts of the file. */
struct fa_host_section {
    struct fa_host_config config;
    unsigned line;
    unsigned given; /**< Options that were given, as bits of their rows. */
    struct fa_texts headers;
};

/** All zero: no file. */
struct fa_host_file {
    struct fa_host_section **sections;
    size_t count;
    struct fa_texts texts;
    const struct fa_host_config **configs; /**< For fa_config.hosts. */
    unsigned secret_line;                  /**< The first one with a secret; 0: none. */
};

/** Read a file, which must not be readable for others if it has secrets.
 * @return 0, or -1; call fini() in both cases. */
int fa_host_file_open(struct fa_host_file *file, const char *path, struct fa_error *err);

/** The same for an open file, without the check of its mode. */
int fa_host_file_read(struct fa_host_file *file, FILE *in, const char *path, struct fa_error *err);

/** Overwrites the secrets. */
void fa_host_file_fini(struct fa_host_file *file);

#endif
