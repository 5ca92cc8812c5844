-- Writes a fact. KEYS: the queue. ARGV: time or "", realm, key, text, its lifetime in ms, the most facts of a realm, the text
-- that it replaces or NULL for none. Returns 0 if there is another text, or none.

local now = clock(ARGV[1])
local realm, key, text, most, over = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[6]), ARGV[7]
local texts_key, ends_key = base .. "facts:" .. realm, base .. "fact-ends:" .. realm
forget_expired(realm, now, most)
local before = redis.call("HGET", texts_key, key) or NULL
if before ~= over then return 0 end
keep_version()
redis.call("HSET", texts_key, key, text)
redis.call("ZADD", ends_key, int(math.min(now + tonumber(ARGV[5]), MAX_TIME)), key)
redis.call("SADD", base .. "realms", realm)
-- Those that expire first are removed, but never the new one.
local spare = redis.call("ZCARD", ends_key) - most
if spare > 0 then
  for _, first in ipairs(redis.call("ZRANGE", ends_key, 0, spare)) do
    if spare > 0 and first ~= key then
      forget_fact(realm, first)
      spare = spare - 1
    end
  end
end
return 1
