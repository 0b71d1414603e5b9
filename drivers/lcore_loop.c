/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The run loop: frames in, deadlines, events, frames out, for each stack in turn.
 *
 * Adaptive polling: after work it spins for a moment, since an answer often follows; then it sleeps until a port
 * has frames, a deadline comes, a descriptor is ready or a message was posted. A port that cannot wake the loop is
 * looked at in naps that grow to a millisecond.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include "capture.h"
#include "dpdk_log.h"
#include "fail.h"
#include "loop_priv.h"

#define DEFAULT_SPIN_US 50
#define EVENTS 32
/* Bursts sent in one turn before frames are received again. */
#define TX_ROUNDS 8
/* While there is work, descriptors are looked at this often. */
#define LOOK_NS 20000
#define NAP_MIN_NS 20000
#define NAP_MAX_NS 1000000
#define WAIT_ERRORS_MAX 10

int
mien_loop_create(const struct mien_loop_config *config, struct mien_loop **out, struct mien_error *error)
{
	struct mien_loop *loop = aligned_alloc(64, RTE_ALIGN_CEIL(sizeof(*loop), 64));
	int rc;

	if (loop == NULL)
		return drv_fail(error, MIEN_ENOMEM, "no memory for a loop");
	memset(loop, 0, sizeof(*loop));
	if (config != NULL)
		loop->config = *config;
	if (loop->config.spin_us == 0)
		loop->config.spin_us = DEFAULT_SPIN_US;
	loop->epoll_fd = loop->wake_fd = -1;
	rc = reactor_open(loop, error);
	if (rc != 0) {
		mien_loop_destroy(loop);
		return rc;
	}
	loop->now = mien_clock_now();
	*out = loop;
	return 0;
}

void
mien_loop_destroy(struct mien_loop *loop)
{
	if (loop == NULL)
		return;
	readers_forget(loop);
	reactor_close(loop);
	timers_free(&loop->timers);
	free(loop->attached);
	free(loop);
}

int
mien_loop_attach(struct mien_loop *loop, struct mien_stack *st, struct mien_port *port,
	const struct mien_app *app)
{
	struct attachment *all;

	if (st == NULL || port == NULL)
		return MIEN_EINVAL;
	all = realloc(loop->attached, (loop->attached_count + 1) * sizeof(*all));
	if (all == NULL)
		return MIEN_ENOMEM;
	loop->attached = all;
	all[loop->attached_count] = (struct attachment){.st = st, .port = port};
	if (app != NULL)
		all[loop->attached_count].app = *app;
	loop->attached_count++;
	if (loop->attached_count == 1)
		loop->now = mien_port_now(port);
	return 0;
}

static bool
drain_events(const struct attachment *a, uint64_t now)
{
	struct mien_event events[EVENTS];
	bool any = false;
	unsigned n;

	while ((n = mien_stack_events(a->st, events, EVENTS)) > 0) {
		any = true;
		if (a->app.events != NULL)
			a->app.events(a->app.ctx, a->st, now, events, n);
		if (n < EVENTS)
			break;
	}
	if (a->app.turn != NULL && a->app.turn(a->app.ctx, a->st, now))
		any = true;
	return any;
}

static bool
send_output(const struct attachment *a, uint64_t now)
{
	struct rte_mbuf *pkts[PORT_BURST];
	bool any = false;

	for (int round = 0; round < TX_ROUNDS && mien_port_tx_room(a->port) >= PORT_BURST; round++) {
		uint16_t n = mien_stack_tx_burst(a->st, now, pkts, PORT_BURST);

		if (n == 0)
			break;
		any = true;
		mien_port_tx(a->port, pkts, n);
		if (n < PORT_BURST)
			break;
	}
	return any;
}

static bool
turn_one(const struct attachment *a, uint64_t now)
{
	struct rte_mbuf *pkts[PORT_BURST];
	uint16_t n = mien_port_rx(a->port, pkts, PORT_BURST);
	bool work = n > 0;

	if (n > 0)
		mien_stack_rx_burst(a->st, now, pkts, n);
	if (mien_stack_deadline(a->st) <= now)
		mien_stack_advance(a->st, now);
	work |= drain_events(a, now);
	work |= send_output(a, now);
	return work;
}

bool
loop_turn(struct mien_loop *loop)
{
	bool work = false;

	for (unsigned i = 0; i < loop->attached_count; i++)
		work |= turn_one(&loop->attached[i], loop->now);
	if (timers_next(&loop->timers) <= loop->now)
		work |= timers_run(&loop->timers, loop->now);
	if (!rte_ring_empty(loop->posts))
		work |= reactor_messages(loop);
	if (loop->readers != NULL)
		readers_quiescent(loop);
	loop->stats.turns++;
	return work;
}

