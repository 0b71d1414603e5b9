/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors as values: calls that can fail return 0 (or a count) or one of these, negative. */
#ifndef MIEN_ERR_H
#define MIEN_ERR_H

#include <mien/defs.h>

MIEN_BEGIN_DECLS

enum mien_err {
	MIEN_OK = 0,
	MIEN_EINVAL = -1,	   /* an argument is out of its range */
	MIEN_ENOMEM = -2,	   /* memory or mbufs are exhausted */
	MIEN_EFULL = -3,	   /* a configured limit is reached */
	MIEN_EEXIST = -4,	   /* address, port or host is in use */
	MIEN_ENOENT = -5,	   /* no such host, listener or personality */
	MIEN_ESTALE = -6,	   /* the handle's object is gone */
	MIEN_ESTATE = -7,	   /* the connection's state does not allow it */
	MIEN_EAGAIN = -8,	   /* nothing there, or no room now; an event will tell */
	MIEN_ENOROUTE = -9,	   /* no route or source address for the destination */
	MIEN_EMSGSIZE = -10,	   /* a datagram is larger than can be sent */
	MIEN_EPORTS = -11,	   /* no free source port */
	MIEN_ERESET = -12,	   /* the peer reset the connection */
	MIEN_EREFUSED = -13,	   /* the peer refused the connection */
	MIEN_ETIMEDOUT = -14,	   /* the peer did not answer in time */
	MIEN_EABORTED = -15,	   /* aborted on this side */
	MIEN_EUNREACH = -16,	   /* host, network or port unreachable (ICMP) */
	MIEN_ECLOSED = -17,	   /* the sending side has been closed */
	MIEN_ENOTSUP = -18,	   /* not supported by this stack, port or personality */
	MIEN_EMBUF = -19,	   /* the mbuf's private area or headroom is too small */
	MIEN_ECONFLICT = -20,	   /* another host uses the address */
	MIEN_EPARSE = -21,	   /* text could not be understood */
	MIEN_EIO = -22,		   /* a file or device failed */
	MIEN_EPERM = -23,	   /* permission is missing */
	MIEN_ERR_LAST = -23
};

/** The error's short name, "MIEN_EINVAL"; "MIEN_E?" for a number that is none. */
MIEN_API const char *mien_err_name(int err);
/** One sentence for people, without a full stop. */
MIEN_API const char *mien_strerror(int err);

/** Richer context of an error in a text: filled by readers of files and command lines. */
struct mien_error {
	int err;	   /* enum mien_err */
	unsigned line;	   /* 1-based, 0: none */
	unsigned column;   /* 1-based, 0: none */
	char file[256];	   /* "" when there is none */
	char text[512];	   /* what was wrong and what to do */
};

MIEN_END_DECLS
#endif
