#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The command line against a real server: each noun once around, and the first
# automation of the manual from a file to a mail, a wait and an explanation.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

lab_up "$tmp/lab" --mta none

# p ARGS...: postflow over the socket; what it says of failures is dropped.
p() { "$POSTFLOW" -c "$POSTFLOW_CONF" "$@" 2>/dev/null; }
# quietly ARGS...: the same where only success counts.
quietly() { p "$@" >/dev/null; }
# field JQ ARGS...: a field of the answer.
field() { p --json "${@:2}" | jq -r "$1"; }
# example NAME: the automation of that name in the manual.
example() {
	awk '/^\.Bd/ { text = ""; inside = 1; next }
	    /^\.Ed/ { inside = 0; if (text ~ "\"name\": \"" name "\"")
	        printf "%s", text; next }
	    inside { text = text $0 "\n" }' name="$1" \
	    "$builddir/man/postflow-automations.7"
}

# ---- who ------------------------------------------------------------------

vip=$(p segments create --name VIP)
pros=$(p segments create --name Pros --filter '{"type":"rule",
    "field":"contact.properties.plan","operator":"eq","value":"pro"}')
news=$(p topics create --name News --default-subscription opt_in)
property=$(p contact-properties create --key level --type number \
    --fallback-value 1)
quietly contact-properties update "$property" --fallback-value 2
is "$(field .fallback_value contact-properties get "$property")" 2 \
    "a property's fallback is a number"

zoe=$(p contacts create --email zoe@example.org --properties '{"plan":"pro"}' \
    --segment-id "$vip" --opt-out "$news")
is "$(field .id contacts get zoe@example.org)" "$zoe" "a contact by its address"
is "$(field '[.data[].name] | sort | join(" ")' contacts segments list "$zoe")" \
    "Pros VIP" "is in a segment by hand and in one by its filter"
is "$(field '.data[0].subscription' contacts topics list "$zoe")" opt_out \
    "and in no topic it left"
quietly contacts topics update "$zoe" --opt-in "$news"
is "$(field '.data[0].subscription' contacts topics list "$zoe")" opt_in \
    "but in one it came back to"
quietly contacts segments remove "$zoe" "$vip"
is "$(field '.data | length' segments contacts "$vip")" 0 "out of a segment"
quietly contacts segments add zoe@example.org "$vip"
is "$(field '.data[0].email' segments contacts "$vip")" zoe@example.org \
    "and in again"
is "$(field '.data | length' contacts list --segment-id "$pros")" 1 \
    "contacts of a segment"

# ---- what -----------------------------------------------------------------

quietly events create --name user.created --schema '{"plan":"string"}'
is "$(field .schema.plan events get user.created)" string "a definition"
fails "refuses what does not fit" p events send --event user.created \
    --email zoe@example.org --payload '{"plan":{}}'
quietly events update user.created --schema null
is "$(field .schema events get user.created)" null "until it is taken back"

for name in welcome thanks reminder plan-intro plan-pro plan-pro-more plan-other \
    plan-last; do
	quietly templates create --publish --name "$name" --alias "$name" \
	    --from shop@example.org --subject "$name" \
	    --html "<p>$name {{{PLAN|}}}{{{ORDER|}}}</p>"
done
example "Welcome series" >"$tmp/welcome.json"
like "$(p automations simulate --file "$tmp/welcome.json" \
    --contact '{"email":"ada@example.org"}' --for "1 week" --events \
    '[{"after":"1 day","event":"order.placed","payload":{"id":"A7"}}]')" \
    '"thanks"' "the manual's automation thanks who orders"
like "$(p automations simulate --file "$tmp/welcome.json" \
    --contact '{"email":"ada@example.org"}' --for "1 week")" \
    '"reminder"' "and reminds who does not"
example Plans >"$tmp/plans.json"
# mails CHANGED-PLAN: the subjects that somebody gets who changes the plan.
mails() {
	field '[.timeline[] | select(.kind == "mail").email.subject] | join(" ")' \
	    automations simulate --file "$tmp/plans.json" --contact \
	    '{"email":"ada@example.org","properties":{"plan":"pro"}}' \
	    --events '[{"after":"1 day",
	        "contact":{"properties":{"plan":"'"$1"'"}}}]'
}
is "$(mails pro)" "plan-intro plan-pro plan-pro-more plan-last" \
    "the other one goes its guarded way"
