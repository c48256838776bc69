/*
 * The list is read again for each part, which costs little compared with a run, and needs neither
 * memory nor a file for each of possibly thousands of parts.  The random numbers are drawn again,
 * too: the same seed puts each entry into the same part.
 *
 * A list of fa_sample_write() has a line that names its format, and then a line for each entry.
 */
#include "cli/compare/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/compare/plan.h"

/* Lines of the list that one part gets. */
struct picking {
    const struct fa_parts *parts;
    unsigned which;
    uint64_t random;  /* state of the random numbers */
    unsigned *order;  /* of the parts in this stretch */
    uint64_t stretch; /* from 0 */
    unsigned at;      /* the next line in it */
};

/* Whether the part gets the next line. */
static bool picking_takes(struct picking *picking)
{
    if (picking->at == 0)
        fa_plan_shuffle(picking->order, picking->parts->count, &picking->random);
    bool takes =
        picking->order[picking->at] == picking->which && picking->stretch < picking->parts->entries;
    picking->at = (picking->at + 1) % picking->parts->count;
    picking->stretch += picking->at == 0;
    return takes;
}

static int picking_copy(struct picking *picking, FILE *in, FILE *out)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    bool good = true;
    for (bool head = true; good && (len = getline(&line, &room, in)) > 0; head = false)
        if (head || picking_takes(picking))
            good = fwrite(line, (size_t)len, 1, out) == 1;
    free(line);
    return good && !ferror(in) ? 0 : -1;
}

static FILE *file_create(const char *file)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out && fd >= 0)
        close(fd);
    return out;
}

int fa_parts_write(const struct fa_parts *parts, unsigned which, const char *file,
                   struct fa_error *err)
{
    struct picking picking = {.parts = parts, .which = which, .random = parts->seed};
    picking.order = calloc(parts->count, sizeof(*picking.order));
    FILE *in = fopen(parts->list, "re"), *out = in && picking.order ? file_create(file) : NULL;
    int code = out && picking_copy(&picking, in, out) == 0 ? 0 : errno;
    if (out && fclose(out) != 0 && code == 0)
        code = errno;
    if (in)
        fclose(in);
    free(picking.order);
    if (code)
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot write a part of the sample '%s'",
                        file);
    return code ? -1 : 0;
}

unsigned fa_parts_rounds(uint64_t entries, unsigned contestants, unsigned rounds)
{
    uint64_t parts = entries / FA_PARTS_LEAST;
    uint64_t enough = parts > 0 ? (parts - 1) / contestants : 0;
    return enough < rounds ? (unsigned)enough : rounds;
}
