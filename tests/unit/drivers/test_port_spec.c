/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "port_spec.h"
#include "suites.h"

static void
good_forms(void)
{
	static const struct {
		const char *text, *device;
		enum port_kind kind;
	} rows[] = {
		{"tap:mien0", "net_tap7,iface=mien0", PORT_TAP},
		{"af_packet:lo", "net_af_packet7,iface=lo,blocksz=4096,framesz=2048,framecnt=1024",
			PORT_AF_PACKET},
		{"af_xdp:lo,start_queue=1", "net_af_xdp7,iface=lo,start_queue=1", PORT_AF_XDP},
		{"pci:03:00.0", "0000:03:00.0", PORT_PCI},
		{"0001:af:1f.7,mprq_en=1", "0001:af:1f.7,mprq_en=1", PORT_PCI},
		{"memif:/run/m.sock,role=server", "net_memif7,socket=/run/m.sock,socket-abstract=no,role=server",
			PORT_MEMIF},
		{"memif:name", "net_memif7,socket=name", PORT_MEMIF},
		{"net_memif0,role=client", "net_memif0,role=client", PORT_DPDK},
		{"net_ring0", "net_ring0", PORT_DPDK},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct port_spec spec;
		struct mien_error error = {0};
		char device[256] = "";

		REQUIRE_EQ_I(port_spec_parse(rows[i].text, &spec, &error), 0);
		CHECK_EQ_I(spec.kind, rows[i].kind);
		CHECK_EQ_I(port_spec_device(&spec, 7, 1500, device, sizeof(device), &error), 0);
		CHECK_STR(device, rows[i].device);
	}
}

static void
capture_files(void)
{
	struct port_spec spec;

	REQUIRE_EQ_I(port_spec_parse("pcap:a.pcap,b.pcapng", &spec, NULL), 0);

	CHECK_EQ_I(spec.kind, PORT_PCAP);
	CHECK_STR(spec.name, "a.pcap");
	CHECK_STR(spec.option, "b.pcapng");
}

static void
bad_forms(void)
{
	static const struct {
		const char *text, *told;
	} rows[] = {
		{"tap:", "tap:mien0"},
		{"tap:a,b", "no options"},
		{"tap:abcdefghijklmnop", "longer than 15"},
		{"tap:a b", "no blanks"},
		{"tap:..", "no blanks"},
		{"pci:zz:00.0", "PCI address"},
		{"pci:03:00.8", "PCI address"},
		{"pcap:x.pcap,x.pcap", "overwrite"},
		{"memif:", "socket"},
		{"eth7", "tap:NAME"},
		{"lo", "af_packet:lo"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct port_spec spec;
		struct mien_error error = {0};

		CHECK_EQ_I(port_spec_parse(rows[i].text, &spec, &error), MIEN_EINVAL);
		if (strstr(error.text, rows[i].told) == NULL)
			FAIL("'%s' said: %s", rows[i].text, error.text);
	}
}

static void
absent_interface(void)
{
	struct port_spec spec;
	struct mien_error error = {0};

	REQUIRE_EQ_I(port_spec_parse("af_packet:nosuch0", &spec, &error), 0);

	CHECK_EQ_I(port_spec_check(&spec, &error), MIEN_ENOENT);
	CHECK(strstr(error.text, "there is no interface 'nosuch0'") != NULL);
	CHECK(strstr(error.text, "lo") != NULL);
	CHECK_EQ_I(mien_driver_exit_status(&error), 3);
}

static void
absent_pci(void)
{
	struct port_spec spec;
	struct mien_error error = {0};

	REQUIRE_EQ_I(port_spec_parse("fe:1f.7", &spec, &error), 0);

	CHECK_EQ_I(port_spec_check(&spec, &error), MIEN_ENOENT);
	CHECK(strstr(error.text, "0000:fe:1f.7") != NULL);
	CHECK(mien_port_needs_pci("fe:1f.7"));
	CHECK(!mien_port_needs_pci("tap:x"));
}

static void
jumbo_ring(void)
{
	struct port_spec spec;
	char device[256] = "";

	REQUIRE_EQ_I(port_spec_parse("af_packet:lo", &spec, NULL), 0);
	REQUIRE_EQ_I(port_spec_device(&spec, 0, 9000, device, sizeof(device), NULL), 0);

	CHECK(strstr(device, "blocksz=36864,framesz=9216") != NULL);
}

static const struct test_case cases[] = {
	{"each form gives the device string of DPDK", good_forms},
	{"a capture port names a file to read and one to write", capture_files},
	{"each mistake is told with what to write instead", bad_forms},
	{"an unknown interface is told with those that exist", absent_interface},
	{"an absent PCI device is told with its full address", absent_pci},
	{"a large MTU gives af_packet larger slots", jumbo_ring},
	{NULL, NULL},
};
const struct test_suite port_spec_suite = {.name = "port_spec", .cases = cases};
