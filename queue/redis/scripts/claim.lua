-- Claims jobs. KEYS: the queue. ARGV: time or "", writer, process or "", the number of kinds or -1 for all, the kinds, then
-- for each request: consumer, limit, 1 for a suspect. Returns the claimed jobs, and when the first job left waiting becomes
-- due, or nil.

local now = clock(ARGV[1])
local stamp = int(now)
local process = ARGV[3]
-- A process that was taken for dead claims nothing before it has joined again: its jobs would be taken for those of none.
local may_claim = process == "" or redis.call("EXISTS", base .. "process:" .. process) == 1
local kinds, wanted = waiting_kinds(), nil
local first = 5
if tonumber(ARGV[4]) >= 0 then
  kinds = texts(5, tonumber(ARGV[4]))
  wanted = as_set(kinds)
  first = 5 + #kinds
end

-- Due jobs in their order: one read per level, so that delayed jobs of a high priority hold nothing up.
local function due(limit)
  local line, levels, i = {}, levels_of(kinds), 1
  while levels[i] and #line < limit do
    local priority, group, looked = levels[i].priority, {}, 0
    while levels[i] and levels[i].priority == priority do
      local found = redis.call("ZRANGEBYSCORE", levels[i].line, "-inf", now, "WITHSCORES", "LIMIT", 0, limit - #line)
      for j = 1, #found, 2 do
        local place = { seq = found[j], run_at = tonumber(found[j + 1]), level = levels[i] }
        group[#group + 1] = place
      end
      looked, i = looked + 1, i + 1
    end
    if looked > 1 then
      table.sort(group, function(a, b) return a.run_at < b.run_at or (a.run_at == b.run_at and a.seq < b.seq) end)
    end
    for j = 1, math.min(#group, limit - #line) do line[#line + 1] = group[j] end
  end
  return line
end

local function wanted_suspect_kinds()
  local found = {}
  for _, kind in ipairs(suspect_kinds()) do
    if wanted == nil or wanted[kind] then found[#found + 1] = kind end
  end
  return found
end

-- The least charged suspect that is due, or nil.
local function due_suspect()
  local least = nil
  for _, kind in ipairs(wanted_suspect_kinds()) do
    for suspect in first_suspects(kind) do
      if suspect.run_at <= now then
        if least == nil or suspect.member < least.member then least = suspect end
        break
      end
    end
  end
  return least
end

local claimed, seqs, bytes = {}, {}, 0

-- Returns false if the job is not waiting any more: then a key was removed by hand. Every job passes here, so it reads and
-- writes as little as possible: the sets are changed for all jobs at once.
local function take(seq, consumer)
  local key = job_key(seq)
  local status, lease, id, kind, payload, retries, crashes, suspect = unpack(redis.call("HMGET", key, "status", "lease",
    "id", "kind", "payload", "retries", "crashes", "suspect"))
  if status ~= WAITING then return false end
  -- A replica that takes over may have missed the last claims: with a lease of at least the time, none is granted twice.
  lease = int(math.max((tonumber(lease) or 0) + 1, now))
  redis.call("HSET", key, "status", TO.claim, "lease", lease, "consumer_id", consumer, "process", process,
    "last_heartbeat", stamp, "started_at", stamp, "updated_at", stamp)
  seqs[#seqs + 1] = seq
  bytes = bytes + #(payload or "")
  claimed[#claimed + 1] = { consumer, seq, lease, id, kind, payload, retries, crashes, suspect }
  return true
end

-- Members of jobs that have left the line, by the key of the line.
local passed = {}

local function pass(place)
  local line = place.level.line
  passed[line] = passed[line] or {}
  passed[line][#passed[line] + 1] = place.seq
  lines[line] = place.level
end

local total = 0
for i = first, #ARGV, 3 do
  if ARGV[i + 2] ~= "1" then total = total + tonumber(ARGV[i + 1]) end
end
local line = may_claim and total > 0 and due(total) or {}
local next_place = 1
-- Consumers that hold a suspect. A suspect is quarantined: it runs alone.
local alone = {}
local is_short, wants_suspects = false, false
for i = first, #ARGV, 3 do
  local consumer, limit = ARGV[i], tonumber(ARGV[i + 1])
  local taken = 0
  if ARGV[i + 2] == "1" then
    wants_suspects = true
    if may_claim and not alone[consumer] and limit > 0 then
      local suspect = due_suspect()
      if suspect then
        -- Removed at once, because the next request for a suspect looks again.
        redis.call("ZREM", suspects_key(suspect.kind), suspect.member)
        changed_suspects[suspect.kind] = true
        if take(suspect.seq, consumer) then
          alone[consumer], taken = true, 1
        end
      end
      is_short = is_short or (total == 0 and taken < limit)
    end
  elseif not alone[consumer] then
    while taken < limit and line[next_place] and bytes < MAX_CLAIMED_BYTES do
      local place = line[next_place]
      next_place = next_place + 1
      if take(unpadded(place.seq), consumer) then taken = taken + 1 end
      pass(place)
    end
    is_short = is_short or taken < limit
  end
end
for line, members in pairs(passed) do in_parts("ZREM", line, members) end
in_parts("ZREM", base .. "status:" .. WAITING, seqs)
add_all(base .. "status:" .. RUNNING, seqs)
add_all(base .. "heartbeats", seqs, stamp)
flush()
if #claimed > 0 then publish(ARGV[2]) end
if not is_short then return { claimed, false } end

local next_run_at = nil
local function consider(run_at)
  if run_at and (next_run_at == nil or run_at < next_run_at) then next_run_at = run_at end
end
for _, level in ipairs(levels_of(kinds)) do consider(first_of(level)) end
if wants_suspects then
  for _, kind in ipairs(wanted_suspect_kinds()) do consider(first_suspect_at(kind)) end
end
return { claimed, next_run_at and int(next_run_at) or false }
