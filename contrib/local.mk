# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The lab's far end; it is built with the rest and never installed.
noinst_PROGRAMS += postflow-sink
postflow_sink_SOURCES = \
	%D%/sink/sink.c \
	%D%/sink/smtp.c %D%/sink/smtp.h \
	%D%/sink/spool.c %D%/sink/spool.h
postflow_sink_LDADD = libpostflow.a $(EVENT_LIBS) $(PTHREAD_LIBS)

EXTRA_DIST += %D%/deps %D%/lab %D%/demo \
	%D%/lab.d/build.sh %D%/lab.d/postfix.sh %D%/lab.d/postflow.sh \
	%D%/lab.d/process.sh

if HAVE_SYSTEMD
systemdsystemunit_DATA = contrib/postflowd.service
tmpfilesdir = $(prefix)/lib/tmpfiles.d
tmpfiles_DATA = contrib/tmpfiles.d/postflow.conf
sysusersdir = $(prefix)/lib/sysusers.d
sysusers_DATA = contrib/sysusers.d/postflow.conf
SUBSTITUTED += $(systemdsystemunit_DATA) $(tmpfiles_DATA) $(sysusers_DATA)
endif
EXTRA_DIST += %D%/postflowd.service.in %D%/tmpfiles.d/postflow.conf.in \
	%D%/sysusers.d/postflow.conf.in
