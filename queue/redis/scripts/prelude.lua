-- Every script begins with this. KEYS[1] is the name of the queue in braces; all other keys are made from it, so that they
-- share its hash tag. KEYS[2] is the channel of the queue, among the keys because its name depends on the database. The tables of statuses, moves and bounds (`lua_tables.ts`) come before this text.
--
--   :job:<seq>                 hash: the columns of a job, and the last clock rollback that it followed in flight
--   :history:<seq>             list: its history, a JSON array a line
--   :ids                       hash: the seq of each id
--   :status:<status>           sorted set: the seqs of the jobs in this status, by seq
--   :line:<priority>:<kind>    sorted set: waiting jobs, by run_at; members are padded, so that jobs with equal times keep
--                              the order of adding
--   :levels:<kind>             sorted set: the priorities that waiting jobs of this kind have
--   :kinds                     sorted set: the kinds of waiting jobs, by name
--   :suspects:<kind>           sorted set: quarantined waiting jobs of this kind, ordered by the name of the member
--   :suspect-kinds             sorted set: the kinds of those jobs, by name
--   :heartbeats                sorted set: jobs in flight, by their last heartbeat
--   :finished                  sorted set: finished jobs, by when they ended
--   :processes, :process:<id>  sorted set and hashes: the processes, in the order in which they joined
--   :alive:<id>                expires unless the process shows that it is alive
--   :facts:<realm>             hash: the texts of the facts of a realm, by key
--   :fact-ends:<realm>         sorted set: their keys, by when they expire
--   :realms                    set: the realms that have facts
--   :server                    hash: which server this is, since when it has served the queue, and its last clock rollback
--   :seq, :joined              the last seq, and how many processes have joined
--   :version                   the version of all of this: keys without it are not a queue
--   :probe                     written now and then, to see whether the server takes writes

local base = KEYS[1] .. ":"
-- No text from outside has this byte: it is never part of UTF-8.
local NULL = "\255"

-- A number as text: Lua itself would write a large one with an exponent and lose digits.
local function int(n)
  return string.format("%.0f", n)
end

