/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "mail/inject.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "conf/conf.h"
#include "mail/inject_private.h"

struct injector {
	const struct inject_backend *backend;
	void *state;
};

static const struct inject_backend *const backends[] = {
	&inject_smtp,
	&inject_lmtp,
	&inject_maildir,
};

struct injector *
inject_open(struct event_base *base, const struct conf *conf,
    const struct inject_handler *handler, struct fault *f)
{
	for (size_t i = 0; i < N_OF(backends); i++) {
		if (strcmp(backends[i]->name, conf->inject_backend) != 0)
			continue;
		void *state = backends[i]->open(base, conf, handler, f);
		if (state == NULL)
			return NULL;
		struct injector *in = xcalloc(1, sizeof(*in));
		in->backend = backends[i];
		in->state = state;
		return in;
	}
	fault(f, FAULT_INVALID, "there is no injection backend \"%s\"",
	    conf->inject_backend);
	return NULL;
}

int
inject_room(const struct injector *in)
{
	return in->backend->room(in->state);
}

void
inject_submit(struct injector *in, struct inject_job *job)
{
	in->backend->submit(in->state, job);
}

int
inject_busy(const struct injector *in)
{
	return in->backend->busy(in->state);
}

void
inject_close(struct injector *in)
{
	if (in == NULL)
		return;
	in->backend->close(in->state);
	free(in);
}
