#include "space.h"

#include "packet.h"

#include <err.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEVICE "lab0"

static int open_tun(bool offload)
{
    int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tun < 0) {
        err(FA_LAB_FAILED, "cannot open \"/dev/net/tun\"");
    }
    int flags = IFF_TUN | IFF_NO_PI | (offload ? IFF_VNET_HDR : 0);
    struct ifreq request = {.ifr_flags = (short)flags};
    strcpy(request.ifr_name, DEVICE);
    if (ioctl(tun, TUNSETIFF, &request) != 0) {
        err(FA_LAB_FAILED, "cannot make a TUN device");
    }
    if (offload && ioctl(tun, TUNSETOFFLOAD, (unsigned long)(TUN_F_CSUM | TUN_F_TSO4)) != 0) {
        err(FA_LAB_FAILED, "the TUN device cannot offload");
    }
    return tun;
}

/* The devices queue far more than a link does, so that only the link drops. */
static void configure(bool server, int mtu)
{
    FILE *ip = popen("ip -batch -", "we");
    if (!ip) {
        err(FA_LAB_FAILED, "cannot start ip");
    }
    const char *me = server ? FA_LAB_PREFIX "0.2" : FA_LAB_PREFIX "0.1";
    const char *other = server ? FA_LAB_PREFIX "0.1" : FA_LAB_PREFIX "0.2";
    fprintf(ip, "link set lo up\n");
    fprintf(ip, "address add %s peer %s dev " DEVICE "\n", me, other);
    fprintf(ip, "link set " DEVICE " mtu %d txqueuelen 10000 up\n", mtu);
    fprintf(ip, "route add default dev " DEVICE " src %s\n", me);
    if (server) {
        fprintf(ip, "route add local " FA_LAB_PREFIX "%d.0/24 dev lo\n", FA_LAB_HOSTS);
        fprintf(ip, "route add local " FA_LAB_PREFIX "%d.0/24 dev lo\n", FA_LAB_RESET);
    }
    if (pclose(ip) != 0) {
        errx(FA_LAB_FAILED, "ip (of iproute2) cannot configure a namespace");
    }
}

/* Without it, neighbour and router discovery would be counted among the packets. */
static void disable_ipv6(void)
{
    int fd = open("/proc/sys/net/ipv6/conf/all/disable_ipv6", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t ignored = write(fd, "1", 1);
        (void)ignored;
        close(fd);
    }
}

void fa_space_open(struct fa_space *space, bool server, int mtu, bool offload)
{
    if (unshare(CLONE_NEWNET) != 0) {
        err(FA_LAB_FAILED, "cannot make a network namespace");
    }
    space->net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (space->net < 0) {
        err(FA_LAB_FAILED, "cannot open \"/proc/self/ns/net\"");
    }
    disable_ipv6();
    space->tun = open_tun(offload);
    configure(server, mtu);
}

size_t fa_space_before(bool offload)
{
    return offload ? sizeof(struct virtio_net_hdr) : 0;
}

size_t fa_space_link_size(const unsigned char *bytes, size_t len, bool offload)
{
    size_t before = fa_space_before(offload);
    struct virtio_net_hdr header = {0};
    memcpy(&header, bytes, before);
    struct fa_packet packet;
    if (header.gso_type == VIRTIO_NET_HDR_GSO_NONE || header.gso_size == 0 ||
        !fa_packet_parse(&packet, bytes + before, len - before)) {
        return len - before;
    }
    size_t segments = (packet.payload + header.gso_size - 1) / header.gso_size;
    return packet.payload + packet.headers * segments;
}

static bool lists_listener(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[512];
    bool found = false;
    while (file && !found && fgets(line, sizeof(line), file)) {
        unsigned state = 0;
        found = sscanf(line, " %*u: %*s %*s %x", &state) == 1 && state == 0x0a;
    }
    if (file) {
        fclose(file);
    }
    return found;
}

bool fa_space_listens(void)
{
    return lists_listener("/proc/self/net/tcp") || lists_listener("/proc/self/net/tcp6");
}

/* The column RetransSegs of the second of the two lines "Tcp:". */
long fa_space_retransmitted(void)
{
    FILE *file = fopen("/proc/self/net/snmp", "re");
    char line[1024];
    long count = -1;
    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "Tcp: %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %ld", &count) == 1) {
            break;
        }
    }
    if (file) {
        fclose(file);
    }
    return count;
}