local function pad(text, width)
  return string.rep("0", width - #text) .. text
end

local function unpadded(text)
  return int(tonumber(text))
end

-- Milliseconds since 1970: the given time, or the server's.
local function clock(given)
  if given ~= "" then return tonumber(given) end
  local time = redis.call("TIME")
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Called before the first key of a queue is written: a server that was emptied under running processes has no version, and
-- without it the next start would take their keys for those of another program.
local function keep_version()
  redis.call("SET", base .. "version", VERSION, "NX")
end

-- Draws this many seqs. Returns the last one that was drawn before.
local function draw_seqs(count)
  keep_version()
  return redis.call("INCRBY", base .. "seq", count) - count
end

local function job_key(seq)
  return base .. "job:" .. seq
end

local FACTS = { "status", "lease", "kind", "priority", "run_at", "retries", "crashes", "suspect", "consumer_id", "started_at" }

-- The columns that moves need, or nil if there is no such job.
local function load(seq)
  local found = redis.call("HMGET", job_key(seq), unpack(FACTS))
  if not found[1] then return nil end
  local job = { seq = seq }
  for i, name in ipairs(FACTS) do job[name] = found[i] or nil end
  return job
end

-- Writes columns; a NULL removes one.
local function store(seq, columns)
  local set, removed = {}, {}
  for name, value in pairs(columns) do
    if value == NULL then
      removed[#removed + 1] = name
    else
      set[#set + 1] = name
      set[#set + 1] = value
    end
  end
  if #set > 0 then redis.call("HSET", job_key(seq), unpack(set)) end
  if #removed > 0 then redis.call("HDEL", job_key(seq), unpack(removed)) end
end

local function line_key(job)
  return base .. "line:" .. job.priority .. ":" .. job.kind
end

local function suspects_key(kind)
  return base .. "suspects:" .. kind
end

-- Changes of the sorted sets are collected, and made by one command for many jobs: the score by key and member, or false for
-- a member to remove. The last change of a member counts.
local changes = {}
-- The lines among those keys, with their kinds and priorities, and the kinds with changed suspects.
local lines, changed_suspects = {}, {}

local function put(key, member, score)
  changes[key] = changes[key] or {}
  changes[key][member] = score
end

local function put_in_line(job, score)
  local line = line_key(job)
  put(line, pad(job.seq, 16), score)
  lines[line] = { kind = job.kind, priority = job.priority }
end

local function put_among_suspects(job, score)
  local place = pad(job.crashes, 10) .. ":" .. pad(int(100 - job.priority), 3) .. ":" .. pad(job.run_at, 16)
  put(suspects_key(job.kind), place .. ":" .. pad(job.seq, 16), score)
  changed_suspects[job.kind] = true
end

-- Lua's stack holds no more arguments.
local MAX_ARGUMENTS = 1000

local function in_parts(command, key, list)
  for i = 1, #list, MAX_ARGUMENTS do
    redis.call(command, key, unpack(list, i, math.min(i + MAX_ARGUMENTS - 1, #list)))
  end
end

-- `score`: the same for all; unless given, each seq is its own score.
local function add_all(key, seqs, score)
  local scored = {}
  for i, seq in ipairs(seqs) do
    scored[2 * i - 1], scored[2 * i] = score or seq, seq
  end
  in_parts("ZADD", key, scored)
end

-- Writes the collected changes. Every script that moves jobs ends with it.
local function flush()
  for key, members in pairs(changes) do
    local added, removed = {}, {}
    for member, score in pairs(members) do
      if score then
        added[#added + 1] = score
        added[#added + 1] = member
      else
        removed[#removed + 1] = member
      end
    end
    in_parts("ZREM", key, removed)
    in_parts("ZADD", key, added)
  end
  for line, of in pairs(lines) do
    local levels = base .. "levels:" .. of.kind
    if redis.call("EXISTS", line) == 1 then
      redis.call("ZADD", levels, of.priority, of.priority)
      redis.call("ZADD", base .. "kinds", 0, of.kind)
    else
      redis.call("ZREM", levels, of.priority)
      if redis.call("EXISTS", levels) == 0 then redis.call("ZREM", base .. "kinds", of.kind) end
    end
  end
  for kind in pairs(changed_suspects) do
    if redis.call("EXISTS", suspects_key(kind)) == 1 then
      redis.call("ZADD", base .. "suspect-kinds", 0, kind)
    else
      redis.call("ZREM", base .. "suspect-kinds", kind)
    end
  end
  changes, lines, changed_suspects = {}, {}, {}
end

-- Adds the job to the sets of its status. `at`: the last heartbeat of a job in flight, the end of a finished one.
local function enter(job, at)
  put(base .. "status:" .. job.status, job.seq, job.seq)
  if job.status == RUNNING then
    put(base .. "heartbeats", job.seq, at)
  elseif job.status ~= WAITING then
    put(base .. "finished", job.seq, at)
  elseif job.suspect == "1" then
    put_among_suspects(job, "0")
  else
    put_in_line(job, job.run_at)
  end
end

-- Removes the job from the sets of its status.
local function leave(job)
  put(base .. "status:" .. job.status, job.seq, false)
  if job.status == RUNNING then
    put(base .. "heartbeats", job.seq, false)
  elseif job.status ~= WAITING then
    put(base .. "finished", job.seq, false)
  elseif job.suspect == "1" then
    put_among_suspects(job, false)
  else
    put_in_line(job, false)
  end
end

-- The lines in which jobs of these kinds wait, the highest priority first.
local function levels_of(kinds)
  local levels = {}
  for _, kind in ipairs(kinds) do
    for _, priority in ipairs(redis.call("ZREVRANGE", base .. "levels:" .. kind, 0, -1)) do
      local line = line_key({ priority = priority, kind = kind })
      levels[#levels + 1] = { kind = kind, priority = tonumber(priority), line = line }
    end
  end
  table.sort(levels, function(a, b) return a.priority > b.priority end)
  return levels
end

local function waiting_kinds()
  return redis.call("ZRANGE", base .. "kinds", 0, -1)
end

-- When the first job of a line becomes due.
local function first_of(level)
  return tonumber(redis.call("ZRANGE", level.line, 0, 0, "WITHSCORES")[2])
end

-- Writes the collected changes, and notifies the other processes; a store ignores its own name.
local function publish(writer)
  flush()
  redis.call("PUBLISH", KEYS[2], writer)
end

-- `count` texts of ARGV from `first` on.
local function texts(first, count)
  local list = {}
  for i = first, first + count - 1 do list[#list + 1] = ARGV[i] end
  return list
end

local function as_set(list)
  local set = {}
  for _, item in ipairs(list) do set[item] = true end
  return set
end
