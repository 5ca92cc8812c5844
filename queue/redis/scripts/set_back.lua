-- The clock was set back: jobs that were due before stay due, and no job in flight waits longer for its next attempt. KEYS:
-- the queue. ARGV: the time to which it was set back, the time from which, the most jobs to move, the most jobs in flight to
-- look at, "" or what the previous call returned, the name of this rollback, that of the last one that this process has followed
-- or "", and how far apart two hosts find the same one. When all is done, returns a table with the name of the rollback.

local to, from, limit, after = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[5]
local name, known, same_ms = ARGV[6], ARGV[7], tonumber(ARGV[8])
local moved = 0

-- The job is the member `place` of the set `key`, unless that or the job was edited by hand: then it moves to its own set.
local function stay_due(seq, key, place)
  put(key, place, false)
  moved = moved + 1
  local job = load(seq)
  if job == nil or job.status ~= WAITING then return end
  leave(job)
  job.run_at = int(to)
  store(seq, { run_at = job.run_at })
  enter(job)
end

local function move_line(level)
  local found = redis.call("ZRANGEBYSCORE", level.line, "(" .. int(to), from, "LIMIT", 0, limit - moved)
  for _, seq in ipairs(found) do stay_due(unpadded(seq), level.line, seq) end
  if #found > 0 then lines[level.line] = level end
end

-- Those with as many crashes and the same priority as `first`.
local function move_suspects(first)
  local key, together = suspects_key(first.kind), string.sub(first.member, 1, TOGETHER) .. ":"
  local later, until_then = "[" .. together .. pad(int(math.floor(to) + 1), 16), "(" .. together .. pad(int(math.floor(from) + 1), 16)
  local found = redis.call("ZRANGEBYLEX", key, later, until_then, "LIMIT", 0, limit - moved)
  for _, member in ipairs(found) do stay_due(suspect_of(first.kind, member).seq, key, member) end
  if #found > 0 then changed_suspects[first.kind] = true end
end

local function move_waiting()
  for _, level in ipairs(levels_of(waiting_kinds())) do
    if moved < limit then move_line(level) end
  end
  for _, kind in ipairs(suspect_kinds()) do
    for first in first_suspects(kind) do
      if moved < limit then move_suspects(first) end
    end
  end
  flush()
end

-- Returns the last one that it looked at, or false if there are no more.
local function move_in_flight()
  local begin = after == "" and "-inf" or "(" .. after
  local page = redis.call("ZRANGEBYSCORE", base .. "status:" .. RUNNING, begin, "+inf", "LIMIT", 0, ARGV[4])
  for _, seq in ipairs(page) do
    local run_at, followed = unpack(redis.call("HMGET", job_key(seq), "run_at", "set_back"))
    run_at = tonumber(run_at)
    -- A repeated step moves no job a second time.
    if run_at and run_at > to and followed ~= ARGV[2] then
      redis.call("HSET", job_key(seq), "run_at", int(math.max(to, run_at - (from - to))), "set_back", ARGV[2])
    end
  end
  return #page == tonumber(ARGV[4]) and page[#page]
end

-- The name of this rollback, or that of another host which has found it before: then the jobs in flight are moved there.
local function follow()
  local last, since = unpack(redis.call("HMGET", base .. "server", "set_back", "set_back_from"))
  since = tonumber(since or nil)
  local is_open = since ~= nil and to < since and math.abs(since - from) <= same_ms
  if is_open and last ~= name and last ~= known then return last end
  keep_version()
  redis.call("HSET", base .. "server", "set_back", name, "set_back_from", ARGV[2])
  return name
end

if after == "" then move_waiting() end
if moved >= limit then return "" end
local followed = follow()
return followed == name and move_in_flight() or { followed }
