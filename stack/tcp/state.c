/* SPDX-License-Identifier: BSD-3-Clause */
#include "state.h"

#define NO MIEN_TCP_STATE_COUNT
#define TO(state) MIEN_TCP_##state

/* RFC 9293 figure 5, a row for each state; what is not drawn there cannot happen. */
static const uint8_t next[MIEN_TCP_STATE_COUNT][TE_COUNT] = {
	[MIEN_TCP_CLOSED] = {TO(LISTEN), TO(SYN_SENT), NO, NO, NO, NO, NO, NO, NO, NO},
	[MIEN_TCP_LISTEN] = {NO, TO(SYN_SENT), TO(SYN_RECEIVED), NO, NO, TO(CLOSED), NO, NO, NO, TO(CLOSED)},
	[MIEN_TCP_SYN_SENT] = {NO, NO, TO(SYN_RECEIVED), TO(ESTABLISHED), NO, TO(CLOSED), NO, NO, NO, TO(CLOSED)},
	[MIEN_TCP_SYN_RECEIVED] = {NO, NO, NO, NO, TO(ESTABLISHED), TO(FIN_WAIT_1), TO(CLOSE_WAIT), NO, NO,
		TO(CLOSED)},
	[MIEN_TCP_ESTABLISHED] = {NO, NO, NO, NO, NO, TO(FIN_WAIT_1), TO(CLOSE_WAIT), NO, NO, TO(CLOSED)},
	[MIEN_TCP_FIN_WAIT_1] = {NO, NO, NO, NO, NO, NO, TO(CLOSING), TO(FIN_WAIT_2), NO, TO(CLOSED)},
	[MIEN_TCP_FIN_WAIT_2] = {NO, NO, NO, NO, NO, NO, TO(TIME_WAIT), NO, NO, TO(CLOSED)},
	[MIEN_TCP_CLOSE_WAIT] = {NO, NO, NO, NO, NO, TO(LAST_ACK), NO, NO, NO, TO(CLOSED)},
	[MIEN_TCP_CLOSING] = {NO, NO, NO, NO, NO, NO, NO, TO(TIME_WAIT), NO, TO(CLOSED)},
	[MIEN_TCP_LAST_ACK] = {NO, NO, NO, NO, NO, NO, NO, TO(CLOSED), NO, TO(CLOSED)},
	[MIEN_TCP_TIME_WAIT] = {NO, NO, TO(SYN_RECEIVED), NO, NO, NO, NO, NO, TO(CLOSED), TO(CLOSED)},
};

enum mien_tcp_state
state_next(enum mien_tcp_state state, enum tcp_transition what)
{
	return (enum mien_tcp_state)next[state][what];
}

const char *
state_transition_name(enum tcp_transition what)
{
	static const char *const names[TE_COUNT] = {
#define TCP_TRANSITION_NAME(id, name) [TE_##id] = name,
		TCP_TRANSITIONS(TCP_TRANSITION_NAME)
#undef TCP_TRANSITION_NAME
	};

	return what < TE_COUNT ? names[what] : "?";
}
