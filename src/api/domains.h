/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The domains the API shows: those the configuration names, or those this
 * server goes by where it takes any.
 */
#pragma once

struct call;

/* How many there are. */
int api_domains(struct call *);
/* The name of the one that has that id; NULL: none has. */
const char *api_domain_name(struct call *, const char *id);
