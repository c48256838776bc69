#include "ends.h"

#include "packet.h"

#include <err.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64    /* packets from one device before the other has its turn */
#define EARLY 50000 /* ns before they are due, packets go with the one before: fewer wakeups */

/*
 * Such a connection is known by its client's port and its server's last octet, which are an index
 * right into a table of which few pages are ever touched.
 */
struct fa_cut {
    uint32_t first; /* the sequence number of the server's first byte */
    bool counting;
    bool done; /* reset; what still comes gets a reset again */
};
#define CUTS ((size_t)65536 * 256)

int64_t fa_ends_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void fa_ends_init(struct fa_ends *ends)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *cuts = mmap(NULL, CUTS * sizeof(struct fa_cut), PROT_READ | PROT_WRITE, flags, -1, 0);
    if (cuts == MAP_FAILED) {
        err(FA_LAB_FAILED, "out of memory");
    }
    ends->cuts = cuts;
}

void fa_ends_fini(struct fa_ends *ends)
{
    munmap(ends->cuts, CUTS * sizeof(struct fa_cut));
    fa_wire_fini(&ends->up);
    fa_wire_fini(&ends->down);
}

static bool is_in(uint32_t address, enum fa_lab_net net)
{
    return (address & 0xffffff00u) == FA_LAB_NET(net);
}

static struct fa_cut *cut_of(struct fa_ends *ends, uint16_t client_port, uint32_t server)
{
    return &ends->cuts[(size_t)client_port * 256 + (server & 0xff)];
}

static unsigned char *room(struct fa_wire *wire)
{
    unsigned char *bytes = fa_wire_room(wire);
    if (!bytes) {
        errx(FA_LAB_FAILED, "out of memory");
    }
    return bytes;
}

static void put(struct fa_ends *ends, int device, const void *bytes, size_t len)
{
    ends->stats.unread += write(device, bytes, len) != (ssize_t)len;
}

/* A packet of ours sets out at the server's end. */
static void send_down(struct fa_ends *ends, const unsigned char *packet, size_t len)
{
    size_t before = fa_space_before(ends->offload);
    unsigned char *bytes = room(&ends->down);
    memset(bytes, 0, before);
    memcpy(bytes + before, packet, len);
    fa_wire_send(&ends->down, fa_ends_now(), len, before + len);
}

static void answer_reset(struct fa_ends *ends, const struct fa_packet *packet)
{
    unsigned char reset[FA_PACKET_RESET];
    fa_packet_answer_reset(packet, reset);
    send_down(ends, reset, sizeof(reset));
}

/* A packet arrives at the server's end. True if it is for the server. */
static bool admit(struct fa_ends *ends, const struct fa_packet *packet)
{
    if (is_in(packet->dst, FA_LAB_DEAD)) {
        ends->stats.dead++;
        return false;
    }
    if (is_in(packet->dst, FA_LAB_REFUSED)) {
        if (packet->tcp && !(packet->flags & FA_TCP_RST)) {
            ends->stats.refused++;
            answer_reset(ends, packet);
        }
        return false;
    }
    if (!packet->tcp || !is_in(packet->dst, FA_LAB_RESET)) {
        return true;
    }
    struct fa_cut *cut = cut_of(ends, packet->src_port, packet->dst);
    if (packet->flags & FA_TCP_SYN) {
        *cut = (struct fa_cut){0};
    }
    if (!cut->done) {
        return true;
    }
    /* The first reset was lost, or came before bytes that were: this one fits what has come. */
    if (!(packet->flags & FA_TCP_RST)) {
        answer_reset(ends, packet);
    }
    return false;
}

