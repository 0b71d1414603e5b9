/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes in and out. The caller's memory is reached as the kernel would: a bad address is EFAULT. */
#include "plugin.h"

#include <limits.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PIECES 128
#define CM_INQ 36 /* Linux: TCP_INQ and the message it asks for */

static size_t
iov_bytes(const struct iovec *iov, int n)
{
	size_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += iov[i].iov_len;
	return sum;
}

/* -1 and EFAULT when nothing can be read. */
static ssize_t
gather(uint8_t *to, const struct iovec *iov, int n, size_t len)
{
	const struct iovec mine = {to, len};

	return len ? process_vm_readv(getpid(), &mine, 1, iov, (unsigned long)n, 0) : 0;
}

static ssize_t
scatter(uint8_t *from, const struct iovec *iov, int n, size_t len)
{
	const struct iovec mine = {from, len};

	return len ? process_vm_writev(getpid(), &mine, 1, iov, (unsigned long)n, 0) : 0;
}

/* -- out ---------------------------------------------------------------------------------------------------- */

/* A plain send behind MSG_MORE lets everything go. */
static void
hold_more(struct plugin *p, struct sock *s, bool more)
{
	if (s->more == more && !more)
		return;
	s->more = mien_tcp_set(p->st, p->now, s->handle, MIEN_TCP_MORE, more) == MIEN_OK && more;
}

static int
send_error(struct sock *s, int64_t err)
{
	if (s->err) {
		int kept = s->err;

		s->err = 0;
		return fail_with(kept);
	}
	return fail_with(err == MIEN_ESTALE || err == MIEN_ESTATE ? EPIPE : errno_of((int)err));
}

static int64_t
give_bytes(struct plugin *p, struct sock *s, const uint8_t *data, size_t len, bool zero)
{
	return zero ? zerocopy_send(p, s, data, len) : mien_tcp_send(p->st, p->now, s->handle, data, len);
}

static ssize_t
send_bytes(struct plugin *p, struct sock *s, const uint8_t *data, size_t len, int flags)
{
	bool zero = flags & MSG_ZEROCOPY && s->zerocopy;
	size_t done = 0;

	if (flags & MSG_MORE)
		hold_more(p, s, true);
	while (done < len) {
		int64_t n = s->dead ? MIEN_ESTALE : give_bytes(p, s, data + done, len - done, zero);

		if (n > 0) {
			done += (size_t)n;
			plugin_run(p);
			continue;
		}
		if (n != MIEN_EAGAIN && !done)
			return send_error(s, n);
		if (n != MIEN_EAGAIN || s->nonblock || flags & MSG_DONTWAIT || !plugin_wait(p, MIEN_NEVER))
			break;
	}
	if (!(flags & MSG_MORE))
		hold_more(p, s, false);
	s->zero_sent += zero && done;
	plugin_run(p);
	return done || !len ? (ssize_t)done : fail_with(EAGAIN);
}

static ssize_t
send_checked(struct plugin *p, struct sock *s, const uint8_t *data, size_t len, int flags, const struct sockaddr *to)
{
	if (s->deferred || (flags & MSG_FASTOPEN && !s->connected && !s->dead))
		return fast_open_send(p, s, data, len, flags, to);
	if (s->shut_wr)
		return fail_with(EPIPE);
	while (s->connecting && !s->nonblock)
		if (!plugin_wait(p, MIEN_NEVER))
			break;
	if (s->connecting)
		return fail_with(EAGAIN);
	if (s->kind != SOCK_CONN)
		return fail_with(EPIPE);
	return send_bytes(p, s, data, len, flags);
}

static ssize_t
do_send(struct plugin *p, int fd, const struct iovec *iov, int n, int flags, const struct sockaddr *to)
{
	size_t len = iov_bytes(iov, n);
	uint8_t *copy = malloc(len + 1);
	struct sock *s;
	ssize_t got, result = -1;

	plugin_enter(p);
	s = sock_by_fd(p, fd);
	if (s && copy) {
		got = gather(copy, iov, n, len);
		result = got < 0 ? -1 : send_checked(p, s, copy, (size_t)got, flags, to);
		if (result > 0 && flags & MSG_OOB && mien_tcp_urgent(p->st, p->now, s->handle) == MIEN_OK)
			plugin_run(p);
	}
	result = plugin_leave(p, result);
	free(copy);
	return result;
}

static ssize_t
call_write(void *u, int fd, const void *buf, size_t n)
{
	const struct iovec iov = {(void *)(uintptr_t)buf, n};

	return do_send(u, fd, &iov, 1, 0, NULL);
}

