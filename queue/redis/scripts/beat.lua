-- Shows that a process is alive. KEYS: the queue. ARGV: time or "", id, lifetime of its key in ms, its view or "", ms within
-- which a living process reconnects. Returns 0 if its row is gone.

local now = clock(ARGV[1])
local row = base .. "process:" .. ARGV[2]
local seen_at = tonumber(redis.call("HGET", row, "seen_at"))
if not seen_at then return 0 end
serving_since(now)
-- A process that was cut off itself cannot yet tell which others were.
if was_cut_off(seen_at, now, tonumber(ARGV[5])) then redis.call("HSET", row, "back_at", int(now)) end
redis.call("HSET", row, "seen_at", int(now))
if ARGV[4] ~= "" then redis.call("HSET", row, "view", ARGV[4]) end
redis.call("SET", base .. "alive:" .. ARGV[2], 1, "PX", ARGV[3])
return 1
