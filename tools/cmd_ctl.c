/* SPDX-License-Identifier: BSD-3-Clause */
/* mien ctl: asks and changes a running process. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "commands.h"

struct ctl {
	const char *path;
	uint64_t limit; /* 0: all */
	char found[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static int
set_ctl(void *ctx, const char *value)
{
	((struct ctl *)ctx)->path = value;
	return STATUS_FINE;
}

static int
set_limit(void *ctx, const char *value)
{
	if (!cli_u64(value, 1, UINT32_MAX, &((struct ctl *)ctx)->limit))
		return cli_error(STATUS_USAGE, "--limit %s: write a number", value);
	return STATUS_FINE;
}

static const struct flag flags[] = {
	{"limit", 0, "N", "at most so many connections or hosts", set_limit},
	{"ctl", 0, "SOCKET", "the process's socket (default: the only one running)", set_ctl},
	{NULL, 0, NULL, NULL, NULL},
};

static const struct flag *const tables[] = {flags, NULL};

/* Counts the sockets of running processes in dir; keeps the name of one. */
static unsigned
look_in(const char *dir, struct ctl *c)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	for (struct dirent *e; d && (e = readdir(d));) {
		size_t len = strlen(e->d_name);

		if (strncmp(e->d_name, "mien-", 5) != 0 || len < 10 || strcmp(e->d_name + len - 5, ".sock") != 0)
			continue;
		if ((size_t)snprintf(c->found, sizeof(c->found), "%s/%s", dir, e->d_name) < sizeof(c->found))
			n++;
	}
	if (d)
		closedir(d);
	return n;
}

static int
find_socket(struct ctl *c)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	unsigned n;

	if (c->path)
		return STATUS_FINE;
	n = (dir && dir[0] ? look_in(dir, c) : 0) + look_in("/run", c) + look_in("/tmp", c);
	c->path = c->found;
	if (n == 1)
		return STATUS_FINE;
	return cli_error(STATUS_PEER, n ? "several processes run: name one with --ctl SOCKET"
					: "no running process was found: name its socket with --ctl SOCKET");
}

