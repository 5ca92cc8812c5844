-- Removes expired facts. KEYS: the queue. ARGV: time or "", the most to remove per realm.

local now = clock(ARGV[1])
for _, realm in ipairs(redis.call("SMEMBERS", base .. "realms")) do forget_expired(realm, now, tonumber(ARGV[2])) end
return 1
