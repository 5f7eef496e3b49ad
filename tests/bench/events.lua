-- Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
-- wrk -s events.lua URL -- EVENT KEY CONTACTS FIRST: posts events that are
-- spread over all contacts (common.h). Ends with "REQUESTS SECONDS FAILED".
local stride = 617039
local text, at, contacts

function init(args)
	contacts = tonumber(args[3])
	at = tonumber(args[4] or "0")
	local body = '{"event":"' .. args[1] ..
	    '","email":"user%07d@bench.example",' ..
	    '"payload":{"plan":"pro","amount":4200,"n":1%07d}}'
	-- Two numbers of seven digits take the place of two of four.
	text = "POST /events/send HTTP/1.1\r\nHost: " .. wrk.headers["Host"] ..
	    "\r\nAuthorization: Bearer " .. args[2] ..
	    "\r\nContent-Type: application/json\r\nContent-Length: " ..
	    (#body - 2 * #"%07d" + 2 * 7) .. "\r\n\r\n" .. body
end

function request()
	local who = at * stride % contacts
	at = at + 1
	return string.format(text, who, who)
end

function done(summary)
	local e = summary.errors
	print(string.format("%d %.3f %d", summary.requests,
	    summary.duration / 1e6,
	    e.connect + e.read + e.write + e.status + e.timeout))
end
