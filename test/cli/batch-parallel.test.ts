// If this fails, a batch on several pipelines loses rows, mixes their files up, or names them otherwise than it was told.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rowNames } from '../../src/cli/batch-names.js';
import { readRows } from '../../src/cli/batch-rows.js';
import { BatchSpeakers, outliving, ShippedSpeaker } from '../../src/cli/batch-speakers.js';
import { createWorkerPipeline, VoirsError } from '../../src/index.js';
import { voirsError } from '../expect.js';
import { runCli, scratch } from './run-cli.js';

const test = suite('parallel batches');
const rows = readRows('{"id":"a","text":"One."}\n{"text":"Two.","voice":"miles"}', 'jsonl');

test('names files by a template, and refuses one that cannot', async () => {
  assert.equal(rowNames(rows, '{number}-{id}-{voice}.{ext}', 'mp3', 'hazel'), [
    '0001-a-hazel.mp3',
    '0002-0002-miles.mp3',
  ]);
  assert.equal(rowNames(rows, 'line{line}.wav', 'wav', ''), ['line1.wav', 'line2.wav']);
  for (const template of [
    '{id}',
    '{idd}.{ext}',
    '../{id}.{ext}',
    '{voice}/{id}.{ext}',
    'same.{ext}',
    '{id}.mp3',
  ])
    await voirsError(() => rowNames(rows, template, 'wav', 'hazel'), 'INVALID_OPTIONS');
  const many = readRows('x\n'.repeat(10_000), 'txt');
  assert.equal(rowNames(many, '{number}.{ext}', 'wav', '').slice(-1), ['10000.wav']);
  assert.is(rowNames(many, '{number}.{ext}', 'wav', '')[0], '00001.wav');
  const named = (name: string) => rowNames(rows.slice(0, 1), name, 'wav', 'hazel');
  assert.equal(named(`${'n'.repeat(196)}.{ext}`), [`${'n'.repeat(196)}.wav`]);
  await voirsError(() => named(`${'n'.repeat(197)}.{ext}`), 'INVALID_OPTIONS');
  const same = readRows('{"id":"a","text":"x"}\n\n{"id":"b","text":"x","voice":"HAZEL"}', 'jsonl');
  const twice = await voirsError(() => rowNames(same, '{voice}.{ext}', 'wav', 'hazel'), 'INVALID_OPTIONS');
  assert.is(
    twice.message,
    'Line 3: --name gives the name of line 1; got "HAZEL.wav". Put {id} or {number} into it',
  );
  const unknown = await voirsError(() => rowNames(rows, '{zzzzzz}.{ext}', 'wav', ''), 'INVALID_OPTIONS');
  assert.is(unknown.suggestion, undefined);
  const { suggestion } = await voirsError(() => rowNames(rows, '{idd}.{ext}', 'wav', ''), 'INVALID_OPTIONS');
  assert.is(suggestion, 'Did you mean {id}?');
});

test('writes the files of one pipeline, in any number of workers', async () => {
  using folder = scratch();
  const input = folder.path('in.jsonl');
  const texts = ['One.', 'Two and three.', '🎉', 'Four.', 'Five, six, seven.', 'Eight.'];
  const voices: Record<number, string> = { 3: 'slt', 5: 'nobody' }; // slt is of another set than hazel
  const lines = texts.map((text, i) => JSON.stringify({ id: `r${i}`, text, voice: voices[i] }));
  writeFileSync(input, lines.join('\n'));
  const common = ['batch', input, '--captions', 'srt', '--name', '{id}-{voice}.{ext}', '--json'];
  const run = (name: string, more: string[]) => runCli([...common, '-d', folder.path(name), ...more]);
  const one = await run('one', ['--threads', '1']);
  const two = await run('two', ['--parallel', '2', '--threads', '1']);
  assert.equal([one.code, two.code], [1, 1], `${one.stderr}${two.stderr}`); // for the row that has no words
  const { folder: _, computeSeconds: __, ...summary } = JSON.parse(two.stdout.toString());
  const { folder: ___, computeSeconds: ____, ...wanted } = JSON.parse(one.stdout.toString());
  assert.equal(summary, wanted);
  assert.equal([summary.done, summary.failed], [4, 2]);
  assert.is(summary.failures[1].error.wanted, 'hazel, miles, kathleen, slt, bdl');
  const files = readdirSync(folder.path('one')).sort();
  assert.ok(files.includes('r0-hazel.wav') && files.includes('r0-hazel.srt'));
  assert.ok(files.includes('r3-slt.wav'));
  assert.equal(readdirSync(folder.path('two')).sort(), files);
  for (const file of files.filter((one) => one !== 'batch.jsonl'))
    assert.ok(readFileSync(folder.path('one', file)).equals(readFileSync(folder.path('two', file))), file);
  const journal = readFileSync(folder.path('two', 'batch.jsonl'), 'utf8').trim().split('\n');
  assert.equal(journal.map((line) => JSON.parse(line).id).sort(), ['r0', 'r1', 'r2', 'r3', 'r4', 'r5']);

  const again = await run('two', ['--threads', '1', '--resume']); // in one, what two have made
  assert.is(JSON.parse(again.stdout.toString()).skipped, 4);
  const verified = await run('two', ['--verify', '--parallel', '2']);
  assert.is(JSON.parse(verified.stdout.toString()).verified, 4);
});

