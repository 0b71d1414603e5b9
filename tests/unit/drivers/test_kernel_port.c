/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports that the kernel carries, against the kernel itself: in a network namespace of this thread's own, which is
 * gone with the process. The suite comes last, because the thread stays there.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_ip.h>

#include "fake_stack.h"
#include "port_priv.h"
#include "suites.h"

#define MS 1000000ull

static bool ready;
static struct mien_error error;

/* Sets generic receive offload, or only asks (on < 0); gives whether it is on, -1 when it cannot be told. */
static int
gro(const char *interface, int on)
{
	struct ethtool_value value = {on < 0 ? ETHTOOL_GGRO : ETHTOOL_SGRO, on > 0};
	struct ifreq request = {.ifr_data = (void *)&value};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), rc;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	rc = ioctl(fd, SIOCETHTOOL, &request);
	close(fd);
	return rc == 0 ? value.data != 0 : -1;
}

static int
setup(void)
{
	ready = geteuid() == 0 && access("/dev/net/tun", F_OK) == 0 &&
		unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 &&
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("sysfs", "/sys", "sysfs", 0, NULL) == 0 &&
		system("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && "
		       "ip addr add 10.99.0.1/24 dev v1 && "
		       "ip neigh add 10.99.0.2 lladdr 02:00:00:00:00:99 dev v1") ==
			0 &&
		gro("v0", true) == 1;
	if (!ready)
		printf("skip: ports of the kernel need root, /dev/net/tun and network namespaces\n");
	return 0;
}

static struct mien_port *
open_port(const char *spec)
{
	const struct mien_port_config config = {.spec = spec, .mbufs = 2048};
	struct mien_port *port = NULL;

	if (mien_port_open(&config, &port, &error) != 0)
		REQUIRE_FAIL("%s", error.text);
	return port;
}

/* The kernel's end of an interface, as bytes. */
static int
raw_socket(const char *interface)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(0x88b5)};
	const struct timeval patience = {2, 0};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(0x88b5));

	at.sll_ifindex = (int)if_nametoindex(interface);
	REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

/* A frame of an EtherType that nobody else uses (IEEE 802 local experimental). */
static void
make_frame(uint8_t *frame, const uint8_t *to, uint8_t fill)
{
	memset(frame, fill, 100);
	memcpy(frame, to, 6);
	memcpy(frame + 6, "\x02\0\0\0\0\x42\x88\xb5", 8);
}

/* The next frame of that type, or NULL after two seconds. */
static struct rte_mbuf *
receive(struct mien_port *port, uint16_t type)
{
	uint64_t until = mien_clock_now() + 2000 * MS;
	struct rte_mbuf *m;

	while (mien_clock_now() < until) {
		const uint8_t *p;

		if (mien_port_rx(port, &m, 1) == 0)
			continue;
		p = rte_pktmbuf_mtod(m, const uint8_t *);
		if ((p[12] << 8 | p[13]) == type)
			return m;
		rte_pktmbuf_free(m);
	}
	return NULL;
}

/* Frames pass between the port and the kernel's interface both ways. */
static void
both_ways(struct mien_port *port, const char *interface, const uint8_t *to)
{
	int fd = raw_socket(interface);
	uint8_t frame[100], got[200];
	struct rte_mbuf *m;

	make_frame(frame, to, 0x5a);
	CHECK_EQ_I(write(fd, frame, sizeof(frame)), sizeof(frame));
	m = receive(port, 0x88b5);
	REQUIRE_NOT_NULL(m);
	CHECK_EQ_U(m->pkt_len, 100);
	CHECK_MEM(rte_pktmbuf_mtod(m, void *), frame, 100);

	memcpy(rte_pktmbuf_mtod(m, uint8_t *), "\xff\xff\xff\xff\xff\xff", 6);
	mien_port_tx(port, &m, 1);
	CHECK_EQ_I(read(fd, got, sizeof(got)), 100);
	CHECK_MEM(got + 6, frame + 6, 94);
	close(fd);
}

static void
tap(void)
{
	static const uint8_t other[6] = "\x02\x77\x77\x77\x77\x77";
	struct mien_port *port;
	struct ifreq request = {.ifr_name = "t0"};
	int fd;

	if (!ready)
		return;
	port = open_port("tap:t0");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_EQ_I(ioctl(fd, SIOCGIFFLAGS, &request), 0);
	CHECK((request.ifr_flags & IFF_UP) != 0);
	CHECK_EQ_I(ioctl(fd, SIOCGIFHWADDR, &request), 0);
	CHECK(memcmp(request.ifr_hwaddr.sa_data, mien_port_info(port)->mac, 6) != 0);
	close(fd);
	CHECK(mien_port_info(port)->kernel_backed);
	CHECK_STR(mien_port_info(port)->device, "t0");
	both_ways(port, "t0", other);

	mien_port_close(port);

	CHECK_EQ_U(if_nametoindex("t0"), 0);
}

static void
tap_sends_no_signals(void)
{
	struct mien_port *port;

	if (!ready)
		return;
	port = open_port("tap:t0");

	CHECK_EQ_I(port->wait, WAIT_FD);
	CHECK(port->poke != NULL);
	CHECK_EQ_I(fcntl(port->wait_fd, F_GETFL) & O_ASYNC, 0);
	mien_port_close(port);
}

