-- Statistics. KEYS: the queue. ARGV: time or "", ms of silence, the most kinds to return, the most jobs to count of each, the
-- number of kinds of this process or -1, those kinds. Returns the count of each status, since when the oldest due job has
-- waited or nil, the number of silent jobs, and waiting kinds that no process claims, each with its number of jobs.

-- How far behind a backdated job of a line a longer wait is looked for.
local LOOKED_AT = 100

local now = clock(ARGV[1])
local most_kinds, most_jobs = tonumber(ARGV[3]), tonumber(ARGV[4])
local known = nil
local function know(kinds)
  known = known or {}
  for _, kind in ipairs(kinds) do known[kind] = true end
end
if tonumber(ARGV[5]) >= 0 then know(texts(6, tonumber(ARGV[5]))) end
for _, process in ipairs(redis.call("ZRANGE", base .. "processes", 0, -1)) do
  local kinds = redis.call("HGET", base .. "process:" .. process, "kinds")
  if kinds then know(cjson.decode(kinds)) end
end

local counts = {}
for i, status in ipairs(STATUSES) do counts[i] = redis.call("ZCARD", base .. "status:" .. status) end

local oldest, unknown = nil, {}

-- Considers a waiting job. Returns whether it is due and backdated: it cannot have waited before it was added. After the
-- clock was set back, that may be in the future.
local function consider(seq, run_at)
  if run_at > now then return false end
  local created_at = tonumber(redis.call("HGET", job_key(seq), "created_at") or run_at)
  local since = created_at <= now and math.max(run_at, created_at) or run_at
  oldest = math.min(oldest or since, since)
  return created_at > run_at
end

-- Whether jobs of this kind are claimed; if not, they are counted.
local function is_claimed(kind, key)
  if known == nil or known[kind] then return true end
  unknown[kind] = (unknown[kind] or 0) + redis.call("ZCARD", key)
  return false
end

for _, level in ipairs(levels_of(waiting_kinds())) do
  if is_claimed(level.kind, level.line) then
    local first = redis.call("ZRANGE", level.line, 0, 0, "WITHSCORES")
    if consider(unpadded(first[1]), tonumber(first[2])) then
      local page = redis.call("ZRANGE", level.line, 1, LOOKED_AT - 1, "WITHSCORES")
      for i = 1, #page, 2 do consider(unpadded(page[i]), tonumber(page[i + 1])) end
    end
  end
end
for _, kind in ipairs(suspect_kinds()) do
  if is_claimed(kind, suspects_key(kind)) then
    local is_backdated = false
    for suspect in first_suspects(kind) do
      is_backdated = consider(suspect.seq, suspect.run_at) or is_backdated
    end
    local page = is_backdated and redis.call("ZRANGE", suspects_key(kind), 0, LOOKED_AT - 1) or {}
    for _, member in ipairs(page) do
      local suspect = suspect_of(kind, member)
      consider(suspect.seq, suspect.run_at)
    end
  end
end

local names = {}
for kind in pairs(unknown) do names[#names + 1] = kind end
table.sort(names)
local parked = {}
for i = 1, math.min(#names, most_kinds) do
  parked[i] = { names[i], int(math.min(unknown[names[i]], most_jobs)) }
end
local silent = redis.call("ZCOUNT", base .. "heartbeats", "-inf", "(" .. int(now - tonumber(ARGV[2])))
return { counts, oldest and int(oldest) or false, silent, parked }
