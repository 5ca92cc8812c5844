-- Whole jobs as replies, for the scripts that copy them: the columns, whether the job is a suspect, the payload, the result,
-- the seq, the lines of the history; and how many bytes these are.

local function whole(seq)
  local key = job_key(seq)
  local row = redis.call("HMGET", key, unpack(COLUMNS))
  if not row[1] then return nil, 0 end
  local suspect, payload, result = unpack(redis.call("HMGET", key, "suspect", "payload", "result"))
  local lines = redis.call("LRANGE", base .. "history:" .. seq, 0, -1)
  local bytes = #(payload or "") + #(result or "") + #(row[#COLUMNS] or "")
  for _, line in ipairs(lines) do bytes = bytes + #line end
  for _, value in ipairs({ suspect, payload, result, seq, lines }) do row[#row + 1] = value end
  return row, bytes
end
