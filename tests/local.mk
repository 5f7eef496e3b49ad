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
if !FUZZING
tests_libtap_a_SOURCES += %D%/fuzz/replay.c
endif
TEST_LIBS = tests/libtap.a $(POSTFLOW_LIBS)

UNIT_TESTS = \
	tests/api/test_keyring.t \
	tests/api/test_logbook.t \
	tests/api/test_redact.t \
	tests/api/test_openapi.t \
	tests/api/test_metrics.t \
	tests/api/test_verdict.t \
	tests/base/test_base.t \
	tests/base/test_json_names.t \
	tests/base/test_near.t \
	tests/base/test_netaddr.t \
	tests/base/test_csv.t \
	tests/cli/test_answers.t \
	tests/cli/test_bulk.t \
	tests/cli/test_cli.t \
	tests/cli/test_explain.t \
	tests/cli/test_import.t \
	tests/cli/test_nouns.t \
	tests/cli/test_output.t \
	tests/conf/test_conf.t \
	tests/conf/test_papers.t \
	tests/mail/test_attachment.t \
	tests/mail/test_html_text.t \
	tests/mail/test_inject.t \
	tests/mail/test_inject_login.t \
	tests/mail/test_letter.t \
	tests/mail/test_maildir.t \
	tests/mail/test_pace.t \
	tests/mail/test_smtp_reply.t \
	tests/mail/test_template.t \
	tests/mail/test_token.t \
	tests/model/test_address.t \
	tests/model/test_date.t \
	tests/model/test_duration.t \
	tests/model/test_graph.t \
	tests/model/test_hook.t \
	tests/model/test_import.t \
	tests/model/test_operators.t \
	tests/model/test_property.t \
	tests/model/test_rule.t \
	tests/model/test_rule_faults.t \
	tests/model/test_schema.t \
	tests/model/test_variable.t \
	tests/model/test_when.t \
	tests/webhook/test_outcome.t \
	tests/webhook/test_poster.t \
	tests/webhook/test_webhook.t

check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)

tests_api_test_keyring_t_SOURCES = %D%/api/test_keyring.c
tests_api_test_keyring_t_LDADD = $(TEST_LIBS)
tests_api_test_logbook_t_SOURCES = %D%/api/test_logbook.c
tests_api_test_logbook_t_LDADD = $(TEST_LIBS)
tests_api_test_redact_t_SOURCES = %D%/api/test_redact.c
tests_api_test_redact_t_LDADD = $(TEST_LIBS)
tests_api_test_openapi_t_SOURCES = %D%/api/test_openapi.c
tests_api_test_openapi_t_LDADD = $(TEST_LIBS)
tests_api_test_metrics_t_SOURCES = %D%/api/test_metrics.c
tests_api_test_metrics_t_LDADD = $(TEST_LIBS)

tests_api_test_verdict_t_SOURCES = %D%/api/test_verdict.c
tests_api_test_verdict_t_LDADD = $(TEST_LIBS)

tests_base_test_base_t_SOURCES = %D%/base/test_base.c
tests_base_test_base_t_LDADD = $(TEST_LIBS)
tests_base_test_near_t_SOURCES = %D%/base/test_near.c
tests_base_test_near_t_LDADD = $(TEST_LIBS)
tests_base_test_json_names_t_SOURCES = %D%/base/test_json_names.c
tests_base_test_json_names_t_LDADD = $(TEST_LIBS)

tests_base_test_netaddr_t_SOURCES = %D%/base/test_netaddr.c
tests_base_test_netaddr_t_LDADD = $(TEST_LIBS)
tests_base_test_csv_t_SOURCES = %D%/base/test_csv.c
tests_base_test_csv_t_LDADD = $(TEST_LIBS)

inject_rig = %D%/mail/inject_rig.c %D%/mail/inject_rig.h \
	%D%/mail/fake_mta.c %D%/mail/fake_mta.h
tests_mail_test_inject_t_SOURCES = %D%/mail/test_inject.c $(inject_rig)
tests_mail_test_inject_login_t_SOURCES = %D%/mail/test_inject_login.c \
	$(inject_rig)
