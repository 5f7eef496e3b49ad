-- Copyright (C) 2026 Postflow authors; SPDX-License-Identifier: BSD-2-Clause
-- wrk -s list.lua URL -- KEY: reads all contacts, page after page, and begins
-- anew at the end. Ends with "PAGES SECONDS FAILED".
local after

function init(args)
	wrk.headers["Authorization"] = "Bearer " .. args[1]
end

function request()
	return wrk.format("GET", "/contacts?limit=100" ..
	    (after and "&after=" .. after or ""))
end

function response(status, headers, body)
	after = nil
	if body:find('"has_more":true', 1, true) then
		for id in body:gmatch('"id":"([%x-]+)"') do
			after = id
		end
	end
end

function done(summary)
	local e = summary.errors
	print(string.format("%d %.3f %d", summary.requests,
	    summary.duration / 1e6,
	    e.connect + e.read + e.write + e.status + e.timeout))
end
