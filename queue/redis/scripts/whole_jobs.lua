-- Jobs by their ids, without those that do not exist. KEYS: the queue. ARGV: the ids.

local jobs = {}
for _, id in ipairs(ARGV) do
  local seq = redis.call("HGET", base .. "ids", id)
  if seq then jobs[#jobs + 1] = whole(seq) end
end
return jobs
