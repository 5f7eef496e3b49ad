#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Two stories in real time, with seconds where people would have minutes: a
# welcome series that waits for an answer, and the manual's branch with a guard.
# Each mail comes to whom it is for, in its order and at its time.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"

lab_up "$tmp/lab"
# What a machine with other things to do may take more.
late=2000
! sanitized || late=4000

p() {
	"$POSTFLOW" -c "$POSTFLOW_CONF" "$@"
}

now_ms() {
	date +%s%3N
}

for name in welcome pro-tips tips reminder plan-intro plan-pro plan-pro-more \
    plan-other plan-last; do
	p templates create --publish --name "$name" --alias "$name" \
	    --from shop@story.example --subject "$name" \
	    --html "<p>$name {{{WORD|}}}</p>" >/dev/null
done

cat >"$tmp/welcome.json" <<'EOT'
{
  "name": "Welcome series",
  "status": "enabled",
  "steps": [
    {"key": "start", "type": "trigger",
     "config": {"event_name": "user.created"}},
    {"key": "welcome", "type": "send_email",
     "config": {"template": {"id": "welcome"}}},
    {"key": "feedback", "type": "wait_for_event",
     "config": {"event_name": "feedback.received", "timeout": "3 seconds"}},
    {"key": "plan", "type": "condition",
     "config": {"type": "rule", "field": "event.plan", "operator": "eq",
       "value": "pro"}},
    {"key": "pro", "type": "send_email",
     "config": {"template": {"id": "pro-tips", "variables":
       {"WORD": {"var": "wait_events.feedback.received.word"}}}}},
    {"key": "other", "type": "send_email",
     "config": {"template": {"id": "tips"}}},
    {"key": "reminder", "type": "send_email",
     "config": {"template": {"id": "reminder"}}}
  ],
  "connections": [
    {"from": "start", "to": "welcome"},
    {"from": "welcome", "to": "feedback"},
    {"from": "feedback", "to": "plan", "type": "event_received"},
    {"from": "feedback", "to": "reminder", "type": "timeout"},
    {"from": "plan", "to": "pro", "type": "condition_met"},
    {"from": "plan", "to": "other", "type": "condition_not_met"}
  ]
}
EOT
awk '/^\.Bd/ { text = ""; inside = 1; next }
    /^\.Ed/ { inside = 0; if (text ~ "\"name\": \"Plans\"") printf "%s", text }
    inside { text = text $0 "\n" }' "$builddir/man/postflow-automations.7" |
    sed -E 's/"([0-9]+) (hour|day)(s?)"/"\1 second\3"/' >"$tmp/plans.json"
welcome=$(p automations create --file "$tmp/welcome.json")
plans=$(p automations create --file "$tmp/plans.json")
is "$(api_get '[.steps[] | select(.type == "delay").config.duration] |
    join(", ")' "/automations/$plans")" \
    "2 seconds, 2 seconds, 1 second, 2 seconds, 2 seconds" \
    "the manual's days are seconds here"

# ---- who gets what -----------------------------------------------------------

# mails_to NAME: what came to that person, "MS SUBJECT" a line, in order of
# time; MS since that person's story began.
mails_to() {
	local began
	began=$(cat "$tmp/began.$1")
	find "$SINK_DIR" -type f -printf '%T@ %p\n' | sort -n |
	    while read -r at file; do
		[ "$(header To "$file")" = "$1@story.example" ] || continue
		echo "$((${at%.*} * 1000 + 10#${at:11:3} - began))" \
		    "$(header Subject "$file")"
	    done
}

# begins NAME: notes the moment.
begins() {
	now_ms >"$tmp/began.$1"
}

has_mail() {
	mails_to "$1" | grep -q " $2\$"
}