test('speaks a row again whose worker has died, at most three times', async () => {
  const current: Worker[] = [];
  const made = [0, 1].map((i) =>
    createWorkerPipeline({
      numThreads: 1,
      worker: () => {
        current[i] = new Worker(new URL('../../dist/worker/entry.js', import.meta.url), { execArgv: [] });
        return current[i];
      },
    }),
  );
  await using speakers = new BatchSpeakers(await Promise.all(made));
  const done: string[] = [];
  const deadly = new Map([
    ['once', 1],
    ['always', 9],
  ]);
  const texts = ['one', 'once', 'two', 'always', 'three'];
  await speakers.each(texts, new AbortController().signal, async (speaker, text) => {
    const result = await outliving(
      speaker,
      async () => {
        const chunks = speaker.stream(`${text}.`);
        const left = deadly.get(text) ?? 0;
        if (left > 0) {
          deadly.set(text, left - 1);
          await current[speakers.all.indexOf(speaker)]!.terminate();
        }
        let seconds = 0;
        for await (using chunk of chunks) seconds += chunk.duration;
        return seconds > 0.1 ? text : 'nothing';
      },
      ({ code }) => `${text}: ${code}`,
    );
    done.push(result);
  });
  assert.equal(done.sort(), ['always: WORKER_LOST', 'once', 'one', 'three', 'two']);
});

test('gives a row three attempts, each with a new worker, and no other fault a second one', async () => {
  const lost = new VoirsError('WORKER_LOST', 'gone');
  for (const [deaths, told, attempts, restarts] of [
    [0, 'spoken', 1, 0],
    [2, 'spoken', 3, 2],
    [3, 'WORKER_LOST', 3, 3],
    [9, 'WORKER_LOST', 3, 3],
  ] as const) {
    const counts = { attempts: 0, restarts: 0 };
    const speaker = { restart: async () => void counts.restarts++ } as never;
    const work = async (): Promise<string> => {
      if (++counts.attempts <= deaths) throw lost;
      return 'spoken';
    };
    assert.is(await outliving(speaker, work, ({ code }) => code), told);
    assert.equal(counts, { attempts, restarts });
  }
  const other = new VoirsError('IO_ERROR', 'full');
  for (const [speaker, error] of [
    [{ restart: async () => {} }, other],
    [{ restart: async () => {} }, new Error('raw')],
    [{}, lost],
  ] as const) {
    const failing = () => Promise.reject(error);
    assert.is(await outliving(speaker as never, failing, () => 'given up').catch((one) => one), error);
  }
});

test('opens another set once, for the first row that has a voice of it', async () => {
  const made: string[] = [];
  const heard: string[] = [];
  const speaker = (name: string, voices: readonly string[]) =>
    ({
      config: name,
      getVoice: () => name,
      listVoices: () => voices.map((id) => ({ id })),
      async *stream(_: string, { voice = 'none' } = {}) {
        yield `${name}: ${voice}`;
      },
      restart: async () => void heard.push(`${name}: restart`),
      dispose: async () => void heard.push(`${name}: end`),
    }) as never;
  const all = new ShippedSpeaker(speaker('own', ['hazel', 'miles']), async (voice) => {
    made.push(voice);
    return speaker('other', []);
  });
  assert.equal([all.config, all.getVoice()], ['own', 'own']);
  await all.restart();
  for (const voice of [undefined, 'miles', 'slt', 'bdl'])
    for await (const piece of all.stream('x', voice === undefined ? {} : { voice })) heard.push(`${piece}`);
  await all.restart();
  await all.dispose();
  assert.equal(made, ['slt']);
  assert.equal(heard, [
    ...['own: restart', 'own: none', 'own: miles', 'other: slt', 'other: bdl', 'other: restart'],
    ...['own: end', 'other: end'],
  ]);
  const nobody = all.stream('x', { voice: 'nobody' }).next();
  assert.is(await nobody.catch(({ code }) => code), 'VOICE_NOT_FOUND');
});

test('stops all at the first fault of another kind', async () => {
  const speaker = { dispose: async () => {} } as never;
  const speakers = new BatchSpeakers([speaker, speaker]);
  const begun: number[] = [];
  const fault = new VoirsError('IO_ERROR', 'The disk is full');
  const work = speakers.each([1, 2, 3, 4], new AbortController().signal, async (_, item, signal) => {
    begun.push(item);
    if (item === 1) throw fault;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  });
  assert.is(await work.catch((error) => error), fault);
  assert.equal(begun, [1, 2]);
});

test.run();
