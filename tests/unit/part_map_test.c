#include "engine/part_map.h"

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SIZE 10000

static struct fa_scratch scratch;
static struct fa_representation rep;
static int fd;

static void begin(void)
{
    fa_scratch_init(&scratch);
    rep = fa_representation_none;
    fa_validator_make(&rep.validator, "\"one\"", -1, -1);
    rep.total = SIZE;
    fd = open(fa_scratch_path(&scratch, "part"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    cr_assert(fd >= 0);
    cr_assert_eq(ftruncate(fd, (off_t)fa_part_map_file_size(SIZE)), 0);
}

static void end(void)
{
    close(fd);
    fa_scratch_fini(&scratch);
}

TestSuite(part_map, .init = begin, .fini = end, .timeout = 30.0);

static struct fa_part_map map_new(uint64_t bytes)
{
    struct fa_part_map map = {.size = SIZE, .version = fa_part_map_version(&rep)};
    fa_extents_add(&map.extents, 0, bytes);
    return map;
}

/* The bytes that the file claims, or -1: no map. */
static int64_t claimed(bool synced)
{
    struct fa_part_map map = map_new(0);
    return fa_part_map_read(fd, &map, synced) ? -1 : (int64_t)fa_extents_bytes(&map.extents);
}

Test(part_map, the_last_one_that_was_written_counts)
{
    struct fa_part_map map = map_new(10);
    cr_expect_eq(claimed(false), -1);
    for (uint64_t bytes = 10; bytes < 60; bytes += 10) {
        fa_extents_add(&map.extents, 0, bytes);
        cr_assert_eq(fa_part_map_write(fd, &map, false), 0);
        cr_expect_eq(claimed(false), (int64_t)bytes);
    }
}

Test(part_map, any_broken_byte_leaves_the_map_before_it)
{
    struct fa_part_map map = map_new(10);
    unsigned char slot[128], byte;
    cr_assert_eq(fa_part_map_write(fd, &map, false), 0);
    fa_extents_add(&map.extents, 0, 5000);
    cr_assert_eq(fa_part_map_write(fd, &map, false), 0);
    /* The second map is in the first slot. */
    off_t at = (off_t)fa_part_map_file_size(SIZE) - 8192;
    cr_assert_eq(pread(fd, slot, sizeof(slot), at), (ssize_t)sizeof(slot));
    size_t len = sizeof(slot);
    while (slot[len - 1] == 0)
        --len;
    for (size_t i = 0; i < len; ++i) {
        byte = slot[i] ^ 0x40;
        cr_assert_eq(pwrite(fd, &byte, 1, at + (off_t)i), 1);
        cr_expect_eq(claimed(false), 10, "byte %zu", i);
        cr_assert_eq(pwrite(fd, &slot[i], 1, at + (off_t)i), 1);
    }
    cr_expect_eq(claimed(false), 5000);
}

Test(part_map, after_a_power_cut_only_synced_bytes_count)
{
    struct fa_part_map map = map_new(10);
    cr_assert_eq(fa_part_map_write(fd, &map, true), 0);
    fa_extents_add(&map.extents, 0, 20);
    cr_assert_eq(fa_part_map_write(fd, &map, false), 0);
    cr_expect_eq(claimed(false), 20);
    cr_expect_eq(claimed(true), 10);
}

Test(part_map, a_map_is_of_one_version_and_one_size)
{
    struct fa_part_map map = map_new(10), other;
    cr_assert_eq(fa_part_map_write(fd, &map, true), 0);
    struct fa_representation later = rep;
    fa_validator_make(&later.validator, "\"two\"", -1, -1);
    cr_expect_neq(fa_part_map_version(&later), map.version);
    other = (struct fa_part_map){.size = SIZE, .version = fa_part_map_version(&later)};
    cr_expect_eq(fa_part_map_read(fd, &other, false), -1);
    other = (struct fa_part_map){.size = SIZE + 1, .version = map.version};
    cr_expect_eq(fa_part_map_read(fd, &other, false), -1);
    cr_assert_eq(ftruncate(fd, SIZE), 0);
    cr_expect_eq(claimed(false), -1);
}
