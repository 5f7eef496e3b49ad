/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "model/suppression.h"

#include <string.h>

static const char *const names[SUPPRESSION_ORIGIN_COUNT] = {
	[SUPPRESSED_BOUNCE] = "bounce",
	[SUPPRESSED_COMPLAINT] = "complaint",
	[SUPPRESSED_MANUAL] = "manual",
};

const char *
suppression_origin_name(enum suppression_origin o)
{
	return (unsigned)o < SUPPRESSION_ORIGIN_COUNT ? names[o] : "unknown";
}

int
suppression_origin_find(const char *name, enum suppression_origin *origin_r)
{
	for (int i = 0; i < SUPPRESSION_ORIGIN_COUNT; i++)
		if (strcmp(names[i], name) == 0) {
			*origin_r = (enum suppression_origin)i;
			return 1;
		}
	return 0;
}
