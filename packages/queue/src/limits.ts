// How many characters a tenant may have spoken in a minute, counted in Redis so that all workers share the count.
import type { Redis } from 'ioredis';

/** Limits by tenant; `*` is for every other. */
export type TenantLimits = Readonly<Record<string, { charactersPerMinute: number }>>;

const MINUTE_MS = 60_000;

/** Counts within a minute of Redis's clock, not the worker's: clocks of machines differ and jump. */
const TAKE = `
local now = redis.call('TIME')
local minute = math.floor(now[1] / 60)
local key = KEYS[1] .. ':' .. minute
local used = tonumber(redis.call('GET', key) or '0')
local left = 60 - now[1] % 60
if used > 0 and used + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return left end
redis.call('INCRBY', key, ARGV[1])
redis.call('EXPIRE', key, 120)
return 0
`;

/** @returns milliseconds to wait; 0 when the characters were taken. A text above the limit is alone in its minute. */
export async function takeCharacters(
  redis: Redis,
  prefix: string,
  tenant: string,
  characters: number,
  limits: TenantLimits,
): Promise<number> {
  const limit = (Object.hasOwn(limits, tenant) ? limits[tenant] : limits['*'])?.charactersPerMinute;
  if (limit === undefined) return 0;
  const seconds = await redis.eval(TAKE, 1, `${prefix}:rate:${tenant}`, characters, limit);
  return Math.min(MINUTE_MS, Number(seconds) * 1000);
}
