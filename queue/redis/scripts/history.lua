-- The history of a job, for the scripts that write it. A line is an array of texts, so that no number loses digits: at,
-- event, lease, retries, consumer_id, detail, taken_at, ran_ms, report, log.

-- The beginning of a text, cut between two characters.
local function beginning(text, bytes)
  if #text <= bytes then return text end
  while bytes > 0 and string.find(string.sub(text, bytes + 1, bytes + 1), "[\128-\191]") do bytes = bytes - 1 end
  return string.sub(text, 1, bytes)
end

-- Only the newest lines keep long texts.
local function shorten(list, index)
  local line = cjson.decode(redis.call("LINDEX", list, index))
  local detail = line[6]
  local is_long = type(detail) == "string" and #detail > HISTORY.short
  if line[9] == cjson.null and line[10] == cjson.null and not is_long then return end
  line[9], line[10] = cjson.null, cjson.null
  if is_long then line[6] = beginning(detail, HISTORY.short) end
  redis.call("LSET", list, index, cjson.encode(line))
end

-- Replaces the lines in the middle with one that counts them.
local function fold(list, length)
  local first = redis.call("LRANGE", list, 0, HISTORY.first - 1)
  local place = cjson.decode(redis.call("LINDEX", list, HISTORY.first))
  local last = cjson.decode(redis.call("LINDEX", list, -HISTORY.newest - 1))
  local removed = length - HISTORY.first - HISTORY.newest - 1
  local before = 1
  if place[2] == "folded" then before = tonumber(string.match(place[6], "^%d+")) or 0 end
  local none = cjson.null
  local detail = int(before + removed) .. HISTORY.words
  local folded = { last[1], "folded", last[3], last[4], none, detail, none, none, none, none }
  redis.call("LTRIM", list, -HISTORY.newest, -1)
  redis.call("LPUSH", list, cjson.encode(folded))
  for i = #first, 1, -1 do redis.call("LPUSH", list, first[i]) end
end

local function tell(seq, line)
  local list = base .. "history:" .. seq
  for i = 1, 10 do
    if line[i] == nil or line[i] == NULL then line[i] = cjson.null end
  end
  local length = redis.call("RPUSH", list, cjson.encode(line))
  if length > HISTORY.full then shorten(list, -HISTORY.full - 1) end
  if length >= HISTORY.most then fold(list, length) end
end

local function newest_line(seq)
  local line = redis.call("LINDEX", base .. "history:" .. seq, -1)
  return line and cjson.decode(line)
end

-- Updates the newest line, if it is of this event under this lease.
local function retell(seq, line)
  local list = base .. "history:" .. seq
  local newest = newest_line(seq)
  if not newest or newest[2] ~= line[2] or newest[3] ~= line[3] then return false end
  for _, i in ipairs({ 1, 6, 8, 9, 10 }) do
    newest[i] = (line[i] == nil or line[i] == NULL) and cjson.null or line[i]
  end
  redis.call("LSET", list, -1, cjson.encode(newest))
  return true
end
