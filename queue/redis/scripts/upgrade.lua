-- Brings a queue of an earlier version up to date, a few hundred jobs per call. KEYS: the queue. Returns the version that it
-- has afterwards.

keep_version()
local version = redis.call("GET", base .. "version")
local PAGE = 500
-- Version 1 kept all suspects in one set, with the kind at the end of each name.
local all, moved = base .. "suspects", 0
local members = redis.call("ZRANGE", all, 0, PAGE - 1)
for _, member in ipairs(members) do
  local place, kind = string.match(member, "^(%d+:%d+:%d+:%d+):(.*)$")
  if place then
    put(suspects_key(kind), place, "0")
    changed_suspects[kind] = true
    put(all, member, false)
    moved = moved + 1
  end
end
flush()
if moved == PAGE then return version end
redis.call("SET", base .. "version", VERSION)
return VERSION
