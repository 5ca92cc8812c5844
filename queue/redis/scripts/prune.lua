-- Removes old jobs. KEYS: the queue. ARGV: time or "", writer, ms since the end of the job, limit. Returns the removed ids.

local before = clock(ARGV[1]) - tonumber(ARGV[3])
local removed = {}
local old = redis.call("ZRANGEBYSCORE", base .. "finished", "-inf", "(" .. int(before), "LIMIT", 0, ARGV[4])
for _, seq in ipairs(old) do
  local id, status = unpack(redis.call("HMGET", job_key(seq), "id", "status"))
  redis.call("ZREM", base .. "finished", seq)
  if status then redis.call("ZREM", base .. "status:" .. status, seq) end
  if id then
    redis.call("HDEL", base .. "ids", id)
    removed[#removed + 1] = id
  end
  -- UNLINK frees the memory of long values in the background.
  redis.call("UNLINK", job_key(seq), base .. "history:" .. seq)
end
if #removed > 0 then publish(ARGV[2]) end
return removed
