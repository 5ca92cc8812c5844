-- Removes a fact. KEYS: the queue. ARGV: realm, key.

forget_fact(ARGV[1], ARGV[2])
return 1
