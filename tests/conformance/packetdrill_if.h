/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What packetdrill wants of a stack that it loads (--so_filename): one entry that fills a table of calls. Declared here
 * from the interface's description; results are as Linux's system calls give them, with errno.
 */
#ifndef CONFORMANCE_PACKETDRILL_IF_H
#define CONFORMANCE_PACKETDRILL_IF_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>

/* The order is the interface. u is the first member, given back in every call. */
struct pd_calls {
	void *u;
	void (*free)(void *u);
	int (*socket)(void *u, int domain, int type, int protocol);
	int (*bind)(void *u, int fd, const struct sockaddr *addr, socklen_t len);
	int (*listen)(void *u, int fd, int backlog);
	int (*accept)(void *u, int fd, struct sockaddr *addr, socklen_t *len);
	int (*connect)(void *u, int fd, const struct sockaddr *addr, socklen_t len);
	ssize_t (*read)(void *u, int fd, void *buf, size_t n);
	ssize_t (*readv)(void *u, int fd, const struct iovec *iov, int n);
	ssize_t (*recv)(void *u, int fd, void *buf, size_t n, int flags);
	ssize_t (*recvfrom)(void *u, int fd, void *buf, size_t n, int flags, struct sockaddr *from, socklen_t *len);
	ssize_t (*recvmsg)(void *u, int fd, struct msghdr *msg, int flags);
	ssize_t (*write)(void *u, int fd, const void *buf, size_t n);
	ssize_t (*writev)(void *u, int fd, const struct iovec *iov, int n);
	ssize_t (*send)(void *u, int fd, const void *buf, size_t n, int flags);
	ssize_t (*sendto)(void *u, int fd, const void *buf, size_t n, int flags, const struct sockaddr *to,
		socklen_t len);
	ssize_t (*sendmsg)(void *u, int fd, const struct msghdr *msg, int flags);
	int (*fcntl)(void *u, int fd, int cmd, ...);
	int (*ioctl)(void *u, int fd, unsigned long request, ...);
	int (*close)(void *u, int fd);
	int (*shutdown)(void *u, int fd, int how);
	int (*getsockopt)(void *u, int fd, int level, int name, void *value, socklen_t *len);
	int (*setsockopt)(void *u, int fd, int level, int name, const void *value, socklen_t len);
	int (*poll)(void *u, struct pollfd *fds, nfds_t n, int timeout_ms);
	/* An IP packet into the stack. */
	int (*netdev_send)(void *u, const void *packet, size_t len);
	/* The next IP packet out of it and when it left; *len 0: there will be none. */
	int (*netdev_receive)(void *u, void *packet, size_t *len, long long *usecs);
	int (*usleep)(void *u, useconds_t usecs);
	int (*gettimeofday)(void *u, struct timeval *tv, struct timezone *tz);
	int (*epoll_create)(void *u, int size);
	int (*epoll_ctl)(void *u, int epfd, int op, int fd, struct epoll_event *event);
	int (*epoll_wait)(void *u, int epfd, struct epoll_event *events, int max, int timeout_ms);
	int (*pipe)(void *u, int fds[2]);
	ssize_t (*splice)(void *u, int in, loff_t *off_in, int out, loff_t *off_out, size_t n, unsigned flags);
};

__attribute__((visibility("default"))) void packetdrill_interface_init(const char *flags, struct pd_calls *calls);

#endif
