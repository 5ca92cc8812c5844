-- Adds jobs as they are. KEYS: the queue. ARGV: writer, the number of columns, their names, then for each job: the values of
-- the columns, the number of lines in its history, those lines. Returns 1; or 0, and changes nothing, if one of the ids is
-- there.

local count = tonumber(ARGV[2])
local names = texts(3, count)
local first = 3 + count
local jobs, i = {}, first
while i <= #ARGV do
  local job, lines = {}, tonumber(ARGV[i + count])
  for n, name in ipairs(names) do job[name] = ARGV[i + n - 1] end
  if redis.call("HEXISTS", base .. "ids", job.id) == 1 then return 0 end
  jobs[#jobs + 1] = { columns = job, lines = texts(i + count + 1, lines) }
  i = i + count + 1 + lines
end

local last = draw_seqs(#jobs)
local ids = {}
for n, job in ipairs(jobs) do
  local seq, columns = int(last + n), job.columns
  ids[#ids + 1] = columns.id
  ids[#ids + 1] = seq
  store(seq, columns)
  in_parts("RPUSH", base .. "history:" .. seq, job.lines)
  local at = columns.finished_at ~= NULL and columns.finished_at or columns.updated_at
  if columns.status == RUNNING then at = columns.last_heartbeat ~= NULL and columns.last_heartbeat or "0" end
  columns.seq = seq
  enter(columns, at)
end
in_parts("HSET", base .. "ids", ids)
publish(ARGV[1])
return 1
