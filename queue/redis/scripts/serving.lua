-- Since when this server has served the queue, for the scripts that judge processes: after a restart or a failover, keys
-- have expired, and no process could show that it was alive.

-- Which run of the server this is. Nil if it does not say.
local function run_of_server()
  local info = redis.pcall("INFO", "server")
  return type(info) == "string" and string.match(info, "run_id:(%x+)") or nil
end

-- Nil if it is not the run that last served the queue.
local function since_of(run, now)
  local known, since = unpack(redis.call("HMGET", base .. "server", "run_id", "since"))
  return known == run and math.min(tonumber(since), now) or nil
end

-- Notes that this server serves the queue now. Returns nil if it does not say which one it is.
local function serving_since(now)
  local run = run_of_server()
  if not run then return nil end
  local since = since_of(run, now)
  if since then return since end
  keep_version()
  redis.call("HSET", base .. "server", "run_id", run, "since", int(now))
  return now
end

-- A process beats twice a second. One that has not for half of the time in which the others reconnect may have been cut off
-- together with them, and is back a moment before they are.
local function was_cut_off(seen_at, now, back_ms)
  return now - seen_at > back_ms / 2
end

-- Since when the calling process has been in touch with the server. Its beats may have failed until now, and its next one
-- notes that it is back.
local function in_touch_since(own, now, back_ms)
  if own == "" then return 0 end
  local seen_at, back_at = unpack(redis.call("HMGET", base .. "process:" .. own, "seen_at", "back_at"))
  if not seen_at or was_cut_off(tonumber(seen_at), now, back_ms) then return now end
  return math.min(tonumber(back_at) or 0, now)
end
