export const REDIS_ADVICE: string;
export function hasRedis(): boolean;
export function ensureRedis(): void;
