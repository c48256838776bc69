/*
 * Matters only if run by root, who could otherwise load modules, mount, trace and change users.
 * The supervisor keeps the capabilities for files and socket options; no_new_privs ensures that a
 * program that it executes does not regain the others.
 */
#include "confine/capabilities.h"

#include <linux/capability.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(capability) (UINT64_C(1) << (capability))

/* Ports below 1024, and --interface. */
#define SOCKETS (BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW))
/* Files of other users, disk space reserved for root, and workers of another user. */
#define FILES                                                                              \
    (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) | \
     BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_SYS_RESOURCE))

static const uint64_t kept[] = {
    [FA_CONFINE_DIGEST] = 0,
    [FA_CONFINE_DOWNLOAD] = SOCKETS | BIT(CAP_DAC_READ_SEARCH),
    [FA_CONFINE_SUPERVISOR] = SOCKETS | FILES,
};

int fa_confine_capabilities(enum fa_confine_role role)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, data))
        return -1;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; ++i) {
        uint32_t mask = (uint32_t)(kept[role] >> (32 * i));
        data[i].effective &= mask;
        data[i].permitted &= mask;
        data[i].inheritable &= mask;
    }
    return (int)syscall(SYS_capset, &header, data);
}
