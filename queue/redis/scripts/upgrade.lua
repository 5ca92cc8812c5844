-- Brings a queue of an earlier version up to date, a few hundred jobs per call. KEYS: the queue. Returns the version that it
-- has afterwards, or 0 if another call is needed.

keep_version()
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
-- The queue may have the new version already, and yet have suspects of a host of the earlier release. A name that a person
-- has made stays where it is.
if #members == PAGE and moved > 0 then return 0 end
redis.call("SET", base .. "version", VERSION)
return VERSION
