// The Redis of the tests: a server on loopback for the tests of voirs-queue, each of which starts its own.
import { spawnSync } from 'node:child_process';
import { aptInstall } from './apt.mjs';

export const REDIS_ADVICE = 'install the package redis-server';

export function hasRedis() {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** Installs the package where it can, and stops the service that its installation starts. */
export function ensureRedis() {
  if (hasRedis()) return;
  console.error('voirs: installing Redis for the tests of the queue (once) ...');
  aptInstall('redis-server');
  spawnSync('service', ['redis-server', 'stop']);
}
