/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Paths between interfaces in real time: rate, queue, delay and random loss, for measuring two TCPs alike where the
 * kernel has no netem.
 *
 *	path RIGHT <<'END'
 *	10.80.1.1 mien0 20000000 25000 125000 100 7
 *	END
 *
 * A line is a path: the address of the host on the left, the interface behind which it is, bit/s, us of delay in each
 * direction, bytes of the queue in front of the rate, lost frames of a million and the seed that draws them. Only what
 * goes to the right is queued and lost; to the left there is only the delay. What is not IPv4 passes at once. The n-th
 * frame of a path is lost with its seed whoever sends. Says "ready", and at the end what each path did.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define PATHS 256
#define LINKS 8
#define BURST 64
#define FRAME_MAX 2048
#define ETHER_HEADER 14
#define IP_SOURCE (ETHER_HEADER + 12)
#define IP_DESTINATION (ETHER_HEADER + 16)
#define ON_THE_WIRE 24 /* preamble, FCS, gap */
#define SOCKET_BYTES (16 << 20)

struct frame {
	uint64_t at; /* ns, when it arrives */
	struct frame *next;
	unsigned int len;
	uint8_t bytes[];
};

struct way {
	struct frame *first, **last;
};

struct path {
	uint32_t address; /* network order */
	unsigned int left;
	uint64_t rate_bps, delay_ns, queue_bytes;
	uint32_t loss_ppm;
	uint64_t random;
	uint64_t busy_until;
	struct way to_right, to_left;
	uint64_t frames, lost, overflowed;
};

static struct path paths[PATHS];
static unsigned int n_paths;
static struct {
	char name[IF_NAMESIZE];
	int fd;
} links[LINKS]; /* 0 is on the right */
static unsigned int n_links;
static volatile sig_atomic_t ended;

static void
fail(const char *what)
{
	fprintf(stderr, "path: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* splitmix64 */
static uint64_t
draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* -- links -------------------------------------------------------------------------------------------------- */

static unsigned int
link_open(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name)};
	int fd, one = 1, room = SOCKET_BYTES;

	for (unsigned int i = 0; i < n_links; i++)
		if (strcmp(links[i].name, name) == 0)
			return i;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	if (n_links == LINKS || fd < 0 || at.sll_ifindex == 0)
		fail(name);
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) != 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) != 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0 ||
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) != 0 ||
		bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		fail(name);
	snprintf(links[n_links].name, sizeof(links[n_links].name), "%s", name);
	links[n_links].fd = fd;
	return n_links++;
}

/* Whom it was meant for has no room: that is the receiver's loss, as on a wire. */
static void
put(unsigned int link, const uint8_t *bytes, unsigned int len)
{
	if (send(links[link].fd, bytes, len, 0) < 0 && errno != ENOBUFS && errno != EAGAIN)
		fail(links[link].name);
}

/* -- paths -------------------------------------------------------------------------------------------------- */

static void
launch(struct way *w, uint64_t at, const uint8_t *bytes, unsigned int len)
{
	struct frame *f = malloc(sizeof(*f) + len);

	if (!f)
		fail("memory");
	*f = (struct frame){.at = at, .len = len};
	memcpy(f->bytes, bytes, len);
	*w->last = f;
	w->last = &f->next;
}

/* A loss takes no room in the queue: it happens before it. */
static void
through_bottleneck(struct path *p, uint64_t now, const uint8_t *bytes, unsigned int len)
{
	uint64_t start = p->busy_until > now ? p->busy_until : now;

	p->frames++;
	if (draw(&p->random) % 1000000 < p->loss_ppm) {
		p->lost++;
		return;
	}
	if ((start - now) * p->rate_bps / 8 / 1000000000 + len + ON_THE_WIRE > p->queue_bytes && start > now) {
		p->overflowed++;
		return;
	}
	p->busy_until = start + (uint64_t)(len + ON_THE_WIRE) * 8 * 1000000000 / p->rate_bps;
	launch(&p->to_right, p->busy_until + p->delay_ns, bytes, len);
}

static struct path *
path_of(const uint8_t *bytes, unsigned int len, unsigned int where)
{
	uint32_t address;

	if (len < IP_DESTINATION + 4 || bytes[12] != 8 || bytes[13] != 0)
		return NULL;
	memcpy(&address, bytes + where, sizeof(address));
	for (unsigned int i = 0; i < n_paths; i++)
		if (paths[i].address == address)
			return &paths[i];
	return NULL;
}

