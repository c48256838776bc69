/**
 * CRC-32C (Castagnoli; RFC 3720, B.4), which storage services declare, and which neither OpenSSL
 * nor zlib has.
 */
#ifndef FA_STAGE_CRC32C_H
#define FA_STAGE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/** Made once; then any number of threads may read it. */
struct fa_crc32c {
    uint32_t rows[8][256];
};

void fa_crc32c_init(struct fa_crc32c *tables);

/** @crc  Of the bytes before these; 0: there are none. */
uint32_t fa_crc32c(const struct fa_crc32c *tables, uint32_t crc, const unsigned char *data,
                   size_t len);

#endif
