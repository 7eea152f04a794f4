// The Redis of tests and benches of voirs-queue: a server on loopback, which each of them starts for itself.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { aptInstall } from './apt.mjs';

export const REDIS_ADVICE = 'install the package redis-server';

export function hasRedis() {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** Installs the package where it can, and stops the service that its installation starts. */
export function ensureRedis() {
  if (hasRedis() || process.getuid?.() !== 0) return;
  console.error('voirs: installing Redis for the tests of the queue (once) ...');
  aptInstall('redis-server');
  spawnSync('service', ['redis-server', 'stop']);
}

/** A port that is free now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a server; resolves when it takes connections. The caller ends the process. */
export async function startRedis(port, folder, options) {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...options];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code} before it was ready`)));
    createInterface(child.stdout).on('line', (line) => {
      if (/Ready to accept connections/.test(line)) resolve();
    });
  });
  return child;
}
