#include <fetchall/event.h>

const char *fa_status_name(enum fa_status status)
{
    static const char *const names[FA_STATUSES] = {
        [FA_STATUS_OK] = "ok",         [FA_STATUS_UNCHANGED] = "unchanged",
        [FA_STATUS_EXISTS] = "exists", [FA_STATUS_DUPLICATE] = "duplicate",
        [FA_STATUS_FAILED] = "failed", [FA_STATUS_PLANNED] = "planned",
    };
    return (unsigned)status < FA_STATUSES ? names[status] : "failed";
}