/* The server has sent PACKET from a resetting address: is it the one that reaches the limit? */
static bool reaches_limit(struct fa_ends *ends, const struct fa_packet *packet)
{
    struct fa_cut *cut = cut_of(ends, packet->dst_port, packet->src);
    if (packet->flags & FA_TCP_SYN) {
        *cut = (struct fa_cut){.first = packet->seq + 1, .counting = true};
    }
    uint32_t sent = packet->seq + (uint32_t)packet->payload - cut->first;
    /* A sequence number before the first, as a probe has, is a difference below 0. */
    cut->done =
        cut->counting && packet->payload > 0 && sent >= ends->reset_after && sent <= INT32_MAX;
    return cut->done;
}

/* Cuts the connection of a packet that has just set out: behind it for the client. */
static void cut_off(struct fa_ends *ends, const struct fa_packet *packet)
{
    unsigned char reset[FA_PACKET_RESET];
    fa_packet_follow_reset(packet, reset);
    send_down(ends, reset, sizeof(reset));

    unsigned char bytes[64] = {0};
    size_t before = fa_space_before(ends->offload);
    fa_packet_answer_reset(packet, bytes + before);
    put(ends, ends->server, bytes, before + FA_PACKET_RESET);
    ends->stats.resets++;
}

static void arrive_up(struct fa_ends *ends, const unsigned char *bytes, size_t len)
{
    size_t before = fa_space_before(ends->offload);
    struct fa_packet packet;
    if (fa_packet_parse(&packet, bytes + before, len - before) && admit(ends, &packet)) {
        put(ends, ends->server, bytes, len);
    }
}

static void arrive_all(struct fa_ends *ends)
{
    int64_t now = fa_ends_now();
    int64_t due;
    size_t len;
    const unsigned char *bytes;
    while ((bytes = fa_wire_first(&ends->up, &due, &len)) && due <= now + EARLY) {
        arrive_up(ends, bytes, len);
        fa_wire_arrive(&ends->up, now);
        now = fa_ends_now();
    }
    while ((bytes = fa_wire_first(&ends->down, &due, &len)) && due <= now + EARLY) {
        put(ends, ends->client, bytes, len);
        fa_wire_arrive(&ends->down, now);
        now = fa_ends_now();
    }
}

static void set_out(struct fa_ends *ends, struct fa_wire *wire, const unsigned char *bytes,
                    size_t len)
{
    size_t before = fa_space_before(ends->offload);
    struct fa_packet packet;
    if (!fa_packet_parse(&packet, bytes + before, len - before)) {
        return;
    }
    bool cuts = wire == &ends->down && ends->reset_after > 0 && packet.tcp &&
                is_in(packet.src, FA_LAB_RESET);
    if (cuts && cut_of(ends, packet.dst_port, packet.src)->done) {
        return;
    }
    fa_wire_send(wire, fa_ends_now(), fa_space_link_size(bytes, len, ends->offload), len);
    if (cuts && reaches_limit(ends, &packet)) {
        cut_off(ends, &packet);
    }
}

/* False when the device has no more. */
static bool set_out_all(struct fa_ends *ends, struct fa_wire *wire, int device)
{
    for (int i = 0; i < BATCH; i++) {
        unsigned char *bytes = room(wire);
        ssize_t len = read(device, bytes, FA_WIRE_PACKET_MAX);
        if (len <= (ssize_t)fa_space_before(ends->offload)) {
            return false;
        }
        set_out(ends, wire, bytes, (size_t)len);
    }
    return true;
}

int64_t fa_ends_turn(struct fa_ends *ends)
{
    arrive_all(ends);
    bool more = set_out_all(ends, &ends->up, ends->client);
    more = set_out_all(ends, &ends->down, ends->server) || more;
    if (more) {
        return 0;
    }
    int64_t up;
    int64_t down;
    size_t len;
    bool has_up = fa_wire_first(&ends->up, &up, &len) != NULL;
    bool has_down = fa_wire_first(&ends->down, &down, &len) != NULL;
    if (has_up && has_down) {
        return up < down ? up : down;
    }
    return has_up ? up : has_down ? down : -1;
}
