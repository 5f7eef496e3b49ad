#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The demo does what the README promises.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

ok "the demo ends well" "$top/contrib/demo" "$tmp/once" --once >"$tmp/said" 2>&1
like "$(cat "$tmp/said")" '^Subject: Welcome to Acme$' "it shows the mail"
fails "and takes the lab down" grep -qE "^POSTFLOWD_PID='[0-9]" "$tmp/once/env"

labs+=("$tmp/stays")
"$top/contrib/demo" "$tmp/stays" >"$tmp/said" 2>&1
lab_env "$tmp/stays"
like "$(cat "$tmp/said")" "^URL +$POSTFLOW_URL\$" "without --once the lab stays"
command=$(grep -A 3 '^  curl' "$tmp/said")
is "$(sh -c "$command" 2>/dev/null | jq -r .event)" user.created \
    "the curl it shows works"
ok "and makes another mail" wait_for 10 has_files "$SINK_DIR" 2
sh -c "$(sed -n 's/^Take it down: *//p' "$tmp/said")"
lab_env "$tmp/stays"
is "$POSTFLOWD_PID" '' "and so does the command that takes it down"

finish
