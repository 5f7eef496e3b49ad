#!/bin/bash
# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
# The disk is full again and again.
# shellcheck disable=SC2034
DISK_MEGABYTES=256 DISK_ROUNDS=10
# shellcheck source=tests/integration/diskfull.sh
. "$(dirname "$0")/../integration/diskfull.sh"
