/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/fault.h"

int
lock_database(const char *database, struct fault *fault_r)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s.lock", database);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return fault(fault_r, FAULT_DENIED, "%s: %s.", path,
		    strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return fault(fault_r, FAULT_UNAVAILABLE,
		    "Another postflowd uses the database %s.", database);
	return 0; /* kept open until the end */
}
