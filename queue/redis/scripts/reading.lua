-- Jobs as replies, for the scripts that return jobs.

-- Values of up to this many bytes are in every list.
local SHORT = 2048
-- Longer ones are included up to this length, as long as the budget lasts.
local LONGEST_OF_MANY = 64 * 1024

local function budget(bytes)
  return { left = bytes, longest = LONGEST_OF_MANY }
end

-- Returns a value, and whether it is left out.
local function value_of(key, name, left)
  local bytes = redis.call("HSTRLEN", key, name)
  if bytes > SHORT then
    if bytes > left.longest or bytes > left.left then return false, 1 end
    left.left = left.left - bytes
  end
  return redis.call("HGET", key, name), 0
end

-- Returns the columns, the payload, the result, and whether these are left out; nil if the job is gone.
local function read(seq, left)
  local key = job_key(seq)
  local row = redis.call("HMGET", key, unpack(COLUMNS))
  if not row[1] then return nil end
  local at = #COLUMNS
  row[at + 1], row[at + 3] = value_of(key, "payload", left)
  row[at + 2], row[at + 4] = value_of(key, "result", left)
  row[at + 5] = seq
  return row
end
