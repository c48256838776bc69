/**
 * What the user adds to every request: header lines, and addresses of hosts.
 *
 * Header lines may contain secrets: messages quote only the name of a file and a line number.
 */
#ifndef FETCHALL_CLI_REQUEST_OPTIONS_H
#define FETCHALL_CLI_REQUEST_OPTIONS_H

#include <fetchall/error.h>

#include "cli/options.h"

/** Maximum number of header lines of a request, and of their bytes. */
#define FA_REQUEST_HEADERS_MAX 64
#define FA_REQUEST_BYTES_MAX   32768

/** The value of --header: a line, or @FILE with some lines. */
int fa_request_options_header(struct fa_options *options, const char *value, struct fa_error *err);

/** The value of --trust-host. */
int fa_request_options_trust_host(struct fa_options *options, const char *value,
                                  struct fa_error *err);

/** The value of --resolve. */
int fa_request_options_resolve(struct fa_options *options, const char *value, struct fa_error *err);

#endif
