-- The processes. KEYS: the queue. ARGV: time or "", id of the one that asks or "", ms of silence, ms that a key lives. Returns
-- the rows in the order in which they joined: id, host, pid, version, started_at, seen_at, 1 if it is dead, what it
-- shows of itself or "".
--
-- A process is dead when its key has run out, or when it was silent for the given time: both since this server serves the
-- queue and since the one that asks is in touch with it, so that no process dies of a restart, a failover or a cut line.

local now, own = clock(ARGV[1]), ARGV[2]
local silent_ms, lives_ms = tonumber(ARGV[3]), tonumber(ARGV[4])
local since = serving_since(now)
local back_at = tonumber(redis.call("HGET", base .. "process:" .. own, "back_at")) or 0
local judged_from = math.max(since or 0, math.min(back_at, now))

local rows = {}
for _, id in ipairs(redis.call("ZRANGE", base .. "processes", 0, -1)) do
  local host, pid, version, started_at, seen_at, view =
    unpack(redis.call("HMGET", base .. "process:" .. id, "host", "pid", "version", "started_at", "seen_at", "view"))
  local is_silent = math.max(tonumber(seen_at), judged_from) < now - silent_ms
  local has_run_out = since ~= nil and now - judged_from >= lives_ms and redis.call("EXISTS", base .. "alive:" .. id) == 0
  local is_dead = id ~= own and (is_silent or has_run_out)
  rows[#rows + 1] = { id, host, pid, version, started_at, seen_at, is_dead and 1 or 0, view or "" }
end
return rows
