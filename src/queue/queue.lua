-- The verbs of a queue, each executed by Redis as a whole.  KEYS[1] is the prefix of all keys:
--
--   :meta         hash: version, partitions, ttl, token, run, grace, entries, results
--   :q:P          stream of partition P, group w: the entries that are not done
--   :seats        hash: partition -> number of its leases, if it has more than one
--   :lease        hash: slot -> "TOKEN UNTIL WORKER"
--   :workers      sorted set: worker -> time of its last beat;  :info  hash: worker -> its numbers
--   :producers    sorted set: enqueue -> time of its last put
--   :n:XXXX       hashes: name of a file -> key of the URL that it belongs to
--   :o:SLOT       hash: origin -> "NOT_BEFORE DOWN LIMIT DONE FAILED SECONDS BYTES"
--   :late:SLOT    hash: the same, of pauses that others have heard of
--   :begun:WORKER set: the entries that it has begun
--   :alone        hash: entry -> workers that died while it was the only one that they had begun
--   :stat         hash: counts of results;  :results  stream of results
--
-- A lease is that of a slot: seat S of partition P is slot S * partitions + P.  A partition has one
-- seat, or several if an origin in it is a large part of all entries.  Each lease of it is a consumer
-- of its own, even if one worker has several.  The number of seats changes only while nobody has one.
--
-- How often an entry was delivered is 1 + QUARTERS * the deaths that count against it.
--
-- Times are milliseconds of the clock of Redis.  A full Redis (maxmemory) refuses a script whose
-- first write may need memory, so all but put begin with one that needs none.

local K = KEYS[1]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local verbs = {}

-- Seats of a partition at most, and when it gets more than one: with so many entries, if they are
-- this part of all.
local SEATS, LARGE, LARGE_PART = 8, 256, 8

-- A worker's death is one of each entry that it had begun, and a quarter of one of each that it had
-- only taken: so one that kills before Redis hears of it is found, too.
local QUARTERS = 4

local function meta(field)
  return redis.call('HGET', K .. ':meta', field)
end

local P = tonumber(meta('partitions') or 1)

local function partition(slot)
  return tostring(slot % P)
end

local function seats(p)
  return tonumber(redis.call('HGET', K .. ':seats', p) or 1)
end

local function slot_of(p, seat)
  return tostring(seat * P + p)
end

-- The name of a worker as a consumer of the stream of a slot.
local function consumer(slot, worker)
  local seat = math.floor(slot / P)
  return seat == 0 and worker or worker .. '#' .. seat
end

local function stream(p)
  return K .. ':q:' .. p
end

local function begun_by(worker)
  return K .. ':begun:' .. worker
end

local function write_in_any_case()
  redis.call('DEL', K .. ':none')
end

-- The token, end and worker of a lease; nil: nobody has it.
local function lease(slot)
  local text = redis.call('HGET', K .. ':lease', slot)
  if not text then return nil end
  local token, till, worker = string.match(text, '^(%d+) (%d+) (.*)$')
  return token, tonumber(till), worker
end

local function lease_set(slot, token, worker)
  redis.call('HSET', K .. ':lease', slot, token .. ' ' .. (now + meta('ttl')) .. ' ' .. worker)
end

local function owns(slot, worker, token)
  local held, _, owner = lease(slot)
  return held == token and owner == worker
end

-- While Redis was down nobody could renew a lease: after a start, all of them last a little longer.
local function check_run(run)
  if meta('run') ~= run then
    redis.call('HSET', K .. ':meta', 'run', run, 'grace', now + meta('ttl'))
  end
end

function verbs.open(run, create, partitions, ttl, results)
  write_in_any_case()
  if redis.call('EXISTS', K .. ':meta') == 0 then
    if create ~= '1' then return redis.error_reply('NOQUEUE there is no such queue') end
    redis.call('HSET', K .. ':meta', 'version', 1, 'partitions', partitions, 'ttl', ttl,
               'results', results, 'created', now, 'run', run, 'grace', 0, 'entries', 0)
    for p = 0, partitions - 1 do
      redis.call('XGROUP', 'CREATE', stream(p), 'w', '0', 'MKSTREAM')
    end
  end
  if meta('version') ~= '1' then
    return redis.error_reply('NOQUEUE the queue was made by another version of fetchall')
  end
  check_run(run)
  return {tonumber(meta('partitions')), tonumber(meta('ttl'))}
