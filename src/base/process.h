/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a daemon asks of the system: privileges, limits, readiness.
 */
#pragma once

#include <sys/types.h>

#include "base/defs.h"

struct fault;

/* Who to become. */
struct process_user {
	char name[64];
	uid_t uid;
	gid_t gid;
};

/* Looks a user (and group; NULL: the user's own) up. 0, -1 with fault_r. */
int process_user_find(const char *user, const char *group,
    struct process_user *user_r, struct fault *fault_r);
/* Becomes that user for good, groups first. 0, -1 with fault_r. */
int process_drop(const struct process_user *, struct fault *fault_r);
/* Raises RLIMIT_NOFILE to the hard limit; returns what it is now. */
int process_raise_files(void);
/* Tells the service manager ("READY=1"), if $NOTIFY_SOCKET names one. */
void process_notify(const char *state);
/* Makes a directory and its parents, owned by that user if we are root.
 * 0, -1 with fault_r. */
int process_make_dir(const char *path, mode_t, const struct process_user *,
    struct fault *fault_r);
