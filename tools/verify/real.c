/* SPDX-License-Identifier: BSD-3-Clause */
#include "real.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cli.h"
#include "netns.h"

#define HOST_TEXT "10.77.0.2"
#define KERNEL_TEXT "10.77.0.1"
#define HOST 0x0a4d0002u
#define KERNEL 0x0a4d0001u
#define PASSIVE_TAP "mienverify0"
#define ACTIVE_TAP "mienverify1"
#define CLIENT_PORT 45678
#define START_MS 20000
#define SCAN_MS 90000

/* Where a run keeps its files, and what the child tells by its exit status. */
struct run {
	char dir[64], self[512], profile[512];
	unsigned with;
};
enum { DONE, NO_NAMESPACE = 10, NO_SERVE, NO_NMAP, NO_CONNECT, NO_P0F };

static void
path_of(const struct run *r, const char *name, char *out, size_t cap)
{
	snprintf(out, cap, "%s/%s", r->dir, name);
}

int
real_possible(unsigned with)
{
	if (with & REAL_NMAP && !program_exists("nmap"))
		return cli_error(STATUS_USAGE, "--with nmap: nmap is not installed: apt-get install nmap");
	if (with & REAL_P0F && !program_exists("p0f"))
		return cli_error(STATUS_USAGE, "--with p0f: p0f is not installed: apt-get install p0f");
	if (with && geteuid() != 0)
		return cli_error(STATUS_PERMISSION, "--with makes network namespaces: run it as root");
	if (with && access("/dev/net/tun", R_OK | W_OK) != 0)
		return cli_error(STATUS_PERMISSION, "--with needs /dev/net/tun: %s", strerror(errno));
	return STATUS_FINE;
}

/* -- in the child, in its namespace ----------------------------------------------------------------------------- */

/* A connection from a port that the log can be searched for; p0f sees the SYN-ACK. */
static void
visit(void)
{
	const struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(CLIENT_PORT),
				  .sin_addr.s_addr = htonl(KERNEL)},
				 to = {.sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(HOST)};
	const struct timeval patience = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&from, sizeof(from)) == 0 &&
		connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		shutdown(fd, SHUT_RDWR);
	if (fd >= 0)
		close(fd);
}

static int
scan(const struct run *r)
{
	char report[128];
	const char *const argv[] = {"nmap", "-n", "-Pn", "-O", "-d", "-vv", "-p", "80,81", "--max-os-tries", "1", "-oX",
		report, HOST_TEXT, NULL};
	struct program nmap;

	path_of(r, "nmap.xml", report, sizeof(report));
	if (!program_start(&nmap, argv, NULL, false) || program_wait(&nmap, SCAN_MS) != 0) {
		program_end(&nmap);
		return NO_NMAP;
	}
	return DONE;
}

static int
passive(const struct run *r)
{
	char capture[128];
	const char *const argv[] = {r->self, "serve", "--port", "tap:" PASSIVE_TAP, "--address", HOST_TEXT "/24", "-p",
		r->profile, "--tcp", "80=discard", "--capture", capture, NULL};
	struct program serve;
	int result = DONE;

	path_of(r, "passive.pcap", capture, sizeof(capture));
	if (!program_start(&serve, argv, NULL, true))
		return NO_SERVE;
	if (!program_line(&serve, "ready", START_MS) || !netns_address(PASSIVE_TAP, KERNEL)) {
		program_end(&serve);
		return NO_SERVE;
	}
	if (r->with & REAL_P0F)
		visit();
	if (r->with & REAL_NMAP)
		result = scan(r);
	program_end(&serve);
	return result;
}

/* A closed port is enough: the SYN is what counts. */
static int
active(const struct run *r)
{
	char capture[128];
	const char *const argv[] = {r->self, "connect", "--port", "tap:" ACTIVE_TAP, "--address", HOST_TEXT "/24", "-p",
		r->profile, "--get", "http://" KERNEL_TEXT ":9/", "--capture", capture, NULL};
	struct program connect;
	unsigned waited = 0;

	path_of(r, "active.pcap", capture, sizeof(capture));
	if (!program_start(&connect, argv, NULL, false))
		return NO_CONNECT;
	/* The driver makes the interface, tries it out and makes it again. */
	while (program_wait(&connect, 0) < 0 && waited < START_MS) {
		netns_address(ACTIVE_TAP, KERNEL);
		program_wait(&connect, 40);
		waited += 40;
	}
	program_end(&connect);
	return DONE;
}

