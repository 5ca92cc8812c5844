-- Adds the row of a process. KEYS: the queue. ARGV: time or "", id, host, pid, version, lifetime of its key in ms, ms within
-- which a living process reconnects. Returns 0 if there is a row with this id already.

local now, back_ms = clock(ARGV[1]), tonumber(ARGV[7])
local id, row = ARGV[2], base .. "process:" .. ARGV[2]
if redis.call("EXISTS", row) == 1 then return 0 end
keep_version()
serving_since(now)

-- When the others came back after an outage, which was the case just now if none was seen within the last seconds: this
-- process may be the first, and then it cannot yet tell which others are dead. 0: there was no outage.
local function others_back_at()
  local seen_at, back_at, ids = nil, 0, redis.call("ZRANGE", base .. "processes", 0, -1)
  for _, other in ipairs(ids) do
    local seen, back = unpack(redis.call("HMGET", base .. "process:" .. other, "seen_at", "back_at"))
    seen_at = math.max(seen_at or 0, tonumber(seen) or 0)
    back_at = math.max(back_at, tonumber(back) or 0)
  end
  if seen_at and now - seen_at > back_ms then return now end
  return back_at
end

redis.call("HSET", row, "host", ARGV[3], "pid", ARGV[4], "version", ARGV[5], "started_at", int(now), "seen_at", int(now),
  "back_at", int(others_back_at()))
redis.call("ZADD", base .. "processes", redis.call("INCR", base .. "joined"), id)
redis.call("SET", base .. "alive:" .. id, 1, "PX", ARGV[6])
return 1
