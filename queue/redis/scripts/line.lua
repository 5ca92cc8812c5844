-- Waiting jobs, as candidates for the first places of the line. KEYS: the queue. ARGV: time or "", the number of places, 1
-- for due jobs, 1 for delayed ones, 1 for those of unknown kinds, the number of known kinds or -1 for all, those kinds.
-- Returns the number of waiting jobs, and candidates: part (0 due, 1 delayed, 2 of an unknown kind), priority, run_at, seq.

local now, places = clock(ARGV[1]), ARGV[2]
local wants_due, wants_delayed, wants_unknown = ARGV[3] == "1", ARGV[4] == "1", ARGV[5] == "1"
local known = tonumber(ARGV[6]) >= 0 and as_set(texts(7, tonumber(ARGV[6]))) or nil
local found = {}

local function add(part, priority, run_at, seq)
  found[#found + 1] = { part, int(priority), run_at, seq }
end

local function look(level, part, from, to)
  local page = redis.call("ZRANGEBYSCORE", level.line, from, to, "WITHSCORES", "LIMIT", 0, places)
  for i = 1, #page, 2 do add(part, level.priority, page[i + 1], unpadded(page[i])) end
end

local enough = tonumber(places)
local due_found, lowest = 0, nil
for _, level in ipairs(levels_of(waiting_kinds())) do
  -- Jobs of a lower priority come after enough due ones.
  if due_found >= enough and level.priority < lowest then break end
  if known == nil or known[level.kind] then
    if wants_due then
      local before = #found
      look(level, 0, "-inf", now)
      due_found, lowest = due_found + #found - before, level.priority
    end
    if wants_delayed then look(level, 1, "(" .. int(now), "+inf") end
  elseif wants_unknown then
    look(level, 2, "-inf", "+inf")
  end
end
for _, kind in ipairs(suspect_kinds()) do
  for _, member in ipairs(redis.call("ZRANGE", suspects_key(kind), 0, enough - 1)) do
    local suspect = suspect_of(kind, member)
    local is_due = suspect.run_at <= now
    if (is_due and wants_due) or (not is_due and wants_delayed) then
      add(is_due and 0 or 1, suspect.priority, int(suspect.run_at), suspect.seq)
    end
  end
end
return { redis.call("ZCARD", base .. "status:" .. WAITING), found }
