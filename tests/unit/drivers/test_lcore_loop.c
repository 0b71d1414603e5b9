/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "fake_stack.h"
#include "loop_priv.h"
#include "suites.h"

#define MS 1000000ull

static struct mien_error error;
static struct mien_loop *loop;
static struct mien_port *port;
static struct mien_stack st;

static void
begin(enum mien_poll poll)
{
	const struct mien_loop_config config = {.poll = poll, .messages = 15};
	const struct mien_port_config port_config = {.spec = "net_ring0", .mbufs = 512};

	fake_stack_init(&st);
	REQUIRE_EQ_I(mien_port_open(&port_config, &port, &error), 0);
	REQUIRE_EQ_I(mien_loop_create(&config, &loop, &error), 0);
}

static void
after(void)
{
	mien_loop_destroy(loop);
	fake_stack_fini(&st);
	mien_port_close(port);
	loop = NULL;
	port = NULL;
}

static void
stop_now(void *ctx, uint64_t now)
{
	mien_loop_stop(ctx);
}

/* Ends a run that would hang. */
static void
watchdog(void)
{
	REQUIRE_EQ_I(mien_loop_add_timer(loop, mien_clock_now() + 2000 * MS, stop_now, loop, NULL), 0);
}

static void
count_events(void *ctx, struct mien_stack *stack, uint64_t now, const struct mien_event *events, unsigned n)
{
	*(unsigned *)ctx += n;
	mien_loop_stop(loop);
}

static void
serves(enum mien_poll poll)
{
	static const uint8_t other[60] = {2};
	unsigned events = 0;
	const struct mien_app app = {.events = count_events, .ctx = &events};
	struct rte_mbuf *m;

	/* given a stack with a frame to send, which comes back, and an event to tell */
	begin(poll);
	REQUIRE_EQ_I(mien_loop_attach(loop, &st, port, &app), 0);
	m = rte_pktmbuf_alloc(mien_port_pool(port));
	memcpy(rte_pktmbuf_append(m, 60), other, 60);
	fake_stack_send(&st, m);
	st.deadline = mien_clock_now() + 5 * MS;
	watchdog();

	/* when the loop runs until the event, which the deadline is to bring */
	struct mien_event event = {.type = MIEN_EV_READABLE};
	uint64_t due = st.deadline;
	while (st.advanced_count == 0 || st.received_count == 0) {
		st.events[0] = event;
		st.event_count = 1;
		REQUIRE_EQ_I(mien_loop_run(loop), 0);
	}

	CHECK_EQ_U(st.received_count, 1);
	CHECK_EQ_U(st.advanced_count, 1);
	CHECK(st.advanced[0] >= due && st.advanced[0] < due + 1000 * MS);
	CHECK(events >= 1);
}

static void
serves_busy(void)
{
	serves(MIEN_POLL_BUSY);
}

static void
serves_adaptive(void)
{
	serves(MIEN_POLL_ADAPTIVE);
}

static void
rests(void)
{
	struct mien_loop_stats stats;

	begin(MIEN_POLL_ADAPTIVE);
	REQUIRE_EQ_I(mien_loop_add_timer(loop, mien_clock_now() + 50 * MS, stop_now, loop, NULL), 0);
	REQUIRE_EQ_I(mien_loop_run(loop), 0);

	mien_loop_stats(loop, &stats);
	CHECK(stats.sleeps >= 1 && stats.sleeps < 10);
}

static void
fd_ready(void *ctx, int fd, uint32_t events)
{
	char c;

	CHECK_EQ_X(events, EPOLLIN);
	CHECK_EQ_I(read(fd, &c, 1), 1);
	*(char *)ctx = c;
	mien_loop_remove_fd(loop, fd);
	mien_loop_stop(loop);
}

