-- Stores the kinds that a process claims. KEYS: the queue. ARGV: id, the kinds as a JSON array.

local row = base .. "process:" .. ARGV[1]
if redis.call("EXISTS", row) == 1 then redis.call("HSET", row, "kinds", ARGV[2]) end
return 1
