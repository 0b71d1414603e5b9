/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers of a running process. */
#include <inttypes.h>
#include <stdlib.h>

#include "report.h"

/* Gauges in the order of their printing. */
#define GAUGES(X) X(tcbs) X(half_open) X(time_wait) X(timers) X(listeners) X(udp_endpoints) X(hosts) X(neighbours) X(fragments) \
	X(mbufs_held) X(pressure) X(orphans) X(out_of_order_mbufs) X(out_of_order_bytes) X(fragment_mbufs) X(fragment_bytes) \
	X(neighbour_mbufs)

static void
put(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

static json_t *
number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *
counters_of(const struct mien_stack *st)
{
	struct mien_counters c;
	json_t *o = json_object(), *drops = json_object();
	const char *name, *text;
	uint64_t value;

	mien_stack_counters(st, &c);
	for (unsigned i = 0; mien_counter_at(&c, i, &name, &text, &value); i++)
		put(o, name, number(value));
	for (unsigned i = 1; i < MIEN_DROP_COUNT; i++)
		if (c.drops[i])
			put(drops, mien_drop_name((enum mien_drop)i), number(c.drops[i]));
	put(o, "drops", drops);
	return o;
}

static json_t *
gauges_of(const struct mien_stack *st)
{
	struct mien_gauges g;
	json_t *o = json_object();

	mien_stack_gauges(st, &g);
#define PUT(name) put(o, #name, number(g.name));
	GAUGES(PUT)
#undef PUT
	return o;
}

static json_t *
port_of(struct mien_port *port)
{
	const struct mien_port_info *info = mien_port_info(port);
	struct mien_port_stats s;
	json_t *o = json_object();

	mien_port_stats(port, &s);
	put(o, "spec", json_string(info->spec));
	put(o, "driver", json_string(info->driver));
	put(o, "rx_packets", number(s.rx_packets));
	put(o, "rx_bytes", number(s.rx_bytes));
	put(o, "tx_packets", number(s.tx_packets));
	put(o, "tx_bytes", number(s.tx_bytes));
	put(o, "rx_missed", number(s.rx_missed));
	put(o, "rx_no_mbuf", number(s.rx_no_mbuf));
	put(o, "tx_dropped", number(s.tx_dropped));
	put(o, "mbufs_in_use", number(mien_pool_in_use(mien_port_pool(port))));
	return o;
}

json_t *
report_stats(const struct runtime *rt)
{
	json_t *o = json_object(), *stacks = json_array(), *totals = json_object();

	for (unsigned i = 0; i < rt->n; i++) {
		json_t *one = json_object();

		put(one, "port", port_of(rt->ports[i]));
		put(one, "gauges", gauges_of(rt->stacks[i]));
		put(one, "counters", counters_of(rt->stacks[i]));
		json_array_append_new(stacks, one);
	}
	put(totals, "accepted", number(rt->totals.accepted));
	put(totals, "open", number(rt->totals.open));
	put(totals, "closed", number(rt->totals.closed));
	put(totals, "failed", number(rt->totals.failed));
	put(totals, "datagrams", number(rt->totals.datagrams));
	put(o, "uptime_ms", number((mien_clock_now() - rt->started_ns) / 1000000));
	put(o, "services", totals);
	put(o, "stacks", stacks);
	return o;
}

static json_t *
address(const struct mien_addr *a)
{
	char text[MIEN_ADDR_STRLEN];

	return json_string(mien_addr_format(a, text, sizeof(text)));
}

static json_t *
conn(const struct mien_tcp_info *i)
{
	json_t *o = json_object();

	put(o, "local", address(&i->local));
	put(o, "local_port", number(i->local_port));
	put(o, "remote", address(&i->remote));
	put(o, "remote_port", number(i->remote_port));
	put(o, "state", json_string(mien_tcp_state_name((enum mien_tcp_state)i->state)));
	put(o, "personality", json_string(i->personality ? i->personality->name : ""));
	put(o, "rtt_us", number(i->srtt_us));
	put(o, "rto_ms", number(i->rto_ms));
	put(o, "cwnd_bytes", number(i->cwnd));
	put(o, "mss_bytes", number(i->mss_send));
	put(o, "unacked_bytes", number(i->unacked));
	put(o, "unsent_bytes", number(i->unsent));
	put(o, "unread_bytes", number(i->unread));
	put(o, "tx_bytes", number(i->bytes_sent));
	put(o, "rx_bytes", number(i->bytes_received));
	put(o, "retransmitted_bytes", number(i->bytes_retransmitted));
	return o;
}

/* A place in the walk over all stacks: the stack above, its own iterator below. */
static uint64_t
place_of(unsigned stack, uint32_t it)
{
	return (uint64_t)stack << 32 | it;
}

static json_t *
page(const char *key, json_t *list, uint64_t total, uint64_t next)
{
	json_t *o = json_object();

	put(o, "total", number(total));
	if (next)
		put(o, "next", number(next));
	put(o, key, list);
	return o;
}

json_t *
report_conns(const struct runtime *rt, uint64_t from, uint32_t limit)
{
	json_t *list = json_array();
	uint64_t total = 0, next = 0;
	struct mien_tcp_info info;
	struct mien_gauges g;

	for (unsigned i = 0; i < rt->n; i++) {
		uint32_t it = i == from >> 32 ? (uint32_t)from : 0, before = it;
		uint64_t id;

		mien_stack_gauges(rt->stacks[i], &g);
		total += g.tcbs;
		if (i < from >> 32 || next)
			continue;
		for (; mien_tcp_next(rt->stacks[i], &it, &id); before = it) {
			if (json_array_size(list) == limit) {
				next = place_of(i, before);
				break;
			}
			if (mien_tcp_info(rt->stacks[i], id, &info) == MIEN_OK)
				json_array_append_new(list, conn(&info));
		}
	}
	return page("connections", list, total, next);
}

static json_t *
host(const struct mien_host_info *info)
{
	const uint8_t *m = info->mac;
	json_t *h = json_object();
	char mac[18];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
	put(h, "address", address(&info->addr));
	put(h, "prefix_len", number(info->prefix_len));
	put(h, "mac", json_string(mac));
	put(h, "personality", json_string(info->personality->name));
	put(h, "ready", json_boolean(info->ready));
	put(h, "connections", number(info->conns));
	return h;
}

static bool
within(const struct mien_addr *a, const struct addr_range *range)
{
	return mien_addr_cmp(a, &range->first) >= 0 && mien_addr_cmp(a, &range->last) <= 0;
}

/* One address is looked up, not looked for. */
static json_t *
one_host(const struct runtime *rt, const struct mien_addr *addr)
{
	json_t *list = json_array();
	struct mien_host_info info;
	uint64_t id;

	for (unsigned i = 0; i < rt->n; i++)
		if (mien_host_find(rt->stacks[i], addr, &id) == MIEN_OK && mien_host_info(rt->stacks[i], id, &info) == MIEN_OK)
			json_array_append_new(list, host(&info));
	return page("hosts", list, json_array_size(list), 0);
}

json_t *
report_hosts(const struct runtime *rt, const struct addr_range *range, uint64_t from, uint32_t limit)
{
	json_t *list;
	uint64_t total = 0, next = 0;
	struct mien_host_info info;
	struct mien_gauges g;

	if (mien_addr_eq(&range->first, &range->last))
		return one_host(rt, &range->first);
	list = json_array();
	for (unsigned i = 0; i < rt->n; i++) {
		uint32_t it = i == from >> 32 ? (uint32_t)from : 0, before = it;
		uint64_t id;

		mien_stack_gauges(rt->stacks[i], &g);
		total += g.hosts;
		if (i < from >> 32 || next)
			continue;
		for (; mien_host_next(rt->stacks[i], &it, &id); before = it) {
			if (mien_host_info(rt->stacks[i], id, &info) != MIEN_OK || !within(&info.addr, range))
				continue;
			if (json_array_size(list) == limit) {
				next = place_of(i, before);
				break;
			}
			json_array_append_new(list, host(&info));
		}
	}
	return page("hosts", list, total, next);
}

static void
metrics_of(const struct runtime *rt, FILE *out)
{
	struct mien_counters first, c;
	const char *name, *text;
	uint64_t value;

	mien_stack_counters(rt->stacks[0], &first);
	for (unsigned i = 0; mien_counter_at(&first, i, &name, &text, &value); i++) {
		fprintf(out, "# TYPE mien_%s counter\n# HELP mien_%s %s\n", name, name, text);
		for (unsigned s = 0; s < rt->n; s++) {
			mien_stack_counters(rt->stacks[s], &c);
			mien_counter_at(&c, i, &name, &text, &value);
			fprintf(out, "mien_%s_total{stack=\"%u\"} %" PRIu64 "\n", name, s, value);
		}
	}
	fprintf(out, "# TYPE mien_drops counter\n# HELP mien_drops packets not accepted, by reason\n");
	for (unsigned s = 0; s < rt->n; s++) {
		mien_stack_counters(rt->stacks[s], &c);
		for (unsigned i = 1; i < MIEN_DROP_COUNT; i++)
			fprintf(out, "mien_drops_total{stack=\"%u\",reason=\"%s\"} %" PRIu64 "\n", s,
				mien_drop_name((enum mien_drop)i), c.drops[i]);
	}
}

char *
report_metrics(const struct runtime *rt)
{
	struct mien_gauges g;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	metrics_of(rt, out);
#define GAUGE(name)                                                                                \
	fprintf(out, "# TYPE mien_" #name " gauge\n");                                             \
	for (unsigned s = 0; s < rt->n; s++) {                                                     \
		mien_stack_gauges(rt->stacks[s], &g);                                              \
		fprintf(out, "mien_" #name "{stack=\"%u\"} %" PRIu64 "\n", s, (uint64_t)g.name);   \
	}
	GAUGES(GAUGE)
#undef GAUGE
	fprintf(out, "# EOF\n");
	fclose(out);
	return text;
}

void
report_totals(const struct runtime *rt, FILE *out)
{
	uint64_t in = 0, sent = 0;
	struct mien_counters c;

	for (unsigned i = 0; i < rt->n; i++) {
		mien_stack_counters(rt->stacks[i], &c);
		in += c.rx_packets;
		sent += c.tx_packets;
	}
	fprintf(out, "connections %" PRIu64 " accepted, %" PRIu64 " closed, %" PRIu64 " failed, %u open; frames %" PRIu64
		     " received, %" PRIu64 " sent\n",
		rt->totals.accepted, rt->totals.closed, rt->totals.failed, rt->totals.open, in, sent);
}
