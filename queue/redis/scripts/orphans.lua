-- Jobs in flight whose holder is silent or dead. KEYS: the queue. ARGV: time or "", limit, then "process" and its id, or
-- "none", or "silent", ms ago, ms ahead, id of this process or "", and for each held job: seq, lease. Returns their facts in
-- the order of seq.

local now, limit, which = clock(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local SHOWN = { "lease", "id", "kind", "consumer_id", "crashes", "suspect", "run_at", "started_at", "last_heartbeat" }
local orphans = {}

local function add(seq)
  local row = redis.call("HMGET", job_key(seq), unpack(SHOWN))
  row[#SHOWN + 1] = seq
  orphans[#orphans + 1] = row
end

-- Few jobs are in flight, so that no set of its own says which process holds which of them.
local function held_by(is_wanted)
  local from = 0
  while #orphans < limit do
    local page = redis.call("ZRANGE", base .. "status:" .. RUNNING, from, from + 199)
    for _, seq in ipairs(page) do
      if #orphans < limit and is_wanted(redis.call("HGET", job_key(seq), "process")) then add(seq) end
    end
    if #page < 200 then return end
    from = from + 200
  end
end

local function exists(process)
  return redis.call("EXISTS", base .. "process:" .. process) == 1
end

if which == "process" then
  if exists(ARGV[4]) then held_by(function(process) return process == ARGV[4] end) end
elseif which == "none" then
  held_by(function(process) return not process or not exists(process) end)
else
  -- Another process that has shown itself sweeps its own jobs, since it knows what it holds. Each does so twice a second,
  -- unless its machine is busy.
  local own, shown_from = ARGV[6], now - math.max(tonumber(ARGV[4]), 1000)
  local function sweeps_itself(process)
    if not process or process == own then return false end
    local seen_at = tonumber(redis.call("HGET", base .. "process:" .. process, "seen_at"))
    return seen_at ~= nil and seen_at >= shown_from
  end
  local held = {}
  for i = 7, #ARGV, 2 do held[ARGV[i] .. " " .. ARGV[i + 1]] = true end
  local seqs = {}
  local function consider(from, to)
    for _, seq in ipairs(redis.call("ZRANGEBYSCORE", base .. "heartbeats", from, to)) do
      local lease, process = unpack(redis.call("HMGET", job_key(seq), "lease", "process"))
      if lease and not held[seq .. " " .. lease] and not sweeps_itself(process) then seqs[#seqs + 1] = tonumber(seq) end
    end
  end
  consider("-inf", "(" .. int(now - tonumber(ARGV[4])))
  consider("(" .. int(math.max(now + tonumber(ARGV[5]), now - tonumber(ARGV[4]) - 1)), "+inf")
  table.sort(seqs)
  for i = 1, math.min(limit, #seqs) do add(int(seqs[i])) end
end
return orphans
