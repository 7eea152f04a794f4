// If this fails, a batch gives up a row that another attempt would speak, or goes on after a fault that ends it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BatchSpeakers, outliving, ShippedSpeaker } from '../../src/cli/batch-speakers.js';
import { VoirsError } from '../../src/errors.js';

const test = suite('speakers of a batch');

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
