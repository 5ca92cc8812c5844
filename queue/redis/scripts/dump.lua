-- Jobs in the order of seq. KEYS: the queue. ARGV: after or "", limit, bytes after which it ends. Returns the jobs, and the
-- last seq that it read, or nil at the end.

local after, limit, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local from = after == "" and "-inf" or "(" .. after
local seqs = {}
for _, status in ipairs(STATUSES) do
  local found = redis.call("ZRANGEBYSCORE", base .. "status:" .. status, from, "+inf", "LIMIT", 0, limit)
  for _, seq in ipairs(found) do seqs[#seqs + 1] = tonumber(seq) end
end
table.sort(seqs)

local jobs, bytes, last = {}, 0, false
for i = 1, math.min(limit, #seqs) do
  if bytes >= most then break end
  local job, more = whole(int(seqs[i]))
  jobs[#jobs + 1] = job
  bytes, last = bytes + more, int(seqs[i])
end
return { jobs, last }
