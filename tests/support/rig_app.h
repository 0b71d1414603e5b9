/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to the rig: its applications. */
#ifndef TESTS_RIG_APP_H
#define TESTS_RIG_APP_H

#include "stack_rig.h"

#define RIG_TABLE 65536

struct rig_listener {
	struct rig_listener *next;
	unsigned stack;
	uint64_t handle;
	struct rig_plan plan;
};

void rig_app_events(struct stack_rig *r, unsigned stack, const struct mien_event *ev, unsigned n);
/* Tries again what had no mbuf; true when something was tried. */
bool rig_app_hungry(struct stack_rig *r);
void rig_app_free(struct stack_rig *r);

#endif
