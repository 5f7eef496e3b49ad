# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Every room but the programs' main.c goes into one library; a program takes
# from it what it uses.
noinst_LIBRARIES += libpostflow.a
libpostflow_a_SOURCES = \
	%D%/base/arena.c %D%/base/arena.h \
	%D%/base/buf.c %D%/base/buf.h \
	%D%/base/clock.c %D%/base/clock.h \
	%D%/base/csv.c %D%/base/csv.h \
	%D%/base/defs.h \
	%D%/base/encode.c %D%/base/encode.h \
	%D%/base/fault.c %D%/base/fault.h \
	%D%/base/file.c %D%/base/file.h \
	%D%/base/id.c %D%/base/id.h \
	%D%/base/json.c %D%/base/json.h \
	%D%/base/json_names.c %D%/base/json_names.h \
	%D%/base/near.c %D%/base/near.h \
	%D%/base/log.c %D%/base/log.h \
	%D%/base/netaddr.c %D%/base/netaddr.h \
	%D%/base/process.c %D%/base/process.h \
	%D%/base/utf8.c %D%/base/utf8.h \
	%D%/conf/access.c %D%/conf/access.h \
	%D%/cli/attach.c %D%/cli/attach.h \
	%D%/cli/body.c %D%/cli/body.h \
	%D%/cli/bulk.c %D%/cli/bulk.h \
	%D%/cli/check.c \
	%D%/cli/cli.h \
	%D%/cli/client.c %D%/cli/client.h \
	%D%/cli/commands_account.c \
	%D%/cli/commands_automations.c \
	%D%/cli/commands_backup.c \
	%D%/cli/commands_contacts.c \
	%D%/cli/commands_doctor.c \
	%D%/cli/commands_emails.c \
	%D%/cli/commands_events.c \
	%D%/cli/commands_keys.c \
	%D%/cli/commands_pause.c \
	%D%/cli/commands_properties.c \
	%D%/cli/commands_segments.c \
	%D%/cli/commands_queue.c \
	%D%/cli/commands_status.c \
	%D%/cli/commands_suppressions.c \
	%D%/cli/commands_templates.c \
	%D%/cli/commands_topics.c \
	%D%/cli/commands_webhooks.c \
	%D%/cli/commands_why.c \
	%D%/cli/cursor.c %D%/cli/cursor.h \
	%D%/cli/execute.c %D%/cli/execute.h \
	%D%/cli/export.c %D%/cli/export.h \
	%D%/cli/file.c %D%/cli/file.h \
	%D%/cli/help.c %D%/cli/help.h \
	%D%/cli/import.c %D%/cli/import.h \
	%D%/cli/outcome.c %D%/cli/outcome.h \
	%D%/cli/output.c %D%/cli/output.h \
	%D%/cli/parse.c %D%/cli/parse.h \
	%D%/cli/text.c %D%/cli/text.h \
	%D%/conf/conf.c %D%/conf/conf.h %D%/conf/conf_private.h \
	%D%/conf/keys.c \
	%D%/conf/place.c %D%/conf/place.h \
	%D%/conf/read.c %D%/conf/read.h \
	%D%/conf/text.c \
	%D%/conf/value.c \
	%D%/mail/template.c %D%/mail/template.h \
	%D%/mail/token.c %D%/mail/token.h \
	%D%/mail/token_keys.c %D%/mail/token_keys.h \
	%D%/mail/token_rotate.c \
	%D%/mail/attachment.c %D%/mail/attachment.h \
	%D%/mail/body.c %D%/mail/body.h \
	%D%/mail/entity.c %D%/mail/entity.h \
	%D%/mail/field.c %D%/mail/field.h \
	%D%/mail/html_tag.c %D%/mail/html_tag.h \
	%D%/mail/html_text.c \
	%D%/mail/header.c %D%/mail/header.h \
	%D%/mail/letter.c %D%/mail/letter.h \
	%D%/mail/part.c %D%/mail/part.h \
	%D%/model/address.c \
	%D%/model/address.h \
	%D%/model/automation.c \
	%D%/model/automation.h \
	%D%/model/contact.h \
	%D%/model/date.c \
	%D%/model/date.h \
	%D%/model/draft.h \
	%D%/model/duration.c \
	%D%/model/duration.h \
	%D%/model/email.c \
	%D%/model/email.h \
	%D%/model/error.c \
	%D%/model/error.h \
	%D%/model/event.c \
	%D%/model/event.h \
	%D%/model/graph_walk.c \
	%D%/model/hook.c %D%/model/hook.h \
	%D%/model/hook_endpoint.c \
	%D%/model/import.c %D%/model/import.h \
	%D%/model/import_row.c \
	%D%/model/mail_template.h \
	%D%/model/property.c %D%/model/property.h \
	%D%/model/metric.c \
	%D%/model/metric.h \
	%D%/model/rule.c \
	%D%/model/rule.h \
	%D%/model/rule_conditions.c \
	%D%/model/rule_field.c \
	%D%/model/rule_names.c \
	%D%/model/rule_operand.c \
	%D%/model/rule_operator.c \
	%D%/model/rule_private.h \
	%D%/model/rule_read.c \
	%D%/model/run.c \
	%D%/model/run.h \
	%D%/model/scalar.c \
	%D%/model/scalar.h \
	%D%/model/schema.c \
	%D%/model/schema.h \
	%D%/model/suppression.c %D%/model/suppression.h \
	%D%/model/variable.c %D%/model/variable.h \
	%D%/model/when.c \
	%D%/model/when.h \
	%D%/model/zone.c \
	%D%/model/zone.h \
	%D%/store/automations.c \
	%D%/store/automations.h \
	%D%/store/backup.c %D%/store/backup.h %D%/store/backup_private.h \
	%D%/store/blobs.c %D%/store/blobs.h \
	%D%/store/contacts.c \
	%D%/store/contacts.h \
	%D%/store/db.h \
	%D%/store/db_sqlite.c %D%/store/db_sqlite_private.h \
	%D%/store/db_sqlite_copy.c \
	%D%/store/emails.c \
	%D%/store/emails.h \
	%D%/store/direct.c %D%/store/direct.h \
	%D%/store/doctor.c %D%/store/doctor.h \
	%D%/store/erase.c %D%/store/erase.h \
	%D%/store/events.c %D%/store/events.h \
	%D%/store/fifo.h \
	%D%/store/figures.c \
	%D%/store/imports.c %D%/store/imports.h \
	%D%/store/backlog.c %D%/store/backlog.h \
	%D%/store/jobs.c %D%/store/jobs.h \
	%D%/store/mail_hours.c %D%/store/mail_hours.h \
	%D%/store/pool.c \
	%D%/store/properties.c %D%/store/properties.h \
	%D%/store/rows.c %D%/store/rows.h \
	%D%/store/runs.c %D%/store/runs.h \
	%D%/store/segments.c %D%/store/segments.h \
	%D%/store/settings.c %D%/store/settings.h \
	%D%/store/keys.c \
	%D%/store/keys.h \
	%D%/store/list.h \
	%D%/store/migrate.c \
	%D%/store/migrate.h \
	%D%/store/queue.c %D%/store/queue.h \
	%D%/store/restore.c %D%/store/restore.h \
	%D%/store/space.c \
	%D%/store/sql.c \
	%D%/store/sql.h \
	%D%/store/store.c \
	%D%/store/store.h \
	%D%/store/store_private.h \
	%D%/store/suppressions.c %D%/store/suppressions.h \
	%D%/store/templates.c \
	%D%/store/templates.h \
	%D%/store/threads.h \
	%D%/store/txn.c \
	%D%/store/wal.c \
	%D%/store/webhooks.c %D%/store/webhooks.h \
	%D%/store/usage.c %D%/store/usage.h \
	%D%/store/writer.c \
	%D%/engine/accept.c \
	%D%/engine/backlog.c %D%/engine/backlog.h \
	%D%/engine/arrival.c %D%/engine/arrival.h \
	%D%/engine/admit.c %D%/engine/admit.h \
	%D%/engine/automations.c \
	%D%/engine/catalog.c %D%/engine/catalog.h \
	%D%/engine/collect.c %D%/engine/collect.h \
	%D%/engine/claim.c \
	%D%/engine/delivery.c %D%/engine/delivery.h \
	%D%/engine/delivery_private.h %D%/engine/outcome.c \
	%D%/engine/direct.c %D%/engine/direct.h \
	%D%/engine/doubt.c %D%/engine/doubt.h \
	%D%/engine/engine.c %D%/engine/engine.h \
	%D%/engine/engine_private.h \
	%D%/engine/entry.c %D%/engine/entry.h %D%/engine/entry_read.c \
	%D%/engine/entry.c %D%/engine/entry.h \
	%D%/engine/envelope.c %D%/engine/envelope.h \
	%D%/engine/forms.c %D%/engine/forms.h \
	%D%/engine/hook_data.c \
	%D%/engine/hooks.c %D%/engine/hooks.h \
	%D%/engine/import_file.c %D%/engine/import_file.h \
	%D%/engine/importer.c %D%/engine/importer.h \
	%D%/engine/jobs.c %D%/engine/jobs.h \
	%D%/engine/letters.c %D%/engine/letters.h \
	%D%/engine/mail_event.c %D%/engine/mail_event.h \
	%D%/engine/mail_hours.c %D%/engine/mail_hours.h \
	%D%/engine/names.c %D%/engine/names.h \
	%D%/engine/part.c %D%/engine/part.h \
	%D%/engine/pause.c \
	%D%/engine/people.c %D%/engine/people.h \
	%D%/engine/people_leave.c \
	%D%/engine/policy.c %D%/engine/policy.h \
	%D%/engine/prune.c %D%/engine/prune.h \
	%D%/engine/runner.c %D%/engine/runner.h \
	%D%/engine/runs.c \
	%D%/engine/schedule.c %D%/engine/schedule.h \
	%D%/engine/scope.c %D%/engine/scope.h \
	%D%/engine/sender.c %D%/engine/sender.h \
	%D%/engine/share.c %D%/engine/share.h \
	%D%/engine/simulate.c %D%/engine/simulate.h \
	%D%/engine/simulate_copy.c %D%/engine/simulate_copy.h \
	%D%/engine/simulate_tell.c %D%/engine/simulate_tell.h \
	%D%/engine/spill.c %D%/engine/spill.h \
	%D%/engine/step.c %D%/engine/step.h \
	%D%/engine/step_branch.c %D%/engine/step_branch.h \
	%D%/engine/step_condition.c \
	%D%/engine/step_contact_delete.c \
	%D%/engine/step_contact_update.c \
	%D%/engine/step_delay.c \
	%D%/engine/step_exit.c \
	%D%/engine/step_segment.c \
	%D%/engine/step_send_email.c \
	%D%/engine/step_trigger.c \
	%D%/engine/step_wait_for_event.c \
	%D%/engine/suppress.c \
	%D%/engine/tally.c %D%/engine/tally.h \
	%D%/engine/vain.c %D%/engine/vain.h \
	%D%/engine/values.c %D%/engine/values.h \
	%D%/engine/walk.c %D%/engine/walk.h \
	%D%/engine/written.c \
	%D%/api/answer.c %D%/api/answer.h \
	%D%/api/api.c \
	%D%/api/api.h \
	%D%/api/batch.c %D%/api/batch.h \
	%D%/api/bodies.c %D%/api/bodies.h \
	%D%/api/call.c \
	%D%/api/call.h \
	%D%/api/contact_body.c %D%/api/contact_body.h \
	%D%/api/contact_json.c %D%/api/contact_json.h \
	%D%/api/doctor.c \
	%D%/api/email_body.c %D%/api/email_body.h \
	%D%/api/email_files.c %D%/api/email_files.h \
	%D%/api/email_json.c %D%/api/email_json.h \
	%D%/api/export.c \
	%D%/api/find.c %D%/api/find.h \
	%D%/api/keyring.c %D%/api/keyring.h \
	%D%/api/logbook.c %D%/api/logbook.h \
	%D%/api/import_body.c %D%/api/import_body.h \
	%D%/api/import_upload.c %D%/api/import_upload.h \
	%D%/api/openapi.c %D%/api/openapi.h \
	%D%/api/metrics_rows.c %D%/api/metrics_rows.h \
	%D%/api/public.c \
	%D%/api/redact.c %D%/api/redact.h \
	%D%/api/domains.h \
	%D%/api/resend_absent.c \
	%D%/api/resend_attachments.c \
	%D%/api/resend_automations.c \
	%D%/api/resend_contacts.c \
	%D%/api/resend_domains.c \
	%D%/api/resend_emails.c \
	%D%/api/resend_events.c \
	%D%/api/resend_imports.c \
	%D%/api/resend_keys.c \
	%D%/api/resend_logs.c \
	%D%/api/resend_metrics.c \
	%D%/api/resend_properties.c \
	%D%/api/resend_runs.c \
	%D%/api/resend_segments.c \
	%D%/api/resend_simulate.c \
	%D%/api/resend_suppressions.c \
	%D%/api/resend_templates.c \
	%D%/api/resend_topics.c \
	%D%/api/resend_webhook_events.c \
	%D%/api/resend_webhooks.c \
	%D%/api/resend_usage.c \
	%D%/api/resend_why.c \
	%D%/api/run_json.c %D%/api/run_json.h \
	%D%/api/slice.c %D%/api/slice.h \
	%D%/api/system.c \
	%D%/api/verdict.c %D%/api/verdict.h \
	%D%/api/system_backup.c %D%/api/system_keys.c \
	%D%/api/system_queue.c \
	%D%/ingest/ingest.c \
	%D%/ingest/ingest.h \
	%D%/mail/inject.c %D%/mail/inject.h %D%/mail/inject_private.h \
	%D%/mail/inject_maildir.c \
	%D%/mail/inject_smtp.c \
	%D%/mail/maildir_seen.c %D%/mail/maildir_seen.h \
	%D%/mail/pace.c %D%/mail/pace.h \
	%D%/mail/smtp_answer.c \
	%D%/mail/smtp_deal.c %D%/mail/smtp_private.h \
	%D%/mail/smtp_reply.c %D%/mail/smtp_reply.h \
	%D%/mail/smtp_session.c %D%/mail/smtp_session.h \
	%D%/mail/smtp_setup.c %D%/mail/smtp_setup.h \
	%D%/mail/smtp_wire.c %D%/mail/smtp_wire.h \
	%D%/mail/smtp_text.c %D%/mail/smtp_text.h

