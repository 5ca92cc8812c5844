-- The clock was set back: jobs that were due before stay due. KEYS: the queue. ARGV: the time to which it was set back, the
-- time from which, the most jobs to move. Returns 1 if there are more.

local to, from, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local moved = 0

-- False if it does not wait any more: then a key was removed by hand.
local function stay_due(seq)
  local job = load(seq)
  moved = moved + 1
  if job == nil or job.status ~= WAITING then return false end
  leave(job)
  job.run_at = int(to)
  store(seq, { run_at = job.run_at })
  enter(job)
  return true
end

for _, level in ipairs(levels_of(waiting_kinds())) do
  local found = redis.call("ZRANGEBYSCORE", level.line, "(" .. int(to), from, "LIMIT", 0, limit - moved)
  for _, seq in ipairs(found) do
    if not stay_due(unpadded(seq)) then put(level.line, seq, false) end
  end
  if moved >= limit then
    flush()
    return 1
  end
end
local suspects = {}
for suspect in each_suspect() do
  if suspect.run_at > to and suspect.run_at <= from then suspects[#suspects + 1] = suspect.seq end
end
for _, seq in ipairs(suspects) do stay_due(seq) end
flush()
return 0
