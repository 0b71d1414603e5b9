/* SPDX-License-Identifier: BSD-3-Clause */
/* The state machine of RFC 9293 3.3.2 as one table. */
#ifndef TCP_STATE_H
#define TCP_STATE_H

#include <mien/personality.h>

#define TCP_TRANSITIONS(X)                                                                         \
	X(PASSIVE_OPEN, "passive open")                                                            \
	X(ACTIVE_OPEN, "active open")                                                              \
	X(RCV_SYN, "SYN received")                                                                 \
	X(RCV_SYN_ACK, "SYN-ACK received")                                                         \
	X(SYN_ACKED, "our SYN acknowledged")                                                       \
	X(CLOSE, "closed by the application")                                                      \
	X(RCV_FIN, "FIN received")                                                                 \
	X(FIN_ACKED, "our FIN acknowledged")                                                       \
	X(TIMEOUT, "2 MSL passed")                                                                 \
	X(END, "reset, aborted or given up")

enum tcp_transition {
#define TCP_TRANSITION_ENUM(id, name) TE_##id,
	TCP_TRANSITIONS(TCP_TRANSITION_ENUM)
#undef TCP_TRANSITION_ENUM
	TE_COUNT
};

/* The state after it; MIEN_TCP_STATE_COUNT where it cannot happen. */
enum mien_tcp_state state_next(enum mien_tcp_state state, enum tcp_transition what);
const char *state_transition_name(enum tcp_transition what);

/* RFC 9293 3.3.2: both SYNs are acknowledged. */
static inline bool
state_synchronized(enum mien_tcp_state state)
{
	return state >= MIEN_TCP_ESTABLISHED;
}

/* The peer may still send bytes that count. */
static inline bool
state_receives(enum mien_tcp_state state)
{
	return state == MIEN_TCP_ESTABLISHED || state == MIEN_TCP_FIN_WAIT_1 || state == MIEN_TCP_FIN_WAIT_2;
}

#endif
