-- Statistics. KEYS: the queue. ARGV: time or "", ms of silence, the most kinds to return, the most jobs to count of each, the
-- number of kinds of this process or -1, those kinds. Returns the count of each status, when the oldest job became due or
-- nil, the number of silent jobs, and waiting kinds that no process claims, each with its number of jobs.

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
local function consider(kind, run_at, count)
  if known and not known[kind] then
    unknown[kind] = (unknown[kind] or 0) + count
  elseif run_at and run_at <= now and (oldest == nil or run_at < oldest) then
    oldest = run_at
  end
end
for _, level in ipairs(levels_of(waiting_kinds())) do
  consider(level.kind, first_of(level), redis.call("ZCARD", level.line))
end
for _, kind in ipairs(suspect_kinds()) do
  consider(kind, first_suspect_at(kind), redis.call("ZCARD", suspects_key(kind)))
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