uint64_t
loop_deadline(const struct mien_loop *loop)
{
	uint64_t next = timers_next(&loop->timers);

	for (unsigned i = 0; i < loop->attached_count; i++) {
		uint64_t deadline = mien_stack_deadline(loop->attached[i].st);

		if (deadline < next)
			next = deadline;
	}
	return next;
}

/* How long to sleep at most. */
static uint64_t
sleep_bound(struct mien_loop *loop)
{
	uint64_t deadline = loop_deadline(loop), bound;
	bool kept = false;

	if (deadline <= loop->now)
		return 0;
	bound = deadline == MIEN_NEVER ? MIEN_NEVER : deadline - loop->now;
	for (unsigned i = 0; i < loop->attached_count; i++)
		kept |= loop->attached[i].port->kept_count > 0;
	if (loop->all_wait && !kept)
		return bound;
	loop->nap_ns = loop->nap_ns == 0 ? NAP_MIN_NS : RTE_MIN(loop->nap_ns * 2, (uint64_t)NAP_MAX_NS);
	return RTE_MIN(bound, loop->nap_ns);
}

/* Interrupts fire only for frames that come after arming: those before must be taken first. */
static bool
arm_ports(struct mien_loop *loop)
{
	bool interrupts = false;

	for (unsigned i = 0; i < loop->attached_count; i++) {
		if (loop->attached[i].port->wait != WAIT_INTERRUPT)
			continue;
		port_arm(loop->attached[i].port);
		interrupts = true;
	}
	return interrupts && loop_turn(loop);
}

static void
disarm_ports(struct mien_loop *loop)
{
	for (unsigned i = 0; i < loop->attached_count; i++)
		port_disarm(loop->attached[i].port);
}

static void
flush_captures(struct mien_loop *loop)
{
	for (unsigned i = 0; i < loop->attached_count; i++) {
		struct mien_capture *capture = loop->attached[i].port->capture;

		if (capture != NULL && mien_capture_flush(capture) != 0)
			mien_port_capture(loop->attached[i].port, NULL);
	}
}

static void
sleep_a_while(struct mien_loop *loop)
{
	uint64_t bound = sleep_bound(loop);

	if (bound == 0)
		return;
	flush_captures(loop);
	if (arm_ports(loop)) {
		disarm_ports(loop);
		return;
	}
	__atomic_store_n(&loop->asleep, 1, __ATOMIC_RELAXED);
	/* Pairs with the fence in mien_loop_post(): one of the two sees the other. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (rte_ring_empty(loop->posts) && __atomic_load_n(&loop->stopping, __ATOMIC_RELAXED) == 0) {
		loop->stats.sleeps++;
		readers_offline(loop);
		reactor_wait(loop, bound);
		readers_online(loop);
	}
	__atomic_store_n(&loop->asleep, 0, __ATOMIC_RELAXED);
	disarm_ports(loop);
}

/* A descriptor that tells nothing but errors would keep the loop awake: look at such a port in naps instead. */
static void
give_up_waiting(struct mien_port *port)
{
	driver_log(MIEN_LOG_WARNING, "port '%s' reports errors: its interface is down or gone",
		port->spec_text);
	mien_loop_remove_fd(port->loop, port->wait_fd);
	port->wait = WAIT_NONE;
	port->loop->all_wait = false;
}

/* The port's descriptor only ends the sleep: the next turn receives. */
static void
port_ready(void *ctx, int fd, uint32_t events)
{
	struct mien_port *port = ctx;
	int error;
	socklen_t len = sizeof(error);

	if (likely((events & (EPOLLERR | EPOLLHUP)) == 0)) {
		port->wait_errors = 0;
		return;
	}
	/* An interface that goes down leaves one error behind, which is taken away by asking for it. */
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 ||
		++port->wait_errors >= WAIT_ERRORS_MAX)
		give_up_waiting(port);
}

