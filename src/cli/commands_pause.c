/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emergency stop: what was stopped stays so over a restart.
 */
#include "cli/cli.h"

/* A command that sends nothing and shows what stands still now. */
#define PART(word, does, way) \
	{ \
		.verb = word, .summary = does, .method = "POST", \
		.path = "/" way "/" word \
	}
#define AUTOMATION(does, way) \
	{ \
		.verb = "automation", .args = "ID", .summary = does, \
		.method = "POST", .path = "/automations/{}/" way \
	}

static const struct cli_command pause_commands[] = {
	PART("injection", "Hand no mail to the MTA; mails wait.", "pause"),
	PART("engine", "Move no run; events are taken, timers wait.", "pause"),
	AUTOMATION("Let nobody in, and let its runs stand still.", "pause"),
	{ .verb = NULL },
};

const struct cli_noun cli_noun_pause = { "pause",
	"stop a part at once, until it is resumed", pause_commands };

static const struct cli_command resume_commands[] = {
	PART("injection", "Hand mail to the MTA again.", "resume"),
	PART("engine", "Move runs again, the longest overdue first.", "resume"),
	AUTOMATION("Let its runs go on, the longest overdue first.", "resume"),
	{ .verb = NULL },
};

const struct cli_noun cli_noun_resume = { "resume", "let a paused part go on",
	resume_commands };
