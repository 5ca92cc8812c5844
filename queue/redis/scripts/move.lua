-- Moves jobs for an operator. KEYS: the queue. ARGV: time or "", writer, verb, what the history adds to the previous status,
-- then the ids. Returns for each id its outcome, the previous status and the job as it is.

local now = clock(ARGV[1])
local stamp = int(now)
local verb, by = ARGV[3], ARGV[4]
local left = budget(0)

local CHANGES = {
  cancel = function(job)
    return { canceled_from = job.status, finished_at = stamp, process = NULL }
  end,

  resubmit = function(job)
    local run_at = stamp
    local keeps = KEEPS_RUN_AT[job.status] and redis.call("HGET", job_key(job.seq), "canceled_from") == INITIAL
    if keeps then run_at = int(math.max(tonumber(job.run_at), now)) end
    local columns = {
      run_at = run_at, canceled_from = NULL, consumer_id = NULL, last_heartbeat = NULL, started_at = NULL,
      finished_at = NULL, result = NULL, process = NULL,
    }
    if STARTS_AGAIN[job.status] then
      columns.retries, columns.crashes, columns.suspect = "0", "0", "0"
    end
    return columns
  end,
}
local EVENT = { cancel = "canceled", resubmit = "resubmitted" }

local function move(job)
  local was = job.status
  local columns = CHANGES[verb](job)
  columns.status, columns.updated_at = TO[verb], stamp
  leave(job)
  store(job.seq, columns)
  job = load(job.seq)
  enter(job, stamp)
  local line = { stamp, EVENT[verb], job.lease, job.retries, job.consumer_id, "was " .. was .. by, job.started_at }
  tell(job.seq, line)
  return { "moved", was, read(job.seq, left) }
end

local results, has_changed = {}, false
for i = 5, #ARGV do
  local seq = redis.call("HGET", base .. "ids", ARGV[i])
  local job = seq and load(seq)
  if not job then
    results[#results + 1] = { "unknown" }
  elseif MAY[verb][job.status] then
    results[#results + 1] = move(job)
    has_changed = true
  else
    results[#results + 1] = { "illegal", job.status, read(seq, left) }
  end
end
if has_changed then publish(ARGV[2]) end
return results