static int
begin(struct mien_loop *loop)
{
	bool kernel_backed = loop->attached_count > 0;

	loop->all_wait = true;
	loop->own_watches = 1;
	for (unsigned i = 0; i < loop->attached_count; i++) {
		const struct mien_port *port = loop->attached[i].port;

		kernel_backed = kernel_backed && port->info.kernel_backed;
		if (port->wait == WAIT_NONE)
			loop->all_wait = false;
	}
	loop->adaptive = loop->config.poll == MIEN_POLL_ADAPTIVE ||
			 (loop->config.poll == MIEN_POLL_AUTO && (kernel_backed || loop->attached_count == 0));
	for (unsigned i = 0; loop->adaptive && i < loop->attached_count; i++) {
		struct mien_port *port = loop->attached[i].port;
		int rc = 0;

		port->loop = loop;
		port->wait_errors = 0;
		if (port->wait != WAIT_NONE)
			rc = mien_loop_add_fd(loop, port->wait_fd, EPOLLIN, port_ready, port);
		if (rc != 0 && rc != MIEN_EEXIST)
			return rc;
		loop->own_watches += rc == 0 && port->wait != WAIT_NONE;
	}
	readers_online(loop);
	return 0;
}

static void
end(struct mien_loop *loop)
{
	readers_offline(loop);
	for (unsigned i = 0; loop->adaptive && i < loop->attached_count; i++)
		mien_loop_remove_fd(loop, loop->attached[i].port->wait_fd);
	flush_captures(loop);
	__atomic_store_n(&loop->stopping, 0, __ATOMIC_RELAXED); /* mien_loop_stop() may come from another thread even now */
}

/* A watched descriptor besides the loop's own must be seen while there is work or polling is busy. */
static bool
look_at_descriptors(struct mien_loop *loop)
{
	if (loop->now - loop->last_look < LOOK_NS)
		return false;
	loop->last_look = loop->now;
	return reactor_wait(loop, 0);
}

static bool
has_virtual_time(const struct mien_loop *loop)
{
	for (unsigned i = 0; i < loop->attached_count; i++)
		if (loop->attached[i].port->info.virtual_time)
			return true;
	return false;
}

static void
one_turn(struct mien_loop *loop)
{
	uint64_t spin_ns = loop->config.spin_us * 1000ull;
	bool work;

	loop->now = mien_clock_now();
	work = loop_turn(loop);
	if (loop->watch_count > loop->own_watches)
		work |= look_at_descriptors(loop);
	if (work) {
		uint64_t after = mien_clock_now();

		loop->stats.busy_ns += after - loop->now;
		loop->last_work = after;
		loop->nap_ns = 0;
	} else if (loop->adaptive && loop->now - loop->last_work >= spin_ns) {
		sleep_a_while(loop);
	} else {
		rte_pause();
	}
}

int
mien_loop_run(struct mien_loop *loop)
{
	int rc;

	if (has_virtual_time(loop))
		return loop->attached_count == 1 ? loop_run_virtual(loop) : MIEN_EINVAL;
	rc = begin(loop);
	if (rc != 0)
		return rc;
	loop->last_work = mien_clock_now();
	while (__atomic_load_n(&loop->stopping, __ATOMIC_RELAXED) == 0)
		one_turn(loop);
	end(loop);
	return 0;
}

static int
run_on_lcore(void *arg)
{
	return mien_loop_run(arg);
}

int
mien_loop_run_all(struct mien_loop **loops, unsigned n, struct mien_error *error)
{
	unsigned lcore = rte_get_next_lcore((unsigned)-1, 1, 0), started;
	int rc = 0, one;

	if (n == 0 || n > rte_lcore_count())
		return drv_fail(error, MIEN_EINVAL, "%u loops need as many cores, and there are %u: --cores",
			n, rte_lcore_count());
	for (started = 1; started < n; started++) {
		rte_eal_remote_launch(run_on_lcore, loops[started], lcore);
		lcore = rte_get_next_lcore(lcore, 1, 0);
	}
	rc = mien_loop_run(loops[0]);
	lcore = rte_get_next_lcore((unsigned)-1, 1, 0);
	for (unsigned i = 1; i < n; i++) {
		one = rte_eal_wait_lcore(lcore);
		rc = rc == 0 ? one : rc;
		lcore = rte_get_next_lcore(lcore, 1, 0);
	}
	return rc == 0 ? 0 : drv_fail(error, rc, "a loop ended with an error: %s", mien_strerror(rc));
}

uint64_t
mien_loop_now(const struct mien_loop *loop)
{
	return loop->now;
}

int
mien_loop_add_timer(struct mien_loop *loop, uint64_t when, mien_timer_fn fn, void *ctx, uint64_t *timer)
{
	return timers_add(&loop->timers, when, fn, ctx, timer);
}

void
mien_loop_cancel_timer(struct mien_loop *loop, uint64_t timer)
{
	timers_cancel(&loop->timers, timer);
}

void
mien_loop_stats(const struct mien_loop *loop, struct mien_loop_stats *out)
{
	*out = loop->stats;
	out->posts_refused = __atomic_load_n(&loop->posts_refused, __ATOMIC_RELAXED);
}
