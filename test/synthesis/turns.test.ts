// If this fails, one long text freezes a server: its timers, its other requests and the signal that would end it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { finish } from '../../src/frontend/steps.js';
import { refuseLargerThan } from '../../src/frontend/text-size.js';
import type { Utterance } from '../../src/frontend/utterance.js';
import { utteranceCheck } from '../../src/frontend/utterance-check.js';
import { VoirsPipeline } from '../../src/index.js';
import { Engine } from '../../src/synthesis/engine.js';
import { SLICE_MS, Turns } from '../../src/synthesis/turns.js';
import { voirsError } from '../expect.js';

const test = suite('turns of the event loop');
const LENGTH = 6_000;
const repeated = (unit: string) => unit.repeat(Math.ceil(LENGTH / unit.length)).slice(0, LENGTH);
const PROSE = repeated('The harbour was quiet at 3:05 pm, and "Where to?" she asked for $5.20. ');

/** Texts whose analysis has no natural end of a step. */
const TEXTS: Record<string, string> = {
  prose: PROSE,
  'one word': repeated('abcdefghij'),
  'one number': repeated('1234567890'),
  'no full stop': repeated('words and more words '),
  'signs alone': `${repeated('<')} a`,
  markup: repeated('<p>One <b>two</b> &amp; [three](http://a.b) $\\frac{a}{b}$</p>\n'),
  'a block of code': `\`\`\`\n${repeated('let a = 1; // code\n')}`,
};

let engine: Engine;
test.before(async () => {
  engine = await Engine.load({ numThreads: 1 });
});
test.after(() => engine.dispose());

/** Steps of a clock that advances by a whole slice at each look: every step is followed by a turn. */
function countingClock(): () => number {
  let at = 0;
  return () => (at += SLICE_MS);
}

for (const [name, text] of Object.entries(TEXTS)) {
  for (const input of ['text', 'ssml'] as const) {
    test(`reads ${name} as ${input} in short steps, to the same result`, async () => {
      const { frontend } = engine;
      const options = { voices: [], voice: 'a' };
      const source = input === 'ssml' ? `<speak>${text.replaceAll('<', '&lt;')}</speak>` : text;
      const steps = () => (input === 'ssml' ? frontend.ssmlSteps(source, options) : frontend.steps(source));
      let turns = 0;
      const inTurns = await new Turns(() => turns++, countingClock()).finish(steps());
      assert.equal(inTurns, finish(steps()));
      // A step has one sentence of at most 1,000 characters, or one piece of as many.
      assert.ok(turns >= LENGTH / 1024, `${turns} turns`);
    });
  }
}

test('checks a long utterance in short steps, one long sentence too, to the same fault', async () => {
  const { sentences, ...rest } = finish(engine.frontend.steps(PROSE));
  const many = { ...rest, sentences: Array.from({ length: 50 }, () => sentences).flat() };
  const one = { ...sentences[0]!, tokens: Array(20_000).fill(sentences[0]!.tokens[1]!) };
  const marks = Array.from({ length: 20_000 }, () => ({ name: 'a', word: 0 }));
  const lengths = Array.from({ length: 20_000 }, () => ({ seconds: 1, from: 0, to: 0 }));
  const cases: Record<string, [utterance: Utterance, steps: number]> = {
    'many sentences': [many, many.sentences.length],
    'one of many tokens': [{ ...rest, sentences: [one] }, 20_000 / 256],
    'one of many marks': [{ ...rest, sentences: [{ ...sentences[0]!, marks }] }, 20_000 / 256],
    'one of many lengths': [{ ...rest, sentences: [{ ...sentences[0]!, lengths }] }, 20_000 / 256],
  };
  for (const [name, [utterance, steps]] of Object.entries(cases)) {
    let turns = 0;
    const count = () => new Turns(() => turns++, countingClock());
    await count().finish(utteranceCheck(utterance));
    assert.ok(turns >= Math.floor(steps), `${name}: ${turns} turns`);
    const wrong = structuredClone(utterance);
    wrong.sentences.at(-1)!.pauseAfter = -1;
    const error = await voirsError(() => count().finish(utteranceCheck(wrong)), 'INVALID_TEXT');
    assert.match(error.message, /pauseAfter/);
  }
});

