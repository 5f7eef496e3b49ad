/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "engine/sender.h"

#include <string.h>
#include <strings.h>

#include "base/fault.h"
#include "conf/conf.h"
#include "engine/engine_private.h"
#include "model/address.h"

/* Whether mail from that domain may leave this host. */
static bool
is_allowed(const struct conf *conf, const char *domain)
{
	if (conf->domains == NULL || conf->domains[0] == NULL)
		return true;
	for (char **d = conf->domains; *d != NULL; d++)
		if (strcasecmp(*d, domain) == 0)
			return true;
	return false;
}

int
sender_check(const struct engine *e, struct arena *a, const char *sender,
    struct fault *fault_r)
{
	struct address from;
	if (address_parse(a, sender, &from, fault_r) != 0)
		return fault_at(fault_r, "`from`");
	if (!is_allowed(e->conf, from.domain))
		return fault(fault_r, FAULT_DENIED,
		    "The domain %s is not one "
		    "this server sends for.",
		    from.domain);
	return 0;
}

const char *
sender_domain(struct arena *a, const char *sender)
{
	struct address from;
	struct fault ignored;
	return address_parse(a, sender, &from, &ignored) == 0 ? from.domain
							      : "";
}
