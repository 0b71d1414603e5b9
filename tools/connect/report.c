/* SPDX-License-Identifier: BSD-3-Clause */
/* What mien connect found out. */
#include <inttypes.h>

#include "../emit.h"
#include "client.h"

static double
seconds(const struct client *c)
{
	return (double)(c->ended_ns - c->began_ns) / 1e9;
}

static json_t *
negotiated(const struct mien_tcp_info *i)
{
	char local[MIEN_ADDR_STRLEN];

	return json_pack("{s:s, s:i, s:s, s:i, s:b, s:i, s:i, s:b, s:b, s:I, s:I, s:I}", "local",
		mien_addr_format(&i->local, local, sizeof(local)), "local_port", (int)i->local_port, "personality",
		i->personality ? i->personality->name : "", "mss_bytes", (int)i->mss_send, "wscale",
		(i->negotiated & MIEN_NEG_WSCALE) != 0, "peer_wscale", (int)i->snd_wscale, "own_wscale", (int)i->rcv_wscale,
		"sack", (i->negotiated & MIEN_NEG_SACK) != 0, "timestamps", (i->negotiated & MIEN_NEG_TS) != 0,
		"peer_window_bytes", (json_int_t)i->snd_wnd, "rtt_us", (json_int_t)i->srtt_us, "rtt_var_us",
		(json_int_t)i->rttvar_us);
}

static void
report_json(const struct client *c, bool interrupted)
{
	json_t *o = json_pack("{s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "peer", c->remote_text, "peer_port",
		(int)c->url.port, "connections", (json_int_t)c->established, "done", (json_int_t)c->done, "failed",
		(json_int_t)c->failed, "tx_bytes", (json_int_t)c->sent, "rx_bytes", (json_int_t)c->received, "duration_ms",
		(json_int_t)((c->ended_ns - c->began_ns) / 1000000), "interrupted", interrupted);

	if (c->has_first)
		json_object_set_new(o, "negotiated", negotiated(&c->first));
	if (c->established) {
		json_object_set_new(o, "handshake_min_us", emit_u64(c->handshake_min_ns / 1000));
		json_object_set_new(o, "handshake_mean_us", emit_u64(c->handshake_ns / c->established / 1000));
		json_object_set_new(o, "handshake_max_us", emit_u64(c->handshake_max_ns / 1000));
	}
	if (c->co->o.fast_open)
		json_object_set_new(o, "syn_data_connections", emit_u64(c->syn_data));
	if (c->reply_status)
		json_object_set_new(o, "http_status", emit_u64(c->reply_status));
	if (c->failure[0])
		json_object_set_new(o, "error", json_string(c->failure));
	emit(o);
}

static void
report_text(const struct client *c, FILE *out)
{
	const struct mien_tcp_info *i = &c->first;
	char local[MIEN_ADDR_STRLEN];
	uint64_t bytes = c->sent + c->received;

	if (c->has_first) {
		fprintf(out, "%s:%u from %s:%u as %s\n", c->remote_text, c->url.port,
			mien_addr_format(&i->local, local, sizeof(local)), i->local_port,
			i->personality ? i->personality->name : "?");
		fprintf(out, "peer: MSS %u, window %u bytes, scale %s", i->mss_send, i->snd_wnd,
			i->negotiated & MIEN_NEG_WSCALE ? "" : "no");
		if (i->negotiated & MIEN_NEG_WSCALE)
			fprintf(out, "%u", i->snd_wscale);
		fprintf(out, ", SACK %s, timestamps %s, RTT %u us\n", i->negotiated & MIEN_NEG_SACK ? "yes" : "no",
			i->negotiated & MIEN_NEG_TS ? "yes" : "no", i->srtt_us);
	}
	if (c->co->o.fast_open)
		fprintf(out, "%" PRIu64 " connections whose SYN's data was taken\n", c->syn_data);
	if (c->reply_status)
		fprintf(out, "HTTP status %u\n", c->reply_status);
	if (c->co->count > 1 && c->established)
		fprintf(out, "%" PRIu64 " connections, %" PRIu64 " done, %" PRIu64 " failed; handshake %.3f / %.3f / %.3f ms\n",
			c->established, c->done, c->failed, (double)c->handshake_min_ns / 1e6,
			(double)c->handshake_ns / (double)c->established / 1e6, (double)c->handshake_max_ns / 1e6);
	if (bytes)
		fprintf(out, "%" PRIu64 " bytes sent, %" PRIu64 " received in %.3f s, %.1f Mbit/s\n", c->sent, c->received,
			seconds(c), seconds(c) > 0 ? (double)bytes * 8 / seconds(c) / 1e6 : 0.0);
	fflush(out);
}

void
client_report(const struct client *c, bool interrupted)
{
	if (emit_wanted())
		report_json(c, interrupted);
	else if (c->out == 1 || !cli_out.quiet)
		report_text(c, c->out == 1 ? stderr : stdout);
}
