# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# postflowd in the lab: its configuration, its start, and the key to its API.
# shellcheck shell=bash disable=SC2154

# A value for postflow.conf, where nothing in it means anything.
conf_quoted() {
	local value=${1//\\/\\\\}
	printf "'%s'" "${value//\'/\\\'}"
}

# Whom the sockets are open to.
allowed_users() {
	conf_quoted root
	[ "$caller" = root ] || { printf ', ' && conf_quoted "$caller"; }
}

postflow_write() {
	mkdir -p "$home/state" "$run/sock"
	chown "$service_user:$service_group" "$home/state" "$run/sock"
	chmod 0750 "$home/state"
	chmod 0755 "$run/sock"
	cat >"$home/postflow.conf.new" <<-EOT
	# Written by contrib/lab at every start; what --conf gave is read last.
	user = $(conf_quoted "$service_user")
	group = $(conf_quoted "$service_group")
	state_dir = $(conf_quoted "$home/state")
	run_dir = $(conf_quoted "$run/sock")

	store {
	    path = $(conf_quoted "$home/state/postflow.db")
	}
	api {
	    listen = { "127.0.0.1:$API_PORT" }
	    socket = $(conf_quoted "$run/sock/api.sock")
	}
	public {
	    listen = { "127.0.0.1:$PUBLIC_PORT" }
	    url = "http://127.0.0.1:$PUBLIC_PORT"
	}
	events {
	    socket = $(conf_quoted "$run/sock/events.sock")
	}
	access {
	    allow_users = { $(allowed_users) }
	}
	mail {
	    report_domain = "$report_domain"
	}
	injection {
	    backend = "smtp"
	    host = "127.0.0.1"
	    port = $INJECT_PORT
	}
	webhooks {
	    allow_private = yes
	}
	EOT
	[ ! -f "$home/extra.conf" ] ||
	    echo "include($(conf_quoted "$home/extra.conf"))" \
		>>"$home/postflow.conf.new"
	mv "$home/postflow.conf.new" "$home/postflow.conf"
}

postflowd_answers() {
	[ "$(http_status "$API_PORT" /healthz)" = 200 ]
}

postflowd_start() {
	postflow_write
	process_start postflowd "$home/postflowd.log" \
	    "$builddir/postflowd" -c "$home/postflow.conf" -f || {
		echo "lab: postflowd ended" >&2
		log_end "$home/postflowd.log" >&2
		return 1
	}
	wait_until postflowd "$home/postflowd.log" postflowd_answers
}

# Prints the key made by an earlier start, if the database still knows it.
key_kept() {
	local key status
	{ read -r key <"$dir/api-key"; } 2>/dev/null || return 1
	status=$(http_status "$API_PORT" '/automations?limit=1' \
	    "Authorization: Bearer $key")
	[ "$status" != 401 ] && [ "$status" != 403 ] && echo "$key"
}

# Prints a key that opens the API, and keeps it for the next time.
api_key() {
	local said key
	! key_kept || return 0
	said=$("$builddir/postflow" -c "$home/postflow.conf" --json \
	    keys create --name lab) ||
	    { echo "lab: no key was made: $said" >&2; return 1; }
	key=$(sed -n 's/.*"token" *: *"\([^"]*\)".*/\1/p' <<<"$said")
	[ -n "$key" ] || { echo "lab: there is no key in: $said" >&2; return 1; }
	(umask 077 && echo "$key" >"$dir/.api-key.new")
	chown "$caller:" "$dir/.api-key.new"
	mv "$dir/.api-key.new" "$dir/api-key"
	echo "$key"
}
