#include "wire.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE (1024 * 1024)
#define ALIGN      8

struct record {
    int64_t due;
    size_t len;
};

static size_t record_size(size_t len)
{
    return sizeof(struct record) + (len + ALIGN - 1) / ALIGN * ALIGN;
}

static bool grow(struct fa_wire *wire)
{
    size_t size = wire->size ? wire->size * 2 : FIRST_SIZE;
    unsigned char *bytes = malloc(size);
    if (!bytes) {
        return false;
    }
    size_t first = (wire->wrapped ? wire->end : wire->tail) - wire->head;
    size_t second = wire->wrapped ? wire->tail : 0;
    if (wire->bytes) {
        memcpy(bytes, wire->bytes + wire->head, first);
        memcpy(bytes + first, wire->bytes, second);
    }
    free(wire->bytes);
    wire->bytes = bytes;
    wire->size = size;
    wire->head = 0;
    wire->tail = first + second;
    wire->wrapped = false;
    return true;
}

unsigned char *fa_wire_room(struct fa_wire *wire)
{
    size_t need = record_size(FA_WIRE_PACKET_MAX);
    if (wire->count == 0) {
        wire->head = wire->tail = 0;
        wire->wrapped = false;
    }
    if (!wire->wrapped && wire->size - wire->tail < need && wire->head > need) {
        wire->end = wire->tail;
        wire->tail = 0;
        wire->wrapped = true;
    }
    size_t room = (wire->wrapped ? wire->head : wire->size) - wire->tail;
    if (room < need && !grow(wire)) {
        return NULL;
    }
    return wire->bytes + wire->tail + sizeof(struct record);
}

bool fa_wire_send(struct fa_wire *wire, int64_t now, size_t size, size_t len)
{
    struct record record = {.len = len};
    enum fa_link_fate fate = fa_link_send(&wire->link, now, size, &record.due);
    wire->stats.packets++;
    wire->stats.bytes += size;
    wire->stats.lost += fate == FA_LINK_LOST;
    wire->stats.dropped += fate == FA_LINK_DROPPED;
    if (fate != FA_LINK_ARRIVES) {
        return false;
    }
    memcpy(wire->bytes + wire->tail, &record, sizeof(record));
    wire->tail += record_size(len);
    wire->count++;
    return true;
}

const unsigned char *fa_wire_first(const struct fa_wire *wire, int64_t *due, size_t *len)
{
    if (wire->count == 0) {
        return NULL;
    }
    struct record record;
    memcpy(&record, wire->bytes + wire->head, sizeof(record));
    *due = record.due;
    *len = record.len;
    return wire->bytes + wire->head + sizeof(record);
}

void fa_wire_arrive(struct fa_wire *wire, int64_t now)
{
    struct record record;
    memcpy(&record, wire->bytes + wire->head, sizeof(record));
    uint64_t late = now > record.due ? (uint64_t)(now - record.due) : 0;
    wire->stats.arrived++;
    wire->stats.late_sum += late;
    wire->stats.late_max = late > wire->stats.late_max ? late : wire->stats.late_max;
    wire->head += record_size(record.len);
    wire->count--;
    if (wire->wrapped && wire->head == wire->end) {
        wire->head = 0;
        wire->wrapped = false;
    }
}

void fa_wire_fini(struct fa_wire *wire)
{
    free(wire->bytes);
    wire->bytes = NULL;
}
