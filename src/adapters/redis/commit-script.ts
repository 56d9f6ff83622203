/**
 * The one write. Checks everything, then writes everything; every key is in KEYS, values pass through unread.
 *
 * KEYS: the feed, the counters, then each group's: expects, puts, drops, and two sorted sets per index change.
 * ARGV: origin, feed length, number of counters, events as JSON, number of groups (the first is written always, the
 * others are candidates); per counter: what to add, the limit or ''; per group: numbers of expects, puts, drops and
 * index changes, its keys with their new revisions as JSON, then the revision that each key must have ('' absent),
 * the values to put (new revision included), and per index change the member and the score or ''.
 *
 * Answers the chosen candidate (-1: there were none to choose from), or what was in the way: {1, index into KEYS,
 * revision there}, {2, number of the counter, its value}, {3} no candidate.
 */
export const COMMIT_SCRIPT = `
local call, K, A = redis.call, KEYS, ARGV

local function clash(k, a)
  for i = 0, A[a] + A[a + 1] + A[a + 2] - 1 do
    if call('GETRANGE', K[k + i], 0, 9) ~= A[a + 5 + i] then return k + i end
  end
end

local function behind(k, a)
  local checked = A[a] + A[a + 1] + A[a + 2]
  return k + checked + 2 * A[a + 3], a + 5 + checked + A[a + 1] + 2 * A[a + 3]
end

local counters = tonumber(A[3])
local commonK, commonA = 2 + counters, 6 + 2 * counters
local wrong = clash(commonK, commonA)
if wrong then return {1, wrong, call('GETRANGE', K[wrong], 0, 9)} end

local sums, set, sets = {}, {'MSET'}, 1
for i = 1, counters do
  local key, add, max = K[1 + i], tonumber(A[4 + 2 * i]), A[5 + 2 * i]
  local value = sums[key] or tonumber(call('GET', key) or 0)
  if max ~= '' and add > 0 and value + add > tonumber(max) then return {2, i, string.format('%.0f', value)} end
  sums[key] = value + add
  set[sets + 1], set[sets + 2] = key, string.format('%.0f', value + add)
  sets = sets + 2
end

local groups, chosen, chosenK, chosenA = tonumber(A[5]), -1, nil, nil
if groups > 1 then
  local k, a = behind(commonK, commonA)
  for i = 2, groups do
    if not clash(k, a) then
      chosen, chosenK, chosenA = i - 2, k, a
      break
    end
    k, a = behind(k, a)
  end
  if chosen < 0 then return {3} end
elseif groups < 1 then
  return {3}
end

local function write(k, a)
  local puts, drops, changes = tonumber(A[a + 1]), tonumber(A[a + 2]), tonumber(A[a + 3])
  k = k + A[a]
  a = a + 5 + A[a] + puts + drops
  for i = 0, puts - 1 do
    if sets > 2000 then
      call(unpack(set))
      set, sets = {'MSET'}, 1
    end
    set[sets + 1], set[sets + 2] = K[k + i], A[a + i]
    sets = sets + 2
  end
  k = k + puts
  a = a + puts
  for i = 0, drops - 1 do call('UNLINK', K[k + i]) end
  k = k + drops
  for i = 0, changes - 1 do
    local member, score = A[a + 2 * i], A[a + 2 * i + 1]
    if score == '' then
      call('ZREM', K[k + 2 * i], member)
      call('ZREM', K[k + 2 * i + 1], member)
    else
      call('ZADD', K[k + 2 * i], score, member)
      call('ZADD', K[k + 2 * i + 1], 0, member)
    end
  end
end

write(commonK, commonA)
if chosenK then write(chosenK, chosenA) end
if sets > 1 then call(unpack(set)) end
call('XADD', K[1], 'MAXLEN', '~', A[2], '*',
  'o', A[1], 'k', A[commonA + 4], 'c', chosenA and A[chosenA + 4] or '', 'e', A[4])
return chosen
`;
