# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# A private Postfix below $home: everything that is not from here goes to the
# sink, and what the sink refuses for five seconds comes back as a DSN.
# shellcheck shell=bash disable=SC2154

postfix_check() {
	command -v postfix >/dev/null ||
	    die "Postfix is not installed (contrib/deps installs it)"
}

# Writes main.cf to the directory; what it adds comes on stdin.
postfix_main() {
	local transport="smtp:[127.0.0.1]:$SINK_PORT"
	[ "$SINK" != discard ] || transport=discard:
	cat - >"$1/main.cf" <<-EOT
	compatibility_level = 3.6
	queue_directory = $run/queue
	data_directory = $home/data
	maillog_file = $home/mail.log
	maillog_file_prefixes = $home
	myhostname = mta.lab.example
	mydomain = lab.example
	myorigin = lab.example
	mydestination =
	relay_domains =
	local_recipient_maps =
	local_transport = error:there is no local mail in the lab
	alias_maps =
	alias_database =
	mynetworks = 127.0.0.0/8
	inet_interfaces = 127.0.0.1
	inet_protocols = ipv4
	append_dot_mydomain = no
	biff = no

	default_transport = $transport
	relay_transport = $transport
	disable_dns_lookups = yes
	smtp_dns_support_level = disabled
	smtp_host_lookup = native
	smtp_tls_security_level = none
	smtpd_tls_security_level = none
	smtpd_peername_lookup = no

	# What cannot be delivered is a DSN within seconds.
	queue_run_delay = 1s
	minimal_backoff_time = 1s
	maximal_backoff_time = 1s
	transport_retry_time = 1s
	maximal_queue_lifetime = 5s
	bounce_queue_lifetime = 5s
	notify_classes =

	# Nothing slows down who sends a lot, or asks for refusals.
	in_flow_delay = 0
	smtpd_error_sleep_time = 0
	smtpd_soft_error_limit = 1000000
	smtpd_hard_error_limit = 1000000
	smtpd_junk_command_limit = 1000000
	message_size_limit = 104857600
	mailbox_size_limit = 0
	queue_minfree = 0

	smtpd_relay_restrictions = permit_mynetworks, reject
	smtpd_recipient_restrictions =
	    check_recipient_access regexp:$home/etc/recipients
	EOT
	cat >>"$1/main.cf"
}

postfix_master() {
	cat >"$home/etc/master.cf" <<-EOT
	127.0.0.1:$SMTP_PORT inet n - n - - smtpd
	127.0.0.1:$INJECT_PORT inet n - n - - smtpd
	  -o syslog_name=postfix/postflow
	  -o milter_macro_daemon_name=POSTFLOW
	  -o milter_default_action=tempfail
	  -o smtpd_client_restrictions=permit_mynetworks,reject
	  -o smtpd_forbid_bare_newline=normalize
	  -o smtpd_forbid_bare_newline_exclusions=
	pickup unix n - n 1 1 pickup
	cleanup unix n - n - 0 cleanup
	qmgr unix n - n 300 1 qmgr
	rewrite unix - - n - - trivial-rewrite
	bounce unix - - n - 0 bounce
	defer unix - - n - 0 bounce
	trace unix - - n - 0 bounce
	verify unix - - n - 1 verify
	flush unix n - n 1000? 0 flush
	proxymap unix - - n - - proxymap
	proxywrite unix - - n - 1 proxymap
	smtp unix - - n - - smtp
	relay unix - - n - - smtp
	showq unix n - n - - showq
	error unix - - n - - error
	retry unix - - n - - error
	discard unix - - n - - discard
	anvil unix - - n - 1 anvil
	scache unix - - n - 1 scache
	postlog unix-dgram n - n - 1 postlogd
	EOT
}

# sendmail(1) for any local user. postdrop and postqueue are set-group-id and so
# refuse a configuration that /etc/postfix/main.cf does not name; copies without
# that bit take it, and the lab's maildrop is open to everyone instead. They are
# found through a second main.cf, which only this command reads.
postfix_submission() {
	local program
	mkdir -p "$home/submit" "$home/bin"
	postfix_main "$home/submit" <<<"command_directory = $home/submit"
	for program in postdrop postqueue; do
		install -m 0755 "$(postconf -d -h command_directory)/$program" \
		    "$home/submit/$program.new"
		mv "$home/submit/$program.new" "$home/submit/$program"
	done
	cat >"$home/bin/sendmail.new" <<-EOT
	#!/bin/sh
	MAIL_CONFIG=$(quoted "$home/submit") exec $(postconf -d -h sendmail_path) "\$@"
	EOT
	chmod 0755 "$home/bin/sendmail.new"
	mv "$home/bin/sendmail.new" "$home/bin/sendmail"
}

postfix_write() {
	local owner
	owner=$(postconf -d -h mail_owner)
	mkdir -p "$home/etc" "$home/queue" "$home/data"
	# Sockets lie below the queue directory: its name has to be short.
	ln -sfn "$home/queue" "$run/queue"
	chmod 0755 "$home/etc" "$home/queue"
	chown root:root "$home/queue"
	chown "$owner" "$home/data"
	chmod 0700 "$home/data"
	touch "$home/mail.log"
	chmod 0644 "$home/mail.log"
	postfix_main "$home/etc" </dev/null
	postfix_master
	postfix_submission
	echo '/^nouser.*@/ 550 5.1.1 User unknown' >"$home/etc/recipients"
	# Postfix waits for a main.cf younger than two seconds to settle.
	touch -d '1 minute ago' "$home/etc/main.cf" "$home/etc/master.cf" \
	    "$home/submit/main.cf"
}

# Ends what a killed master left behind: it would keep our ports for a while.
# It works in our queue directory, and nobody else's Postfix does.
postfix_sweep() {
	local entry daemons
	daemons=$(postconf -d -h daemon_directory)
	for entry in /proc/[0-9]*; do
		[ "$entry/cwd" -ef "$home/queue" ] || continue
		[[ $(readlink "$entry/exe") == "$daemons"/* ]] || continue
		kill -KILL "${entry##*/}" 2>/dev/null || :
	done
}

postfix_start() {
	local pid
	postfix_sweep
	postfix_write
	if ! (
		close_rest
		{ [ -d "$home/queue/maildrop" ] ||
		    postfix -c "$home/etc" post-install create-missing; } &&
		    chmod 0711 "$home/queue/public" &&
		    chmod 1733 "$home/queue/maildrop" &&
		    : >"$home/queue/quick-start" &&
		    postfix -c "$home/etc" start
	) </dev/null >"$home/start.log" 2>&1; then
		echo "lab: Postfix did not start:" >&2
		cat "$home/start.log" >&2
		log_end "$home/mail.log" >&2
		return 1
	fi
	read -r pid <"$home/queue/pid/master.pid"
	process_note mta "$pid" || {
		log_end "$home/mail.log" >&2
		return 1
	}
	wait_until mta "$home/mail.log" smtp_greets "$SMTP_PORT" &&
	    wait_until mta "$home/mail.log" smtp_greets "$INJECT_PORT"
}

postfix_stop() {
	process_stop mta 10
	postfix_sweep
}
