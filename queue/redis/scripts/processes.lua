-- The processes. KEYS: the queue. ARGV: time or "", id of the calling process or "", ms of silence, lifetime of a key in ms,
-- ms within which a living process reconnects, id of a process known to have ended or "". Returns the rows in the order in
-- which they joined: id, host, pid, version, started_at, seen_at, 1 if it is dead, its view or "", its kinds as a JSON array
-- or "".
--
-- A process is dead when its connections are closed and it has not reconnected (the server sees at once when a process is
-- killed); when its key has expired, because it was cut off or its host lost power; or when it was silent for the given
-- time. Each counts only from when this server serves the queue and the calling process is in touch with it, so that no
-- process counts as dead because of a restart, a failover or a network partition. For one that is known to have ended, the
-- first two count at once.

local now, own, ended = clock(ARGV[1]), ARGV[2], ARGV[6]
local silent_ms, lives_ms, back_ms = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local since = serving_since(now)
local judged_from = math.max(since or 0, in_touch_since(own, now, back_ms))

-- Whether all processes have had this much time to show themselves to this server, and to the calling process.
local function passed(ms)
  return since ~= nil and now - judged_from >= ms
end

local function is_listening(id)
  return redis.call("PUBSUB", "NUMSUB", base .. "lives:" .. id)[2] > 0
end

local rows = {}
for _, id in ipairs(redis.call("ZRANGE", base .. "processes", 0, -1)) do
  local host, pid, version, started_at, seen_at, view, kinds = unpack(redis.call("HMGET", base .. "process:" .. id,
    "host", "pid", "version", "started_at", "seen_at", "view", "kinds"))
  seen_at = tonumber(seen_at)
  local is_silent = math.max(seen_at, judged_from) < now - silent_ms
  local has_ended = id == ended
  local has_run_out = (passed(lives_ms) or has_ended) and redis.call("EXISTS", base .. "alive:" .. id) == 0
  local is_gone = (passed(back_ms) or has_ended) and now - seen_at > back_ms and not is_listening(id)
  local is_dead = id ~= own and (is_silent or has_run_out or is_gone)
  rows[#rows + 1] =
    { id, host, pid, version, started_at, int(seen_at), is_dead and 1 or 0, view or "", kinds or "" }
end
return rows
