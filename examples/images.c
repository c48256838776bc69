/*
 * A CPU stage of one's own: images, blurred by worker processes and by one process alone.
 *
 *     images [COUNT [SIDE [FOLDER]]]        334 images of 1000 x 1000 by default: 1 GB
 *
 * What it shows: what processes bring to work that needs the CPU, and how little of it has to
 * travel.  A task says which image is meant.  Its worker draws that image, keeps it as a PPM file
 * if a folder is given, makes it grey, blurs it, and replies how many of its pixels have each
 * brightness.  Both ways call the same function, and must come to the same sum.
 *
 *     cc images.c $(pkg-config --cflags --libs fetchall)
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fetchall/pool.h>

#define RADIUS    4
#define COUNT_MAX 100000
#define SIDE_MAX  10000

/* Input and output of a worker.  Both ends are the same program, so the structs can be sent as
 * they are. */
struct spec {
    uint32_t index;
    uint32_t side;
    char folder[1024]; /* "": none */
};

struct histogram {
    uint64_t pixels[256];
};

/* A coloured gradient with noise, the same for each index. */
static void draw(const struct spec *spec, unsigned char *rgb)
{
    uint32_t noise = spec->index + 1;
    for (uint32_t y = 0; y < spec->side; ++y) {
        for (uint32_t x = 0; x < 3 * spec->side; ++x) {
            noise ^= noise << 13, noise ^= noise >> 17, noise ^= noise << 5;
            *rgb++ = (unsigned char)((x + y + spec->index) % 192 + noise % 64);
        }
    }
}

static int save(const struct spec *spec, const unsigned char *rgb)
{
    char path[sizeof(spec->folder) + 32];
    size_t size = (size_t)spec->side * spec->side * 3;
    snprintf(path, sizeof(path), "%s/image-%05u.ppm", spec->folder, spec->index);
    FILE *file = fopen(path, "we");
    if (!file)
        return -1;
    fprintf(file, "P6\n%u %u\n255\n", spec->side, spec->side);
    size_t written = fwrite(rgb, 1, size, file);
    return fclose(file) == 0 && written == size ? 0 : -1;
}

/* Replace each of n bytes, STEP apart, by the mean of its neighbourhood. */
static void blur_line(const unsigned char *in, unsigned char *out, size_t n, size_t step)
{
    unsigned sum = 0, count = 0;
    for (size_t i = 0; i < n + RADIUS; ++i) {
        if (i < n)
            sum += in[i * step], ++count;
        if (i > 2 * RADIUS)
            sum -= in[(i - 2 * RADIUS - 1) * step], --count;
        if (i >= RADIUS)
            out[(i - RADIUS) * step] = (unsigned char)(sum / count);
    }
}

/* GREY and OTHER have space for the image. */
static void count_blurred(const unsigned char *rgb, size_t side, unsigned char *grey,
                          unsigned char *other, struct histogram *sum)
{
    for (size_t i = 0; i < side * side; ++i, rgb += 3)
        grey[i] = (unsigned char)((299u * rgb[0] + 587u * rgb[1] + 114u * rgb[2]) / 1000);
    for (size_t y = 0; y < side; ++y)
        blur_line(grey + y * side, other + y * side, side, 1);
    for (size_t x = 0; x < side; ++x)
        blur_line(other + x, grey + x, side, side);
    for (size_t i = 0; i < side * side; ++i)
        ++sum->pixels[grey[i]];
}

/* Draw, blur and count one image; add its pixels to SUM. */
static int do_image(const struct spec *spec, struct histogram *sum, struct fa_error *err)
{
    size_t pixels = (size_t)spec->side * spec->side;
    unsigned char *rgb = malloc(5 * pixels);
    int result = rgb ? 0 : -1;
    if (result == 0) {
        draw(spec, rgb);
        result = *spec->folder ? save(spec, rgb) : 0;
    }
    if (result == 0)
        count_blurred(rgb, spec->side, rgb + 3 * pixels, rgb + 4 * pixels, sum);
    else
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot make image %u", spec->index);
    free(rgb);
    return result;
}

