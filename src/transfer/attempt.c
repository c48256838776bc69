#include "transfer/attempt.h"

#include <sys/stat.h>

int fa_attempt_mark_stale(const struct fa_attempt *attempt)
{
    return attempt->unmarked ? 0 : fchmod(attempt->fd, FA_PART_STALE);
}
