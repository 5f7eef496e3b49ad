/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"

int
file_write_all(int fd, const void *data, size_t n)
{
	const char *p = data;
	while (n > 0) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			errno = done == 0 ? EIO : errno;
			return -1;
		}
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

int
file_read_secret(const char *path, int fd, const char *what, char *text,
    size_t room, struct fault *fault_r)
{
	struct stat st;
	size_t len = 0;
	ssize_t n = 0;
	memset(text, 0, room);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return fault(fault_r, FAULT_INVALID, "%s: not a regular file.",
		    path);
	if ((st.st_mode & 027) != 0)
		return fault(fault_r, FAULT_DENIED,
		    "%s: mode %03o lets others at %s; chmod 640 it.", path,
		    (unsigned)st.st_mode & 0777, what);
	do {
		n = read(fd, text + len, room - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && len < room - 1) || (n < 0 && errno == EINTR));
	if (n < 0)
		return fault(fault_r, FAULT_UNAVAILABLE, "%s: %s.", path,
		    strerror(errno));
	return len < room - 1 && strlen(text) == len
	    ? 0
	    : fault(fault_r, FAULT_INVALID, "%s: too large, or a NUL in it.",
		  path);
}