end

-- Give an entry the first of its names that is free.  Returns 1 if it is new, 0 if it is known, and
-- -1 if all names belong to other URLs.
local function put_one(p, url_key, packed, line, paths)
  for _, path in ipairs(paths) do
    local hash = redis.sha1hex(path)
    local bucket, field = K .. ':n:' .. string.sub(hash, 1, 4), string.sub(hash, 5, 16)
    local owner = redis.call('HGET', bucket, field)
    if owner == url_key then return 0 end
    if not owner then
      redis.call('HSET', bucket, field, url_key)
      redis.call('XADD', stream(p), '*', 'e', packed, 'p', path, 'n', line)
      return 1
    end
  end
  return -1
end

function verbs.put(producer, ...)
  local args, added = {...}, {}
  if not meta('version') then return redis.error_reply('NOQUEUE there is no such queue') end
  redis.call('ZADD', K .. ':producers', now, producer)
  for i = 1, #args, 7 do
    added[#added + 1] = put_one(tostring(args[i] % P), args[i + 1], args[i + 2], args[i + 3],
                                {args[i + 4], args[i + 5], args[i + 6]})
    if added[#added] == 1 then redis.call('HINCRBY', K .. ':meta', 'entries', 1) end
  end
  return added
end

function verbs.close(producer)
  write_in_any_case()
  redis.call('ZREM', K .. ':producers', producer)
  return 1
end

-- Give all entries that a consumer holds to another one.
local function claim(p, to, from)
  repeat
    local some, ids = redis.call('XPENDING', stream(p), 'w', '-', '+', 1000, from), {}
    for i, one in ipairs(some) do ids[i] = one[1] end
    if #ids > 0 then
      ids[#ids + 1] = 'JUSTID'
      redis.call('XCLAIM', stream(p), 'w', to, 0, unpack(ids))
    end
  until #some < 1000
end

-- Take a slot over, with all entries of the partition that no other lease has.
local function gain(slot, worker)
  local p, me, others = partition(slot), consumer(slot, worker), {}
  for seat = 0, seats(p) - 1 do
    local other = slot_of(p, seat)
    local _, _, owner = lease(other)
    if owner and other ~= slot then others[consumer(other, owner)] = true end
  end
  for _, one in ipairs(redis.call('XINFO', 'CONSUMERS', stream(p), 'w')) do
    if one[2] ~= me and not others[one[2]] then
      claim(p, me, one[2])
      redis.call('XGROUP', 'DELCONSUMER', stream(p), 'w', one[2])
    end
  end
  redis.call('DEL', K .. ':late:' .. slot)
  local token = redis.call('HINCRBY', K .. ':meta', 'token', 1)
  lease_set(slot, token, worker)
  return tostring(token)
end

-- XCLAIM with JUSTID does not count a delivery, so deaths are counted here.
local function count_deaths(slot, former)
  local from, p, dead = '-', partition(slot), consumer(slot, former)
  local names, begun = redis.call('SMEMBERS', begun_by(former)), {}
  for _, name in ipairs(names) do begun[name] = true end
  repeat
    local some = redis.call('XPENDING', stream(p), 'w', from, '+', 1000, dead)
    for _, one in ipairs(some) do
      local name = p .. '/' .. one[1]
      redis.call('XCLAIM', stream(p), 'w', dead, 0, one[1], 'RETRYCOUNT',
                 one[4] + (begun[name] and QUARTERS or 1), 'JUSTID')
      if begun[name] and #names == 1 then redis.call('HINCRBY', K .. ':alone', name, 1) end
      from = '(' .. one[1]
    end
  until #some < 1000
end

-- How many seats a partition should have, for a worker that allows so many transfers to a host.
local function seats_for(length, left, per_host)
  if length < LARGE or length * LARGE_PART < left then return 1 end
  return math.max(1, math.min(SEATS, per_host))
end

-- A pause that another worker has heard of counts, if it is longer.
local function raise(slot, origin, text)
  local at, down = string.match(text, '^(%S+) (%S+)')
  local old = redis.call('HGET', K .. ':o:' .. slot, origin) or '0 0 0 0 0 0 0'
  local before, rest = string.match(old, '^(%S+) %S+(.*)$')
  if tonumber(at) > tonumber(before) then
    redis.call('HSET', K .. ':o:' .. slot, origin, at .. ' ' .. down .. rest)
    redis.call('HSET', K .. ':late:' .. slot, origin, at .. ' ' .. down .. rest)
  end
end

-- What an owner says of an origin.  It may not have heard yet of the longer pause of another one.
-- @return whether it says that an outage, of which it knew, is over
local function say(slot, origin, text)
  local late = redis.call('HGET', K .. ':late:' .. slot, origin)
  local old = redis.call('HGET', K .. ':o:' .. slot, origin) or '0 0'
  redis.call('HSET', K .. ':o:' .. slot, origin, text)
  if late then raise(slot, origin, late) end
  return not late and string.match(old, '^%S+ 1') and string.match(text, '^%S+ 0')
end

-- The origin is back, so that nobody has to wait for the end of its outage any more.
local function clear(slot, origin)
  local old = redis.call('HGET', K .. ':o:' .. slot, origin) or ''
  local rest = string.match(old, '^%S+ 1(.*)$')
  if rest then
    redis.call('HSET', K .. ':o:' .. slot, origin, '0 0' .. rest)
    redis.call('HDEL', K .. ':late:' .. slot, origin)
  end
end

-- The seats of a partition.  They are decided again while nobody has one; all have the pauses of the
-- first one.
local function seats_update(p, length, left, per_host)
  local k = seats(p)
  for seat = 0, k - 1 do
    if lease(slot_of(p, seat)) then return k end
  end
  local new = seats_for(length, left, per_host)
  if new ~= k and new > 1 then redis.call('HSET', K .. ':seats', p, new) end
  if new ~= k and new == 1 then redis.call('HDEL', K .. ':seats', p) end
  local known = new > k and redis.call('HGETALL', K .. ':o:' .. p) or {}
  for seat = k, new - 1 do
    for i = 1, #known, 2 do raise(slot_of(p, seat), known[i], known[i + 1]) end
  end
  return new
end

local function forget(worker)
  redis.call('ZREM', K .. ':workers', worker)
  redis.call('HDEL', K .. ':info', worker)
  redis.call('DEL', begun_by(worker))
end

-- Renew leases, and gain others up to a fair share of those that have entries.
function verbs.beat(run, worker, most, per_host, info, ...)
  local args, held, lost, gained, late, split = {...}, {}, {}, {}, {}, {}
  write_in_any_case()
  if not meta('version') then return redis.error_reply('NOQUEUE the queue is gone') end
  check_run(run)
  redis.call('ZADD', K .. ':workers', now, worker)
  redis.call('HSET', K .. ':info', worker, info)
  for i = 1, #args, 2 do held[args[i]] = args[i + 1] end
  per_host = tonumber(per_host)
  local filled, left, mine, silent, empty, free, lengths = 0, 0, 0, 0, {}, {}, {}
  local start = tonumber(string.sub(redis.sha1hex(worker), 1, 7), 16)
  local workers = redis.call('ZCOUNT', K .. ':workers', now - meta('ttl'), '+inf')
  for p = 0, P - 1 do
    lengths[p] = redis.call('XLEN', stream(p))
    left = left + lengths[p]
  end
  for n = 0, P - 1 do
    local p = (start + n) % P
    local length = lengths[p]
    local k = length > 0 and seats_update(p, length, left, per_host) or seats(p)
    if length > 0 then filled = filled + k end
    for seat = 0, k - 1 do
      local slot = slot_of(p, seat)
      local token, till, owner = lease(slot)
      if held[slot] and (token ~= held[slot] or owner ~= worker) then
        lost[#lost + 1] = slot
      elseif held[slot] then
        lease_set(slot, token, worker)
        for _, word in ipairs(redis.call('HGETALL', K .. ':late:' .. slot)) do
          late[#late + 1] = word
        end
        redis.call('DEL', K .. ':late:' .. slot)
        mine = mine + 1
        if length == 0 then
          empty[#empty + 1] = slot
        elseif k == 1 and workers > 1 and seats_for(length, left, per_host) > 1 then
          split[#split + 1] = slot
        end
      elseif length > 0 and owner == worker then
        table.insert(free, 1, {slot, worker, k})  -- its answer did not arrive
      elseif length > 0 and k <= per_host and not token then
        free[#free + 1] = {slot, nil, k}
      elseif length > 0 and k <= math.max(1, per_host) and token and till < now and
             now >= tonumber(meta('grace')) then
        free[#free + 1] = {slot, owner, k}
      end
      if length > 0 and owner and owner ~= worker and till < now + meta('ttl') / 2 then
        silent = math.max(silent, till - now, meta('grace') - now, 1)
      end
      held[slot] = nil
    end
  end
  for slot in pairs(held) do lost[#lost + 1] = slot end
  local fair = math.min(math.ceil(filled / workers), tonumber(most))
  for _, one in ipairs(free) do
    if mine - #empty >= fair then break end
    if one[2] and one[2] ~= worker then count_deaths(one[1], one[2]) end
    mine = mine + 1
    gained[#gained + 1] = {one[1], gain(one[1], worker),
                           redis.call('HGETALL', K .. ':o:' .. one[1]), one[3]}
  end
  -- What they had begun was needed until here.
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', K .. ':workers', '-inf', now - 3600000)) do
    forget(old)
  end
  local producers = redis.call('ZCOUNT', K .. ':producers', now - 60000, '+inf')
  local over = math.max(0, mine - #empty - fair)
  return {gained, lost, empty, over, left, producers, late, split, workers, silent}
end

-- The entry ends without a worker: three of them died, two with no other entry in their hands.
local function bury(p, id, path)
  if redis.call('XACK', stream(p), 'w', id) == 0 then return end
  redis.call('XDEL', stream(p), id)
  redis.call('HDEL', K .. ':alone', p .. '/' .. id)
  redis.call('HINCRBY', K .. ':stat', 'failed', 1)
  redis.call('HINCRBY', K .. ':stat', 'class:worker_crashed', 1)
  redis.call('XADD', K .. ':results', 'MAXLEN', '~', meta('results'), '*', 'id', p .. '/' .. id,
             'status', 'failed', 'class', 'worker_crashed', 'path', path)
end

local function entry_of(p, id, fields, deaths)
  local entry = {id, '', '', '0', deaths}
  for i = 1, #fields, 2 do
    if fields[i] == 'e' then entry[2] = fields[i + 1] end
    if fields[i] == 'p' then entry[3] = fields[i + 1] end
    if fields[i] == 'n' then entry[4] = fields[i + 1] end
  end
  return entry
end

-- Entries that the worker holds already: those of a former owner, or of an answer that was lost.
local function take_held(slot, worker)
  local taken, from, p = {}, '-', partition(slot)
  repeat
    local some = redis.call('XPENDING', stream(p), 'w', from, '+', 1000, consumer(slot, worker))
    for _, one in ipairs(some) do
      local id, deaths = one[1], math.floor((one[4] - 1) / QUARTERS)
      local found = redis.call('XRANGE', stream(p), id, id)[1]
      local alone = tonumber(redis.call('HGET', K .. ':alone', p .. '/' .. id) or 0)
      from = '(' .. id
      if not found then
        redis.call('XACK', stream(p), 'w', id)
      elseif deaths >= 3 and alone >= 2 then
        bury(p, id, entry_of(p, id, found[2], deaths)[3])
      else
        taken[#taken + 1] = entry_of(p, id, found[2], deaths)
      end
    end
  until #some < 1000
  return taken
end

function verbs.take(worker, slot, token, count, held)
  write_in_any_case()
  if not owns(slot, worker, token) then return redis.error_reply('STALE the lease is lost') end
  if held == '1' then return take_held(slot, worker) end
  local taken = {}
  local read = redis.call('XREADGROUP', 'GROUP', 'w', consumer(slot, worker), 'COUNT', count,
                          'STREAMS', stream(partition(slot)), '>')
  if not read then return taken end
  for _, one in ipairs(read[1][2]) do taken[#taken + 1] = entry_of(partition(slot), one[1], one[2], 0) end
  return taken
end

-- What a worker begins, in pairs of slot and entry.
function verbs.begin(worker, ...)
  local args, names = {...}, {}
  write_in_any_case()
  for i = 1, #args, 2 do names[#names + 1] = partition(args[i]) .. '/' .. args[i + 1] end
  redis.call('SADD', begun_by(worker), unpack(names))
  return #names
end

-- Returns how many of the results count: each entry does once.  What can be is written for all of
-- them together: Redis executes, logs and replays two commands for a result instead of seven.
function verbs.done(worker, slot, token, ...)
  local args, ids, names, sums, p = {...}, {}, {}, {}, partition(slot)
  write_in_any_case()
  if not owns(slot, worker, token) then return redis.error_reply('STALE the lease is lost') end
  local keep = meta('results')
  for i = 1, #args, 5 do
    local id, status, class, bytes, text = args[i], args[i + 1], args[i + 2], args[i + 3], args[i + 4]
    names[#names + 1] = p .. '/' .. id
    if redis.call('XACK', stream(p), 'w', id) == 1 then
      ids[#ids + 1] = id
      sums[status] = (sums[status] or 0) + 1
      sums.bytes = (sums.bytes or 0) + bytes
      if class ~= '' then sums['class:' .. class] = (sums['class:' .. class] or 0) + 1 end
      redis.call('XADD', K .. ':results', 'MAXLEN', '~', keep, '*', 'id', p .. '/' .. id,
                 'status', status, 'class', class, 'worker', worker, 'result', text)
    end
  end
  redis.call('SREM', begun_by(worker), unpack(names))
  if #ids == 0 then return 0 end
  redis.call('XDEL', stream(p), unpack(ids))
  redis.call('HDEL', K .. ':alone', unpack(names))
  for name, sum in pairs(sums) do
    redis.call('HINCRBY', K .. ':stat', name, string.format('%.0f', sum))
  end
  return #ids
end

-- What an owner knows about its origins.  Its pauses are also those of the other seats; and a worker
-- that has lost its lease may still have heard of one.
function verbs.block(worker, slot, token, ...)
  local args, mine, p = {...}, owns(slot, worker, token), partition(slot)
  write_in_any_case()
  for i = 1, #args, 2 do
    local back = mine and say(slot, args[i], args[i + 1])
    for seat = 0, seats(p) - 1 do
      local other = slot_of(p, seat)
      if back then clear(other, args[i]) end
      if other ~= slot or not mine then raise(other, args[i], args[i + 1]) end
    end
  end
  return mine and 1 or redis.error_reply('STALE the lease is lost')
end

-- Give a lease back, with the entries that are held: nobody died.
function verbs.defer(worker, slot, token)
  write_in_any_case()
  if not owns(slot, worker, token) then return 0 end
  redis.call('HDEL', K .. ':lease', slot)
  return 1
end

function verbs.leave(worker)
  write_in_any_case()
  forget(worker)
  return 1
end

-- The origins that take longest, by the mean time of an entry.
local function slowest()
  local rows = {}
  for p = 0, P - 1 do
    for seat = 0, seats(p) - 1 do
      local all = redis.call('HGETALL', K .. ':o:' .. slot_of(p, seat))
      for i = 1, #all, 2 do
        local n = {}
        for word in string.gmatch(all[i + 1], '%S+') do n[#n + 1] = tonumber(word) end
        if n[4] and n[4] + n[5] > 0 then
          rows[#rows + 1] = {n[6] / (n[4] + n[5]), all[i], all[i + 1]}
        end
      end
    end
  end
  table.sort(rows, function(a, b) return a[1] > b[1] end)
  local out = {}
  for i = 1, math.min(10, #rows) do out[i] = {rows[i][2], rows[i][3]} end
  return out
end

function verbs.stat()
  if not meta('version') then return redis.error_reply('NOQUEUE there is no such queue') end
  local left, held, workers = 0, 0, {}
  for p = 0, P - 1 do
    left = left + redis.call('XLEN', stream(p))
    held = held + redis.call('XPENDING', stream(p), 'w')[1]
  end
  local seen = redis.call('ZRANGE', K .. ':workers', 0, -1, 'WITHSCORES')
  for i = 1, #seen, 2 do
    workers[#workers + 1] = {seen[i], tostring(now - seen[i + 1]),
                             redis.call('HGET', K .. ':info', seen[i]) or ''}
  end
  local producers = redis.call('ZCOUNT', K .. ':producers', now - 60000, '+inf')
  return {tonumber(meta('entries')), left, held, producers, tonumber(meta('ttl')),
          redis.call('HGETALL', K .. ':stat'), workers, slowest()}
end

local arguments = {}
for i = 2, #ARGV do arguments[i - 1] = ARGV[i] end
return verbs[ARGV[1]](unpack(arguments))
