# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# A unit test is a TAP program tests/<room>/test_<file>.c ending in .t; add it
# to UNIT_TESTS and its sources below. A shell test ends in .sh.
TEST_EXTENSIONS = .t .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
T_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_DRIVER = $(LOG_DRIVER)
AM_TESTS_ENVIRONMENT = srcdir='$(srcdir)'; builddir='$(builddir)'; \
	top_srcdir='$(abs_top_srcdir)'; top_builddir='$(abs_top_builddir)'; \
	export srcdir builddir top_srcdir top_builddir;

noinst_LIBRARIES += tests/libtap.a
tests_libtap_a_SOURCES = %D%/tap.c %D%/tap.h
TEST_LIBS = tests/libtap.a $(POSTFLOW_LIBS)

UNIT_TESTS = \
	tests/base/test_base.t \
	tests/conf/test_conf.t

check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)

tests_base_test_base_t_SOURCES = %D%/base/test_base.c
tests_base_test_base_t_LDADD = $(TEST_LIBS)

tests_conf_test_conf_t_SOURCES = %D%/conf/test_conf.c
tests_conf_test_conf_t_LDADD = $(TEST_LIBS)