EXTRA_DIST += %D%/LAYERS

# The document of the API as a text in C.
OPENAPI_TEXT = %D%/api/openapi_text.c
nodist_libpostflow_a_SOURCES = $(OPENAPI_TEXT)
CLEANFILES += $(OPENAPI_TEXT)
$(OPENAPI_TEXT): $(srcdir)/conf/openapi.json
	$(AM_V_GEN)$(MKDIR_P) $(@D) && { \
	  echo '/* Made of conf/openapi.json. */' && \
	  echo '#include "api/openapi.h"' && \
	  echo 'const char openapi_text[] =' && \
	  $(SED) -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' \
	    $(srcdir)/conf/openapi.json && \
	  echo ';' && \
	  echo 'const size_t openapi_len = sizeof(openapi_text) - 1;'; \
	} >$@.part && mv $@.part $@

POSTFLOW_LIBS = libpostflow.a $(EVENT_LIBS) $(CONFUSE_LIBS) $(JANSSON_LIBS) \
	$(SQLITE_LIBS) $(GMIME_LIBS) $(OPENSSL_LIBS) $(CURL_LIBS) $(IDN_LIBS) \
	$(PTHREAD_LIBS)

# Webhooks.
libpostflow_a_SOURCES += \
	%D%/webhook/look.c %D%/webhook/look.h \
	%D%/webhook/outcome.c %D%/webhook/outcome.h \
	%D%/webhook/poster.c %D%/webhook/poster.h \
	%D%/webhook/webhook.c %D%/webhook/webhook.h

sbin_PROGRAMS += postflowd
postflowd_SOURCES = %D%/daemon/main.c \
	%D%/daemon/listen.c %D%/daemon/listen.h \
	%D%/daemon/lock.c %D%/daemon/lock.h \
	%D%/daemon/restore.c %D%/daemon/restore.h \
	%D%/daemon/tls.c %D%/daemon/tls.h
postflowd_LDADD = $(POSTFLOW_LIBS)
bin_PROGRAMS += postflow
postflow_SOURCES = %D%/cli/main.c
postflow_LDADD = $(POSTFLOW_LIBS)

# The HTTP server.
libpostflow_a_SOURCES += \
	%D%/http/body.c \
	%D%/http/chunks.c \
	%D%/http/conn.c \
	%D%/http/http.c %D%/http/http.h %D%/http/http_private.h \
	%D%/http/io.c \
	%D%/http/multipart.c %D%/http/multipart.h \
	%D%/http/parameter.c %D%/http/parameter.h \
	%D%/http/parse.c %D%/http/parse.h \
	%D%/http/reply.c \
	%D%/http/request.c \
	%D%/http/step.c \
	%D%/http/target.c \
	%D%/http/timers.c \
	%D%/http/turn.c
