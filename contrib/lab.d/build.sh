# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# Building, for the scripts that need the programs. They set $top first, the
# absolute path of the checkout.
# shellcheck shell=bash disable=SC2154

# build_in DIR [CONFIGURE-OPTION...] [-- MAKE-ARGUMENT...]: brings the build
# directory up to date. make decides what that takes; one build at a time in a
# checkout, because all of them share what autoreconf writes. Quiet unless it
# fails.
build_in() {
	local dir=$1 said options=()
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	[ $# -eq 0 ] || shift
	said=$(mktemp) || return 1
	if (
		exec 9<"$top/contrib" && flock 9 &&
		    build_steps "$dir" "${#options[@]}" \
			${options[@]+"${options[@]}"} "$@"
	) >"$said" 2>&1; then
		rm -f "$said"
		return 0
	fi
	echo "the build in $dir failed:" >&2
	tail -n 40 "$said" >&2
	rm -f "$said"
	return 1
}

# build_steps DIR N OPTION(N times) MAKE-ARGUMENT...
build_steps() {
	local dir=$1 options=("${@:3:$2}")
	shift $((2 + $2))
	{ [ -x "$top/configure" ] && [ -f "$top/build-aux/tap-driver.sh" ]; } ||
	    (cd "$top" && autoreconf -fi) || return 1
	mkdir -p "$dir" || return 1
	[ -f "$dir/Makefile" ] ||
	    (cd "$dir" && "$top/configure" -q ${options[@]+"${options[@]}"}) ||
	    return 1
	# By itself first: what is given to make would reach configure's own tests.
	make -C "$dir" -s am--refresh 9<&- &&
	    make -C "$dir" -s -j"$(nproc)" "$@" 9<&-
}