static void
tap_mtu(void)
{
	const struct mien_port_config config = {.spec = "tap:t0", .mtu = 1400, .mbufs = 1024};
	struct mien_port *port = NULL;
	struct ifreq request = {.ifr_name = "t0"};
	int fd;

	if (!ready)
		return;
	REQUIRE_EQ_I(mien_port_open(&config, &port, &error), 0);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_EQ_I(ioctl(fd, SIOCGIFMTU, &request), 0);
	CHECK_EQ_I(request.ifr_mtu, 1400);
	close(fd);
	mien_port_close(port);
}

static void
refuse(const char *spec, uint16_t mtu, int err, const char *told)
{
	const struct mien_port_config config = {.spec = spec, .mtu = mtu};
	struct mien_port *port = NULL;

	memset(&error, 0, sizeof(error));
	CHECK_EQ_I(mien_port_open(&config, &port, &error), err);
	if (strstr(error.text, told) == NULL)
		FAIL("%s said: %s", spec, error.text);
}

static void
refusals(void)
{
	struct mien_port *port;

	if (!ready)
		return;
	port = open_port("tap:t0");
	refuse("tap:t0", 0, MIEN_EEXIST, "in use by another process");
	refuse("tap:v0", 0, MIEN_EEXIST, "is no tap");
	refuse("af_packet:v0", 9000, MIEN_EINVAL, "ip link set v0 mtu 9000");
	refuse("tap:t9", 9000, MIEN_EINVAL, "1504 at most, not 9000");
	CHECK_EQ_I(system("ip tuntap add dev t1 mode tap"), 0);
	refuse("tap:t1", 0, MIEN_EEXIST, "multi_queue");
	mien_port_close(port);
}

static void
joins_persistent_tap(void)
{
	if (!ready)
		return;
	REQUIRE_EQ_I(system("ip tuntap add dev t2 mode tap multi_queue"), 0);

	mien_port_close(open_port("tap:t2"));

	CHECK_EQ_I(system("ip link show t2 >/dev/null 2>&1") == 0 || if_nametoindex("t2") == 0, 1);
}

static void
jumbo(void)
{
	const struct mien_port_config config = {.spec = "af_packet:v0", .mtu = 9000, .mbufs = 1024};
	struct mien_port *port = NULL;
	uint8_t frame[9014];
	struct rte_mbuf *m;
	int fd;

	if (!ready)
		return;
	REQUIRE_EQ_I(system("ip link set v0 mtu 9000 && ip link set v1 mtu 9000"), 0);
	if (mien_port_open(&config, &port, &error) != 0)
		REQUIRE_FAIL("%s", error.text);
	fd = raw_socket("v1");
	make_frame(frame, (const uint8_t *)"\x02\x77\x77\x77\x77\x77", 1);
	memset(frame + 100, 3, sizeof(frame) - 100);
	CHECK_EQ_I(write(fd, frame, sizeof(frame)), sizeof(frame));
	m = receive(port, 0x88b5);
	REQUIRE_NOT_NULL(m);
	CHECK_EQ_U(m->pkt_len, 9014);
	mien_port_tx(port, &m, 1);

	CHECK_EQ_I(read(fd, frame, sizeof(frame)), 9014);
	CHECK_EQ_U(frame[9013], 3);
	close(fd);
	mien_port_close(port);
	CHECK_EQ_I(system("ip link set v0 mtu 1500 && ip link set v1 mtu 1500"), 0);
}

static void
af_packet(void)
{
	static const uint8_t other[6] = "\x02\x77\x77\x77\x77\x77";
	struct mien_port *port;

	if (!ready)
		return;
	port = open_port("af_packet:v0");

	CHECK_EQ_I(port->wait, WAIT_FD);
	CHECK_EQ_I(gro("v0", -1), 0);
	both_ways(port, "v1", other);
	CHECK_EQ_U(mien_pool_in_use(mien_port_pool(port)), 0);
	mien_port_close(port);

	CHECK_EQ_I(gro("v0", -1), 1);
	CHECK_EQ_I(system("ip -d link show v0 | grep -q 'promiscuity 0'"), 0);
}

static void
unfinished_checksums(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct mien_port *port;
	struct mien_port_stats stats;
	struct rte_mbuf *m;
	int fd;

	if (!ready)
		return;
	port = open_port("af_packet:v0");
	to.sin_addr.s_addr = inet_addr("10.99.0.2");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_EQ_I(sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)), 5);
	do
		m = receive(port, 0x0800);
	while (m != NULL && rte_pktmbuf_mtod(m, uint8_t *)[23] != IPPROTO_UDP);
	REQUIRE_NOT_NULL(m);

	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, 14);
	uint32_t sum = (uint32_t)rte_ipv4_phdr_cksum(ip, 0) + rte_raw_cksum(ip + 1, 13);
	CHECK_EQ_X((uint16_t)(sum + (sum >> 16)), 0xffff);
	mien_port_stats(port, &stats);
	CHECK(stats.rx_completed >= 1);
	close(fd);
	rte_pktmbuf_free(m);
	mien_port_close(port);
}

