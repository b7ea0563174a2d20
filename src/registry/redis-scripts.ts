// The rules of local-store.ts in Lua: each script is one transaction of the Redis server. Plain Lua 5.1 and commands
// of Redis 6.2, so that Redis 7 and Valkey run it alike. Every key a script touches is given to it.

import { defineScript, defineWrite } from '../journal/redis.ts'

// KEYS of all scripts but HEAD: head, platforms, parties, tokens, changes.
const COMMON = `
local HEAD, PLATFORMS, CHANGES = KEYS[1], KEYS[2], KEYS[5]
local CLAIMS = { { 'party', 'parties', KEYS[3] }, { 'token', 'tokens', KEYS[4] } }

local function texts(list)
  if type(list) ~= 'table' then return false end
  for _, item in ipairs(list) do
    if type(item) ~= 'string' then return false end
  end
  return true
end

-- A record, or nil for anything that registry/record.ts would not take for one either.
local function read(id)
  local text = redis.call('HGET', PLATFORMS, id)
  if not text then return nil end
  local ok, record = pcall(cjson.decode, text)
  if not ok or type(record) ~= 'table' then return nil end
  local revision = record.revision
  if type(revision) ~= 'number' or revision < 1 or revision % 1 ~= 0 then return nil end
  if type(record.writeId) ~= 'string' or not texts(record.parties) or not texts(record.tokens) then return nil end
  if type(record.body) ~= 'string' and record.body ~= cjson.null then return nil end
  return record
end

local function number(value)
  return string.format('%.0f', value)
end

-- An entry of an index counts only if its record still says so: a broken index heals itself.
local function taken(id, claims)
  for _, kind in ipairs(CLAIMS) do
    for _, claim in ipairs(claims[kind[2]]) do
      local holder = redis.call('HGET', kind[3], claim)
      local record = holder and holder ~= id and read(holder)
      for _, other in ipairs(record and record[kind[2]] or {}) do
        if other == claim then return { kind[1], claim, holder } end
      end
    end
  end
  return nil
end

local function replace(id, text, claims)
  local before = read(id)
  for _, kind in ipairs(CLAIMS) do
    for _, claim in ipairs(before and before[kind[2]] or {}) do
      if redis.call('HGET', kind[3], claim) == id then redis.call('HDEL', kind[3], claim) end
    end
    for _, claim in ipairs(claims[kind[2]]) do redis.call('HSET', kind[3], claim, id) end
  end
  redis.call('HSET', PLATFORMS, id, text)
end

-- Only the last change of each record is kept, under the store's number at that time.
local function advance(schema, birth, revision, ids, channel)
  redis.call('HSET', HEAD, 'schema', schema, 'revision', revision)
  redis.call('HSETNX', HEAD, 'birth', birth)
  for _, id in ipairs(ids) do redis.call('ZADD', CHANGES, revision, id) end
  redis.pcall('PUBLISH', channel, revision)
end

local function revisionNow()
  return tonumber(redis.call('HGET', HEAD, 'revision') or '0') or 0
end
`

/**
 * KEYS: head, probe. Gives schema, birth and revision, and why Redis takes no writes (its memory is full, it is a
 * replica) or '': it answers what is read then as if all were well.
 */
export const HEAD = defineScript(`
local written = redis.pcall('SET', KEYS[2], '')
local head = redis.call('HMGET', KEYS[1], 'schema', 'birth', 'revision')
return { head[1] or '', head[2] or '', head[3] or '', written.err or '' }
`)

/** ARGV: since or ''. Gives schema, birth, revision, then id and text of each record. */
export const LOAD = defineScript(`${COMMON}
local head = redis.call('HMGET', HEAD, 'schema', 'birth', 'revision')
local answer = { head[1] or '', head[2] or '', head[3] or '' }
if ARGV[1] == '' then
  for _, part in ipairs(redis.call('HGETALL', PLATFORMS)) do answer[#answer + 1] = part end
  return answer
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', CHANGES, '(' .. ARGV[1], '+inf')) do
  local text = redis.call('HGET', PLATFORMS, id)
  if text then
    answer[#answer + 1] = id
    answer[#answer + 1] = text
  end
end
return answer
`)

/** ARGV: schema, new birth, channel, id, seen, writeId, text after the revision, number of parties, parties, tokens. */
export const WRITE = defineWrite(`${COMMON}
local schema, birth, channel, id, seen, writeId, tail = unpack(ARGV, 1, 7)
local theirs = redis.call('HGET', HEAD, 'schema')
if theirs and theirs ~= schema then return { 'schema' } end
local kept = read(id)
if kept and kept.writeId == writeId then return { 'ok', number(kept.revision) } end
local standing = 0
if kept and kept.body ~= cjson.null then standing = kept.revision end
if standing ~= tonumber(seen) then return { 'stale' } end
local claims = { parties = {}, tokens = {} }
local last = 8 + tonumber(ARGV[8])
for at = 9, #ARGV do table.insert(at <= last and claims.parties or claims.tokens, ARGV[at]) end
local conflict = taken(id, claims)
if conflict then return conflict end
-- A record's revision grows even if the store's own number was lost.
local revision = number(1 + math.max(revisionNow(), kept and kept.revision or 0))
replace(id, '{"revision":' .. revision .. ',' .. tail, claims)
advance(schema, birth, revision, { id }, channel)
return { 'ok', revision }
`)

/** ARGV: schema, new birth, channel, then id and text of each record. Gives the ids that were refused. */
export const PUT_BACK = defineWrite(`${COMMON}
local schema, birth, channel = unpack(ARGV, 1, 3)
local refused = {}
for at = 4, #ARGV, 2 do
  local id, text = ARGV[at], ARGV[at + 1]
  local record, kept = cjson.decode(text), read(id)
  if not kept or kept.revision < record.revision then
    if taken(id, record) then
      refused[#refused + 1] = id
    else
      replace(id, text, record)
      advance(schema, birth, number(math.max(revisionNow() + 1, record.revision)), { id }, channel)
    end
  end
end
return refused
`)

/** ARGV: schema, new birth, channel, revision seen, schema seen, then id and text of each record. Gives 1 if done. */
export const UPGRADE = defineWrite(`${COMMON}
local schema, birth, channel, seenRevision, seenSchema = unpack(ARGV, 1, 5)
if redis.call('HGET', HEAD, 'schema') ~= seenSchema or revisionNow() ~= tonumber(seenRevision) then return 0 end
local ids = {}
for at = 6, #ARGV, 2 do
  redis.call('HSET', PLATFORMS, ARGV[at], ARGV[at + 1])
  ids[#ids + 1] = ARGV[at]
end
advance(schema, birth, number(revisionNow() + 1), ids, channel)
return 1
`)
