-- Facts that the processes share, in realms.

local function forget_fact(realm, key)
  redis.call("HDEL", base .. "facts:" .. realm, key)
  redis.call("ZREM", base .. "fact-ends:" .. realm, key)
end

-- Removes at most so many expired facts.
local function forget_expired(realm, now, most)
  local ends = base .. "fact-ends:" .. realm
  for _, key in ipairs(redis.call("ZRANGEBYSCORE", ends, "-inf", int(now), "LIMIT", 0, most)) do
    forget_fact(realm, key)
  end
  if redis.call("EXISTS", ends) == 0 then redis.call("SREM", base .. "realms", realm) end
end
