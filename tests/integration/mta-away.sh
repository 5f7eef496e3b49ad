#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# While the MTA is away nothing is lost, and when it is back the mail goes out
# by itself; what the MTA refuses for good is not tried again.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

cat >"$tmp/extra.conf" <<'EOF'
injection { retry_first = "200 ms" retry_last = "400 ms" }
EOF
lab_up "$tmp/lab" --conf "$tmp/extra.conf"

template=$(api POST /templates '{"name": "w", "from": "shop@acme.example",
    "subject": "Hello", "html": "<p>Hello {{{RESEND_UNSUBSCRIBE_URL}}}</p>"}' |
    head -n 1 | jq -r .id)
api POST "/templates/$template/publish" >/dev/null
# A way longer than the engine takes at once.
steps='{"key": "s", "type": "trigger", "config": {"event_name": "go"}}'
connections='' last=s
for i in $(seq 1 60); do
	steps+=', {"key": "m'$i'", "type": "send_email",
	    "config": {"template": {"id": "'$template'"}}}'
	connections+="${connections:+, }"'{"from": "'$last'", "to": "m'$i'"}'
	last=m$i
done
long=$(api POST /automations '{"name": "long", "status": "enabled",
    "steps": ['"$steps"'], "connections": ['"$connections"']}' |
    head -n 1 | jq -r .id)
one=$(api POST /automations '{"name": "one", "status": "enabled", "steps": [
    {"key": "s", "type": "trigger", "config": {"event_name": "one"}},
    {"key": "m", "type": "send_email",
     "config": {"template": {"id": "'"$template"'"}}}],
    "connections": [{"from": "s", "to": "m"}]}' | head -n 1 | jq -r .id)

email_field() {
	api_get ".data[0].$1" '/emails?limit=1'
}
email_is() {
	[ "$(email_field "$1")" = "$2" ]
}
email_tried() {
	[ "$(email_field attempts)" -ge "$1" ]
}
# why WHO: how it went for that contact, as people read it.
why() {
	"$POSTFLOW" --url "$POSTFLOW_URL" --key "$POSTFLOW_API_KEY" why "$1" \
	    "$one"
}
completed() {
	[ "$(api_get '.data[0].status' "/automations/$long/runs")" = completed ]
}

# Away.
as_root postfix -c "$MTA_CONFIG_DIR" stop >/dev/null 2>&1
is "$(api POST /events/send '{"event": "one", "email": "ada@d.example"}' |
    tail -n 1)" 202 "an event is taken while the MTA is away"
ok "its mail is tried again and again" wait_for 20 email_tried 2
is "$(email_field last_event)" queued "and stays queued"
like "$(email_field answer)" '.' "and says what happened"
said=$(why ada@d.example)
like "$said" \
    'verdict: It came to the end on .* step .m. waits for the MTA; the last' \
    "so does why"
like "$said" "mail $(email_field id): queued since 20[^,]*, [A-Z]" \
    "also at the step"
lab restart "$tmp/lab" mta >/dev/null
lab_env "$tmp/lab"
ok "when the MTA is back it goes out by itself" wait_for 70 email_is last_event sent
like "$(why ada@d.example)" \
    "mail $(email_field id): sent as $(email_field queue_id), MTA said 250 " \
    "which why tells as well"
ok "and arrives" wait_for 10 has_files "$SINK_DIR" 1
is "$(files "$SINK_DIR" | wc -l)" 1 "once"

# Refused for good.
api POST /events/send '{"event": "one", "email": "nouser1@d.example"}' >/dev/null
ok "what the MTA refuses has failed" wait_for 20 email_is last_event failed
is "$(email_field attempts)" 1 "and was tried once"
like "$(email_field answer)" '5\.1\.1' "and says why"
said=$(why nouser1@d.example)
like "$said" 'The mail of step .m. failed for good: 550 5\.1\.1 ' "so does why"
like "$said" "mail $(email_field id): failed, MTA said 550 5\\.1\\.1 " \
    "also at the step"

# A long way in a quiet hour: the daily limit holds, the run comes to its end.
api POST /events/send '{"event": "go", "email": "bob@d.example"}' >/dev/null
ok "a way of 60 steps ends without another event" wait_for 10 completed
ok "its mails arrive" wait_for 20 has_files "$SINK_DIR" 21
is "$(files "$SINK_DIR" | wc -l)" 21 "as many as one contact may get a day"

finish