tests_mail_test_inject_login_t_LDADD = $(TEST_LIBS)
tests_mail_test_inject_t_LDADD = $(TEST_LIBS)
tests_mail_test_maildir_t_SOURCES = %D%/mail/test_maildir.c
tests_mail_test_maildir_t_LDADD = $(TEST_LIBS)
tests_mail_test_pace_t_SOURCES = %D%/mail/test_pace.c
tests_mail_test_pace_t_LDADD = $(TEST_LIBS)
tests_mail_test_smtp_reply_t_SOURCES = %D%/mail/test_smtp_reply.c
tests_mail_test_smtp_reply_t_LDADD = $(TEST_LIBS)

tests_conf_test_conf_t_SOURCES = %D%/conf/test_conf.c
tests_conf_test_conf_t_LDADD = $(TEST_LIBS)

tests_conf_test_papers_t_SOURCES = %D%/conf/test_papers.c
tests_conf_test_papers_t_LDADD = $(TEST_LIBS)

FAKE_SERVER = %D%/cli/fake_server.c %D%/cli/fake_server.h %D%/cli/run_cli.c
tests_cli_test_answers_t_SOURCES = %D%/cli/test_answers.c $(FAKE_SERVER)
tests_cli_test_answers_t_LDADD = $(TEST_LIBS)
tests_cli_test_bulk_t_SOURCES = %D%/cli/test_bulk.c $(FAKE_SERVER)
tests_cli_test_bulk_t_LDADD = $(TEST_LIBS)
tests_cli_test_cli_t_SOURCES = %D%/cli/test_cli.c $(FAKE_SERVER)
tests_cli_test_cli_t_LDADD = $(TEST_LIBS)
tests_cli_test_explain_t_SOURCES = %D%/cli/test_explain.c $(FAKE_SERVER)
tests_cli_test_explain_t_LDADD = $(TEST_LIBS)
tests_cli_test_import_t_SOURCES = %D%/cli/test_import.c $(FAKE_SERVER)
tests_cli_test_import_t_LDADD = $(TEST_LIBS)
tests_cli_test_nouns_t_SOURCES = %D%/cli/test_nouns.c $(FAKE_SERVER)
tests_cli_test_nouns_t_LDADD = $(TEST_LIBS)
tests_cli_test_output_t_SOURCES = %D%/cli/test_output.c $(FAKE_SERVER)
tests_cli_test_output_t_LDADD = $(TEST_LIBS)

tests_model_test_address_t_SOURCES = %D%/model/test_address.c
tests_model_test_address_t_LDADD = $(TEST_LIBS)
tests_model_test_date_t_SOURCES = %D%/model/test_date.c
tests_model_test_date_t_LDADD = $(TEST_LIBS)
tests_model_test_duration_t_SOURCES = %D%/model/test_duration.c
tests_model_test_duration_t_LDADD = $(TEST_LIBS)
tests_model_test_graph_t_SOURCES = %D%/model/test_graph.c
tests_model_test_graph_t_LDADD = $(TEST_LIBS)
tests_model_test_hook_t_SOURCES = %D%/model/test_hook.c
tests_model_test_hook_t_LDADD = $(TEST_LIBS)
tests_model_test_import_t_SOURCES = %D%/model/test_import.c
tests_model_test_import_t_LDADD = $(TEST_LIBS)
tests_model_test_operators_t_SOURCES = %D%/model/test_operators.c \
	%D%/model/quoted.h
tests_model_test_operators_t_LDADD = $(TEST_LIBS)
tests_model_test_rule_t_SOURCES = %D%/model/test_rule.c %D%/model/quoted.h
tests_model_test_rule_t_LDADD = $(TEST_LIBS)
tests_model_test_property_t_SOURCES = %D%/model/test_property.c
tests_model_test_property_t_LDADD = $(TEST_LIBS)
tests_model_test_rule_faults_t_SOURCES = %D%/model/test_rule_faults.c \
	%D%/model/quoted.h
tests_model_test_rule_faults_t_LDADD = $(TEST_LIBS)
tests_model_test_schema_t_SOURCES = %D%/model/test_schema.c \
	%D%/model/quoted.h
tests_model_test_schema_t_LDADD = $(TEST_LIBS)

tests_model_test_variable_t_SOURCES = %D%/model/test_variable.c
tests_model_test_variable_t_LDADD = $(TEST_LIBS)
tests_model_test_when_t_SOURCES = %D%/model/test_when.c
tests_model_test_when_t_LDADD = $(TEST_LIBS)

