/* SPDX-License-Identifier: BSD-3-Clause */
#include "suites.h"

#include <stdio.h>

#include "state.h"

/* RFC 9293 figure 5 as words; what is not listed cannot happen. */
static const char *const figure_5[] = {
	"CLOSED passive open LISTEN",
	"CLOSED active open SYN-SENT",
	"LISTEN active open SYN-SENT",
	"LISTEN SYN received SYN-RECEIVED",
	"LISTEN closed by the application CLOSED",
	"SYN-SENT SYN received SYN-RECEIVED",
	"SYN-SENT SYN-ACK received ESTABLISHED",
	"SYN-SENT closed by the application CLOSED",
	"SYN-RECEIVED our SYN acknowledged ESTABLISHED",
	"SYN-RECEIVED closed by the application FIN-WAIT-1",
	"SYN-RECEIVED FIN received CLOSE-WAIT",
	"ESTABLISHED closed by the application FIN-WAIT-1",
	"ESTABLISHED FIN received CLOSE-WAIT",
	"FIN-WAIT-1 FIN received CLOSING",
	"FIN-WAIT-1 our FIN acknowledged FIN-WAIT-2",
	"FIN-WAIT-2 FIN received TIME-WAIT",
	"CLOSE-WAIT closed by the application LAST-ACK",
	"CLOSING our FIN acknowledged TIME-WAIT",
	"LAST-ACK our FIN acknowledged CLOSED",
	"TIME-WAIT SYN received SYN-RECEIVED",
	"TIME-WAIT 2 MSL passed CLOSED",
};

static bool
listed(const char *text)
{
	for (unsigned i = 0; i < sizeof(figure_5) / sizeof(figure_5[0]); i++)
		if (strcmp(figure_5[i], text) == 0)
			return true;
	return false;
}

static void
the_table_is_figure_5(void)
{
	unsigned found = 0;

	for (unsigned s = 0; s < MIEN_TCP_STATE_COUNT; s++) {
		for (unsigned e = 0; e < TE_END; e++) {
			enum mien_tcp_state to = state_next((enum mien_tcp_state)s, (enum tcp_transition)e);
			char text[128];

			if (to == MIEN_TCP_STATE_COUNT)
				continue;
			snprintf(text, sizeof(text), "%s %s %s", mien_tcp_state_name((enum mien_tcp_state)s),
				state_transition_name((enum tcp_transition)e), mien_tcp_state_name(to));
			found++;
			if (!listed(text))
				FAIL("not in the figure: %s", text);
		}
	}

	CHECK_EQ_U(found, sizeof(figure_5) / sizeof(figure_5[0]));
}

static void
every_state_but_closed_can_end(void)
{
	for (unsigned s = MIEN_TCP_LISTEN; s < MIEN_TCP_STATE_COUNT; s++)
		CHECK_EQ_U(state_next((enum mien_tcp_state)s, TE_END), MIEN_TCP_CLOSED);
}

const struct test_suite state_suite = {
	.name = "state",
	.cases = (const struct test_case[]){
		{"the table is figure 5", the_table_is_figure_5},
		{"every state but CLOSED can end", every_state_but_closed_can_end},
		{NULL, NULL},
	},
};