static void
take(unsigned int link, uint64_t now, const uint8_t *bytes, unsigned int len)
{
	struct path *p = path_of(bytes, len, link == 0 ? IP_DESTINATION : IP_SOURCE);

	if (p && link == 0)
		launch(&p->to_left, now + p->delay_ns, bytes, len);
	else if (p)
		through_bottleneck(p, now, bytes, len);
	else if (link != 0)
		put(0, bytes, len);
	else
		for (unsigned int i = 1; i < n_links; i++)
			put(i, bytes, len);
}

static void
receive(unsigned int link)
{
	static uint8_t bytes[BURST][FRAME_MAX];
	struct iovec parts[BURST];
	struct mmsghdr frames[BURST] = {0};
	uint64_t now;
	int n;

	for (unsigned int i = 0; i < BURST; i++) {
		parts[i] = (struct iovec){bytes[i], FRAME_MAX};
		frames[i].msg_hdr.msg_iov = &parts[i];
		frames[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(links[link].fd, frames, BURST, 0, NULL);
	now = clock_now();
	for (int i = 0; i < n; i++)
		take(link, now, bytes[i], frames[i].msg_len);
}

/* Gives when the next one arrives. */
static uint64_t
deliver(struct way *w, unsigned int link, uint64_t now)
{
	struct frame *f;

	while ((f = w->first) && f->at <= now) {
		put(link, f->bytes, f->len);
		w->first = f->next;
		if (!w->first)
			w->last = &w->first;
		free(f);
	}
	return f ? f->at : UINT64_MAX;
}

static uint64_t
deliver_all(uint64_t now)
{
	uint64_t next = UINT64_MAX, at;

	for (struct path *p = paths; p < paths + n_paths; p++) {
		at = deliver(&p->to_right, 0, now);
		next = at < next ? at : next;
		at = deliver(&p->to_left, p->left, now);
		next = at < next ? at : next;
	}
	return next;
}

static void
wait_until(uint64_t at, struct pollfd *polled)
{
	uint64_t now = clock_now(), ns = at > now ? at - now : 0;
	struct timespec t;

	if (ns > 100000000)
		ns = 100000000;
	t = (struct timespec){.tv_nsec = (long)ns};
	ppoll(polled, n_links, &t, NULL);
}

static void
run(void)
{
	struct pollfd polled[LINKS];

	for (unsigned int i = 0; i < n_links; i++)
		polled[i] = (struct pollfd){.fd = links[i].fd, .events = POLLIN};
	while (!ended) {
		wait_until(deliver_all(clock_now()), polled);
		for (unsigned int i = 0; i < n_links; i++)
			if (polled[i].revents)
				receive(i);
	}
}

/* -- the command -------------------------------------------------------------------------------------------- */

static void
read_paths(void)
{
	char line[256], address[64], left[IF_NAMESIZE];

	while (fgets(line, sizeof(line), stdin)) {
		struct path *p = &paths[n_paths];

		if (n_paths == PATHS ||
			sscanf(line, "%63s %15s %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu64, address, left,
				&p->rate_bps, &p->delay_ns, &p->queue_bytes, &p->loss_ppm, &p->random) != 7 ||
			inet_pton(AF_INET, address, &p->address) != 1 || p->rate_bps == 0) {
			fprintf(stderr, "path: %s", line);
			exit(2);
		}
		p->delay_ns *= 1000;
		p->left = link_open(left);
		p->to_right.last = &p->to_right.first;
		p->to_left.last = &p->to_left.first;
		n_paths++;
	}
}

static void
end(int number)
{
	ended = 1;
}

int
main(int argc, char **argv)
{
	const struct sigaction action = {.sa_handler = end};

	if (argc != 2) {
		fprintf(stderr, "usage: path RIGHT <PATHS\n");
		return 2;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	link_open(argv[1]);
	read_paths();
	printf("ready\n");
	fflush(stdout);
	run();
	for (const struct path *p = paths; p < paths + n_paths; p++) {
		char text[INET_ADDRSTRLEN];

		inet_ntop(AF_INET, &p->address, text, sizeof(text));
		printf("%s %" PRIu64 " frames, %" PRIu64 " lost, %" PRIu64 " overflowed\n", text, p->frames, p->lost,
			p->overflowed);
	}
	return 0;
}
