#ifndef FETCHALL_LAB_PACKET_H
#define FETCHALL_LAB_PACKET_H

/* Reading IPv4 and TCP headers, and writing a TCP reset (RFC 791, RFC 9293). No I/O. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FA_TCP_FIN 0x01
#define FA_TCP_SYN 0x02
#define FA_TCP_RST 0x04
#define FA_TCP_ACK 0x10

struct fa_packet {
    uint32_t src; /* host order, as all here */
    uint32_t dst;
    bool tcp; /* the rest is set */
    uint16_t src_port;
    uint16_t dst_port;
    uint32_t seq;
    uint32_t ack;
    uint8_t flags;
    size_t payload; /* bytes */
    size_t headers; /* bytes, of IP and TCP */
};

/* False if it is not a whole IPv4 packet. A fragment is no TCP. */
bool fa_packet_parse(struct fa_packet *packet, const unsigned char *bytes, size_t len);

#define FA_PACKET_RESET 40

/* Writes the reset that answers PACKET: from its receiver to its sender (RFC 9293, 3.10.7.1). */
void fa_packet_answer_reset(const struct fa_packet *packet,
                            unsigned char bytes[static FA_PACKET_RESET]);

/* Writes a reset from PACKET's sender to its receiver, right behind PACKET's own bytes. */
void fa_packet_follow_reset(const struct fa_packet *packet,
                            unsigned char bytes[static FA_PACKET_RESET]);

/* The one's complement sum of the bytes, folded (RFC 1071); 0xffff over what holds its checksum. */
uint16_t fa_packet_sum(uint32_t start, const unsigned char *bytes, size_t len);

#endif
