// The speech server under load, beside a plain server on sherpa-onnx: audio made, and how soon the first byte
// comes to 1, 4, 16 and 64 clients that each ask again as soon as they have been answered.
import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../lib/cache.js';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report, Table } from '../lib/report.js';
import { quantile } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';
import { isUnavailable } from '../lib/unavailable.js';
import { openPiper } from '../rivals/piper/index.js';

export const description = 'voirs serve under load, beside a plain server on sherpa-onnx';

export const options = {
  clients: { kind: 'counts', default: [1, 4, 16, 64], does: 'clients at a time' },
  seconds: { kind: 'count', default: 8, does: 'seconds of each measurement, after one of warming up' },
  workers: { kind: 'count', does: 'worker threads of each server (default: one a core)' },
  streams: { kind: 'count', default: 4, does: 'texts that one worker of ours speaks at a time' },
  alone: { kind: 'switch', does: 'leaves the rival out' },
} as const satisfies Options;

/** Sentences of a chat, 3 to 8 seconds of speech. */
const TEXTS = [
  'Yes, that works. I have moved the meeting to Thursday at half past two.',
  'There are three ways to do this, and the second one is the simplest.',
  'The next train to the harbour leaves in seven minutes from platform four.',
  'I could not find that file. Would you like me to look in the other folder too?',
  'It will rain until the evening, and then the wind turns to the north and the sky clears.',
  'Please read the last paragraph once more, a little slower this time.',
];

interface Server {
  name: string;
  url: string;
  path: string;
  /** Hz of the samples that it sends. */
  sampleRate: number;
  process: ChildProcess;
}

/** Starts a program and waits for the address that it prints. */
async function started(
  program: string,
  args: readonly string[],
): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (data) => {
      const found = /Listening on (\S+)/.exec(String(data));
      if (found) resolve(found[1]!);
    });
    child.on('exit', (code) => reject(new Error(`${program} ended with ${code}`)));
  });
  return { url, process: child };
}

interface Answer {
  firstByteMs: number;
  bytes: number;
}

function ask({ url, path }: Server, agent: Agent, input: string): Promise<Answer> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const own = request(`${url}${path}`, { method: 'POST', agent, headers }, (answer) => {
      let firstByteMs = 0;
      let bytes = 0;
      answer.on('data', (data: Buffer) => {
        if (bytes === 0) firstByteMs = performance.now() - began;
        bytes += data.length;
      });
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve({ firstByteMs, bytes });
        else reject(new Error(`${url} answered ${answer.statusCode}`));
      });
      answer.on('error', reject);
    });
    own.on('error', reject);
    own.end(JSON.stringify({ input, response_format: 'pcm' }));
  });
}

/** Lets `clients` ask over and over for some seconds; what began in that time counts. */
async function load(
  server: Server,
  clients: number,
  seconds: number,
): Promise<{ answers: Answer[]; wall: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const answers: Answer[] = [];
  const began = performance.now();
  let asked = 0;
  const one = async () => {
    while (performance.now() - began < seconds * 1000)
      answers.push(await ask(server, agent, TEXTS[asked++ % TEXTS.length]!));
  };
  await Promise.all(Array.from({ length: clients }, one));
  agent.destroy();
  return { answers, wall: (performance.now() - began) / 1000 };
}

async function servers(
  workers: number,
  streams: number,
  isAlone: boolean,
  notes: string[],
): Promise<Server[]> {
  const program = join(repositoryRoot, 'dist', 'cli', 'main.js');
  const args = ['serve', '--port', '0', '--workers', `${workers}`, '--streams', `${streams}`];
  const ours = await started(program, [
    ...args,
    '--backlog',
    '256',
    '--client-backlog',
    '256',
    '--queue-timeout',
    '600',
    '--log-level',
    'warn',
  ]);
  const all: Server[] = [{ name: 'voirs serve', path: '/v1/audio/speech', sampleRate: 24000, ...ours }];
  if (isAlone) return all;
  const piper = await openPiper();
  if (isUnavailable(piper)) {
    notes.push(piper.unavailable);
    return all;
  }
  const input = JSON.stringify({ voice: piper.voices.joe, workers });
  const rival = await started(join(repositoryRoot, 'bench', 'rivals', 'piper', 'server.mjs'), [input]);
  return [...all, { name: `Piper joe, ${piper.version}`, path: '/', sampleRate: 22050, ...rival }];
}

/** @throws Error on an unknown option or value, or when a server does not answer. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { clients, seconds, workers = availableParallelism(), streams, alone } = parseOptions(options, args);
  const facts = environment({ seed: 0, warmups: 1, runs: 1 });
  const notes = [
    `${workers} worker thread(s) a server, loopback, PCM; each client asks again as soon as it is answered`,
    'first byte: from the request to the first bytes of sound; the clients run on the same cores',
    `the rival is bench/rivals/piper/server.mjs, which answers with whole files`,
  ];
  const running = await servers(workers, streams, alone, notes);
  const rows: Table['rows'] = [];
  try {
    for (const server of running) await load(server, 4, 1);
    for (const count of clients) {
      for (const server of running) {
        const { answers, wall } = await load(server, count, seconds);
        const first = answers.map(({ firstByteMs }) => firstByteMs).sort((a, b) => a - b);
        const audio = answers.reduce((sum, { bytes }) => sum + bytes / 2 / server.sampleRate, 0);
        const percentiles = [0.5, 0.95, 0.99].map((q) => quantile(first, q));
        rows.push([server.name, count, answers.length, audio / wall, ...percentiles]);
      }
    }
  } finally {
    for (const { process: child } of running) {
      child.removeAllListeners('exit');
      child.kill('SIGTERM');
    }
  }
  const columns = ['server', 'clients', 'answers', 'audio s per s', 'first byte p50 ms', 'p95 ms', 'p99 ms'];
  return { name: 'server', environment: facts, tables: [{ title: 'load', columns, rows }], notes };
}
