/**
 * Values of the command line.  Pure.
 *
 * Parsing functions return 0, or -1 if the whole text is not such a value.
 */
#ifndef FETCHALL_CLI_VALUE_H
#define FETCHALL_CLI_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Maximum of --per-host. */
#define FA_PER_HOST_MAX 20000u

/** The names of enum fa_mode, fa_http and fa_hash_with; NULL: invalid value. */
const char *fa_value_mode(unsigned mode);
const char *fa_value_http(unsigned http);
const char *fa_value_tls(unsigned index); /**< From FA_TLS_1_0 on. */
const char *fa_value_hash_with(unsigned model);

/** Digits only. */
int fa_value_number(const char *text, uint64_t *ret_number);

/** Digits, then k, M or G (times 1024 each; in either case) or nothing. */
int fa_value_size(const char *text, uint64_t *ret_bytes);

/** A decimal fraction, then s, m, h or nothing. */
int fa_value_seconds(const char *text, double *ret_seconds);

/** "sha256,md5" or "none": enum fa_hash bits, and the first one. */
int fa_value_hashes(const char *text, unsigned *ret_bits, unsigned *ret_first);

/** "12" or "5%"; neither may be 0. */
int fa_value_halt(const char *text, uint64_t *ret_count, bool *ret_percent);

/** The value of --segments. */
int fa_value_segments(const char *text, unsigned *ret_segments);

/** "16", "auto" or "auto:64": the number, up to limit, or the maximum, 0 if there is none. */
int fa_value_auto(const char *text, unsigned limit, unsigned *ret_most, bool *ret_auto);

/** The same, up to FA_PER_HOST_MAX. */
int fa_value_per_host(const char *text, unsigned *ret_most, bool *ret_auto);

/** A decimal fraction up to FA_HOST_RATE_MAX. */
int fa_value_host_rate(const char *text, double *ret_rate);

/** "HOST:PORT:ADDR"; an IPv6 address may be enclosed in []. */
int fa_value_resolve(const char *text);

/** A header line of len bytes: "Name: value", "Name:" or "Name;", as curl accepts them. */
int fa_value_header(const char *line, size_t len);

#endif
