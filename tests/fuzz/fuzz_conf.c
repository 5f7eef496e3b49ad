/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as postflow.conf: refused with a sentence, or a whole struct. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/utf8.h"
#include "conf/conf.h"

__attribute__((visibility("default"))) const char *__lsan_default_suppressions(
    void);
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* libconfuse 3.3 forgets some memory when a call or a title is malformed; our
 * own is all in the arena. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfuse\n";
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static int fd = -1;
	struct fault f = { .kind = FAULT_NONE };
	char path[40];
	if (fd < 0)
		fd = memfd_create("conf", MFD_CLOEXEC);
	if (ftruncate(fd, 0) != 0 || pwrite(fd, data, n, 0) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct conf *c = conf_load(path, &f);
	if (c == NULL) {
		if (f.kind == FAULT_NONE || strstr(f.text, ": ") == NULL ||
		    utf8_has_control(f.text, strlen(f.text)))
			abort();
		return 0;
	}
	if (conf_stream_find(c, "automation") == NULL || c->readers < 1 ||
	    c->database[0] != '/' || conf_compare(c, c, NULL, NULL) != 0)
		abort();
	conf_free(c);
	return 0;
}
