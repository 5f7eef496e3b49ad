#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# An event for someone nobody knows yet becomes a mail in Postfix's queue and
# then in the sink, and the API can say which.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

lab_up "$tmp/lab"

template=$(api POST /templates '{
    "name": "Welcome", "from": "Acme <hello@acme.example>",
    "subject": "Welcome to Acme",
    "html": "<p>Hello from <b>Acme</b>.</p><p>{{{RESEND_UNSUBSCRIBE_URL}}}</p>"}' |
    head -n 1 | jq -r .id)
like "$template" '^[0-9a-f-]{36}$' "a template is created"
is "$(api POST "/templates/$template/publish" '{}' | tail -n 1)" 200 \
    "and published"
automation=$(api POST /automations '{
    "name": "Welcome", "status": "enabled",
    "steps": [
        {"key": "start", "type": "trigger",
         "config": {"event_name": "user.created"}},
        {"key": "welcome", "type": "send_email",
         "config": {"template": {"id": "'"$template"'"}}}],
    "connections": [{"from": "start", "to": "welcome"}]}' |
    head -n 1 | jq -r .id)
like "$automation" '^[0-9a-f-]{36}$' "an automation is created"

# The event.
is "$(api POST /events/send '{"event": "user.created",
    "email": "ada@customer.example", "payload": {"plan": "pro"}}' |
    tail -n 1)" 202 "the event is accepted"
ok "within a second there is a file" wait_for 1 has_files "$SINK_DIR" 1
mail=$(files "$SINK_DIR" | head -n 1)
is "$(files "$SINK_DIR" | wc -l)" 1 "and only one"

# What came out.
is "$(sed -n 's/^X-Rcpt-Args: \(<[^>]*>\).*/\1/p' "$mail")" \
    '<ada@customer.example>' "it goes to the contact"
is "$(header From "$mail")" 'Acme <hello@acme.example>' "From is the template's"
is "$(header To "$mail")" ada@customer.example "To is the contact"
is "$(header Subject "$mail")" 'Welcome to Acme' "Subject is the template's"
like "$(header Message-ID "$mail")" '^<[^<>@ ]+@[^<>@ ]+>$' "there is a Message-ID"
for name in From To Subject Message-ID Date MIME-Version List-Unsubscribe \
    List-Unsubscribe-Post; do
	is "$(header "$name" "$mail" | wc -l)" 1 "there is one $name"
done
like "$(header List-Unsubscribe "$mail")" "^<$POSTFLOW_PUBLIC_URL/u/[^<>]+>" \
    "List-Unsubscribe begins with the public URL"
is "$(header List-Unsubscribe-Post "$mail")" 'List-Unsubscribe=One-Click' \
    "List-Unsubscribe-Post says one click"
like "$(sed 's/=\r$//' "$mail" | tr -d '\r')" 'Hello from' "the body is there"

# What the API says about it.
run_is_completed() {
	[ "$(api_get '.data[0].status' "/automations/$automation/runs")" = completed ]
}
ok "the run completes" wait_for 5 run_is_completed
run=$(api_get '.data[0].id' "/automations/$automation/runs")
is "$(api_get '.data | length' "/automations/$automation/runs")" 1 \
    "there is one run"
email=$(api_get '.steps[] | select(.key == "welcome") | .output.email_id' \
    "/automations/$automation/runs/$run")
like "$email" '^[0-9a-f-]{36}$' "its step names the email"
is "$(api_get '.steps[] | select(.key == "welcome") | .status' \
    "/automations/$automation/runs/$run")" completed "and reads completed"
email_is_sent() {
	[ "$(api_get .last_event "/emails/$email")" = sent ]
}
ok "the email reads sent" wait_for 5 email_is_sent
queue_id=$(api_get .queue_id "/emails/$email")
like "$queue_id" '^[0-9A-F]{8,}$' "it has Postfix's queue id"
ok "which Postfix's log has with our Message-ID" grep -qF \
    "$queue_id: message-id=$(header Message-ID "$mail")" "$MTA_LOG"
ok "and with the sink's answer" wait_for 5 grep -qE \
    "$queue_id: to=<ada@customer.example>.*queued as $(basename "$mail")" "$MTA_LOG"

# Someone nobody knew is a contact now.
is "$(api_get .email /contacts/ada@customer.example)" ada@customer.example \
    "the contact exists"

finish