static void
hears_descriptors(enum mien_poll poll)
{
	int pipe_fd[2];
	char got = 0;

	begin(poll);
	REQUIRE_EQ_I(mien_loop_attach(loop, &st, port, NULL), 0);
	REQUIRE_EQ_I(pipe(pipe_fd), 0);
	REQUIRE_EQ_I(mien_loop_add_fd(loop, pipe_fd[0], EPOLLIN, fd_ready, &got), 0);
	CHECK_EQ_I(mien_loop_add_fd(loop, pipe_fd[0], EPOLLIN, fd_ready, &got), MIEN_EEXIST);
	REQUIRE_EQ_I(write(pipe_fd[1], "x", 1), 1);
	watchdog();
	REQUIRE_EQ_I(mien_loop_run(loop), 0);

	CHECK_EQ_I(got, 'x');
	CHECK_EQ_I(mien_loop_set_fd(loop, pipe_fd[0], EPOLLIN), MIEN_ENOENT);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

static void
hears_descriptors_busy(void)
{
	hears_descriptors(MIEN_POLL_BUSY);
}

static void
hears_descriptors_adaptive(void)
{
	hears_descriptors(MIEN_POLL_ADAPTIVE);
}

static unsigned message_count;

static void
message(void *arg)
{
	if (++message_count == 1000)
		mien_loop_stop(arg);
}

static void *
poster(void *arg)
{
	for (int i = 0; i < 500; i++)
		while (mien_loop_post(arg, message, arg) != 0)
			sched_yield();
	return NULL;
}

static void
hears_messages(void)
{
	struct mien_loop_stats stats;
	pthread_t threads[2];

	begin(MIEN_POLL_ADAPTIVE);
	message_count = 0;
	watchdog();
	for (int i = 0; i < 2; i++)
		REQUIRE_EQ_I(pthread_create(&threads[i], NULL, poster, loop), 0);
	REQUIRE_EQ_I(mien_loop_run(loop), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);

	CHECK_EQ_U(message_count, 1000);
	mien_loop_stats(loop, &stats);
	CHECK_EQ_U(stats.posts, 1000);
}

static void
refuses_messages(void)
{
	struct mien_loop_stats stats;
	int rc = 0;

	begin(MIEN_POLL_ADAPTIVE);
	for (int i = 0; i < 15; i++)
		rc |= mien_loop_post(loop, message, loop);
	CHECK_EQ_I(rc, 0);
	CHECK_EQ_I(mien_loop_post(loop, message, loop), MIEN_EFULL);

	mien_loop_stats(loop, &stats);
	CHECK_EQ_U(stats.posts_refused, 1);
}

static void
stopped_before(void)
{
	begin(MIEN_POLL_ADAPTIVE);
	REQUIRE_EQ_I(mien_loop_attach(loop, &st, port, NULL), 0);

	mien_loop_stop(loop);

	CHECK_EQ_I(mien_loop_run(loop), 0);
	CHECK_EQ_U(loop->stats.turns, 0);
}

static bool
turn(void *ctx, struct mien_stack *stack, uint64_t now)
{
	unsigned *left = ctx;

	if (--*left > 0)
		return true;
	mien_loop_stop(loop);
	return false;
}

static void
application_turns(void)
{
	unsigned left = 100;
	const struct mien_app app = {.turn = turn, .ctx = &left};

	begin(MIEN_POLL_ADAPTIVE);
	REQUIRE_EQ_I(mien_loop_attach(loop, &st, port, &app), 0);
	REQUIRE_EQ_I(mien_loop_run(loop), 0);

	CHECK_EQ_U(left, 0);
	CHECK_EQ_U(loop->stats.turns, 100);
	CHECK_EQ_U(loop->stats.sleeps, 0);
}

static const struct test_case cases[] = {
	{"a busy loop carries frames, deadlines and events", serves_busy},
	{"an adaptive loop carries frames, deadlines and events", serves_adaptive},
	{"an adaptive loop without work sleeps until its timer", rests},
	{"a busy loop hears descriptors", hears_descriptors_busy},
	{"an adaptive loop hears descriptors", hears_descriptors_adaptive},
	{"messages of two threads arrive while the loop sleeps and wakes", hears_messages},
	{"a message too many is refused and counted", refuses_messages},
	{"a loop stopped before its run ends at once", stopped_before},
	{"a loop whose application has work does not sleep", application_turns},
	{NULL, NULL},
};
const struct test_suite lcore_loop_suite = {.name = "lcore_loop", .cases = cases, .after = after};