static int
connect_to(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) < sizeof(addr.sun_path)) {
		strcpy(addr.sun_path, path);
		if (fd >= 0 && connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
			return fd;
	} else {
		errno = ENAMETOOLONG;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* One question, one answer; NULL when there was none. */
static json_t *
ask(FILE *f, char *const *words, int n, uint64_t from, uint64_t limit)
{
	char *line = NULL;
	size_t cap = 0;
	json_t *o = NULL;

	for (int i = 0; i < n; i++)
		fprintf(f, "%s%s", i ? " " : "", words[i]);
	if (from)
		fprintf(f, " from %" PRIu64, from);
	if (limit)
		fprintf(f, " limit %" PRIu64, limit);
	fputc('\n', f);
	if (fflush(f) == 0 && getline(&line, &cap, f) > 0)
		o = json_loads(line, 0, NULL);
	free(line);
	return o;
}

/* Lists come in pages: the members of the next one go behind those there are. */
static bool
append(json_t *o, const json_t *more)
{
	const char *name;
	json_t *list;
	void *it = json_object_iter((json_t *)(uintptr_t)more);

	for (; it; it = json_object_iter_next((json_t *)(uintptr_t)more, it)) {
		name = json_object_iter_key(it);
		list = json_object_get(o, name);
		if (json_is_array(list) && json_is_array(json_object_iter_value(it)))
			return json_array_extend(list, json_object_iter_value(it)) == 0;
	}
	return false;
}

static size_t
members(const json_t *o)
{
	const char *const lists[] = {"hosts", "connections"};
	size_t n = 0;

	for (unsigned i = 0; i < 2; i++)
		n += json_array_size(json_object_get(o, lists[i]));
	return n;
}

/* The whole answer, however many pages it takes. */
static json_t *
ask_all(FILE *f, char *const *words, int n, uint64_t limit)
{
	bool lists = strcmp(words[0], "hosts") == 0 || strcmp(words[0], "conns") == 0;
	json_t *o = ask(f, words, n, 0, lists ? limit : 0), *next = json_object_get(o, "next");

	while (next && (!limit || members(o) < limit)) {
		json_t *more = ask(f, words, n, (uint64_t)json_integer_value(next), limit ? limit - members(o) : 0);

		json_object_del(o, "next");
		next = json_incref(json_object_get(more, "next"));
		if (!append(o, more)) {
			json_decref(next);
			json_decref(more);
			json_decref(o);
			return NULL;
		}
		if (next)
			json_object_set_new(o, "next", next);
		json_decref(more);
	}
	json_object_del(o, "next");
	return o;
}

/* Indented "key: value" lines; an array's members follow one another, set off by a line. */
static void
print_value(const char *key, json_t *value, int depth)
{
	const char *name;
	json_t *member;
	size_t i;

	if (json_is_object(value)) {
		if (key)
			printf("%*s%s:\n", 2 * depth, "", key);
		json_object_foreach(value, name, member)
			if (strcmp(name, "ok") != 0)
				print_value(name, member, key ? depth + 1 : depth);
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, member) {
			printf("%*s%s %zu:\n", 2 * depth, "", key ? key : "item", i);
			print_value(NULL, member, depth + 1);
		}
	} else {
		char *text = json_dumps(value, JSON_ENCODE_ANY);

		printf("%*s%s: %s\n", 2 * depth, "", key ? key : "value", json_is_string(value) ? json_string_value(value) : text);
		free(text);
	}
}

static int
show(json_t *o)
{
	const char *error = json_string_value(json_object_get(o, "error"));

	if (!json_is_true(json_object_get(o, "ok")))
		return cli_error(STATUS_USAGE, "%s", error ? error : "the answer could not be understood");
	if (cli_out.json || cli_out.json_lines) {
		json_dumpf(o, stdout, cli_out.json ? JSON_INDENT(2) : JSON_COMPACT);
		putchar('\n');
	} else {
		print_value(NULL, o, 0);
	}
	return STATUS_FINE;
}

/* Common flags may stand behind the request as well: mien ctl stats --json. */
static int
take_late_flags(int argc, char **argv, int from)
{
	int n = from;

	for (int i = from; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			cli_out.json = true;
		else if (strcmp(argv[i], "--json-lines") == 0)
			cli_out.json_lines = true;
		else
			argv[n++] = argv[i];
	}
	return n;
}

static int
run(int argc, char **argv, const struct command *self)
{
	struct ctl c = {0};
	int operand, status, fd;
	json_t *o = NULL;
	FILE *f;
	bool done;

	status = cli_parse(argc, argv, self, &c, &operand, &done);
	if (status != STATUS_FINE || done)
		return status;
	argc = take_late_flags(argc, argv, operand);
	if (operand >= argc)
		return cli_error(STATUS_USAGE, "say what: stats, conns, hosts, personality set RANGE NAME, reload, drain, stop");
	status = find_socket(&c);
	if (status != STATUS_FINE)
		return status;
	fd = connect_to(c.path);
	if (fd < 0)
		return cli_error(errno == EACCES ? STATUS_PERMISSION : STATUS_PEER, "%s: %s: is the process running?", c.path,
			strerror(errno));
	f = fdopen(fd, "r+");
	if (f) {
		o = ask_all(f, argv + operand, argc - operand, c.limit);
		fclose(f);
	}
	status = o ? show(o) : cli_error(STATUS_PEER, "%s: the process did not answer", c.path);
	json_decref(o);
	return status;
}

const struct command cmd_ctl = {
	.name = "ctl",
	.summary = "asks and changes a running process",
	.operands = "stats|conns|hosts [RANGE]|personality set RANGE NAME|reload|drain|stop",
	.example = "  mien ctl stats\n  mien ctl hosts 10.77.1.0/24\n  mien ctl personality set 10.77.0.2 freebsd-14\n",
	.flags = tables,
	.run = run,
};
