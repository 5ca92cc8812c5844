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
