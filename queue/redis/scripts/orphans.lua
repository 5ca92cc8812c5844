-- A page of the jobs in flight whose holder is silent or dead. KEYS: the queue. ARGV: time or "", limit, then "process" and
-- its id, or "none", or "silent", ms ago, ms ahead, id of this process or "", ms within which a living process reconnects, and
-- for each held job: seq, lease; last, where the previous page ended, or "". Returns their facts in the order of seq, and
-- where this page ends, or nil if it is the last one.

local now, limit, which, after = clock(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[#ARGV]
-- The server does nothing else while it reads these: three milliseconds, if all are orphans.
local PAGE = 500
local SHOWN = { "lease", "id", "kind", "consumer_id", "crashes", "suspect", "run_at", "started_at", "last_heartbeat" }
local orphans, ends_at = {}, false

local function add(seq)
  local row = redis.call("HMGET", job_key(seq), unpack(SHOWN))
  row[#SHOWN + 1] = seq
  orphans[#orphans + 1] = row
end

-- In the order of seq. Few jobs are in flight, so there is no set of the jobs of each process.
local function held_by(is_wanted)
  local from = after == "" and "-inf" or "(" .. after
  local page = redis.call("ZRANGEBYSCORE", base .. "status:" .. RUNNING, from, "+inf", "LIMIT", 0, PAGE)
  for _, seq in ipairs(page) do
    if #orphans < limit and is_wanted(redis.call("HGET", job_key(seq), "process")) then add(seq) end
  end
  ends_at = page[PAGE] or false
end

-- Whether this server has only just begun to serve the queue.
local function is_new_to_queue(within_ms)
  local run = run_of_server()
  return run ~= nil and now - (since_of(run, now) or now) < within_ms
end

local function exists(process)
  return redis.call("EXISTS", base .. "process:" .. process) == 1
end

if which == "process" then
  if exists(ARGV[4]) then held_by(function(process) return process == ARGV[4] end) end
elseif which == "none" then
  held_by(function(process) return not process or not exists(process) end)
else
  -- Another process that was seen recently sweeps its own jobs, because it knows which ones it holds. Each process beats
  -- twice a second, unless its machine is busy. After an outage, every process gets the time to come back and do so.
  local own, back_ms, shown_from = ARGV[6], tonumber(ARGV[7]), now - math.max(tonumber(ARGV[4]), 1000)
  local can_judge = now - in_touch_since(own, now, back_ms) >= back_ms and not is_new_to_queue(back_ms)
  local function sweeps_itself(process)
    if not process or process == own then return false end
    local seen_at = tonumber(redis.call("HGET", base .. "process:" .. process, "seen_at"))
    return seen_at ~= nil and (seen_at >= shown_from or not can_judge)
  end
  local held = {}
  for i = 8, #ARGV - 1, 2 do held[ARGV[i] .. " " .. ARGV[i + 1]] = true end
  local heartbeats, seqs = base .. "heartbeats", {}
  local function consider(first, last)
    if first > last then return end
    for _, seq in ipairs(redis.call("ZRANGE", heartbeats, first, last)) do
      local lease, process = unpack(redis.call("HMGET", job_key(seq), "lease", "process"))
      if lease and not held[seq .. " " .. lease] and not sweeps_itself(process) then seqs[#seqs + 1] = tonumber(seq) end
    end
  end
  -- In the order of heartbeats, the silent jobs come before and after those that are alive.
  local old_until = now - tonumber(ARGV[4])
  local ahead_from = math.max(now + tonumber(ARGV[5]), old_until - 1)
  local old = redis.call("ZCOUNT", heartbeats, "-inf", "(" .. int(old_until))
  local ahead = redis.call("ZCOUNT", heartbeats, "(" .. int(ahead_from), "+inf")
  local alive = redis.call("ZCARD", heartbeats) - old - ahead
  local first = tonumber(after) or 0
  local last = first + PAGE - 1
  consider(first, math.min(last, old - 1))
  consider(math.max(first, old) + alive, last + alive)
  if last + 1 < old + ahead then ends_at = int(last + 1) end
  table.sort(seqs)
  for i = 1, math.min(limit, #seqs) do add(int(seqs[i])) end
end
return { orphans, ends_at }
