-- Asks several buckets for tokens, all or nothing, by the clock of the store.
--
-- KEYS: the secret, then the buckets. ARGV: the fingerprint of the daemon's secret, the daemon, its
-- lease in µs; then for each bucket: µs for a token, burst, need, ahead, carry.
--
-- A bucket is the moment when it will be full, and for each daemon what it holds ahead and until
-- when: "MOMENT DAEMON:TOKENS:UNTIL …", in µs since 2025.
--
-- Returns {1, now, ahead, µs until full, …} if all is granted, {0, now, µs to wait, µs until full, …}
-- if not, {2, now} if the secret in the store is another one.
local time = redis.call('TIME')
local now = (time[1] - 1735689600) * 1000000 + time[2]
if redis.call('GETRANGE', KEYS[1], 0, 15) ~= ARGV[1] then
  return {2, now}
end
local daemon, lease = ARGV[2], tonumber(ARGV[3])
local found = redis.call('MGET', unpack(KEYS, 2))
local buckets, refused = {}, false
for i, text in ipairs(found) do
  local at = 5 * i - 1
  local bucket = {
    token = tonumber(ARGV[at]),
    need = tonumber(ARGV[at + 2]),
    ahead = tonumber(ARGV[at + 3]),
    carry = tonumber(ARGV[at + 4]),
    full = now,
    holds = '',
    others = '',
    ends = now,
  }
  local depth = bucket.token * tonumber(ARGV[at + 1])
  local floor = now
  if text then
    bucket.full = tonumber(string.match(text, '^%S+'))
    local holds = {}
    for id, tokens, ends in string.gmatch(text, ' (%x+):(%d+):(%d+)') do
      holds[#holds + 1] = {id = id, tokens = tonumber(tokens), ends = tonumber(ends)}
    end
    -- As long as tokens are held, the bucket is not fuller than its burst less those. Holds are in the
    -- order in which they end.
    local held = 0
    for last = #holds, 1, -1 do
      local hold = holds[last]
      held = held + hold.tokens
      floor = math.max(floor, math.min(hold.ends, now) + held * bucket.token)
      if hold.ends > now then
        local kept = string.format(' %s:%d:%.0f', hold.id, hold.tokens, hold.ends)
        bucket.holds = kept .. bucket.holds
        if hold.id ~= daemon then
          bucket.others = kept .. bucket.others
        end
        bucket.ends = math.max(bucket.ends, hold.ends)
      end
    end
    -- More than two empty buckets and a minute away: the clock of the store was set back.
    if bucket.full > now + 2 * depth + 60000000 then
      bucket.full = now + depth
    end
  end
  -- What was spent without the store is a debt of at most one more burst.
  if bucket.carry > 0 then
    local deepest = math.max(now + 2 * depth, bucket.full)
    bucket.full = math.min(math.max(bucket.full, now) + bucket.carry * bucket.token, deepest)
  else
    bucket.full = bucket.full + bucket.carry * bucket.token
  end
  bucket.full = math.max(bucket.full, floor)
  bucket.rest = now + depth - bucket.full - bucket.need * bucket.token
  -- Numbers of this size are exact to a hundredth of a microsecond.
  if bucket.need > 0 and bucket.rest < -0.1 then
    refused = true
  end
  buckets[i] = bucket
end
local answer = {refused and 0 or 1, now}
for i, bucket in ipairs(buckets) do
  local says = 0
  if refused then
    if bucket.need > 0 then
      says = math.max(math.ceil(-bucket.rest), 0)
    end
  elseif bucket.need > 0 then
    says = math.max(math.min(bucket.ahead, math.floor((bucket.rest + 0.1) / bucket.token)), 0)
    bucket.full = bucket.full + (bucket.need + says) * bucket.token
    bucket.holds = bucket.others
    if says > 0 then
      bucket.holds = bucket.others .. string.format(' %s:%d:%.0f', daemon, says, now + lease)
      bucket.ends = math.max(bucket.ends, now + lease)
    end
  end
  if bucket.carry ~= 0 or (bucket.need > 0 and not refused) then
    -- A full bucket that nobody holds anything of is no key.
    local lives = math.ceil((math.max(bucket.full, bucket.ends) - now) / 1000)
    if lives > 0 then
      local text = string.format('%.3f', bucket.full) .. bucket.holds
      redis.call('SET', KEYS[i + 1], text, 'PX', string.format('%.0f', lives))
    else
      redis.call('DEL', KEYS[i + 1])
    end
  end
  answer[#answer + 1] = says
  answer[#answer + 1] = math.max(math.ceil(bucket.full - now), 0)
end
return answer
