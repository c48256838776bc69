#include "packet.h"

#include <string.h>

#define IP_HEADER  20
#define TCP_HEADER 20
#define TCP        6

static uint16_t get16(const unsigned char *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const unsigned char *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put16(unsigned char *at, uint16_t value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static void put32(unsigned char *at, uint32_t value)
{
    put16(at, (uint16_t)(value >> 16));
    put16(at + 2, (uint16_t)value);
}

bool fa_packet_parse(struct fa_packet *packet, const unsigned char *bytes, size_t len)
{
    *packet = (struct fa_packet){0};
    if (len < IP_HEADER || bytes[0] >> 4 != 4) {
        return false;
    }
    size_t header = (bytes[0] & 15u) * 4u;
    size_t total = get16(bytes + 2);
    if (header < IP_HEADER || total < header || total > len) {
        return false;
    }
    packet->src = get32(bytes + 12);
    packet->dst = get32(bytes + 16);
    const unsigned char *tcp = bytes + header;
    bool fragment = (get16(bytes + 6) & 0x3fff) != 0;
    if (bytes[9] != TCP || fragment || total - header < TCP_HEADER) {
        return true;
    }
    size_t offset = (size_t)(tcp[12] >> 4) * 4;
    if (offset < TCP_HEADER || header + offset > total) {
        return true;
    }
    packet->tcp = true;
    packet->src_port = get16(tcp);
    packet->dst_port = get16(tcp + 2);
    packet->seq = get32(tcp + 4);
    packet->ack = get32(tcp + 8);
    packet->flags = tcp[13];
    packet->headers = header + offset;
    packet->payload = total - packet->headers;
    return true;
}

uint16_t fa_packet_sum(uint32_t start, const unsigned char *bytes, size_t len)
{
    uint32_t sum = start;
    for (size_t i = 0; i + 1 < len; i += 2) {
        sum += get16(bytes + i);
    }
    if (len % 2 == 1) {
        sum += (uint32_t)bytes[len - 1] << 8;
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static void write_reset(const struct fa_packet *from, unsigned char *bytes)
{
    memset(bytes, 0, FA_PACKET_RESET);
    bytes[0] = 4 << 4 | IP_HEADER / 4;
    put16(bytes + 2, FA_PACKET_RESET);
    put16(bytes + 6, 0x4000); /* not to be fragmented */
    bytes[8] = 64;            /* TTL */
    bytes[9] = TCP;
    put32(bytes + 12, from->src);
    put32(bytes + 16, from->dst);
    put16(bytes + 10, (uint16_t)~fa_packet_sum(0, bytes, IP_HEADER));

    unsigned char *tcp = bytes + IP_HEADER;
    put16(tcp, from->src_port);
    put16(tcp + 2, from->dst_port);
    put32(tcp + 4, from->seq);
    put32(tcp + 8, from->ack);
    tcp[12] = TCP_HEADER / 4 << 4;
    tcp[13] = from->flags;
    /* The pseudo-header: both addresses, the protocol and the length. */
    uint32_t pseudo = TCP + TCP_HEADER + fa_packet_sum(0, bytes + 12, 8);
    put16(tcp + 16, (uint16_t)~fa_packet_sum(pseudo, tcp, TCP_HEADER));
}

/* The first sequence number behind a packet. */
static uint32_t behind(const struct fa_packet *packet)
{
    uint32_t flags =
        (packet->flags & FA_TCP_SYN ? 1u : 0u) + (packet->flags & FA_TCP_FIN ? 1u : 0u);
    return packet->seq + (uint32_t)packet->payload + flags;
}

void fa_packet_answer_reset(const struct fa_packet *packet,
                            unsigned char bytes[static FA_PACKET_RESET])
{
    bool acks = packet->flags & FA_TCP_ACK;
    struct fa_packet reset = {
        .src = packet->dst,
        .dst = packet->src,
        .src_port = packet->dst_port,
        .dst_port = packet->src_port,
        .seq = acks ? packet->ack : 0,
        .ack = acks ? 0 : behind(packet),
        .flags = acks ? FA_TCP_RST : FA_TCP_RST | FA_TCP_ACK,
    };
    write_reset(&reset, bytes);
}

void fa_packet_follow_reset(const struct fa_packet *packet,
                            unsigned char bytes[static FA_PACKET_RESET])
{
    struct fa_packet reset = *packet;
    reset.seq = behind(packet);
    reset.flags = FA_TCP_RST | FA_TCP_ACK;
    write_reset(&reset, bytes);
}
