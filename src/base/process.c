/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"

int
process_user_find(const char *user, const char *group,
    struct process_user *user_r, struct fault *fault_r)
{
	struct passwd *pw = getpwnam(user);
	if (pw == NULL)
		return fault(fault_r, FAULT_NOT_FOUND,
		    "There is no user named %s.", user);
	snprintf(user_r->name, sizeof(user_r->name), "%s", user);
	user_r->uid = pw->pw_uid;
	user_r->gid = pw->pw_gid;
	if (group != NULL && group[0] != '\0') {
		struct group *gr = getgrnam(group);
		if (gr == NULL)
			return fault(fault_r, FAULT_NOT_FOUND,
			    "There is no group named %s.", group);
		user_r->gid = gr->gr_gid;
	}
	return 0;
}

int
process_drop(const struct process_user *u, struct fault *fault_r)
{
	if (initgroups(u->name, u->gid) != 0 ||
	    setresgid(u->gid, u->gid, u->gid) != 0 ||
	    setresuid(u->uid, u->uid, u->uid) != 0)
		return fault(fault_r, FAULT_DENIED,
		    "Cannot become user %s: %s.", u->name, strerror(errno));
	if (u->uid != 0 && setuid(0) == 0)
		return fault(fault_r, FAULT_INTERNAL,
		    "Root could be had again after dropping it.");
	return 0;
}

int
process_raise_files(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return 1024;
	r.rlim_cur = r.rlim_max < 1048576 ? r.rlim_max : 1048576;
	if (setrlimit(RLIMIT_NOFILE, &r) != 0)
		getrlimit(RLIMIT_NOFILE, &r);
	return (int)r.rlim_cur;
}

void
process_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    strlen(path) >= sizeof(sun.sun_path))
		return;
	size_t n = strlen(path);
	memcpy(sun.sun_path, path, n);
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		(struct sockaddr *)&sun, len) < 0)
		log_warn("readiness not told error=%s",
		    log_text(strerror(errno)));
	close(fd);
}

/* Gives a directory just made to a user, and only that: what stands at the
 * path now may be another's link. 0 or -1 with errno. */
static int
give_dir(const char *path, mode_t mode, const struct process_user *u)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	int rc = fstat(fd, &st);
	if (rc == 0 && st.st_uid != 0) {
		errno = EPERM;
		rc = -1;
	}
	if (rc == 0)
		rc = fchown(fd, u->uid, u->gid);
	if (rc == 0)
		rc = fchmod(fd, mode);
	int error = errno;
	close(fd);
	errno = error;
	return rc;
}

int
process_make_dir(const char *path, mode_t mode, const struct process_user *u,
    struct fault *fault_r)
{
	char part[512];
	size_t n = strlen(path);
	if (n >= sizeof(part))
		return fault(fault_r, FAULT_INVALID,
		    "%s: the path is too long.", path);
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		bool last = i == n;
		if (mkdir(part, last ? mode : 0755) == 0) {
			if (last && u != NULL && geteuid() == 0 &&
			    give_dir(part, mode, u) != 0)
				return fault(fault_r, FAULT_DENIED,
				    "Cannot give %s to %s: %s.", part, u->name,
				    strerror(errno));
		} else if (errno != EEXIST) {
			return fault(fault_r, FAULT_DENIED,
			    "Cannot make the directory %s: %s.", part,
			    strerror(errno));
		}
	}
	return 0;
}