is "$(mails basic)" "plan-intro plan-last" "until the guard fails"
fails "nobody was made by that" p contacts get ada@example.org
# refused WHAT PATTERN SED-SCRIPT: the manual's automation with that change.
refused() {
	local said status=0
	sed "$3" "$tmp/welcome.json" >"$tmp/wrong.json"
	said=$("$POSTFLOW" -c "$POSTFLOW_CONF" automations create --file \
	    "$tmp/wrong.json" 2>&1) || status=$?
	is "$status" 1 "$1 in a file"
	like "$said" "$2" "is refused in words"
}
refused "a misspelt name" 'config.timout. of step .order. is unknown; known' \
    's/"timeout": "3 days"/"timout": "3 days"/'
refused "a misspelt setting" 'settings.reentry.polcy. is unknown' \
    's/"policy"/"polcy"/'
refused "an event that never comes" 'no event of ours: .resend:email.read.' \
    's/order\.placed", "timeout"/resend:email.read", "timeout"/'
refused "a timeout of nothing" '.0 days. is no time at all' 's/3 days/0 days/'
welcome=$(p automations create --file "$tmp/welcome.json")
event=$(p events send --event user.created --email zoe@example.org \
    --payload '{"plan":"pro"}')
run=$(field '.runs[0].id' events outcome "$event")
is "$(field .status runs get "$welcome" "$run")" running "it runs"
like "$(p why zoe@example.org "$welcome")" '^  order .* for order\.placed until' \
    "why says what it waits for"
again=$(p events send --event user.created --email zoe@example.org)
like "$(p events outcome "$again")" 'reentry_once' "an event says why it did not"
like "$(p automations skipped "$welcome")" 'reentry_once' "so does the automation"
like "$(p why zoe@example.org "$welcome")" 'reentry_once' "so does why"
fails "nor may it be started by hand" p automations start "$welcome" \
    --email zoe@example.org

# ---- stop and go ------------------------------------------------------------

is "$(p pause automation "$welcome" | tail -n 1)" "status: paused" "a pause"
quietly events send --event order.placed --email zoe@example.org
is "$(field .status runs get "$welcome" "$run")" running "holds the run"
quietly resume automation "$welcome"
done_by_now() {
	[ "$(field .status runs get "$welcome" "$run")" = completed ]
}
ok "which then goes on" wait_for 10 done_by_now
fails "what is completed is not retried" p runs retry "$welcome" "$run"
quietly contacts create --email ben@example.org
other=$(p runs start "$welcome" --email ben@example.org)
is "$(field '.data[0].id' contacts runs list ben@example.org)" "$other" \
    "somebody else is started by hand"
is "$(field .status runs cancel "$welcome" "$other")" cancelled "and cancelled"
is "$(field .exit_reason runs get "$welcome" "$other")" cancelled_by_hand \
    "for a reason"
is "$(field .injection pause injection)" true "injection is paused"
like "$(p queue list)" '^injection_paused: +true' "which the queue says, too"
like "$(p queue list)" '^held: +false' "beside whether it is held"
is "$(field .engine pause engine)" true "and the engine"
is "$(field .injection resume injection)$(field .engine resume engine)" \
    falsefalse "and both go on"

# ---- all that is known --------------------------------------------------------

ok "what is stored fits together" quietly doctor --db
is "$(field '.data[] | select(.object == "contact").email' \
    contacts export "$zoe")" zoe@example.org \
    "an export knows the contact"
ok "and what it lived through" grep -q order.placed \
    <<<"$(p contacts export "$zoe")"
ok "a contact is erased" quietly contacts erase "$zoe"
fails "and gone" p contacts get "$zoe"
for made in "segments delete $vip" "topics delete $news" \
    "contact-properties delete $property" "events delete user.created" \
    "automations delete $welcome"; do
	# shellcheck disable=SC2086
	ok "${made% *}" quietly $made
done

finish
