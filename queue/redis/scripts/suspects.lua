-- Quarantined waiting jobs, for the scripts that look at them. Those with as many crashes and the same priority stand
-- together, in the order of run_at: no script looks at more than the first of them, however many they are.

local function suspect_kinds()
  return redis.call("ZRANGE", base .. "suspect-kinds", 0, -1)
end

-- How the members begin that belong together, before run_at.
local TOGETHER = 14

local function suspect_of(kind, member)
  local down, run_at, seq = string.match(member, "^%d+:(%d+):(%d+):(%d+)$")
  local priority = 100 - tonumber(down)
  return { member = member, kind = kind, seq = unpadded(seq), run_at = tonumber(run_at), priority = priority }
end

-- The first ones of a kind, the least charged first, as a function that returns the next one, or nil.
local function first_suspects(kind)
  local key, from = suspects_key(kind), "-"
  return function()
    local member = redis.call("ZRANGEBYLEX", key, from, "+", "LIMIT", 0, 1)[1]
    if not member then return nil end
    -- A semicolon comes next after a colon.
    from = "[" .. string.sub(member, 1, TOGETHER) .. ";"
    return suspect_of(kind, member)
  end
end

-- When the first suspect of a kind becomes due, or nil.
local function first_suspect_at(kind)
  local first = nil
  for suspect in first_suspects(kind) do first = math.min(first or suspect.run_at, suspect.run_at) end
  return first
end
