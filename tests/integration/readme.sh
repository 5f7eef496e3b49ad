#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The commands under "Beside your Postfix" in README.md, word for word, on this
# system with a Postfix of its own: in a mount of the root where writes go to
# memory, with a network and processes of its own, so that nothing stays.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

# What runs in there, as root: an operator's Postfix, then the README.
cat >"$tmp/inside" <<'EOF'
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin MAKEFLAGS=-j2
rm -rf /usr/src/postflow
mkdir /usr/src/postflow
cd /usr/src/postflow
tar -C "$TOP" -c --exclude=node_modules --exclude='./build*' . | tar -x
mkdir -p /etc/postfix /var/mail
cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
cat > /etc/postfix/main.cf <<'EOT'
compatibility_level = 3.6
inet_interfaces = loopback-only
myhostname = mail.example.org
mydestination = localhost, localhost.localdomain
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
mailbox_command =
mail_spool_directory = /var/mail
smtp_dns_support_level = disabled
maillog_file = /var/log/postfix.log
EOT
postfix start
. /postflow-test/commands
n=0
until grep -q '^Subject: Welcome, friend' /var/mail/root 2>/dev/null &&
    [ "$(grep -c '^Subject: Welcome' /var/mail/root)" -ge 2 ]; do
	n=$((n + 1))
	[ $n -lt 400 ] || break
	sleep 0.05
done
postflow emails list >/postflow-test/emails
cp /var/mail/root /postflow-test/mail
cp /var/log/postfix.log /postflow-test/log
ls -l /usr/sbin/postflowd /usr/bin/postflow /usr/share/man/man*/postflow* \
    /etc/postflow >/postflow-test/installed
stat -c '%U %a %n' /var/lib/postflow/postflow.db /var/lib/postflow/signing.keys \
    >/postflow-test/modes
EOF

awk '/^## / { in_section = /Beside your Postfix/ } /^```/ { code = /sh/; next }
    in_section && code' "$top/README.md" >"$tmp/commands"
like "$(cat "$tmp/commands")" '^make install$' "the README has commands"

cat >"$tmp/outside" <<EOF
set -eu
umask 022
mount -t tmpfs -o mode=755 tmpfs $tmp/over
mkdir $tmp/over/upper $tmp/over/work $tmp/over/root
mount -t overlay -o lowerdir=/,upperdir=$tmp/over/upper,workdir=$tmp/over/work \
    overlay $tmp/over/root
cd $tmp/over/root
mount --rbind /dev dev
mount -t proc proc proc
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs run
mkdir postflow-test checkout
mount --bind $tmp postflow-test
mount --bind $top checkout
ip link set lo up
exec chroot . env TOP=/checkout bash /postflow-test/inside
EOF
mkdir "$tmp/over"

if [ "$builddir" != "$top/build" ]; then
	skip "the README's commands" "they build for themselves: once is enough"
	finish
	exit
fi
if ! as_root unshare --mount --net --pid --fork --mount-proc true 2>/dev/null; then
	skip "the README's commands" "namespaces are not to be had here"
	finish
	exit
fi
ok "the README's commands run" as_root timeout 280 unshare --mount --net --pid \
    --fork --kill-child --mount-proc bash "$tmp/outside" >"$tmp/said" 2>&1
[ "$n_failed" -eq 0 ] || tail -n 30 "$tmp/said" | sed 's/^/# /'

mail=$(as_root cat "$tmp/mail" 2>/dev/null || :)
like "$mail" '^Subject: Welcome, friend$' "a welcome mail is in the mailbox"
is "$(grep -c '^Subject: Welcome' <<<"$mail")" 2 "and one for the app's event"
like "$mail" '^List-Unsubscribe: <https://mail.example.org/u/v1\.' \
    "it has the link the configuration says"
like "$mail" '^List-Unsubscribe-Post: List-Unsubscribe=One-Click' "and one-click"
like "$mail" '^Return-Path: <bounce\+[a-z0-9]+@example.org>' \
    "bounces find their mail"
like "$(as_root cat "$tmp/log")" 'postfix/postflow/smtpd' \
    "it came by the port of its own"
like "$(as_root cat "$tmp/emails")" 'sent' "the command line shows it"
like "$(as_root cat "$tmp/installed")" 'postflow.conf.sample' \
    "the sample is installed"
like "$(as_root cat "$tmp/installed")" 'man8/postflowd.8' "and the manuals"
like "$(as_root cat "$tmp/modes")" '^postflow 640 .*/signing.keys' \
    "the keys are the service user's alone"

finish
