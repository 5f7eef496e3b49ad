/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/restore.h"

#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/process.h"
#include "conf/conf.h"
#include "daemon/lock.h"
#include "store/restore.h"

/* Says what was done. */
static void
tell(const struct conf *c, const struct restored *r)
{
	printf("%s: restored, %lld bytes\n", c->database, (long long)r->bytes);
	if (r->kept != NULL)
		printf("%s: the database that was there\n", r->kept);
	printf("mail is held until: postflow queue release\n");
}

int
restore(const struct conf *c, const struct process_user *user,
    const char *backup, struct fault *fault_r)
{
	struct arena *a = arena_new();
	struct restored r;
	/* The backup may be root's alone; the database is the service's. */
	int fd = store_restore_open(backup, fault_r);
	int rc =
	    fd < 0 ? -1 : process_make_dir(c->state_dir, 0750, user, fault_r);
	if (rc == 0 && user != NULL)
		rc = process_drop(user, fault_r);
	if (rc == 0)
		rc = lock_database(c->database, fault_r);
	if (rc == 0)
		rc = store_restore(fd, backup, c->database, clock_now_ms(), a,
		    &r, fault_r);
	if (rc == 0)
		tell(c, &r);
	if (fd >= 0)
		close(fd);
	arena_free(a);
	return rc;
}