tests_webhook_test_outcome_t_SOURCES = %D%/webhook/test_outcome.c
tests_webhook_test_outcome_t_LDADD = $(TEST_LIBS)
HOOK_SERVER = %D%/webhook/server.c %D%/webhook/server.h
tests_webhook_test_poster_t_SOURCES = %D%/webhook/test_poster.c \
	$(HOOK_SERVER)
tests_webhook_test_poster_t_LDADD = $(TEST_LIBS)
tests_webhook_test_webhook_t_SOURCES = %D%/webhook/test_webhook.c \
	$(HOOK_SERVER) $(STORE_RIG) $(CRASH_VFS)
tests_webhook_test_webhook_t_LDADD = $(TEST_LIBS)

tests_mail_test_template_t_SOURCES = %D%/mail/test_template.c
tests_mail_test_template_t_LDADD = $(TEST_LIBS)

tests_mail_test_token_t_SOURCES = %D%/mail/test_token.c
tests_mail_test_token_t_LDADD = $(TEST_LIBS)

JUDGE = %D%/mail/judge.c %D%/mail/judge.h
tests_mail_test_attachment_t_SOURCES = %D%/mail/test_attachment.c $(JUDGE)
tests_mail_test_attachment_t_LDADD = $(TEST_LIBS)

tests_mail_test_html_text_t_SOURCES = %D%/mail/test_html_text.c
tests_mail_test_html_text_t_LDADD = $(TEST_LIBS)

tests_mail_test_letter_t_SOURCES = %D%/mail/test_letter.c $(JUDGE)
tests_mail_test_letter_t_LDADD = $(TEST_LIBS)

# The unit tests under valgrind; for a build without sanitizers.
VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full \
	--errors-for-leak-kinds=definite --child-silent-after-fork=yes
check-valgrind:
	$(MAKE) check TESTS='$(UNIT_TESTS)' T_LOG_COMPILER='$(VALGRIND)'
.PHONY: check-valgrind

# What has threads of its own, for a build with --enable-sanitizers=thread.
THREAD_TESTS = $(STORE_TESTS) $(ENGINE_TESTS) tests/mail/test_maildir.t \
	tests/mail/test_letter.t tests/webhook/test_poster.t \
	tests/webhook/test_webhook.t
check-threads:
	$(MAKE) check TESTS='$(THREAD_TESTS)'
.PHONY: check-threads

# A fuzz target is tests/fuzz/fuzz_<what>.c with seeds in
# tests/fuzz/corpus/<what>/, and one line here. With --enable-fuzzing it links
# libFuzzer; else it replays its seeds (fuzz/replay.c) in "make check".
FUZZ_TARGETS = \
	tests/fuzz/fuzz_address.t \
	tests/fuzz/fuzz_cli_text.t \
	tests/fuzz/fuzz_conf.t \
	tests/fuzz/fuzz_csv.t \
	tests/fuzz/fuzz_duration.t \
	tests/fuzz/fuzz_email.t \
	tests/fuzz/fuzz_event.t \
	tests/fuzz/fuzz_graph.t \
	tests/fuzz/fuzz_html.t \
	tests/fuzz/fuzz_letter.t \
	tests/fuzz/fuzz_redact.t \
	tests/fuzz/fuzz_rule.t \
	tests/fuzz/fuzz_smtp_reply.t \
	tests/fuzz/fuzz_smtp_session.t \
	tests/fuzz/fuzz_template.t \
	tests/fuzz/fuzz_token.t

LDADD = $(FUZZ_LDFLAGS) $(TEST_LIBS)
check_PROGRAMS += $(FUZZ_TARGETS)
EXTRA_DIST += %D%/fuzz/corpus
if !FUZZING
TESTS += $(FUZZ_TARGETS)
endif