static int
read_capture(const struct run *r, const char *name)
{
	char capture[128], log[128];
	const char *const argv[] = {"p0f", "-r", capture, "-o", log, NULL};
	struct program p0f;

	snprintf(capture, sizeof(capture), "%s/%s.pcap", r->dir, name);
	snprintf(log, sizeof(log), "%s/%s.log", r->dir, name);
	if (!program_start(&p0f, argv, NULL, false) || program_wait(&p0f, START_MS) != 0) {
		program_end(&p0f);
		return NO_P0F;
	}
	return DONE;
}

static int
child(const struct run *r)
{
	int result;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (!netns_enter())
		return NO_NAMESPACE;
	result = passive(r);
	if (result == DONE && r->with & REAL_P0F)
		result = active(r);
	if (result == DONE && r->with & REAL_P0F)
		result = read_capture(r, "passive");
	if (result == DONE && r->with & REAL_P0F)
		result = read_capture(r, "active");
	return result;
}

/* -- outside ---------------------------------------------------------------------------------------------------- */

static char *
read_file(const struct run *r, const char *name, size_t *len)
{
	char path[128], *text = NULL;
	long size;
	FILE *f;

	path_of(r, name, path, sizeof(path));
	f = fopen(path, "re");
	if (!f)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && fseek(f, 0, SEEK_SET) == 0) {
		text = calloc(1, (size_t)size + 1);
		*len = text ? fread(text, 1, (size_t)size, f) : 0;
	}
	fclose(f);
	return text;
}

static void
remove_files(const struct run *r)
{
	static const char *const names[] = {"passive.pcap", "passive.log", "active.pcap", "active.log", "nmap.xml"};
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(r, names[i], path, sizeof(path));
		unlink(path);
	}
	rmdir(r->dir);
}

static void
take_results(const struct run *r, struct real *out)
{
	char client[32];
	size_t len = 0;
	char *text = read_file(r, "nmap.xml", &len);

	out->has_nmap = text && nmap_report_read(text, len, &out->nmap) && out->nmap.has_print;
	free(text);
	snprintf(client, sizeof(client), KERNEL_TEXT "/%u", CLIENT_PORT);
	text = read_file(r, "passive.log", &len);
	out->has_synack = text && p0f_report_find(text, "syn+ack", client, HOST_TEXT "/80", &out->synack);
	free(text);
	text = read_file(r, "active.log", &len);
	out->has_syn = text && p0f_report_find(text, "syn", HOST_TEXT, KERNEL_TEXT "/9", &out->syn);
	free(text);
}

static int
told(const char *profile, int result)
{
	static const char *const words[] = {
		[NO_NAMESPACE - 10] = "no network namespace could be made",
		[NO_SERVE - 10] = "mien serve did not come up on a tap: try it by hand",
		[NO_NMAP - 10] = "nmap failed or took too long",
		[NO_CONNECT - 10] = "mien connect could not be started",
		[NO_P0F - 10] = "p0f failed on its capture",
	};

	if (result == DONE)
		return STATUS_FINE;
	if (result < NO_NAMESPACE || result > NO_P0F)
		return cli_error(STATUS_PORT, "%s: the run in a namespace ended with %d", profile, result);
	return cli_error(result == NO_NAMESPACE ? STATUS_PERMISSION : STATUS_PORT, "%s: %s", profile,
		words[result - NO_NAMESPACE]);
}

int
real_look(const char *profile, unsigned with, struct real *out)
{
	struct run r = {.dir = "/tmp/mien-verify-XXXXXX", .with = with};
	ssize_t n = readlink("/proc/self/exe", r.self, sizeof(r.self) - 1);
	int status = 0;
	pid_t pid;

	*out = (struct real){0};
	snprintf(r.profile, sizeof(r.profile), "%s", profile);
	if (n <= 0 || !mkdtemp(r.dir))
		return cli_error(STATUS_PORT, "%s: no place for files: %m", r.dir);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(child(&r));
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	status = pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 255;
	if (status == DONE)
		take_results(&r, out);
	remove_files(&r);
	return told(profile, status);
}
