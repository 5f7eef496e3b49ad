# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The sample only: a configuration that is there is never written over.
pkgsysconfdir = $(sysconfdir)/postflow
pkgsysconf_DATA = conf/postflow.conf.sample
SUBSTITUTED += $(pkgsysconf_DATA)
# For programs that read it without asking the daemon.
dist_pkgdata_DATA = %D%/openapi.json
EXTRA_DIST += %D%/postflow.conf.sample.in
