-- Adds the row of a process. KEYS: the queue. ARGV: time or "", id, host, pid, version, lifetime of its key in ms. Returns 0
-- if there is a row with this id already.

local now = clock(ARGV[1])
local id, row = ARGV[2], base .. "process:" .. ARGV[2]
if redis.call("EXISTS", row) == 1 then return 0 end
keep_version()
serving_since(now)
redis.call("HSET", row, "host", ARGV[3], "pid", ARGV[4], "version", ARGV[5], "started_at", int(now), "seen_at", int(now))
redis.call("ZADD", base .. "processes", redis.call("INCR", base .. "joined"), id)
redis.call("SET", base .. "alive:" .. id, 1, "PX", ARGV[6])
return 1
