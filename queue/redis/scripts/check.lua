-- Counts what the sets hold, to compare them. KEYS: the queue. Returns the count of each status, then the sizes of: all ids,
-- the lines and the suspects, the heartbeats, the finished jobs.

local counts = {}
for i, status in ipairs(STATUSES) do counts[i] = redis.call("ZCARD", base .. "status:" .. status) end
local waiting = 0
for _, kind in ipairs(suspect_kinds()) do waiting = waiting + redis.call("ZCARD", suspects_key(kind)) end
for _, level in ipairs(levels_of(waiting_kinds())) do waiting = waiting + redis.call("ZCARD", level.line) end
return {
  counts, redis.call("HLEN", base .. "ids"), waiting, redis.call("ZCARD", base .. "heartbeats"),
  redis.call("ZCARD", base .. "finished"),
}