# Fuzzes every target for a while; what it finds new is kept in tests/fuzz/new.
FUZZ_SECONDS = 180
fuzz: $(FUZZ_TARGETS)
	@for t in $(FUZZ_TARGETS); do \
	  what=$${t##*/fuzz_}; what=$${what%.t}; \
	  $(MKDIR_P) tests/fuzz/new/$$what && \
	  ./$$t -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
	    -artifact_prefix=tests/fuzz/new/$$what- tests/fuzz/new/$$what \
	    $(srcdir)/tests/fuzz/corpus/$$what || exit 1; \
	done
clean-local:
	rm -rf tests/fuzz/new
.PHONY: fuzz

# The house about itself.
STYLE_TESTS = \
	tests/style/format.sh \
	tests/style/layers.sh \
	tests/style/man.sh \
	tests/style/shell.sh \
	tests/style/spdx.sh \
	tests/style/words.sh
TESTS += $(STYLE_TESTS)
EXTRA_DIST += $(STYLE_TESTS) %D%/style/tap.sh

format:
	cd $(srcdir) && find src tests contrib -name '*.[ch]' \
	  -exec clang-format -i {} +
check-format:
	top_srcdir='$(abs_top_srcdir)' $(SHELL) $(srcdir)/tests/style/format.sh
.PHONY: format check-format

# tests/check runs these: they start the real programs and need root.
EXTRA_DIST += %D%/check %D%/tally.awk %D%/integration/lib.sh \
	%D%/integration/demo.sh %D%/integration/emails.sh \
	%D%/integration/event-to-mail.sh \
	%D%/integration/lab.sh %D%/integration/mta-away.sh \
	%D%/integration/readme.sh \
	%D%/integration/sink.sh %D%/long/sink.sh .ci/run

# The official clients, which tests/check runs.
EXTRA_DIST += %D%/clients/run.sh %D%/clients/.npmrc \
	%D%/clients/package.json %D%/clients/package-lock.json \
	%D%/clients/judge.mjs %D%/clients/lab.mjs %D%/clients/proxy.mjs \
	%D%/clients/tap.mjs %D%/clients/account.mjs \
	%D%/clients/automations.mjs %D%/clients/checklist.mjs \
	%D%/clients/checklist.tsv %D%/clients/cli.mjs \
	%D%/clients/contacts.mjs %D%/clients/document.mjs \
	%D%/clients/emails.mjs %D%/clients/events.mjs \
	%D%/clients/fuzz.mjs %D%/clients/imports.mjs \
	%D%/clients/limits.mjs %D%/clients/mcp.mjs \
	%D%/clients/mutate.mjs \
	%D%/clients/properties.mjs %D%/clients/raw.mjs \
	%D%/clients/recorded.mjs %D%/clients/recorded.tsv \
	%D%/clients/runs.mjs %D%/clients/seeds.mjs \
	%D%/clients/segments.mjs \
	%D%/clients/suppressions.mjs %D%/clients/templates.mjs \
	%D%/clients/topics.mjs %D%/clients/webhooks.mjs

# Programs that measure; `make tests/bench/inject` builds one.
EXTRA_PROGRAMS += tests/bench/inject
tests_bench_inject_SOURCES = %D%/bench/inject.c
tests_bench_inject_LDADD = $(POSTFLOW_LIBS)
EXTRA_PROGRAMS += tests/bench/compose
tests_bench_compose_SOURCES = %D%/bench/compose.c
tests_bench_compose_LDADD = $(POSTFLOW_LIBS)

# The HTTP server.
UNIT_TESTS += tests/http/test_http.t tests/http/test_limits.t \
	tests/http/test_multipart.t \
	tests/http/test_parse.t tests/http/test_storm.t
HTTP_RIG = %D%/http/rig.c %D%/http/rig.h
tests_http_test_http_t_SOURCES = %D%/http/test_http.c $(HTTP_RIG)
tests_http_test_http_t_LDADD = $(TEST_LIBS)
tests_http_test_limits_t_SOURCES = %D%/http/test_limits.c $(HTTP_RIG)
tests_http_test_limits_t_LDADD = $(TEST_LIBS)
tests_http_test_multipart_t_SOURCES = %D%/http/test_multipart.c
tests_http_test_multipart_t_LDADD = $(TEST_LIBS)
tests_http_test_parse_t_SOURCES = %D%/http/test_parse.c
tests_http_test_parse_t_LDADD = $(TEST_LIBS)
tests_http_test_storm_t_SOURCES = %D%/http/test_storm.c $(HTTP_RIG)
tests_http_test_storm_t_LDADD = $(TEST_LIBS)
FUZZ_TARGETS += tests/fuzz/fuzz_http.t tests/fuzz/fuzz_multipart.t

# What the figures of the HTTP server are measured with; made on demand.
EXTRA_PROGRAMS += tests/bench/http202 tests/bench/evhttp202
tests_bench_http202_SOURCES = %D%/bench/http202.c
tests_bench_http202_LDADD = $(POSTFLOW_LIBS)
tests_bench_evhttp202_SOURCES = %D%/bench/evhttp202.c
tests_bench_evhttp202_LDADD = $(EVENT_LIBS) $(JANSSON_LIBS)
CLEANFILES += $(EXTRA_PROGRAMS)
# The store and the engine.
STORE_RIG = %D%/store/rig.c %D%/store/rig.h
STORE_WITHIN = %D%/store/within.c %D%/store/within.h
STORE_OTHER = %D%/store/other.c %D%/store/other.h
CRASH_VFS = %D%/store/crash_vfs.c %D%/store/crash_vfs.h
STORE_TESTS = \
	tests/store/test_backup.t \
	tests/store/test_batch.t \
	tests/store/test_claims.t \
	tests/store/test_compute.t \
	tests/store/test_crash.t \
	tests/store/test_definitions.t \
	tests/store/test_doctor.t \
	tests/store/test_full.t \
	tests/store/test_ids.t \
	tests/store/test_lanes.t \
	tests/store/test_lists.t \
	tests/store/test_locked.t \
	tests/store/test_log.t \
	tests/store/test_mail_hours.t \
	tests/store/test_of_contact.t \
	tests/store/test_open.t \
	tests/store/test_plans.t \
	tests/store/test_restore.t \
	tests/store/test_rows.t \
	tests/store/test_space.t \
	tests/store/test_usage.t
check_PROGRAMS += $(STORE_TESTS)
TESTS += $(STORE_TESTS)
tests_store_test_backup_t_SOURCES = %D%/store/test_backup.c $(STORE_RIG)
tests_store_test_batch_t_SOURCES = %D%/store/test_batch.c $(STORE_RIG) \
	$(CRASH_VFS)
tests_store_test_claims_t_SOURCES = %D%/store/test_claims.c $(STORE_RIG)
tests_store_test_compute_t_SOURCES = %D%/store/test_compute.c $(STORE_RIG)
tests_store_test_crash_t_SOURCES = %D%/store/test_crash.c $(STORE_RIG) \
	$(CRASH_VFS)
tests_store_test_definitions_t_SOURCES = %D%/store/test_definitions.c \
	$(STORE_RIG) $(STORE_WITHIN)
tests_store_test_doctor_t_SOURCES = %D%/store/test_doctor.c $(STORE_WITHIN)
tests_store_test_full_t_SOURCES = %D%/store/test_full.c $(STORE_RIG)
tests_store_test_ids_t_SOURCES = %D%/store/test_ids.c $(STORE_RIG)
tests_store_test_lanes_t_SOURCES = %D%/store/test_lanes.c $(STORE_RIG)
tests_store_test_lists_t_SOURCES = %D%/store/test_lists.c $(STORE_RIG)
tests_store_test_locked_t_SOURCES = %D%/store/test_locked.c $(STORE_RIG) \
	$(STORE_OTHER)
tests_store_test_log_t_SOURCES = %D%/store/test_log.c $(STORE_RIG) \
	$(STORE_OTHER)
tests_store_test_mail_hours_t_SOURCES = %D%/store/test_mail_hours.c \
	$(STORE_RIG) $(STORE_WITHIN)
tests_store_test_of_contact_t_SOURCES = %D%/store/test_of_contact.c \
	$(STORE_RIG) $(STORE_WITHIN)
tests_store_test_open_t_SOURCES = %D%/store/test_open.c $(STORE_RIG) \
	$(CRASH_VFS) $(STORE_OTHER)
tests_store_test_restore_t_SOURCES = %D%/store/test_restore.c $(STORE_RIG)
tests_store_test_plans_t_SOURCES = %D%/store/test_plans.c $(STORE_RIG)
tests_store_test_rows_t_SOURCES = %D%/store/test_rows.c $(STORE_RIG) \
	$(STORE_WITHIN)
tests_store_test_usage_t_SOURCES = %D%/store/test_usage.c $(STORE_RIG)
tests_store_test_space_t_SOURCES = %D%/store/test_space.c $(STORE_RIG)

ENGINE_RIG = %D%/engine/rig.c %D%/engine/rig.h
STORY_RIG = %D%/engine/story.c %D%/engine/story.h %D%/engine/play.c \
	%D%/engine/play.h $(ENGINE_RIG)
ENGINE_TESTS = \
	tests/engine/test_bounds.t \
	tests/engine/test_branch.t \
	tests/engine/test_control.t \
	tests/engine/test_direct.t \
	tests/engine/test_doubt.t \
	tests/engine/test_engine.t \
	tests/engine/test_enrol.t \
	tests/engine/test_entry.t \
	tests/engine/test_exit.t \
	tests/engine/test_failed.t \
	tests/engine/test_hold.t \
	tests/engine/test_hooks.t \
	tests/engine/test_import.t \
	tests/engine/test_jobs.t \
	tests/engine/test_kept.t \
	tests/engine/test_mail_event.t \
	tests/engine/test_manual.t \
	tests/engine/test_order.t \
	tests/engine/test_people.t \
	tests/engine/test_reentry.t \
	tests/engine/test_runs.t \
	tests/engine/test_send.t \
	tests/engine/test_share.t \
	tests/engine/test_steps.t \
	tests/engine/test_simulate.t \
	tests/engine/test_ties.t \
	tests/engine/test_suppress.t \
	tests/engine/test_undone.t \
	tests/engine/test_tally.t \
	tests/engine/test_vain.t \
	tests/engine/test_wait.t \
	tests/engine/test_written.t
check_PROGRAMS += $(ENGINE_TESTS)
TESTS += $(ENGINE_TESTS)
tests_engine_test_hold_t_SOURCES = %D%/engine/test_hold.c $(ENGINE_RIG)
tests_engine_test_direct_t_SOURCES = %D%/engine/test_direct.c $(ENGINE_RIG)
tests_engine_test_doubt_t_SOURCES = %D%/engine/test_doubt.c $(STORY_RIG)
tests_engine_test_engine_t_SOURCES = %D%/engine/test_engine.c $(ENGINE_RIG)
tests_engine_test_hooks_t_SOURCES = %D%/engine/test_hooks.c $(ENGINE_RIG)
tests_engine_test_manual_t_SOURCES = %D%/engine/test_manual.c
tests_engine_test_runs_t_SOURCES = %D%/engine/test_runs.c $(ENGINE_RIG) \
	$(STORE_RIG)
tests_engine_test_send_t_SOURCES = %D%/engine/test_send.c $(ENGINE_RIG)
tests_engine_test_bounds_t_SOURCES = %D%/engine/test_bounds.c $(STORY_RIG)
tests_engine_test_branch_t_SOURCES = %D%/engine/test_branch.c $(STORY_RIG)
tests_engine_test_control_t_SOURCES = %D%/engine/test_control.c $(STORY_RIG)
tests_engine_test_enrol_t_SOURCES = %D%/engine/test_enrol.c $(STORY_RIG)
tests_engine_test_entry_t_SOURCES = %D%/engine/test_entry.c $(STORY_RIG)
tests_engine_test_exit_t_SOURCES = %D%/engine/test_exit.c $(STORY_RIG)
tests_engine_test_failed_t_SOURCES = %D%/engine/test_failed.c $(STORY_RIG)
tests_engine_test_import_t_SOURCES = %D%/engine/test_import.c $(STORY_RIG)
tests_engine_test_jobs_t_SOURCES = %D%/engine/test_jobs.c $(STORY_RIG)
tests_engine_test_mail_event_t_SOURCES = %D%/engine/test_mail_event.c $(STORY_RIG)
tests_engine_test_order_t_SOURCES = %D%/engine/test_order.c $(STORY_RIG)
tests_engine_test_people_t_SOURCES = %D%/engine/test_people.c $(STORY_RIG)
tests_engine_test_reentry_t_SOURCES = %D%/engine/test_reentry.c $(STORY_RIG)
tests_engine_test_share_t_SOURCES = %D%/engine/test_share.c $(STORE_RIG)
tests_engine_test_steps_t_SOURCES = %D%/engine/test_steps.c $(STORY_RIG)
tests_engine_test_simulate_t_SOURCES = %D%/engine/test_simulate.c $(STORY_RIG)
tests_engine_test_suppress_t_SOURCES = %D%/engine/test_suppress.c $(ENGINE_RIG)
tests_engine_test_undone_t_SOURCES = %D%/engine/test_undone.c $(ENGINE_RIG)
tests_engine_test_tally_t_SOURCES = %D%/engine/test_tally.c $(STORY_RIG)
tests_engine_test_ties_t_SOURCES = %D%/engine/test_ties.c $(STORY_RIG)
tests_engine_test_kept_t_SOURCES = %D%/engine/test_kept.c $(STORY_RIG)
tests_engine_test_vain_t_SOURCES = %D%/engine/test_vain.c $(STORY_RIG)
tests_engine_test_wait_t_SOURCES = %D%/engine/test_wait.c $(STORY_RIG)
tests_engine_test_written_t_SOURCES = %D%/engine/test_written.c $(STORY_RIG)

# The engine beside an interpreter of its own meaning.
ORACLE = %D%/oracle/contacts.c %D%/oracle/entry.c %D%/oracle/events.c \
	%D%/oracle/fields.c %D%/oracle/generate.c %D%/oracle/generate.h \
	%D%/oracle/generate_graph.c %D%/oracle/generate_private.h \
	%D%/oracle/generate_rule.c %D%/oracle/generate_step.c \
	%D%/oracle/graph.c %D%/oracle/lanes.c %D%/oracle/memory.c \
	%D%/oracle/oracle.h %D%/oracle/oracle_private.h \
	%D%/oracle/picture.c %D%/oracle/play.c %D%/oracle/play.h \
	%D%/oracle/rule.c %D%/oracle/runs.c %D%/oracle/steps.c \
	%D%/oracle/world.c
UNIT_TESTS += tests/oracle/test_interpreter.t
tests_oracle_test_interpreter_t_SOURCES = %D%/oracle/test_interpreter.c \
	$(ORACLE)
tests_oracle_test_interpreter_t_LDADD = $(TEST_LIBS)
UNIT_TESTS += tests/oracle/test_oracle.t
tests_oracle_test_oracle_t_SOURCES = %D%/oracle/test_oracle.c \
	%D%/oracle/duel.c %D%/oracle/duel.h %D%/oracle/real.c \
	%D%/oracle/real.h %D%/oracle/real_acts.c %D%/oracle/real_picture.c \
	%D%/oracle/real_private.h %D%/oracle/shrink.c $(ENGINE_RIG) $(ORACLE)
tests_oracle_test_oracle_t_LDADD = $(TEST_LIBS)
tests_oracle_test_oracle_t_LDFLAGS = -Wl,--wrap=clock_mono_us

EXTRA_DIST += %D%/oracle/many.sh
# More of the same, from a seed of the hour; for a build without sanitizers.
SOAK_SECONDS = 3600
soak: tests/oracle/test_oracle.t
	ORACLE_SECONDS='$(SOAK_SECONDS)' ORACLE_SEED="$$(date +%s)000000" \
	  ./tests/oracle/test_oracle.t
.PHONY: soak

# make bench: figures beside their references, see tests/bench/run.sh.
BENCH_TOOLS = tests/bench/e2e tests/bench/evclient tests/bench/fill \
	tests/bench/maillog tests/bench/mixed tests/bench/rows \
	tests/bench/sleepers
EXTRA_PROGRAMS += $(BENCH_TOOLS)
tests_bench_e2e_SOURCES = %D%/bench/e2e.c %D%/bench/e2e.h \
	%D%/bench/e2e_post.c %D%/bench/e2e_sink.c %D%/bench/common.h \
	contrib/sink/smtp.c contrib/sink/smtp.h contrib/sink/spool.h
tests_bench_e2e_LDADD = $(POSTFLOW_LIBS)
tests_bench_evclient_SOURCES = %D%/bench/evclient.c %D%/bench/common.h
tests_bench_evclient_LDADD = $(POSTFLOW_LIBS)
tests_bench_fill_SOURCES = %D%/bench/fill.c %D%/bench/common.h
tests_bench_fill_LDADD = $(POSTFLOW_LIBS)
tests_bench_maillog_SOURCES = %D%/bench/maillog.c
tests_bench_maillog_LDADD = $(POSTFLOW_LIBS)
tests_bench_mixed_SOURCES = %D%/bench/mixed.c %D%/bench/common.h $(TOOL_NET)
tests_bench_mixed_LDADD = $(POSTFLOW_LIBS)
tests_bench_rows_SOURCES = %D%/bench/rows.c %D%/bench/common.h
tests_bench_rows_LDADD = $(POSTFLOW_LIBS)
tests_bench_sleepers_SOURCES = %D%/bench/sleepers.c %D%/bench/sleepers.h \
	%D%/bench/sleepers_pick.c %D%/bench/sleepers_sql.c %D%/bench/common.h
tests_bench_sleepers_LDADD = $(POSTFLOW_LIBS)
EXTRA_DIST += %D%/bench/frame.sh %D%/bench/run.sh %D%/bench/scale.sh \
	%D%/bench/events.lua %D%/bench/list.lua \
	%D%/bench/peer/.npmrc %D%/bench/peer/html.mustache \
	%D%/bench/peer/package-lock.json %D%/bench/peer/package.json \
	%D%/bench/peer/peer.js %D%/bench/peer/text.mustache

bench: all $(BENCH_TOOLS) tests/bench/compose tests/bench/evhttp202 \
	bench-able
	POSTFLOW_BUILDDIR='$(abs_top_builddir)' \
	  '$(abs_top_srcdir)/tests/bench/run.sh'
# make bench-scale: millions of sleeping runs, see tests/bench/scale.sh.
bench-scale: all $(BENCH_TOOLS) bench-able
	POSTFLOW_BUILDDIR='$(abs_top_builddir)' \
	  '$(abs_top_srcdir)/tests/bench/scale.sh'
bench-able:
	@test -z '$(SAN_CFLAGS)' || \
	  { echo 'bench: not in a build with sanitizers' >&2; exit 1; }
bench-clean:
	rm -rf bench
clean-local: bench-clean
.PHONY: bench bench-able bench-clean bench-scale
# Clients of the integration tests.
noinst_PROGRAMS += tests/tools/apiplay tests/tools/evpush \
	tests/tools/hookcatch tests/tools/httpload tests/tools/talk
TOOL_NET = %D%/tools/net.c %D%/tools/net.h
tests_tools_apiplay_SOURCES = %D%/tools/apiplay.c $(TOOL_NET)
tests_tools_apiplay_LDADD = libpostflow.a $(JANSSON_LIBS)
tests_tools_evpush_SOURCES = %D%/tools/evpush.c $(TOOL_NET)
tests_tools_evpush_LDADD = libpostflow.a $(JANSSON_LIBS)
tests_tools_hookcatch_SOURCES = %D%/tools/hookcatch.c $(TOOL_NET)
tests_tools_hookcatch_LDADD = libpostflow.a $(EVENT_LIBS)
tests_tools_httpload_SOURCES = %D%/tools/httpload.c $(TOOL_NET)
tests_tools_httpload_LDADD = libpostflow.a
tests_tools_talk_SOURCES = %D%/tools/talk.c $(TOOL_NET)
tests_tools_talk_LDADD = libpostflow.a
EXTRA_DIST += %D%/integration/account.sh %D%/integration/backup.sh \
	%D%/integration/bad-input.sh %D%/integration/bodies.sh \
	%D%/integration/cli.sh %D%/integration/control.sh \
	%D%/integration/descriptors.sh \
	%D%/integration/diskfull.sh %D%/integration/doors.sh \
	%D%/integration/doubt.sh %D%/integration/event-socket.sh \
	%D%/integration/hostile.sh %D%/integration/imports.sh \
	%D%/integration/kill9.sh %D%/integration/load.sh \
	%D%/integration/moving.sh %D%/integration/shutdown.sh \
	%D%/integration/simulate.sh %D%/integration/smuggling.sh \
	%D%/integration/stories.sh %D%/integration/suppressions.sh \
	%D%/integration/unsubscribe.sh %D%/integration/webhooks.sh \
	%D%/long/diskfull.sh %D%/long/fuzz.sh %D%/long/hostile.sh \
	%D%/long/kill9.sh %D%/long/load.sh %D%/tools/helpers.sh \
	%D%/tools/verify.sql
