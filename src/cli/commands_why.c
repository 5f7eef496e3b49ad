/* Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why somebody did not get a mail.
 */
#include "cli/cli.h"
#include "cli/outcome.h"

static const struct cli_command commands[] = {
	{ .verb = "",
	    .args = "CONTACT AUTOMATION",
	    .summary = "Explain where a contact is in an automation, or why it "
		       "is not in it.",
	    .method = "GET",
	    .path = "/contacts/{}/why?automation={}",
	    .present = cli_why_present },
	{ .verb = NULL },
};

const struct cli_noun cli_noun_why = { "why",
	"why a contact got a mail, or none", commands };
