-- One job with its history. KEYS: the queue. ARGV: id, the length of the longest value to return, in bytes. Returns the job
-- and the lines of its history, or nil.

local seq = redis.call("HGET", base .. "ids", ARGV[1])
local bytes = tonumber(ARGV[2])
local job = seq and read(seq, { left = 2 * bytes, longest = bytes })
if not job then return false end
return { job, redis.call("LRANGE", base .. "history:" .. seq, 0, -1) }
