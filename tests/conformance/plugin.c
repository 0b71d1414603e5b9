/* SPDX-License-Identifier: BSD-3-Clause */
/* The stack, its time and its wire. */
#include "plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include <mien/driver.h>

#define ETH 14
#define GIVE_UP_NS (UINT64_C(48) * 3600 * 1000000000) /* waiting for a packet that never comes */
#define RX_PIECE 1024

static const uint8_t gateway_mac[6] = {0x02, 0, 0, 0, 0, 0x01}, host_mac[6] = {0x02, 0, 0, 0, 0, 0x02};

struct plugin *the_plugin;

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "plug-in: %s: %s\n", what, why);
	exit(2);
}

/* -- output ------------------------------------------------------------------------------------------------ */

static void
keep_packet(struct plugin *p, const struct rte_mbuf *m)
{
	struct out_packet *o;
	const uint8_t *frame;

	if (m->pkt_len <= ETH)
		return;
	o = malloc(sizeof(*o) + m->pkt_len);
	if (!o)
		die("output", "no memory");
	frame = rte_pktmbuf_read(m, 0, m->pkt_len, o->bytes);
	if (frame[12] != 0x08 || frame[13] != 0x00) { /* not IPv4 */
		free(o);
		return;
	}
	o->len = m->pkt_len - ETH;
	memmove(o->bytes, frame + ETH, o->len);
	o->next = NULL;
	o->at = p->now;
	*p->out_end = o;
	p->out_end = &o->next;
}

static bool
drain_output(struct plugin *p)
{
	struct rte_mbuf *pkts[32];
	uint16_t n = mien_stack_tx_burst(p->st, p->now, pkts, p->clogged ? 0 : 32);

	for (uint16_t i = 0; i < n; i++) {
		keep_packet(p, pkts[i]);
		rte_pktmbuf_free(pkts[i]);
	}
	return n > 0;
}

static bool
drain_events(struct plugin *p)
{
	struct mien_event ev[32];
	unsigned n = mien_stack_events(p->st, ev, 32);

	for (unsigned i = 0; i < n; i++)
		sock_event(p, &ev[i]);
	return n > 0;
}

void
plugin_run(struct plugin *p)
{
	bool more = true, any = p->blocked && p->now >= p->wake;

	while (more) {
		mien_stack_advance(p->st, p->now);
		more = drain_events(p);
		more |= drain_output(p);
		any |= more;
	}
	if (!any)
		return;
	p->turn++;
	pthread_cond_broadcast(&p->changed);
}

/* -- time -------------------------------------------------------------------------------------------------- */

static bool
is_main(const struct plugin *p)
{
	return pthread_equal(pthread_self(), p->main);
}

/* The second thread looks at what happened, and leaves its call if that is over. */
static void
settle(struct plugin *p)
{
	if (!is_main(p))
		return;
	while ((p->blocked && p->looked != p->turn) || p->returning || (p->sleeping && p->returned))
		pthread_cond_wait(&p->changed, &p->lock);
}

