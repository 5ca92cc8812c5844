-- Writes how attempts ended. KEYS: the queue. ARGV: time or "", writer, then for each attempt: seq, lease, verb, and what the
-- function of that verb takes. Returns 1 for each lease that was held, or 0: nothing is written for those.

local now = clock(ARGV[1])
local stamp = int(now)
local at = 3

local function take(count)
  at = at + count
  return unpack(ARGV, at - count, at - 1)
end

-- `detail` and the facts about the attempt: how long it ran, the error in full, what the handler logged.
local function line_of(job, event, retries, detail, report)
  return {
    stamp, event, job.lease, retries, job.consumer_id or NULL, detail, job.started_at or NULL, report[1], report[2],
    report[3],
  }
end

local function change(job, status, columns)
  leave(job)
  columns.status, columns.updated_at = status, stamp
  store(job.seq, columns)
  job.status = status
  enter(job, stamp)
end

-- Whether an earlier call has stored this ending, and its answer was lost: nothing is written then.
local function is_repeated(job, status, retries, error)
  return job.status == status and job.retries == retries and redis.call("HGET", job_key(job.seq), "error") == error
end

-- Whether an earlier call has stored this postponed attempt: see `PostponedMark`.
local function is_postponed(job, retries, delay_ms, line)
  local newest = newest_line(job.seq)
  if job.retries ~= retries or not newest then return false end
  local told_at, wait = tonumber(newest[1]), tonumber(delay_ms)
  if told_at > now or 2 * (now - told_at) >= wait then return false end
  if tonumber(job.run_at) ~= math.min(told_at + wait, MAX_TIME) then return false end
  for _, i in ipairs({ 2, 3, 6, 8 }) do
    if newest[i] ~= (line[i] == NULL and cjson.null or line[i]) then return false end
  end
  return true
end

local function finish_as(status, event)
  return function(job, ended)
    local retries, error, ran_ms, report, log = take(5)
    if not job then return ended ~= nil and is_repeated(ended, status, retries, error) end
    tell(job.seq, line_of(job, event, retries, error, { ran_ms, report, log }))
    change(job, status, { retries = retries, error = error, finished_at = stamp, process = NULL })
    return true
  end
end

-- The new value of a column; nil, for NULL, leaves the column as it is.
local function unless_null(value)
  if value ~= NULL then return value end
end

local completed = {}

-- Most jobs end like this, so it reads and writes as little as possible: the sets are changed for all jobs at once.
local function complete(seq, lease)
  local result = take(1)
  local key = job_key(seq)
  local status, held, error, earlier = unpack(redis.call("HMGET", key, "status", "lease", "error", "result"))
  if held ~= lease then return false end
  -- The answer of an earlier call was lost.
  if status == TO.complete then return (earlier or NULL) == result end
  if not MAY.complete[status] then return false end
  redis.call("HSET", key, "status", TO.complete, "finished_at", stamp, "updated_at", stamp, "process", "")
  if error or earlier then redis.call("HDEL", key, "error", "result") end
  if result ~= NULL then redis.call("HSET", key, "result", result) end
  completed[#completed + 1] = seq
  return true
end

local ENDINGS = {
  retry = function(job)
    local event, retries, delay_ms, detail, error, replaces, ran_ms, report, log = take(9)
    if not job then return false end
    -- Each failed attempt counts one retry more, so this one is stored, and its answer was lost.
    if event == "retried" and job.retries == retries then return true end
    local line = line_of(job, event, retries, detail, { ran_ms, report, log })
    if event == "postponed" and is_postponed(job, retries, delay_ms, line) then return true end
    if replaces ~= "1" or not retell(job.seq, line) then tell(job.seq, line) end
    local run_at = int(math.min(now + tonumber(delay_ms), MAX_TIME))
    local columns = { retries = retries, run_at = run_at, error = unless_null(error), last_heartbeat = stamp }
    change(job, TO.retry, columns)
    return true
  end,

  exhaust = finish_as(TO.exhaust, "exhausted"),
  fail = finish_as(TO.fail, "failed"),

  release = function(job)
    local event, detail, status, crashes, suspect, error, ran_ms, report, log = take(9)
    if not job then return false end
    if event ~= NULL then tell(job.seq, line_of(job, event, job.retries, detail, { ran_ms, report, log })) end
    local columns = { error = unless_null(error), last_heartbeat = NULL, started_at = NULL, process = NULL }
    if crashes ~= NULL then
      columns.crashes, columns.suspect = crashes, suspect
    end
    if FINISHED[status] then
      columns.finished_at = stamp
    else
      columns.consumer_id = NULL
    end
    leave(job)
    job.crashes, job.suspect = columns.crashes or job.crashes, columns.suspect or job.suspect
    columns.status, columns.updated_at = status, stamp
    store(job.seq, columns)
    job.status = status
    enter(job, stamp)
    return true
  end,
}

local function end_as(verb, seq, lease)
  local job = load(seq)
  if job ~= nil and job.lease ~= lease then job = nil end
  local is_held = job ~= nil and MAY[verb][job.status]
  return ENDINGS[verb](is_held and job or nil, job)
end

local answers, has_changed = {}, false
while at <= #ARGV do
  local seq, lease, verb = take(3)
  local is_held
  if verb == "complete" then is_held = complete(seq, lease) else is_held = end_as(verb, seq, lease) end
  answers[#answers + 1] = is_held and 1 or 0
  has_changed = has_changed or is_held
end
-- Before the completed ones: the same call may have changed one of those jobs earlier.
flush()
in_parts("ZREM", base .. "status:" .. RUNNING, completed)
in_parts("ZREM", base .. "heartbeats", completed)
add_all(base .. "status:" .. TO.complete, completed)
add_all(base .. "finished", completed, stamp)
if has_changed then publish(ARGV[2]) end
return answers