# gets NAME "SECONDS SUBJECT"...: these mails and no others, each then or a
# little later.
gets() {
	local name=$1 i=0 got
	shift
	mapfile -t got < <(mails_to "$name")
	echo "# $name: ${got[*]-nothing}"
	is "$(printf '%s\n' ${got[@]+"${got[@]#* }"} | xargs)" \
	    "$(printf '%s\n' "${@#* }" | xargs)" "$name gets ${*#* }"
	for expected; do
		ok "$name gets ${expected#* } in its time" \
		    in_time "${got[$((i++))]-999999}" "${expected% *}"
	done
}

# in_time "MS SUBJECT" SECONDS: the clock of a file may be a tick behind.
in_time() {
	local after=$((${1%% *} - $2 * 1000))
	[ "$after" -ge -50 ] && [ "$after" -lt "$late" ]
}

# The newest run of a contact.
run_of() {
	api_get '.data[0].id // empty' "/contacts/$1@story.example/runs"
}

has_ended() {
	[ "$(api_get '.data[0].status' "/contacts/$1@story.example/runs")" = \
	    completed ]
}

# went NAME AUTOMATION STATUSES: what `runs get` shows of the steps.
went() {
	is "$(p --json runs get "$2" "$(run_of "$1")" |
	    jq -r '[.steps[] | .key + ":" + .status] | join(" ")')" "$3" \
	    "$1's steps are shown"
}

# ---- what happens ------------------------------------------------------------

person() {
	p contacts create --email "$1@story.example" \
	    ${2+--properties "{\"plan\":\"$2\"}"} >/dev/null
}

created() {
	p events send --event user.created --email "$1@story.example" \
	    --payload "{\"plan\":\"$2\"}" >/dev/null
}

# Whole seconds between the begin of a story and the answer.
answered() {
	echo $((($(cat "$tmp/answered.$1") - $(cat "$tmp/began.$1")) / 1000))
}

feedback() {
	p events send --event feedback.received --email "$1@story.example" \
	    --payload '{"word":"splendid"}' >/dev/null
}

for name in ada:pro ben:free eve:pro; do
	begins "${name%:*}"
	created "${name%:*}" "${name#*:}"
done
for name in pia:pro dan:pro oli:basic; do
	begins "${name%:*}"
	person "${name%:*}" "${name#*:}"
done
person lea
for name in ada ben; do
	ok "$name is welcome" wait_for 10 has_mail "$name" welcome
	now_ms >"$tmp/answered.$name"
	feedback "$name"
done
is "$(run_of lea)" '' "who has no plan is in no story"
begins lea
p contacts update lea@story.example --properties '{"plan":"pro"}' >/dev/null
ok "dan has read the introduction" wait_for 10 has_mail dan plan-intro
p contacts update dan@story.example --properties '{"plan":"free"}' >/dev/null
for name in ada ben eve pia dan oli lea; do
	ok "$name's story ends" wait_for 20 has_ended "$name"
done
all_left() {
	[ "$(figure .engine.emails_sent)" = 18 ] && has_files "$SINK_DIR" 18
}
ok "all mails are out" wait_for 10 all_left

# ---- the welcome series ------------------------------------------------------

gets ada "0 welcome" "$(answered ada) pro-tips"
gets ben "0 welcome" "$(answered ben) tips"
gets eve "0 welcome" "3 reminder"
pro_tips=$(grep -lr "^Subject: pro-tips" "$SINK_DIR")
ok "what was answered is in the mail" grep -q splendid "$pro_tips"
went ada "$welcome" "start:completed welcome:completed feedback:completed $(
    )plan:completed pro:completed other:skipped reminder:skipped"
went eve "$welcome" "start:completed welcome:completed feedback:completed $(
    )plan:skipped pro:skipped other:skipped reminder:completed"
is "$(api_get '.steps[] | select(.key == "feedback").output.timed_out' \
    "/automations/$welcome/runs/$(run_of eve)")" true \
    "nobody answered in time"

# ---- the branch with a guard -------------------------------------------------

gets pia "2 plan-intro" "4 plan-pro" "5 plan-pro-more" "7 plan-last"
gets dan "2 plan-intro" "6 plan-last"
gets oli "2 plan-intro" "4 plan-other"
gets lea "2 plan-intro" "4 plan-pro" "5 plan-pro-more" "7 plan-last"
before="start:completed first-pause:completed intro:completed plan:completed"
went pia "$plans" "$before pro-pause:completed pro-mail:completed $(
    )pro-pause-2:completed pro-mail-2:completed other-pause:skipped $(
    )other-mail:skipped last-pause:completed last-mail:completed"
went dan "$plans" "$before pro-pause:completed pro-mail:skipped $(
    )pro-pause-2:skipped pro-mail-2:skipped other-pause:skipped $(
    )other-mail:skipped last-pause:completed last-mail:completed"
went oli "$plans" "$before pro-pause:skipped pro-mail:skipped $(
    )pro-pause-2:skipped pro-mail-2:skipped other-pause:completed $(
    )other-mail:completed last-pause:skipped last-mail:skipped"
is "$(api_get '.steps[] | select(.key == "plan").output.branch' \
    "/automations/$plans/runs/$(run_of dan)")" pro "dan was on the pro lane"
is "$(verified)" '' "and nothing is left over"

finish
