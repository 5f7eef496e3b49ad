/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "conf/access.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "base/defs.h"
#include "conf/conf.h"

enum { GROUPS_MAX = 256 };

/* Whether the user is in a group of that id, by the user database. */
static bool
in_group(uid_t uid, gid_t gid, gid_t wanted)
{
	gid_t groups[GROUPS_MAX];
	int n = GROUPS_MAX;
	struct passwd *pw = getpwuid(uid);
	if (gid == wanted)
		return true;
	if (pw == NULL || getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) < 0)
		return false;
	for (int i = 0; i < n; i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

bool
access_allowed(const struct conf *c, uid_t uid, gid_t gid)
{
	struct passwd *pw;
	struct group *gr;
	if (uid == 0 || uid == geteuid() || in_group(uid, gid, getegid()))
		return true;
	for (char **u = c->allow_users; u != NULL && *u != NULL; u++)
		if ((pw = getpwnam(*u)) != NULL && pw->pw_uid == uid)
			return true;
	for (char **g = c->allow_groups; g != NULL && *g != NULL; g++)
		if ((gr = getgrnam(*g)) != NULL &&
		    in_group(uid, gid, gr->gr_gid))
			return true;
	return false;
}