static void *
run_loop(void *loop)
{
	return mien_loop_run(loop) == 0 ? loop : NULL;
}

/* A loop that sleeps on the port wakes for one frame, soon. */
static void
wakes(const char *spec, const char *interface)
{
	static const uint8_t arp[60] = "\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x01\x08\x06"
				       "\x00\x01\x08\x00\x06\x04\x00\x01\x02\0\0\0\0\x01\x0a\x4d\0\x01"
				       "\0\0\0\0\0\0\x0a\x4d\0\x02";
	struct mien_port *port = open_port(spec);
	struct mien_loop *loop = NULL;
	struct mien_loop_stats stats;
	struct mien_stack st;
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(0x0806)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(0x0806));
	const struct timeval patience = {2, 0};
	uint64_t best = MIEN_NEVER;
	pthread_t thread;
	uint8_t got[100];

	fake_stack_init(&st);
	REQUIRE_EQ_I(mien_loop_create(NULL, &loop, &error), 0);
	REQUIRE_EQ_I(mien_loop_attach(loop, &st, port, NULL), 0);
	REQUIRE_EQ_I(pthread_create(&thread, NULL, run_loop, loop), 0);
	at.sll_ifindex = (int)if_nametoindex(interface);
	REQUIRE_EQ_I(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (int i = 0; i < 10; i++) {
		const struct timespec rest = {0, 3000000}; /* so that the loop falls asleep again */
		uint64_t begin;

		nanosleep(&rest, NULL);
		begin = mien_clock_now();
		CHECK_EQ_I(write(fd, arp, sizeof(arp)), sizeof(arp));
		do
			REQUIRE(read(fd, got, sizeof(got)) >= 42);
		while (got[21] != 2);
		if (mien_clock_now() - begin < best)
			best = mien_clock_now() - begin;
	}
	mien_loop_stop(loop);
	pthread_join(thread, NULL);
	mien_loop_stats(loop, &stats);

	/* The best of ten: a busy machine may be late, a loop that looks every so often is late always. */
	CHECK(best < 2 * MS);
	CHECK(stats.sleeps >= 10);
	close(fd);
	mien_loop_destroy(loop);
	fake_stack_fini(&st);
	mien_port_close(port);
}

static void
tap_wakes(void)
{
	if (ready)
		wakes("tap:t0", "t0");
}

static void
af_packet_wakes(void)
{
	if (ready)
		wakes("af_packet:v0", "v1");
}

static void
end_run(void *ctx, uint64_t now)
{
	mien_loop_stop(ctx);
}

/* Runs a loop on the port for a fifth of a second after the command; gives how often it slept. */
static uint64_t
sleeps_after(const char *spec, const char *command)
{
	struct mien_port *port = open_port(spec);
	struct mien_loop *loop = NULL;
	struct mien_loop_stats stats;
	struct mien_stack st;

	fake_stack_init(&st);
	REQUIRE_EQ_I(mien_loop_create(NULL, &loop, &error), 0);
	REQUIRE_EQ_I(mien_loop_attach(loop, &st, port, NULL), 0);
	REQUIRE_EQ_I(system(command), 0);
	REQUIRE_EQ_I(mien_loop_add_timer(loop, mien_clock_now() + 200 * MS, end_run, loop, NULL), 0);
	REQUIRE_EQ_I(mien_loop_run(loop), 0);
	mien_loop_stats(loop, &stats);
	mien_loop_destroy(loop);
	fake_stack_fini(&st);
	mien_port_close(port);
	return stats.sleeps;
}

static void
interface_down(void)
{
	if (!ready)
		return;

	CHECK(sleeps_after("af_packet:v0", "ip link set v0 down") < 400);

	CHECK_EQ_I(system("ip link set v0 up"), 0);
}

static void
interface_gone(void)
{
	if (!ready)
		return;

	CHECK(sleeps_after("tap:t0", "ip link del t0") < 400);
	CHECK(sleeps_after("af_packet:v0", "ip link del v0") < 400);
}

static const struct test_case cases[] = {
	{"a tap carries frames for any MAC both ways and is gone when closed", tap},
	{"a tap is watched by its descriptor and sends no signals", tap_sends_no_signals},
	{"a tap's kernel side has the MTU asked for", tap_mtu},
	{"an interface that cannot be had is refused with the reason", refusals},
	{"a tap made beforehand can be joined", joins_persistent_tap},
	{"an interface carries frames for any MAC and gets its settings back", af_packet},
	{"frames of 9000 bytes pass through an interface that carries them", jumbo},
	{"checksums the kernel leaves to the device are filled in", unfinished_checksums},
	{"a loop asleep on a tap wakes for one frame", tap_wakes},
	{"a loop asleep on an interface wakes for one frame", af_packet_wakes},
	{"an interface that goes down does not keep the loop awake", interface_down},
	{"an interface that is taken away does not keep the loop awake", interface_gone},
	{NULL, NULL},
};
const struct test_suite kernel_port_suite = {.name = "kernel_port", .setup = setup, .cases = cases};
