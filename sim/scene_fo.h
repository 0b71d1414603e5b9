/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens to Fast Open's cookies in a scene. */
#ifndef SIM_SCENE_FO_H
#define SIM_SCENE_FO_H

#include "scene.h"

struct scene_fo {
	const struct sim_scene *scene;
	struct world *world;
	struct watch *watch;
	struct load *load;
	struct mien_stack *const *stacks;
	uint64_t ids[SCENE_HOSTS]; /* of the stacks' hosts */
	struct dice dice;
};

/* Sets what the watch must know; p: what the host wears in truth. */
void scene_fo_host(const struct sim_scene *s, const struct mien_personality *p, struct watch_host *host);
/* Lets keys change from now on, if the scene has it. Error: ENOMEM. All stays the caller's and must outlive the run. */
int scene_fo_begin(struct scene_fo *k, const struct sim_scene *s, struct world *world, struct watch *watch, struct load *load,
	struct mien_stack *const *stacks);

/* Draws Fast Open, or leaves the scene as it is. size: as scene_draw()'s. */
void scene_fo_draw(uint64_t seed, struct sim_scene *s);
void scene_fo_describe(const struct sim_scene *s, FILE *out);

#endif
