-- The facts of a realm. KEYS: the queue. ARGV: time or "", realm. Returns keys and texts alternately.

local now = clock(ARGV[1])
local facts = {}
for _, key in ipairs(redis.call("ZRANGEBYSCORE", base .. "fact-ends:" .. ARGV[2], "(" .. int(now), "+inf")) do
  facts[#facts + 1] = key
  facts[#facts + 1] = redis.call("HGET", base .. "facts:" .. ARGV[2], key) or ""
end
return facts
