-- Removes the row of a process. KEYS: the queue. ARGV: id.

redis.call("ZREM", base .. "processes", ARGV[1])
redis.call("DEL", base .. "process:" .. ARGV[1], base .. "alive:" .. ARGV[1])
return 1
