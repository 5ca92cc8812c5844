-- A page of jobs, newest first. KEYS: the queue. ARGV: bytes of long values to return, before this seq or "", limit, the most
-- jobs to scan, kind or "", part of the id or "", changed since or "", due until or "", due after or "", silent since or
-- "", then the statuses. Returns the jobs, and before which seq the next page begins (0 = the end).

local left, limit, rows = budget(tonumber(ARGV[1])), tonumber(ARGV[3]), tonumber(ARGV[4])
local before = ARGV[2] == "" and "+inf" or "(" .. ARGV[2]
local kind, part, since = ARGV[5], ARGV[6], tonumber(ARGV[7])
local due_until, due_after, silent_since = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local heartbeats = base .. "heartbeats"
-- Few jobs in flight have an old heartbeat. If there are very many, it finds only those among the jobs that it may scan.
local are_many_silent = silent_since ~= nil
  and redis.call("ZCOUNT", heartbeats, "-inf", "(" .. int(silent_since)) > rows
local is_plain = kind == "" and part == "" and not (since or due_until or due_after or are_many_silent)

local function is_wanted(seq)
  if is_plain then return true end
  if are_many_silent and (tonumber(redis.call("ZSCORE", heartbeats, seq)) or silent_since) >= silent_since then return false end
  local id, of, updated_at, run_at = unpack(redis.call("HMGET", job_key(seq), "id", "kind", "updated_at", "run_at"))
  if not id or (kind ~= "" and of ~= kind) then return false end
  if part ~= "" and not string.find(id, part, 1, true) then return false end
  if since and tonumber(updated_at) < since then return false end
  run_at = tonumber(run_at)
  return (not due_until or run_at <= due_until) and (not due_after or run_at > due_after)
end

-- An iterator over the jobs of one status: returns the next seq as a number, and nil at the end.
local function each_of(status)
  local page, i, below = {}, 1, before
  return function()
    if page[i] == nil then
      if i > 1 then below = "(" .. page[i - 1] end
      local size = math.min(limit + 1, 200)
      page = redis.call("ZREVRANGEBYSCORE", base .. "status:" .. status, below, "-inf", "LIMIT", 0, size)
      if page[1] == nil then return nil end
      i = 1
    end
    i = i + 1
    return tonumber(page[i - 1])
  end
end

-- An iterator over the jobs of all these statuses, newest first.
local function each_of_all(statuses)
  local sources, heads = {}, {}
  for n, status in ipairs(statuses) do
    sources[n] = each_of(status)
    heads[n] = sources[n]() or 0
  end
  return function()
    local newest = nil
    for n, head in ipairs(heads) do
      if head > 0 and (newest == nil or head > heads[newest]) then newest = n end
    end
    if newest == nil then return nil end
    local seq = heads[newest]
    heads[newest] = sources[newest]() or 0
    return seq
  end
end

local function each_silent()
  local limit_seq = tonumber(ARGV[2]) or math.huge
  local seqs = {}
  for _, seq in ipairs(redis.call("ZRANGEBYSCORE", heartbeats, "-inf", "(" .. int(silent_since))) do
    if tonumber(seq) < limit_seq then seqs[#seqs + 1] = tonumber(seq) end
  end
  table.sort(seqs, function(a, b) return a > b end)
  local i = 0
  return function()
    i = i + 1
    return seqs[i]
  end
end

local function each_asked()
  if are_many_silent then return each_of(RUNNING) end
  return silent_since and each_silent() or each_of_all(texts(11, #ARGV - 10))
end

local next_job = each_asked()
local found, looked, last, is_end = {}, 0, 0, false
while #found <= limit and looked < rows do
  local seq = next_job()
  if seq == nil then
    is_end = true
    break
  end
  looked, last = looked + 1, seq
  if is_wanted(int(seq)) then found[#found + 1] = seq end
end
-- One more than requested shows whether there is another page.
if #found > limit then
  found[#found] = nil
  last = found[#found] or last
elseif is_end then
  last = 0
end
local jobs = {}
for _, seq in ipairs(found) do jobs[#jobs + 1] = read(int(seq), left) end
return { jobs, int(last) }
