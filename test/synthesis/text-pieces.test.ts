// If this fails, text that a language model is still writing is spoken late, cut wrongly, or cannot be stopped.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { type AudioBuffer, type TimedWord, textStream, VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';

const test = suite('text in pieces');
let pipeline: VoirsPipeline;
test.before(async () => {
  pipeline = await VoirsPipeline.create({ numThreads: 1 });
});
test.after(() => pipeline.dispose());

const TEXT =
  'Dr. Smith paid $5.20. Did you know?\n\nThe Polish sailor lives here. He wants to live! \u{1F600}';

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function collect(stream: AsyncIterable<AudioBuffer>) {
  const samples: number[] = [];
  const words: TimedWord[] = [];
  for await (const chunk of stream) {
    for (const x of chunk.samples) samples.push(x);
    words.push(...chunk.timeline.words);
    chunk.dispose();
  }
  return { samples, words };
}

for (const size of [1, 7, 1000]) {
  test(`in pieces of ${size} it is what the whole text is`, async () => {
    using whole = await pipeline.synthesize(TEXT);
    const { samples, words } = await collect(pipeline.stream(pieces(TEXT, size)));
    assert.ok(maxAbs(samples, whole.samples) <= 1e-5, `${maxAbs(samples, whole.samples)}`);
    assert.equal(words, whole.timeline.words);
  });
}

test('a sentence is spoken before the next one is written', async () => {
  let written = 0;
  async function* writer() {
    for (const piece of ['First one. ', 'Second ', 'one. ', 'Third one.']) {
      written += 1;
      yield piece;
    }
  }
  for await (const chunk of pipeline.stream(writer())) {
    chunk.dispose();
    assert.is(written, 2, 'the first chunk waited for more than the start of the second sentence');
    break;
  }
  assert.is(pipeline.arena.stats().leases, 0);
});

for (const text of [
  'Is it you? ',
  'Stop! ',
  'Hello there.\n',
  'He said: "Go!" ',
  'Let me look. ',
  'Is it?',
]) {
  test(`speaks ${JSON.stringify(text)} while the source pauses`, async () => {
    const source = textStream().push(text);
    const words: string[] = [];
    for await (using chunk of pipeline.stream(source)) {
      words.push(...chunk.timeline.words.map((word) => word.text));
      if (!source.text.includes('more')) source.push(' And more.').end();
    }
    assert.equal(words.slice(-2), ['and', 'more']);
  });
}

test('speaks up to a flush without waiting for more', async () => {
  const source = textStream().push('Please hold the line').flush();
  const stream = pipeline.stream(source);
  const first = (await stream.next()).value!;
  assert.equal(first.timeline.words[0]!.span, [0, 6]);
  first.dispose();
  source.push('Thank you.').end();
  const { words } = await collect(stream);
  const { span } = words.at(-2)!;
  assert.is(source.text.slice(...span), 'Thank');
  assert.ok(source.isClosed);
});

test('drops pieces once the stream of speech is left, and refuses them after the end', async () => {
  const source = textStream().push('Hello there. And more.').flush();
  for await (const chunk of pipeline.stream(source)) {
    chunk.dispose();
    break;
  }
  assert.ok(source.isClosed);
  source.push('dropped');
  assert.not(source.text.includes('dropped'));
  source.end();
  await voirsError(() => source.push('x'), 'INVALID_TEXT');
  await voirsError(() => textStream().push(5 as never), 'INVALID_TEXT');
  const twice = textStream();
  twice[Symbol.asyncIterator]();
  await voirsError(() => twice[Symbol.asyncIterator](), 'INVALID_TEXT');
  assert.is(pipeline.arena.stats().leases, 0);
});

test('a signal ends the waiting for text that never comes; the source is told', async () => {
  let isReturned = false;
  const source: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: async () => {
        isReturned = true;
        return { done: true, value: undefined };
      },
    }),
  };
  const controller = new AbortController();
  const stream = pipeline.stream(source, { signal: controller.signal });
  setTimeout(() => controller.abort('enough'), 20);
  const error = await voirsError(() => stream.next(), 'ABORTED');
  assert.is(error.cause, 'enough');
  assert.ok(isReturned);
});

test('a source that fails, text that says nothing, pieces that are no text', async () => {
  async function* failing(): AsyncGenerator<string> {
    yield 'One. ';
    throw new RangeError('the model is gone');
  }
  try {
    await collect(pipeline.stream(failing()));
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'the model is gone');
  }
  await voirsError(() => collect(pipeline.stream(pieces(' ... \u{1F600}', 2))), 'INVALID_TEXT');
  await voirsError(() => collect(pipeline.stream(pieces('', 1))), 'INVALID_TEXT');
  async function* numbers() {
    yield 5 as unknown as string;
  }
  await voirsError(() => collect(pipeline.stream(numbers())), 'INVALID_TEXT');
  await voirsError(() => pipeline.stream(pieces(TEXT, 5), { input: 'ssml' }), 'INVALID_OPTIONS');
  await voirsError(() => pipeline.stream(5 as unknown as string), 'INVALID_TEXT');
  assert.is(pipeline.arena.stats().leases, 0);
  using audio = await pipeline.synthesize('Still here.');
  assert.ok(audio.duration > 0.3);
});

test('writes to the log what a text in pieces left out', async () => {
  const written: string[] = [];
  const { error } = console;
  console.error = (line: string) => written.push(line);
  try {
    await using informed = await VoirsPipeline.create({ numThreads: 1, logLevel: 'info' });
    await collect(informed.stream(pieces('Say [1] 東京. Go on.', 3), { speakingRate: 2 }));
  } finally {
    console.error = error;
  }
  const told = written.filter((line) => line.includes('left out'));
  assert.is(told.length, 2, written.join('\n'));
  assert.match(told.join('\n'), /a citation: "\[1\]" at 4-7/);
  assert.match(told.join('\n'), /script this voice cannot read: "東京" at 8-10/);
});

test('takes from a call how its text is read', async () => {
  const said = async (options: object) =>
    (await pipeline.prepare('Say 東京 [1] 😀.', options)).sentences
      .flatMap(({ words }) => words.map(({ text }) => text))
      .join(' ');
  assert.is(await said({}), 'say');
  assert.is(await said({ unsupported: 'name' }), 'say chinese characters');
  assert.is(await said({ emoji: 'name' }), 'say grinning face');
  assert.is(await said({ leaveOut: [] }), 'say one');
  await voirsError(() => said({ unsupported: 'error' }), 'UNSUPPORTED_TEXT');
  await voirsError(() => said({ unsupported: 'drop' }), 'INVALID_OPTIONS');
  await voirsError(() => said({ leaveOut: ['emoji'] }), 'INVALID_OPTIONS');
});

test.run();