void
plugin_noted(struct plugin *p)
{
	plugin_enter(p);
	if (!is_main(p) && p->returned) {
		p->returned = false;
		pthread_cond_broadcast(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
}

/* One step towards `until`: to the next deadline, or there. */
static void
step(struct plugin *p, uint64_t until)
{
	uint64_t next = mien_stack_deadline(p->st);

	settle(p);
	if (p->blocked && p->wake < next)
		next = p->wake;
	if (p->clogged) /* its timers are not told while output waits */
		next = RTE_MAX(next, p->now + PLUGIN_MS);
	if (next > until)
		next = until;
	if (next > p->now)
		p->now = next;
	plugin_run(p);
	settle(p);
}

void
plugin_pass(struct plugin *p, uint64_t until)
{
	while (p->now < until)
		step(p, until);
}

bool
plugin_wait(struct plugin *p, uint64_t deadline)
{
	uint64_t turn = p->turn;

	if (p->now >= deadline)
		return false;
	if (is_main(p)) {
		step(p, deadline == MIEN_NEVER ? p->now + GIVE_UP_NS : deadline);
		return true;
	}
	p->blocked = true;
	p->wake = deadline;
	while (p->turn == turn) {
		p->looked = turn;
		pthread_cond_broadcast(&p->changed);
		pthread_cond_wait(&p->changed, &p->lock);
	}
	p->blocked = false;
	return true;
}

static int
call_usleep(void *u, useconds_t usecs)
{
	struct plugin *p = u;

	plugin_enter(p);
	p->sleeping = true;
	settle(p);
	plugin_pass(p, p->now + usecs * UINT64_C(1000));
	p->sleeping = false;
	pthread_mutex_unlock(&p->lock);
	return 0;
}

/* Asking takes a microsecond: packetdrill spins the last ones before an event. */
static int
call_gettimeofday(void *u, struct timeval *tv, struct timezone *tz)
{
	struct plugin *p = u;

	plugin_enter(p);
	if (is_main(p)) {
		plugin_pass(p, p->now + 1000);
	} else if (p->returning) {
		p->returning = false;
		p->returned = true;
		pthread_cond_broadcast(&p->changed);
	} else {
		p->now += 1000;
	}
	tv->tv_sec = (time_t)(p->now / 1000000000);
	tv->tv_usec = (suseconds_t)(p->now / 1000 % 1000000);
	pthread_mutex_unlock(&p->lock);
	return 0;
}

/* -- the wire ---------------------------------------------------------------------------------------------- */

static struct rte_mbuf *
frame_of(struct plugin *p, const uint8_t *packet, size_t len)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(p->pool), *last = head;
	uint8_t *eth;

	if (!head)
		return NULL;
	eth = (uint8_t *)rte_pktmbuf_append(head, ETH);
	memcpy(eth, host_mac, 6);
	memcpy(eth + 6, gateway_mac, 6);
	eth[12] = 0x08;
	eth[13] = 0x00;
	for (size_t done = 0; done < len;) {
		uint16_t n = (uint16_t)RTE_MIN(len - done, done ? (size_t)RX_PIECE : (size_t)1500);

		if (done) {
			last->next = rte_pktmbuf_alloc(p->pool);
			if (!last->next)
				die("input", "no mbuf");
			last = last->next;
			head->nb_segs++;
		}
		memcpy(last == head ? eth + ETH : rte_pktmbuf_mtod(last, uint8_t *), packet + done, n);
		last->data_len = (uint16_t)(last->data_len + n);
		head->pkt_len += n;
		done += n;
	}
	return head;
}

#define QUEUED 8192 /* more than a stack keeps for its port */

static void
ask_address(struct plugin *p)
{
	static const uint8_t head[] = {0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, 1};
	struct rte_mbuf *m = rte_pktmbuf_alloc(p->pool);
	uint8_t *frame = m ? (uint8_t *)rte_pktmbuf_append(m, 60) : NULL;

	if (!frame)
		die("a full queue", "no mbuf");
	memset(frame, 0, 60);
	memcpy(frame, host_mac, 6);
	memcpy(frame + 6, gateway_mac, 6);
	memcpy(frame + 12, head, sizeof(head));
	memcpy(frame + 22, gateway_mac, 6);
	memcpy(frame + 28, (const uint8_t *)p->gateway.q + 12, 4);
	memcpy(frame + 38, (const uint8_t *)p->addr.q + 12, 4);
	mien_stack_rx_burst(p->st, p->now, &m, 1);
}

void
plugin_queue_command(struct plugin *p, const char *command)
{
	if (!strstr(command, "tc qdisc") || !p->st)
		return;
	p->clogged = strstr(command, "pfifo limit 0") != NULL;
	for (unsigned i = 0; p->clogged && i < QUEUED; i++)
		ask_address(p);
	plugin_run(p);
}

static int
call_netdev_send(void *u, const void *packet, size_t len)
{
	struct plugin *p = u;
	struct rte_mbuf *m;

	plugin_enter(p);
	m = frame_of(p, packet, len);
	if (m) {
		reset_keep(p);
		mien_stack_rx_burst(p->st, p->now, &m, 1);
		plugin_run(p);
		settle(p);
	}
	pthread_mutex_unlock(&p->lock);
	return m ? 0 : -1;
}

static int
call_netdev_receive(void *u, void *packet, size_t *len, long long *usecs)
{
	struct plugin *p = u;
	uint64_t end;

	plugin_enter(p);
	end = p->now + GIVE_UP_NS;
	while (!p->out && p->now < end)
		step(p, end);
	if (p->out) {
		struct out_packet *o = p->out;

		p->out = o->next;
		if (!p->out)
			p->out_end = &p->out;
		*len = RTE_MIN(*len, (size_t)o->len);
		memcpy(packet, o->bytes, *len);
		*usecs = (long long)(o->at / 1000);
		free(o);
	} else {
		*len = 0;
	}
	pthread_mutex_unlock(&p->lock);
	return 0;
}

/* -- beginning and end ------------------------------------------------------------------------------------- */

static void
need_addr(const char *text, struct mien_addr *out)
{
	if (mien_addr_parse(text, out) != MIEN_OK)
		die(text, "is no address");
}

static void
take_flag(struct plugin *p, char *flag)
{
	struct mien_error err;
	char *value = strchr(flag, '=');

	if (!value)
		die(flag, "write name=value");
	if (!strncmp(flag, "personality=", 12)) {
		mien_profile_unref(p->profile);
		if (mien_profile_load(value + 1, &p->profile, &err) != MIEN_OK)
			die(flag, err.text);
	} else if (!strncmp(flag, "address=", 8)) {
		need_addr(value + 1, &p->addr);
	} else if (!strncmp(flag, "gateway=", 8)) {
		need_addr(value + 1, &p->gateway);
	} else if (!strncmp(flag, "mtu=", 4)) {
		p->mtu = (uint32_t)atoi(value + 1);
	} else if (!strncmp(flag, "sndbuf=", 7)) {
		p->sndbuf = (uint32_t)atoi(value + 1);
	} else if (!strncmp(flag, "fastopen=", 9)) {
		p->fastopen = (unsigned)strtoul(value + 1, NULL, 0);
	} else if (!strncmp(flag, "fastopen-key=", 13)) {
		p->fastopen_key = strdup(value + 1);
	} else if (mien_profile_set(&p->profile, flag, &err) != MIEN_OK) {
		die(flag, err.text);
	}
}

/* "personality=linux-6;address=192.168.0.2;tcp.wscale=8": a knob is what has no name of its own. */
static void
take_flags(struct plugin *p, const char *flags)
{
	char *text = strdup(flags ? flags : ""), *rest = text;

	p->mtu = 1500;
	p->sndbuf = 4u << 20;
	p->fastopen = 1;
	p->addr = mien_addr_ip4(0xc0a80002);
	p->gateway = mien_addr_ip4(0xc0a80001);
	if (mien_profile_load("linux-6", &p->profile, NULL) != MIEN_OK)
		die("linux-6", "is not built in");
	for (char *flag = strsep(&rest, ";"); flag; flag = strsep(&rest, ";"))
		if (*flag)
			take_flag(p, flag);
	free(text);
	if (mien_profile_set(&p->profile, "tcp.fast-open.server=on", NULL) != MIEN_OK)
		die("tcp.fast-open.server", "is no knob");
}

static void
make_stack(struct plugin *p)
{
	const struct mien_eal_config eal = {.program = "plugin", .hugepages = MIEN_HUGEPAGES_OFF, .memory_mb = 256};
	const struct mien_pool_config pools = {.mbufs = 16383, .mtu = 1500};
	struct mien_stack_config config;
	struct mien_error err;
	struct mien_host_config host = {.addr = p->addr, .prefix_len = 16,
		.personality = mien_profile_personality(p->profile)};

	if (mien_eal_start(&eal, &err) != MIEN_OK || mien_pool_create(&pools, &p->pool, &p->views, &err) != MIEN_OK)
		die("DPDK", err.text);
	mien_stack_config_init(&config);
	config.seed = 1;
	memset(config.secret, 7, sizeof(config.secret));
	config.now = p->now;
	config.pool = p->pool;
	config.indirect_pool = p->views;
	config.sndbuf = p->sndbuf;
	config.mtu = (uint16_t)p->mtu;
	config.max_conns = 256;
	config.max_time_wait = 256;
	config.tx_offloads = MIEN_OFFLOAD_MULTI_SEGS;
	memcpy(config.mac, host_mac, 6);
	memcpy(host.mac, host_mac, 6);
	if (mien_stack_create(&config, &p->st) != MIEN_OK)
		die("stack", "cannot be made");
	if (mien_host_add(p->st, p->now, &host, &p->host) != MIEN_OK ||
	    mien_stack_set_gateway(p->st, &p->gateway) != MIEN_OK ||
	    mien_stack_add_neighbour(p->st, &p->gateway, gateway_mac) != MIEN_OK)
		die("host", "cannot be added");
	if (p->fastopen_key)
		fast_open_setting(p, "tcp_fastopen_key", p->fastopen_key);
}

static void
call_free(void *u)
{
	struct plugin *p = u;

	the_plugin = NULL;
	mien_stack_destroy(p->st);
	while (p->out) {
		struct out_packet *o = p->out;

		p->out = o->next;
		free(o);
	}
	mien_profile_unref(p->profile);
	free(p);
}

void
packetdrill_interface_init(const char *flags, struct pd_calls *calls)
{
	struct plugin *p = calloc(1, sizeof(*p));

	if (!p)
		die("start", "no memory");
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	p->main = pthread_self();
	p->now = UINT64_C(1000000000000);
	p->out_end = &p->out;
	take_flags(p, flags);
	make_stack(p);
	plugin_run(p);
	the_plugin = p;
	calls->u = p;
	calls->free = call_free;
	calls->usleep = call_usleep;
	calls->gettimeofday = call_gettimeofday;
	calls->netdev_send = call_netdev_send;
	calls->netdev_receive = call_netdev_receive;
	sockets_fill(calls);
	transfer_fill(calls);
	options_fill(calls);
	ready_fill(calls);
}
