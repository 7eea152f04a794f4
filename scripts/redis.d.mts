import type { ChildProcess } from 'node:child_process';

export const REDIS_ADVICE: string;
export function hasRedis(): boolean;
export function ensureRedis(): void;
export function freePort(): Promise<number>;
export function startRedis(port: number, folder: string, options: readonly string[]): Promise<ChildProcess>;
