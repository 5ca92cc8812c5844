-- Quarantined waiting jobs, for the scripts that read them. Those with the same crashes and priority form a group, in the
-- order of run_at: a script need not read more than the first of a group, however many there are.

local function suspect_kinds()
  return redis.call("ZRANGE", base .. "suspect-kinds", 0, -1)
end

-- The length of what the members of a group begin with, before run_at.
local TOGETHER = 14

local function suspect_of(kind, member)
  local down, run_at, seq = string.match(member, "^%d+:(%d+):(%d+):(%d+)$")
  local priority = 100 - tonumber(down)
  return { member = member, kind = kind, seq = unpadded(seq), run_at = tonumber(run_at), priority = priority }
end

-- An iterator over the first suspect of each group of a kind, the least charged first: returns the next one, or nil.
local function first_suspects(kind)
  local key, from = suspects_key(kind), "-"
  return function()
    local member = redis.call("ZRANGEBYLEX", key, from, "+", "LIMIT", 0, 1)[1]
    if not member then return nil end
    -- In the order of bytes, a semicolon comes right after a colon.
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
