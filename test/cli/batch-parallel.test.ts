// If this fails, a batch on several pipelines loses rows, mixes their files up.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BatchSpeaker, BatchSpeakers, outliving } from '../../src/cli/batch-speakers.js';
import { createWorkerPipeline } from '../../src/index.js';
import { runCli, scratch } from './run-cli.js';

const test = suite('parallel batches');

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

test('lets one speaker go on alone while the process is over its limit', async () => {
  const speaker = { dispose: async () => {} } as unknown as BatchSpeaker;
  const speakers = new BatchSpeakers([speaker, speaker, speaker]);
  let [atWork, isOver] = [0, false];
  const together: number[] = [];
  const work = async (_: BatchSpeaker, item: number): Promise<void> => {
    together[item] = ++atWork;
    await new Promise((resolve) => setImmediate(resolve));
    atWork--;
    isOver = item >= 2 && item < 6;
  };
  const items = Array.from({ length: 12 }, (_, i) => i);
  await speakers.each(items, new AbortController().signal, work, () => isOver);
  assert.equal(together.slice(0, 3), [1, 2, 3]);
  assert.equal(together.slice(5, 7), [1, 1]); // the three that were at work have ended
  assert.is(together.filter(Boolean).length, items.length);
  assert.ok(Math.max(...together.slice(8)) > 1, 'others join again');
});

test.run();
