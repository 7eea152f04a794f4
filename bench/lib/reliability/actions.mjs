// What a program does with a pipeline, right and wrong, kindly and not.
import { setTimeout as sleep } from 'node:timers/promises';
import { checked, digest, outcome, samplesOf, sung, voirs } from './given.mjs';
import { uniqueText } from './texts.mjs';

const LONG_TEXT = 'A word and another, and the next one. '.repeat(2500);

async function* inPieces(text) {
  for (let at = 0; at < text.length; at += 9) {
    await sleep(1);
    yield text.slice(at, at + 9);
  }
}

/** What a program does with a pipeline: each gives its outcome and what is right, or counts by itself. */
const ACTIONS = {
  synthesize: [8, async (pool, text) => [await outcome(() => sung(pool.pipeline, text)), [text.wanted]]],
  stream: [
    6,
    async ({ pipeline }, text) => [
      await outcome(() => samplesOf(pipeline.stream(text.input, text.options))),
      [text.streamed],
    ],
  ],
  'stream read slowly': [
    2,
    async ({ pipeline }, text) => [
      await outcome(() => samplesOf(pipeline.stream(text.input, text.options), () => sleep(150))),
      [text.streamed],
    ],
  ],
  'stream left': [
    2,
    async ({ pipeline }, text) => [
      await outcome(async () => {
        for await (const chunk of pipeline.stream(text.input, text.options)) {
          chunk.dispose();
          break;
        }
        return 'left';
      }),
      ['left', text.streamed],
    ],
  ],
  'stream forgotten': [
    1,
    async ({ pipeline }, text) => [
      await outcome(async () => {
        await pipeline.stream(text.input, text.options).next();
        return 'left';
      }),
      ['left', text.streamed],
    ],
  ],
  'audio forgotten': [
    1,
    async ({ pipeline }, text) => [
      await outcome(async () => digest([(await pipeline.synthesize(text.input, text.options)).samples])),
      [text.wanted],
    ],
  ],
  'text in pieces': [
    2,
    async ({ pipeline }, _text, random) => [
      await outcome(async () => (await samplesOf(pipeline.stream(inPieces(uniqueText(random))))).length),
      [64],
    ],
  ],
  'prepare and render': [
    3,
    async ({ pipeline }, { input, options, wanted }) => [
      await outcome(async () => {
        const audio = await pipeline.render(await pipeline.prepare(input, options));
        const sha256 = digest([checked(audio.samples)]);
        audio.dispose();
        return sha256;
      }),
      [wanted],
    ],
  ],
  'render edited': [
    2,
    async ({ pipeline }, { input, options, wanted }, random) => [
      await outcome(async () => {
        const utterance = await pipeline.prepare(input, options);
        for (const { tokens } of utterance.sentences)
          for (const token of tokens) token.pitch = (token.pitch ?? 0) + random() - 0.5;
        const audio = await pipeline.render(utterance);
        checked(audio.samples);
        audio.dispose();
        return 'whole';
      }),
      ['whole', wanted],
    ],
  ],
  'six at once': [
    1,
    async (pool, text) => {
      const all = await Promise.all(
        Array.from({ length: 6 }, () => outcome(() => sung(pool.pipeline, text))),
      );
      return [all.find(({ gave, code }) => (gave ?? code) !== text.wanted) ?? all[0], [text.wanted]];
    },
  ],
  abort: [
    5,
    async ({ pipeline }, text, random) => {
      const signal = AbortSignal.timeout(Math.floor(400 * random()));
      return [
        await outcome(() => samplesOf(pipeline.stream(text.input, { ...text.options, signal }))),
        ['ABORTED', text.streamed],
      ];
    },
  ],
  'abort a long text': [
    1,
    async ({ pipeline }, _text, random) => {
      const signal = AbortSignal.timeout(Math.floor(500 * random()));
      const made = await outcome(async () => (await pipeline.synthesize(LONG_TEXT, { signal })).dispose());
      return [made, ['ABORTED']];
    },
  ],
  'wrong options': [
    3,
    async ({ pipeline }, { input }, random) => {
      const wrong = [
        [{ voice: 'nobody' }, 'VOICE_NOT_FOUND'],
        [{ speakingRate: 99 }, 'INVALID_OPTIONS'],
        [{ speakngRate: 1 }, 'INVALID_OPTIONS'],
        [{ signal: 5 }, 'INVALID_OPTIONS'],
        [{ input: 'ssml', strictSsml: true }, 'INVALID_SSML'],
      ];
      const [options, code] = wrong[Math.floor(random() * wrong.length)];
      const text = code === 'INVALID_SSML' ? '<speak>Not closed' : input;
      return [await outcome(async () => (await pipeline.synthesize(text, options)).dispose()), [code]];
    },
  ],
  'wrong file': [
    1,
    async ({ pipeline }) => [
      await outcome(async () => {
        const audio = await pipeline.synthesize('Hi.');
        try {
          await audio.save('/nowhere/at/all.wav');
        } finally {
          audio.dispose();
        }
      }),
      ['IO_ERROR'],
    ],
  ],
  'an encoder': [
    2,
    async ({ pipeline }, { input, options, wanted }, random) => {
      const formats = ['wav', 'flac', 'mp3', 'opus', 'aac', 'm4a'];
      const format = formats[Math.floor(random() * formats.length)];
      return [
        await outcome(async () => {
          let bytes = 0;
          for await (const piece of voirs.encodeStream(pipeline.stream(input, options), { format }))
            bytes += piece.length;
          if (bytes < 500) throw new Error(`${bytes} bytes of ${format}`);
          return 'whole';
        }),
        ['whole', wanted],
      ];
    },
  ],
  reset: [
    0.3,
    async ({ pipeline }) => [
      await outcome(async () => {
        await pipeline.reset();
        return 'reset';
      }),
      ['reset'],
    ],
  ],
  'another pipeline': [
    0.3,
    async (_pool, _text, random) => {
      const sampleRate = [8000, 22_050, 44_100][Math.floor(random() * 3)];
      const other = await voirs.VoirsPipeline.create({ voice: 'slt', sampleRate, numThreads: 1 });
      const audio = await other.synthesize('One more voice.');
      const { duration } = audio;
      audio.dispose();
      await other.dispose();
      return [{ gave: duration > 0.5 && duration < 3 ? 'whole' : duration }, ['whole']];
    },
  ],
};

/** With their weights, to be drawn from. */
export const CHOICES = Object.entries(ACTIONS).map(([name, [weight, act]]) => [weight, name, act]);
