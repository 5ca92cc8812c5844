-- Jobs by seq. KEYS: the queue. ARGV: bytes of long values to return, then the seqs. Returns those that exist.

local left = budget(tonumber(ARGV[1]))
local jobs = {}
for i = 2, #ARGV do jobs[#jobs + 1] = read(ARGV[i], left) end
return jobs
