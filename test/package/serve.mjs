// Run by .ci/run where the packed voirs and voirs-server are installed: starts `voirs serve` as a user does,
// asks it for one WAV, and stops it.
import { spawn } from 'node:child_process';

const program = new URL('../dist/cli/main.js', import.meta.resolve('voirs')).pathname;
const server = spawn(
  process.execPath,
  [program, 'serve', '--port', '0', '--workers', '1', '--log-level', 'warn'],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const url = await new Promise((resolve, reject) => {
  server.stdout.on('data', (data) => {
    const found = /Listening on (\S+)/.exec(data);
    if (found) resolve(found[1]);
  });
  server.on('exit', (code) => reject(new Error(`voirs serve ended with ${code}`)));
});
const answer = await fetch(`${url}/v1/audio/speech`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ input: 'Hello from the packed server.', response_format: 'wav' }),
});
const file = Buffer.from(await answer.arrayBuffer());
console.log(`voirs serve: ${answer.status}, ${file.length} bytes of ${answer.headers.get('content-type')}`);
if (answer.status !== 200 || file.toString('latin1', 0, 4) !== 'RIFF' || file.length < 40_000)
  process.exitCode = 1;
server.removeAllListeners('exit');
const ended = new Promise((resolve) => server.on('exit', resolve));
server.kill('SIGTERM');
if ((await ended) !== 0) process.exitCode = 1;
