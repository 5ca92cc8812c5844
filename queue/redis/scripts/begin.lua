-- Creates the queue, unless it exists. KEYS: the queue. Returns its version, or false and the name of a key that another
-- program has in the place of one of ours. It looks for no other keys: a server may hold millions of them.

local version = redis.call("GET", base .. "version")
if version then return { version } end
local names = { "seq", "ids", "kinds", "suspect-kinds", "heartbeats", "finished", "processes", "joined", "realms", "server" }
for _, status in ipairs(STATUSES) do names[#names + 1] = "status:" .. status end
for _, first in ipairs({ "job:1", "history:1" }) do names[#names + 1] = first end
for _, name in ipairs(names) do
  if redis.call("EXISTS", base .. name) == 1 then return { false, name } end
end
keep_version()
return { VERSION }
