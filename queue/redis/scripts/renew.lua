-- Heartbeats. KEYS: the queue. ARGV: time or "", then for each lease: seq, lease. Returns 1 for each one held, or 0.

local stamp = int(clock(ARGV[1]))
local held = {}
for i = 2, #ARGV, 2 do
  local seq = ARGV[i]
  local status, lease = unpack(redis.call("HMGET", job_key(seq), "status", "lease"))
  local is_held = status == RUNNING and lease == ARGV[i + 1]
  if is_held then
    redis.call("HSET", job_key(seq), "last_heartbeat", stamp)
    redis.call("ZADD", base .. "heartbeats", stamp, seq)
  end
  held[#held + 1] = is_held and 1 or 0
end
return held
