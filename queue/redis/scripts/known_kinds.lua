-- The kinds that the processes have handlers for. KEYS: the queue. Returns a JSON array for each process that has claimed.

local found = {}
for _, process in ipairs(redis.call("ZRANGE", base .. "processes", 0, -1)) do
  found[#found + 1] = redis.call("HGET", base .. "process:" .. process, "kinds") or nil
end
return found
