# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
MANUALS = \
	man/postflow.1 \
	man/postflow.conf.5 \
	man/postflow-automations.7 \
	man/postflow-events.7 \
	man/postflowd.8
man_MANS = $(MANUALS)
SUBSTITUTED += $(MANUALS)
EXTRA_DIST += \
	%D%/postflow.1.in \
	%D%/postflow.conf.5.in \
	%D%/postflow-automations.7.in \
	%D%/postflow-events.7.in \
	%D%/postflowd.8.in
