-- Adds jobs. KEYS: the queue. ARGV: time or "", writer, bytes of values to return, then for each job: id, kind, payload,
-- priority, run_at or "", 1 to replace a finished one, the detail of the history line in that case. Returns for each job its
-- outcome, and: seq and time of an added job, 1 if a waiting job differs, the job as it is.

local now = clock(ARGV[1])
local stamp = int(now)
local left = budget(tonumber(ARGV[3]))
local ids = base .. "ids"
-- The seqs of the jobs that this call adds, by id, and as the arguments of one command.
local fresh, fresh_ids = {}, {}
local last_seq = nil

local function write(seq, lease, job)
  redis.call("HSET", job_key(seq), "lease", lease, "id", job.id, "kind", job.kind, "status", INITIAL, "priority",
    job.priority, "run_at", job.run_at, "retries", "0", "crashes", "0", "suspect", "0", "created_at", stamp, "updated_at",
    stamp, "payload", job.payload)
  enter({ seq = seq, status = INITIAL, suspect = "0", kind = job.kind, priority = job.priority, run_at = job.run_at })
end

-- Draws seqs for all `left_over` jobs at once; those that are not needed stay unused.
local function add(job, left_over)
  last_seq = last_seq or draw_seqs(left_over)
  last_seq = last_seq + 1
  local seq = int(last_seq)
  fresh[job.id] = seq
  fresh_ids[#fresh_ids + 1] = job.id
  fresh_ids[#fresh_ids + 1] = seq
  write(seq, "0", job)
  return { "added", seq, stamp }
end

local function replace(old, job)
  leave(old)
  redis.call("DEL", job_key(old.seq))
  write(old.seq, old.lease, job)
  tell(old.seq, { stamp, "replaced", old.lease, "0", NULL, job.detail })
  return { "replaced", 0, read(old.seq, left) }
end

local function differs(old, job)
  if old.kind ~= job.kind then return 1 end
  if redis.call("HSTRLEN", job_key(old.seq), "payload") ~= #job.payload then return 1 end
  return redis.call("HGET", job_key(old.seq), "payload") == job.payload and 0 or 1
end

local results, has_changed = {}, false
for i = 4, #ARGV, 7 do
  local job = { id = ARGV[i], kind = ARGV[i + 1], payload = ARGV[i + 2], priority = ARGV[i + 3], detail = ARGV[i + 6] }
  job.run_at = ARGV[i + 4] == "" and stamp or ARGV[i + 4]
  local seq = fresh[job.id] or redis.call("HGET", ids, job.id)
  local old = seq and load(seq)
  local result
  if not old then
    result = add(job, (#ARGV - i + 1) / 7)
  elseif not FINISHED[old.status] then
    result = { "waiting", differs(old, job), read(seq, left) }
  elseif ARGV[i + 5] == "1" then
    result = replace(old, job)
  else
    result = { "refused", 0, read(seq, left) }
  end
  has_changed = has_changed or result[1] == "added" or result[1] == "replaced"
  results[#results + 1] = result
end
in_parts("HSET", ids, fresh_ids)
if has_changed then publish(ARGV[2]) end
return results