static ssize_t
call_writev(void *u, int fd, const struct iovec *iov, int n)
{
	return do_send(u, fd, iov, n, 0, NULL);
}

static ssize_t
call_send(void *u, int fd, const void *buf, size_t n, int flags)
{
	const struct iovec iov = {(void *)(uintptr_t)buf, n};

	return do_send(u, fd, &iov, 1, flags, NULL);
}

static ssize_t
call_sendto(void *u, int fd, const void *buf, size_t n, int flags, const struct sockaddr *to, socklen_t len)
{
	const struct iovec iov = {(void *)(uintptr_t)buf, n};

	return do_send(u, fd, &iov, 1, flags, len ? to : NULL);
}

static ssize_t
call_sendmsg(void *u, int fd, const struct msghdr *msg, int flags)
{
	return do_send(u, fd, msg->msg_iov, (int)msg->msg_iovlen, flags, msg->msg_namelen ? msg->msg_name : NULL);
}

/* -- in ----------------------------------------------------------------------------------------------------- */

uint32_t
sock_unread(struct plugin *p, const struct sock *s)
{
	struct mien_tcp_info info;

	if (s->kind != SOCK_CONN || s->dead || mien_tcp_info(p->st, s->handle, &info) != MIEN_OK)
		return 0;
	return info.unread;
}

static int64_t
peek_bytes(struct plugin *p, struct sock *s, uint8_t *to, size_t len)
{
	struct mien_piece pieces[PIECES];
	int n = mien_tcp_peek(p->st, s->handle, pieces, PIECES);
	size_t done = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n && done < len; i++) {
		size_t part = len - done < pieces[i].len ? len - done : pieces[i].len;

		memcpy(to + done, pieces[i].data, part);
		done += part;
	}
	return done || s->peer_closed ? (int64_t)done : MIEN_EAGAIN;
}

static int64_t
take_bytes(struct plugin *p, struct sock *s, uint8_t *to, size_t len, int flags)
{
	int64_t n;

	if (s->dead && (n = (int64_t)reset_take(s, to, len)) > 0)
		return n;
	if (s->dead)
		return s->err ? -1000 - s->err : 0;
	if (flags & MSG_PEEK)
		return peek_bytes(p, s, to, len);
	n = mien_tcp_recv(p->st, p->now, s->handle, to, len);
	plugin_run(p);
	return n;
}

static ssize_t
receive_bytes(struct plugin *p, struct sock *s, uint8_t *to, size_t len, int flags)
{
	size_t done = 0;
	int64_t n;

	if (s->deferred)
		return fail_with(EAGAIN);
	if (s->kind == SOCK_LISTEN || s->kind == SOCK_NEW)
		return fail_with(ENOTCONN);
	for (;;) {
		n = s->connecting ? MIEN_EAGAIN : take_bytes(p, s, to + done, len - done, flags);
		if (n > 0)
			done += (size_t)n;
		if (done && (!(flags & MSG_WAITALL) || done == len || n <= 0))
			return (ssize_t)done;
		if (n == 0 || (s->shut_rd && n == MIEN_EAGAIN))
			return 0;
		if (n < 0 && n != MIEN_EAGAIN)
			break;
		if (n < 0 && (s->nonblock || flags & MSG_DONTWAIT || !plugin_wait(p, MIEN_NEVER)))
			return fail_with(EAGAIN);
	}
	if (n > -1000)
		return fail_with(errno_of((int)n));
	s->err = 0;
	return fail_with((int)(-1000 - n));
}


static ssize_t
do_recv(struct plugin *p, int fd, const struct iovec *iov, int n, int flags)
{
	size_t len = iov_bytes(iov, n);
	uint8_t *copy = calloc(1, len + 1);
	struct sock *s;
	ssize_t got = -1;

	plugin_enter(p);
	s = sock_by_fd(p, fd);
	if (s && flags & MSG_ERRQUEUE)
		errno = EAGAIN;
	else if (s && copy && gather(copy, iov, n, len) < 0)
		got = -1; /* before anything is taken */
	else if (s && copy && len == 0)
		got = 0;
	else if (s && copy)
		got = receive_bytes(p, s, copy, len, flags);
	if (got > 0 && scatter(copy, iov, n, (size_t)got) < 0)
		got = -1;
	got = plugin_leave(p, got);
	free(copy);
	return got;
}

