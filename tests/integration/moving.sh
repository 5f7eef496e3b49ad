#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The commands of docs/moving-from-resend.md, word for word but for the port, in
# one shell from the first section to the last.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/tools/helpers.sh
. "$top/tests/tools/helpers.sh"
page=$top/docs/moving-from-resend.md
modules=$top/tests/clients/node_modules

# What a section's commands need, where that may not be there.
needs() {
	case $1 in
	"The command line") echo GET /domains ;;
	Contacts) echo POST /contacts/imports ;;
	"Mail that apps send") echo POST /emails ;;
	Webhooks) echo POST /webhooks ;;
	esac
}

# has_route METHOD PATH
has_route() {
	! api "$1" "$2" '{}' | head -n 1 | grep -qE \
	    '"method_not_allowed"|The requested endpoint does not exist'
}

# commands SECTION: what its blocks of sh say.
commands() {
	awk -v section="$1" '/^## / { here = substr($0, 4) == section }
	    /^```/ { code = /sh$/; next } here && code' "$page" |
	    sed "s|http://127.0.0.1:8025|$POSTFLOW_URL|"
}

# arrived ADDRESS PATTERN: a mail for it has a line like that.
arrived() {
	local file
	for file in "$SINK_DIR"/*; do
		! grep -q "^X-Rcpt-Args: *<$1>" "$file" 2>/dev/null ||
		    ! grep -qE "$2" "$file" || return 0
	done
	return 1
}

lab_up "$tmp/lab" --mta none
mkdir "$tmp/bin" "$tmp/app"
cat >"$tmp/bin/postflow" <<EOF
#!/bin/sh
exec "$POSTFLOW" -c "$POSTFLOW_CONF" "\$@"
EOF
node=$(echo "$modules"/node-linux-*/bin/node)
cat >"$tmp/bin/resend" <<EOF
#!/bin/sh
exec "$node" "$modules/resend-cli/dist/cli.cjs" "\$@"
EOF
chmod +x "$tmp/bin/"*
ln -s "$node" "$tmp/bin/node"
ln -s "$modules" "$tmp/app/node_modules"
# What is not on this machine would be asked where nobody answers.
export PATH=$tmp/bin:$PATH HOME=$tmp XDG_CONFIG_HOME=$tmp/config \
    NODE_USE_ENV_PROXY=1 HTTPS_PROXY=http://127.0.0.1:9 \
    HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1 NODE_NO_WARNINGS=1
cd "$tmp/app"

# All of it is one script, which says how far it came.
echo 'set -eu' >"$tmp/script"
run=()
while read -r section; do
	[ -n "$(commands "$section")" ] || continue
	read -r method path <<<"$(needs "$section")"
	if [ -n "$method" ] && ! has_route "$method" "$path"; then
		skip "the commands under \"$section\"" \
		    "there is no $method $path"
		continue
	fi
	run+=("$section")
	commands "$section" >>"$tmp/script"
	echo "echo '@ $section'" >>"$tmp/script"
done < <(sed -n 's/^## //p' "$page")
bash "$tmp/script" >"$tmp/said" 2>&1 || sed 's/^/# /' "$tmp/said" >&4
all=$(cat "$tmp/said")
for section in "${run[@]}"; do
	ok "the commands under \"$section\" run" \
	    grep -qxF "@ $section" "$tmp/said"
done

like "$all" "event: 'user.created'" "the app's event is answered"
like "$all" '"object": "automation"|^[0-9a-f-]{36}' "the automation is made"
ok "its mail comes" wait_for 10 arrived bob@example.com '^Subject: Hello Bob'
is "$(api_get .status /templates/welcome)" published \
    "the template is published"
if has_route POST /emails; then
	ok "the app's mail comes" wait_for 10 arrived dora@example.com \
	    '^Subject: Your order'
fi
if has_route POST /contacts/imports; then
	ok "the imported contact is there" wait_for 10 becomes \
	    .properties.plan.value pro /contacts/cleo@example.com
fi
finish
