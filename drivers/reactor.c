/* SPDX-License-Identifier: BSD-3-Clause */
/* What wakes a loop besides frames and deadlines: descriptors and messages from other threads. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "fail.h"
#include "loop_priv.h"

#define DEFAULT_MESSAGES 1024
#define EVENTS 16
/* Messages run in one turn: others wait for the next, frames come first. */
#define MESSAGES_A_TURN 64

static int
make_ring(struct mien_loop *loop)
{
	unsigned count = loop->config.messages != 0 ? loop->config.messages : DEFAULT_MESSAGES;
	ssize_t size;

	count = rte_align32pow2(count + 1);
	size = rte_ring_get_memsize_elem(sizeof(struct post), count);
	if (size < 0)
		return MIEN_EINVAL;
	loop->posts = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL((size_t)size, RTE_CACHE_LINE_SIZE));
	if (loop->posts == NULL)
		return MIEN_ENOMEM;
	return rte_ring_init(loop->posts, "mien_posts", count, RING_F_SC_DEQ) == 0 ? 0 : MIEN_EINVAL;
}

static void
woken(void *ctx, int fd, uint32_t events)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return; /* nothing was written: another wake-up took it */
}

int
reactor_open(struct mien_loop *loop, struct mien_error *error)
{
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->epoll_fd < 0 || loop->wake_fd < 0)
		return drv_fail(error, MIEN_EIO, "no descriptors for a loop: %s", strerror(errno));
	if (make_ring(loop) != 0 || mien_loop_add_fd(loop, loop->wake_fd, EPOLLIN, woken, loop) != 0)
		return drv_fail(error, MIEN_ENOMEM, "no memory for a loop");
	return 0;
}

void
reactor_close(struct mien_loop *loop)
{
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	if (loop->wake_fd >= 0)
		close(loop->wake_fd);
	free(loop->watches);
	free(loop->posts);
}

static int
grow_watches(struct mien_loop *loop, int fd)
{
	int cap = loop->watch_cap == 0 ? 64 : loop->watch_cap;
	struct watch *watches;

	while (cap <= fd)
		cap *= 2;
	if (cap == loop->watch_cap)
		return 0;
	watches = realloc(loop->watches, (size_t)cap * sizeof(*watches));
	if (watches == NULL)
		return MIEN_ENOMEM;
	memset(watches + loop->watch_cap, 0, (size_t)(cap - loop->watch_cap) * sizeof(*watches));
	loop->watches = watches;
	loop->watch_cap = cap;
	return 0;
}

static struct epoll_event
event_for(const struct mien_loop *loop, int fd, uint32_t events)
{
	struct epoll_event ev = {.events = events};

	ev.data.u64 = (uint64_t)loop->watches[fd].generation << 32 | (uint32_t)fd;
	return ev;
}

int
mien_loop_add_fd(struct mien_loop *loop, int fd, uint32_t events, mien_fd_fn fn, void *ctx)
{
	struct epoll_event ev;

	if (fd < 0 || fn == NULL)
		return MIEN_EINVAL;
	if (grow_watches(loop, fd) != 0)
		return MIEN_ENOMEM;
	if (loop->watches[fd].fn != NULL)
		return MIEN_EEXIST;
	loop->watches[fd].generation = ++loop->generation;
	ev = event_for(loop, fd, events);
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0)
		return errno == EEXIST ? MIEN_EEXIST : MIEN_EIO;
	loop->watches[fd].fn = fn;
	loop->watches[fd].ctx = ctx;
	loop->watch_count++;
	return 0;
}

int
mien_loop_set_fd(struct mien_loop *loop, int fd, uint32_t events)
{
	struct epoll_event ev;

	if (fd < 0 || fd >= loop->watch_cap || loop->watches[fd].fn == NULL)
		return MIEN_ENOENT;
	ev = event_for(loop, fd, events);
	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &ev) == 0 ? 0 : MIEN_EIO;
}

void
mien_loop_remove_fd(struct mien_loop *loop, int fd)
{
	if (fd < 0 || fd >= loop->watch_cap || loop->watches[fd].fn == NULL)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	loop->watches[fd].fn = NULL;
	loop->watch_count--;
}

bool
reactor_wait(struct mien_loop *loop, uint64_t timeout_ns)
{
	struct timespec timeout = {(time_t)(timeout_ns / 1000000000u), (long)(timeout_ns % 1000000000u)};
	struct epoll_event events[EVENTS];
	bool any = false;
	int n = epoll_pwait2(loop->epoll_fd, events, EVENTS,
		timeout_ns == MIEN_NEVER ? NULL : &timeout, NULL);

	for (int i = 0; i < n; i++) {
		int fd = (int)(uint32_t)events[i].data.u64;
		const struct watch *w = &loop->watches[fd];

		if (w->fn == NULL || w->generation != (uint32_t)(events[i].data.u64 >> 32))
			continue;
		any = true;
		w->fn(w->ctx, fd, events[i].events);
	}
	return any;
}

bool
reactor_messages(struct mien_loop *loop)
{
	struct post post;
	unsigned n = 0;

	while (n < MESSAGES_A_TURN &&
		rte_ring_sc_dequeue_elem(loop->posts, &post, sizeof(post)) == 0) {
		post.fn(post.arg);
		n++;
	}
	loop->stats.posts += n;
	return n > 0;
}

/* Async-signal-safe. */
static void
wake(struct mien_loop *loop)
{
	const uint64_t one = 1;
	int kept = errno;

	if (write(loop->wake_fd, &one, sizeof(one)) < 0)
		errno = kept; /* the counter is full: the loop is being woken anyway */
}

int
mien_loop_post(struct mien_loop *loop, void (*fn)(void *arg), void *arg)
{
	struct post post = {fn, arg};

	if (rte_ring_mp_enqueue_elem(loop->posts, &post, sizeof(post)) != 0) {
		__atomic_fetch_add(&loop->posts_refused, 1, __ATOMIC_RELAXED);
		return MIEN_EFULL;
	}
	/* Pairs with the fence before the loop's last look at the ring. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&loop->asleep, __ATOMIC_RELAXED) != 0)
		wake(loop);
	return 0;
}

void
mien_loop_stop(struct mien_loop *loop)
{
	__atomic_store_n(&loop->stopping, 1, __ATOMIC_SEQ_CST);
	wake(loop);
}
