/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * F-RTO (RFC 5682, with SACK 3.1): after a timeout only the first segment is sent again, then new data. ACKs of what
 * was sent once tell that nothing was lost.
 */
#include "send_parts.h"

static bool
has_new_data(const struct tcb *tcb)
{
	return tcb->sndq.head && tcb->snd_wnd > tcb_outstanding(tcb);
}

void
frto_begin(struct tcb *tcb)
{
	tcb->sack.marks &= (uint8_t)~MK_FRTO_NEW;
	if (tcb->p->tcp.frto)
		tcb->sack.marks |= MK_FRTO;
}

void
frto_end(struct tcb *tcb)
{
	tcb->sack.marks &= (uint8_t)~(MK_FRTO | MK_FRTO_NEW);
}

/*
 * Step 2 and 3b: SND.UNA advanced. Without SACK an ACK that covers what was sent again may cover what the receiver
 * held behind it as well, and proves nothing.
 */
bool
frto_acked(struct tcb *tcb, const struct rtx_acked *acked)
{
	if (acked->first && (tcb_scoreboard(tcb) || !acked->rtx))
		return true;
	if ((tcb->sack.marks & MK_FRTO_NEW) || seq_geq(tcb->snd_una, tcb->board.recover) || !has_new_data(tcb)) {
		frto_end(tcb);
		return false;
	}
	tcb->board.recover = tcb->snd_nxt;
	tcb->sack.marks |= MK_FRTO_NEW;
	return false;
}

/* Step 2a and 3a: nothing advanced; only a report of what was sent once tells otherwise. */
bool
frto_dupack(struct tcb *tcb, const struct rtx_acked *acked)
{
	if ((tcb->sack.marks & MK_FRTO_NEW) && acked->first)
		return true;
	frto_end(tcb);
	return false;
}
