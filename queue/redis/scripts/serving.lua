-- Since when this server has served the queue, for the scripts that judge processes: after a restart or a failover, keys
-- have expired, and no process could show that it was alive. Nil if the server does not say which one it is.

local function serving_since(now)
  local info = redis.pcall("INFO", "server")
  local run = type(info) == "string" and string.match(info, "run_id:(%x+)")
  if not run then return nil end
  local known, since = unpack(redis.call("HMGET", base .. "server", "run_id", "since"))
  if known == run then return math.min(tonumber(since), now) end
  keep_version()
  redis.call("HSET", base .. "server", "run_id", run, "since", int(now))
  return now
end

-- A process beats twice a second. One that has not for half of the time in which the others reconnect may have been cut off
-- together with them, and is back a moment before they are.
local function was_cut_off(seen_at, now, back_ms)
  return now - seen_at > back_ms / 2
end
