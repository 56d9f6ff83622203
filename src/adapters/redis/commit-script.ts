/**
 * The one write. Checks everything, then writes everything; every key is in KEYS, values pass through unread. Every
 * argument costs time on both sides, so what is small travels packed: numbers as two characters of 7 bits each.
 *
 * KEYS: the feed, the event log, the counters, then each group's: expects, puts, drops, and two sorted sets per index
 * change.
 * ARGV: origin; length of the feed; length of the log; numbers of counters and of groups, packed (the first group is
 * written always, the others are candidates); per counter: what to add, and the limit or ''; per group: a head, its
 * keys with their new revisions as JSON, the values to put (new revision included), per index change the member and
 * the score or '', and its lines of the log. A head packs the numbers of expects, puts, drops, index changes and
 * lines, followed by the revision of 10 characters that each of the first three must have (blank: absent).
 *
 * Answers the chosen candidate (-1: there were none to choose from), or what was in the way: {1, index into KEYS,
 * revision there}, {2, number of the counter, its value}, {3} no candidate.
 */
export const COMMIT_SCRIPT = `
local call, sub, byte, K, A = redis.call, string.sub, string.byte, KEYS, ARGV

local function sizes(a)
  local e1, e2, p1, p2, d1, d2, i1, i2, l1, l2 = byte(A[a], 1, 10)
  return e1 * 128 + e2, p1 * 128 + p2, d1 * 128 + d2, i1 * 128 + i2, l1 * 128 + l2
end

local function clash(k, head, n)
  for from = 0, n - 1, 1000 do
    local past = math.min(from + 1000, n)
    local have = call('MGET', unpack(K, k + from, k + past - 1))
    for i = from, past - 1 do
      local value = have[i - from + 1]
      local revision = value and sub(value, 1, 10) or '          '
      if revision ~= sub(head, 11 + 10 * i, 20 + 10 * i) then return k + i, revision end
    end
  end
end

local c1, c2, g1, g2 = byte(A[4], 1, 4)
local counters, groups = c1 * 128 + c2, g1 * 128 + g2
local k, a = 3 + counters, 5 + 2 * counters
local commonK, commonA = k, a
local expects, puts, drops, changes, lines = sizes(a)
local wrong, revision = clash(k, A[a], expects + puts + drops)
if wrong then return {1, wrong, revision} end

local sums, set, sets = {}, {'MSET'}, 1
local have = counters > 0 and call('MGET', unpack(K, 3, 2 + counters))
for i = 1, counters do
  local key, add, max = K[2 + i], tonumber(A[3 + 2 * i]), A[4 + 2 * i]
  local value = sums[key] or tonumber(have[i] or 0)
  if max ~= '' and add > 0 and value + add > tonumber(max) then return {2, i, string.format('%.0f', value)} end
  sums[key] = value + add
  set[sets + 1], set[sets + 2] = key, string.format('%.0f', value + add)
  sets = sets + 2
end

local chosen = -1
if groups ~= 1 then
  for i = 2, groups do
    k, a = k + expects + puts + drops + 2 * changes, a + 2 + puts + 2 * changes + lines
    expects, puts, drops, changes, lines = sizes(a)
    if not clash(k, A[a], expects + puts + drops) then
      chosen = i - 2
      break
    end
  end
  if chosen < 0 then return {3} end
end

local function write(k, a)
  local expects, puts, drops, changes, lines = sizes(a)
  k, a = k + expects, a + 2
  for i = 0, puts - 1 do
    if sets > 2000 then
      call(unpack(set))
      set, sets = {'MSET'}, 1
    end
    set[sets + 1], set[sets + 2] = K[k + i], A[a + i]
    sets = sets + 2
  end
  k, a = k + puts, a + puts
  for i = 0, drops - 1 do call('UNLINK', K[k + i]) end
  k = k + drops
  for i = 0, 2 * changes - 2, 2 do
    local member, score = A[a + i], A[a + i + 1]
    if score == '' then
      call('ZREM', K[k + i], member)
      call('ZREM', K[k + i + 1], member)
    else
      call('ZADD', K[k + i], score, member)
      call('ZADD', K[k + i + 1], 0, member)
    end
  end
  a = a + 2 * changes
  for i = 0, lines - 1 do call('XADD', K[2], 'MAXLEN', '~', A[3], '*', 'l', A[a + i]) end
end

write(commonK, commonA)
if chosen >= 0 then write(k, a) end
if sets > 1 then call(unpack(set)) end
call('XADD', K[1], 'MAXLEN', '~', A[2], '*',
  'o', A[1], 'k', A[commonA + 1], 'c', chosen >= 0 and A[a + 1] or '')
return chosen
`;