test('refuses no turn to others: two analyses and a timer advance together', async () => {
  const order: string[] = [];
  const run = (name: string) =>
    new Turns(() => order.push(name), countingClock()).finish(engine.frontend.steps(PROSE));
  await Promise.all([run('a'), run('b')]);
  const first = order.slice(0, 20);
  assert.ok(first.filter((name) => name === 'a').length === 10, first.join(''));
});

/** Analysed to its end, it is refused for its last word. */
const REFUSED = `${PROSE.repeat(10)} 東京`;

test('hears the signal between two steps of each call', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  // Checked to its end, it is refused for its last sentence.
  const { sentences, ...rest } = finish(engine.frontend.steps(PROSE));
  const all = Array.from({ length: 1000 }, () => sentences).flat();
  const refused = { ...rest, sentences: [...all, { ...all[0]!, pauseAfter: -1 }] };
  async function* signs() {
    yield '<'.repeat(60_000);
  }
  const calls: Record<string, (options: { signal: AbortSignal; unsupported: 'error' }) => Promise<unknown>> =
    {
      synthesize: (options) => pipeline.synthesize(REFUSED, options),
      'synthesizeSsml, strictly': (options) =>
        pipeline.synthesizeSsml(`<speak>${REFUSED}</speak>`, { ...options, strictSsml: true }),
      prepare: (options) => pipeline.prepare(REFUSED, options),
      stream: (options) => pipeline.stream(REFUSED, options).next(),
      render: ({ signal }) => pipeline.render(refused, { signal }),
      'stream of one large piece': (options) => pipeline.stream(signs(), options).next(),
    };
  for (const [name, call] of Object.entries(calls)) {
    const controller = new AbortController();
    let turns = 0;
    const tick = (): void => {
      turns += 1;
      if (turns === 3) controller.abort('enough');
      else setImmediate(tick);
    };
    setImmediate(tick);
    const error = await voirsError(
      () => call({ signal: controller.signal, unsupported: 'error' }),
      'ABORTED',
    );
    assert.is(error.cause, 'enough', name);
  }
  assert.is(pipeline.arena.stats().leases, 0);
});

test('ends an analysis whose pipeline is disposed meanwhile', async () => {
  const pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  const speaking = voirsError(() => pipeline.synthesize(REFUSED, { unsupported: 'error' }), 'DISPOSED');
  await new Promise((resolve) => setImmediate(resolve));
  await pipeline.dispose();
  await speaking;
});

test('throws the faults of a short text at the call of stream, others at the first chunk', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0, maxTextBytes: 3000 });
  assert.throws(() => pipeline.stream(' '), /nothing to speak/);
  assert.throws(() => pipeline.stream('a'.repeat(3001)), /too large/);
  const stream = pipeline.stream('*'.repeat(2000));
  await voirsError(() => stream.next(), 'INVALID_TEXT');
});

test('counts the bytes of a text as UTF-8', () => {
  for (const [text, bytes] of [
    ['abc', 3],
    ['é', 2],
    ['漢', 3],
    ['😀a', 5],
    ['\uD800', 2],
  ] as const) {
    const most = bytes * 300;
    refuseLargerThan(most, text.repeat(300));
    const what = new RegExp(
      `too large; got ${text.length * 300 + 1} characters; wanted at most ${most} bytes`,
    );
    assert.throws(() => refuseLargerThan(most, `${text.repeat(300)}a`), what);
  }
});

test('refuses SSML that is too large', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0, maxTextBytes: 30 });
  (await pipeline.synthesizeSsml('<speak>Go.</speak>')).dispose();
  await voirsError(() => pipeline.synthesizeSsml(`<speak>${'Go on. '.repeat(3)}</speak>`), 'INVALID_TEXT');
});

test('refuses a piece that is too large, whatever the length of the whole', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0, maxTextBytes: 10 });
  const speak = async (pieces: string[]) => {
    for await (using _ of pipeline.stream(
      (async function* () {
        yield* pieces;
      })(),
    ));
  };
  await speak(['One. ', 'Two. ', 'Three. ']);
  await voirsError(() => speak(['One. ', 'Two and three.']), 'INVALID_TEXT');
});

test.run();
