/* SPDX-License-Identifier: BSD-3-Clause */
/* A network namespace of the process's own, and programs run in it. Needs root. */
#ifndef TOOLS_NETNS_H
#define TOOLS_NETNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** Leaves the namespace the process was in; its loopback comes up. Only for a child: there is no way back. */
bool netns_enter(void);

/** Brings an interface up and gives it an address with 24 bits of prefix; false while it is not there. */
bool netns_address(const char *interface, uint32_t address);

/** A program with a way to end it. */
struct program {
	pid_t pid;
	int out; /* its standard output; -1: goes to the file given, or nowhere */
};

/** Starts argv[0] (searched for in PATH); its output into `file`, or readable at out when pipe. It dies with us. */
bool program_start(struct program *p, const char *const *argv, const char *file, bool pipe);
/** Waits at most ms for the program to end by itself: its exit status, -1 while it runs. */
int program_wait(struct program *p, unsigned ms);
/** Ends it with SIGINT, after three seconds with SIGKILL; its exit status, or -1. */
int program_end(struct program *p);
/** Waits at most ms for a line of its output that begins with `word`. */
bool program_line(struct program *p, const char *word, unsigned ms);

/** Whether PATH has it. */
bool program_exists(const char *name);

#endif