/* Runs in a worker. */
static int run(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state;
    size_t len;
    struct spec spec = {0};
    struct histogram sum = {0};
    const void *input = fa_task_input(task, &len);
    if (len != sizeof(spec)) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "that is no image's task");
        return -1;
    }
    memcpy(&spec, input, sizeof(spec));
    return do_image(&spec, &sum, err) ? -1 : fa_task_reply(task, &sum, sizeof(sum));
}

static const struct fa_task_type types[] = {{.name = "image", .run = run}, {0}};

struct total {
    struct histogram sum;
    struct fa_error error; /* the first */
};

/* Called in fa_pool_wait(), on our own thread. */
static void done(void *arg, const struct fa_task_result *result)
{
    struct total *total = arg;
    struct histogram sum = {0};
    if (result->ok && result->len == sizeof(sum))
        memcpy(&sum, result->data, sizeof(sum));
    else if (total->error.class == FA_CLASS_NONE)
        total->error = result->error;
    for (size_t i = 0; i < 256; ++i)
        total->sum.pixels[i] += sum.pixels[i];
}

static void in_processes(struct spec spec, uint32_t count, unsigned workers, struct total *total)
{
    struct fa_error *err = &total->error;
    struct fa_pool_config config = {
        .size = sizeof(config), .kind = FA_POOL_PROCESSES, .workers = workers, .types = types};
    struct fa_pool *pool = fa_pool_new(&config, err);
    for (spec.index = 0; pool && spec.index < count; ++spec.index) {
        struct fa_task_request request = {.size = sizeof(request),
                                          .type = "image",
                                          .data = &spec,
                                          .len = sizeof(spec),
                                          .done = done,
                                          .arg = total};
        if (fa_pool_submit(pool, &request, NULL, err))
            break;
    }
    if (pool)
        fa_pool_wait(pool, err);
    fa_pool_free(pool);
}

static void in_one(struct spec spec, uint32_t count, struct total *total)
{
    for (spec.index = 0; spec.index < count; ++spec.index)
        if (do_image(&spec, &total->sum, &total->error))
            break;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* 0 if it is not a number. */
static uint32_t number(const char *text, unsigned long max)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    return *end || value > max ? 0 : (uint32_t)value;
}

static double mean(const struct histogram *sum, double pixels)
{
    double light = 0;
    for (size_t i = 0; i < 256; ++i)
        light += (double)(i * sum->pixels[i]);
    return light / pixels;
}

int main(int argc, char **argv)
{
    fa_worker_main(argc, argv, types); /* first: a worker process never comes back from it */
    signal(SIGPIPE, SIG_IGN);
    uint32_t count = argc > 1 ? number(argv[1], COUNT_MAX) : 334;
    struct spec spec = {.side = argc > 2 ? number(argv[2], SIDE_MAX) : 1000};
    size_t len = argc > 3 ? strlen(argv[3]) : 0;
    if (count == 0 || spec.side == 0 || len >= sizeof(spec.folder) || argc > 4) {
        fprintf(stderr, "usage: images [COUNT [SIDE [FOLDER]]]\n");
        return 2;
    }
    if (len)
        memcpy(spec.folder, argv[3], len + 1);

    struct total many = {0}, one = {0};
    unsigned workers = fa_cores();
    double began = now();
    in_processes(spec, count, workers, &many);
    double first = now() - began;
    if (many.error.class == FA_CLASS_NONE)
        in_one(spec, count, &one);
    double second = now() - began - first;
    if (many.error.class != FA_CLASS_NONE || one.error.class != FA_CLASS_NONE) {
        fprintf(stderr, "images: %s%s\n", many.error.msg, one.error.msg);
        return 1;
    }
    if (memcmp(&many.sum, &one.sum, sizeof(one.sum)) != 0) {
        fprintf(stderr, "images: the two ways differ\n");
        return 1;
    }
    double pixels = (double)spec.side * spec.side * count;
    printf("%u images, %.1f MB: %u processes took %.2f s, one alone %.2f s, %.2f times as long\n",
           count, pixels * 3 / 1e6, workers, first, second, second / first);
    printf("both found the same %.0f pixels, of brightness %.2f in the mean\n", pixels,
           mean(&one.sum, pixels));
    return 0;
}
