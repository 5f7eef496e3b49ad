# Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