static ssize_t
call_read(void *u, int fd, void *buf, size_t n)
{
	const struct iovec iov = {buf, n};

	return do_recv(u, fd, &iov, 1, 0);
}

static ssize_t
call_readv(void *u, int fd, const struct iovec *iov, int n)
{
	return do_recv(u, fd, iov, n, 0);
}

static ssize_t
call_recv(void *u, int fd, void *buf, size_t n, int flags)
{
	const struct iovec iov = {buf, n};

	return do_recv(u, fd, &iov, 1, flags);
}

static ssize_t
call_recvfrom(void *u, int fd, void *buf, size_t n, int flags, struct sockaddr *from, socklen_t *len)
{
	return call_recv(u, fd, buf, n, flags);
}

/* The message of TCP_INQ: how much is left to be read. */
static void
tell_inq(struct plugin *p, const struct sock *s, struct msghdr *msg)
{
	size_t room = msg->msg_controllen;
	struct cmsghdr *c = room >= CMSG_SPACE(sizeof(int)) ? CMSG_FIRSTHDR(msg) : NULL;
	int left = (int)sock_unread(p, s);

	msg->msg_controllen = 0;
	if (!c || !s->inq)
		return;
	if (!left && s->peer_closed)
		left = 1;
	c->cmsg_level = SOL_TCP;
	c->cmsg_type = CM_INQ;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &left, sizeof(left));
	msg->msg_controllen = CMSG_SPACE(sizeof(int));
}

static ssize_t
call_recvmsg(void *u, int fd, struct msghdr *msg, int flags)
{
	struct plugin *p = u;
	ssize_t n = do_recv(p, fd, msg->msg_iov, (int)msg->msg_iovlen, flags);
	int err = errno;
	struct sock *s;

	plugin_enter(p);
	s = sock_by_fd(p, fd);
	if (s && flags & MSG_ERRQUEUE) {
		n = zerocopy_notice(s, msg);
		err = errno;
	} else if (s && n >= 0) {
		msg->msg_flags = 0;
		tell_inq(p, s, msg);
	}
	pthread_mutex_unlock(&p->lock);
	errno = err;
	return n;
}

static int
call_ioctl(void *u, int fd, unsigned long request, ...)
{
	struct plugin *p = u;
	struct mien_tcp_info info = {0};
	struct sock *s;
	va_list ap;
	int *value;

	va_start(ap, request);
	value = va_arg(ap, int *);
	va_end(ap);
	plugin_enter(p);
	s = sock_by_fd(p, fd);
	if (!s)
		return (int)plugin_leave(p, -1);
	if (s->kind == SOCK_CONN && !s->dead && mien_tcp_info(p->st, s->handle, &info) != MIEN_OK)
		return (int)plugin_leave(p, fail_with(EINVAL));
	if (request == FIONBIO)
		s->nonblock = *value;
	else if (request == SIOCINQ)
		*value = (int)info.unread;
	else if (request == SIOCOUTQ)
		*value = (int)(info.unsent + info.unacked);
	else if (request == SIOCOUTQNSD)
		*value = (int)info.unsent;
	else
		return (int)plugin_leave(p, fail_with(EINVAL));
	return (int)plugin_leave(p, 0);
}

static int
call_pipe(void *u, int fds[2])
{
	return pipe(fds);
}

/* From a pipe into a socket or the other way round, by a copy. */
static ssize_t
call_splice(void *u, int in, loff_t *off_in, int out, loff_t *off_out, size_t n, unsigned flags)
{
	struct plugin *p = u;
	uint8_t *copy = malloc(n + 1);
	bool from_socket;
	ssize_t got;

	plugin_enter(p);
	from_socket = sock_by_fd(p, in) != NULL;
	pthread_mutex_unlock(&p->lock);
	got = from_socket ? call_recv(u, in, copy, n, 0) : read(in, copy, n);
	if (got > 0)
		got = from_socket ? write(out, copy, (size_t)got) : call_send(u, out, copy, (size_t)got, 0);
	free(copy);
	return got;
}

void
transfer_fill(struct pd_calls *calls)
{
	calls->read = call_read;
	calls->readv = call_readv;
	calls->recv = call_recv;
	calls->recvfrom = call_recvfrom;
	calls->recvmsg = call_recvmsg;
	calls->write = call_write;
	calls->writev = call_writev;
	calls->send = call_send;
	calls->sendto = call_sendto;
	calls->sendmsg = call_sendmsg;
	calls->ioctl = call_ioctl;
	calls->pipe = call_pipe;
	calls->splice = call_splice;
}
