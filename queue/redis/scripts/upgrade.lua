-- Brings a queue of an earlier version up to date, some hundred jobs a call. KEYS: the queue. Returns the version that it has
-- then.

local version = redis.call("GET", base .. "version")
-- It kept all suspects in one set, :suspects, with the kind at the end of each name.
if version ~= "1" then return version end

local PAGE = 500
local all = base .. "suspects"
local members = redis.call("ZRANGE", all, 0, PAGE - 1)
for _, member in ipairs(members) do
  local place, kind = string.match(member, "^(%d+:%d+:%d+:%d+):(.*)$")
  if place then
    put(suspects_key(kind), place, "0")
    changed_suspects[kind] = true
  end
  put(all, member, false)
end
flush()
if #members == PAGE then return version end
redis.call("SET", base .. "version", VERSION)
return VERSION
