#include "lab/packet.h"
#include "lab/wire.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* A SYN of 10.77.0.1:40000 to 10.77.0.2:80, as the kernel made it, up to the options. */
static const unsigned char syn[] = {
    0x45, 0x00, 0x00, 0x2c, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0x00, 0x00, 0x0a, 0x4d, 0x00,
    0x01, 0x0a, 0x4d, 0x00, 0x02, 0x9c, 0x40, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00,
    0x00, 0x00, 0x60, 0x02, 0xfa, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4,
};

Test(packet, reads_the_headers)
{
    struct fa_packet packet;
    cr_assert(fa_packet_parse(&packet, syn, sizeof(syn)));
    cr_assert_eq(packet.src, 0x0a4d0001);
    cr_assert_eq(packet.dst, 0x0a4d0002);
    cr_assert(packet.tcp);
    cr_assert_eq(packet.src_port, 40000);
    cr_assert_eq(packet.dst_port, 80);
    cr_assert_eq(packet.seq, 0x01020304);
    cr_assert_eq(packet.flags, FA_TCP_SYN);
    cr_assert_eq(packet.payload, 0);
    cr_assert_eq(packet.headers, 44);
}

Test(packet, truncated_and_malformed_packets_are_not_read_past_their_end)
{
    struct fa_packet packet;
    for (size_t len = 0; len < sizeof(syn); len++) {
        unsigned char *exact = malloc(len ? len : 1);
        memcpy(exact, syn, len);
        cr_assert_not(fa_packet_parse(&packet, exact, len), "%zu", len);
        if (len >= 20) {
            exact[2] = 0;
            exact[3] = (unsigned char)len;
            cr_assert(fa_packet_parse(&packet, exact, len));
            cr_assert_not(packet.tcp, "%zu", len);
        }
        free(exact);
    }
    static const struct {
        size_t at;
        unsigned char byte;
        bool ipv4;
    } strange[] = {
        {0, 0x65, false}, {0, 0x44, false}, {0, 0x4f, false}, {2, 0xff, false}, {6, 0x20, true},
        {7, 1, true},     {9, 17, true},    {32, 0x40, true}, {32, 0x70, true},
    };
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        unsigned char bytes[sizeof(syn)];
        memcpy(bytes, syn, sizeof(syn));
        bytes[strange[i].at] = strange[i].byte;
        cr_assert_eq(fa_packet_parse(&packet, bytes, sizeof(bytes)), strange[i].ipv4, "%zu", i);
        cr_assert_not(packet.tcp, "%zu", i);
    }
}

static void expect_whole(const unsigned char *bytes, struct fa_packet *packet)
{
    cr_assert(fa_packet_parse(packet, bytes, FA_PACKET_RESET));
    cr_assert(packet->tcp);
    cr_assert_eq(packet->payload, 0);
    cr_assert_eq(fa_packet_sum(0, bytes, 20), 0xffff);
    cr_assert_eq(fa_packet_sum(fa_packet_sum(6 + 20, bytes + 12, 8), bytes + 20, 20), 0xffff);
}

Test(packet, a_syn_is_answered_by_a_reset_that_acknowledges_it)
{
    struct fa_packet packet;
    struct fa_packet reset;
    unsigned char bytes[FA_PACKET_RESET];
    cr_assert(fa_packet_parse(&packet, syn, sizeof(syn)));
    fa_packet_answer_reset(&packet, bytes);
    expect_whole(bytes, &reset);
    cr_assert_eq(reset.src, packet.dst);
    cr_assert_eq(reset.dst, packet.src);
    cr_assert_eq(reset.src_port, 80);
    cr_assert_eq(reset.dst_port, 40000);
    cr_assert_eq(reset.seq, 0);
    cr_assert_eq(reset.ack, 0x01020305);
    cr_assert_eq(reset.flags, FA_TCP_RST | FA_TCP_ACK);
}

Test(packet, data_are_followed_and_answered_by_resets_of_the_right_numbers)
{
    struct fa_packet data = {.src = 0x0a4d0402,
                             .dst = 0x0a4d0001,
                             .tcp = true,
                             .src_port = 80,
                             .dst_port = 40000,
                             .seq = 0xffffff00,
                             .ack = 77,
                             .flags = FA_TCP_ACK,
                             .payload = 0x200};
    struct fa_packet reset;
    unsigned char bytes[FA_PACKET_RESET];
    fa_packet_follow_reset(&data, bytes);
    expect_whole(bytes, &reset);
    cr_assert_eq(reset.src, data.src);
    cr_assert_eq(reset.seq, 0x100);
    cr_assert_eq(reset.ack, 77);
    fa_packet_answer_reset(&data, bytes);
    expect_whole(bytes, &reset);
    cr_assert_eq(reset.src, data.dst);
    cr_assert_eq(reset.seq, 77);
    cr_assert_eq(reset.flags, FA_TCP_RST);
}

static size_t len_of(unsigned number)
{
    return number * 7919 % FA_WIRE_PACKET_MAX + 1;
}

static void put_packet(struct fa_wire *wire, unsigned number)
{
    unsigned char *room = fa_wire_room(wire);
    cr_assert(room);
    memset(room, (int)(number & 0xff), len_of(number));
    cr_assert(fa_wire_send(wire, number, len_of(number), len_of(number)));
}

static void take_packet(struct fa_wire *wire, unsigned number)
{
    int64_t due;
    size_t len;
    const unsigned char *bytes = fa_wire_first(wire, &due, &len);
    cr_assert(bytes);
    cr_assert_eq(due, (int64_t)number + 5);
    cr_assert_eq(len, len_of(number));
    cr_assert(bytes[0] == (number & 0xff) && memcmp(bytes, bytes + 1, len - 1) == 0);
    fa_wire_arrive(wire, due);
}

/* Fewer and more packets in flight than the ring has space for at first, wrapping around its end
 * repeatedly. */
Test(packet, packets_under_way_come_out_as_they_went_in)
{
    struct fa_wire wire = {.link.delay = 5};
    unsigned in = 0;
    unsigned out = 0;
    srand(3);
    for (int step = 0; step < 3000; step++) {
        unsigned most = step % 500 < 400 ? 12 : 100;
        if (in - out < most && rand() % 2) {
            put_packet(&wire, in++);
        } else if (in > out) {
            take_packet(&wire, out++);
        }
    }
    while (out < in) {
        take_packet(&wire, out++);
    }
    int64_t due;
    size_t len;
    cr_assert_null(fa_wire_first(&wire, &due, &len));
    cr_assert(wire.size >= 1024 * 1024);
    cr_assert_eq(wire.stats.arrived, in);
    fa_wire_fini(&wire);
}
