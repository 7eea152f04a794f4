// If this fails, an error advises what no caller can do, or what does not help.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeText,
  type PipelineOptions,
  type SynthesisOptions,
  textStream,
  type Utterance,
  VoirsPipeline,
} from '../../src/index.js';
import { voirsError } from '../expect.js';

type Advised = (options?: SynthesisOptions, create?: PipelineOptions) => Promise<unknown>;

/** A fault, the advice that it gives, and the call that follows the advice. */
interface Case {
  name: string;
  code: Parameters<typeof voirsError>[1];
  fails: () => Promise<unknown>;
  advice: RegExp;
  follows: Advised;
}

const pipeline = await VoirsPipeline.create({ numThreads: 1 });
const test = suite('suggestions');
test.after(() => pipeline.dispose());

const strict = { input: 'ssml', strictSsml: true } as const;
const prepare = (text: string, options: SynthesisOptions = {}) => pipeline.prepare(text, options);
const plain = async (text: string, enablePreprocessing: boolean): Promise<Utterance> => {
  await using other = await VoirsPipeline.create({ numThreads: 1, enablePreprocessing });
  return await other.prepare(text); // before the pipeline is disposed
};
const limited = async (maxTextBytes: number): Promise<Utterance> => {
  await using other = await VoirsPipeline.create({ numThreads: 1, maxTextBytes });
  return await other.prepare('Tea café'); // 9 bytes
};
const LEXICON = 'SQL sequel';

const CASES: Case[] = [
  {
    name: 'another script',
    code: 'UNSUPPORTED_TEXT',
    fails: () => prepare('Tokyo (東京) is big.', { unsupported: 'error' }),
    advice: /option unsupported to 'skip'/,
    follows: () => prepare('Tokyo (東京) is big.', { unsupported: 'skip' }),
  },
  {
    name: 'a text that is too large',
    code: 'INVALID_TEXT',
    fails: () => limited(8),
    advice: /option maxTextBytes higher/,
    follows: () => limited(9),
  },
  {
    name: 'a file that is not UTF-8',
    code: 'INVALID_TEXT',
    fails: async () => decodeText(Buffer.from('Café', 'latin1'), 'menu.txt'),
    advice: /Convert it to UTF-8/,
    follows: async () => decodeText(Buffer.from('Café', 'utf8'), 'menu.txt'),
  },
  {
    name: 'emoji alone',
    code: 'INVALID_TEXT',
    fails: () => prepare('🎉🎉'),
    advice: /option emoji to 'name'/,
    follows: () => prepare('🎉🎉', { emoji: 'name' }),
  },
  {
    name: 'numbers alone without preprocessing',
    code: 'INVALID_TEXT',
    fails: () => plain('1984', false),
    advice: /option enablePreprocessing to true/,
    follows: () => plain('1984', true),
  },
  {
    name: 'a path for a lexicon',
    code: 'INVALID_OPTIONS',
    fails: () => prepare('SQL', { lexicon: './words.txt' }),
    advice: /Read the file first, and pass its text/,
    follows: () => prepare('SQL', { lexicon: LEXICON }),
  },
  {
    name: 'an utterance that was made by hand',
    code: 'INVALID_TEXT',
    fails: () => pipeline.render({ format: 'voirs-utterance/1', text: 'x', sentences: [], warnings: [] }),
    advice: /Start from what prepare\(\) returns/,
    follows: async () => (await pipeline.render(await prepare('Yes.'))).dispose(),
  },
  ...(
    [
      ['malformed markup', '<speak>A & B', /strictSsml to false to read it as far as it goes/],
      ['an unknown element', '<speak><b>A</b></speak>', /strictSsml to false to pass over it/],
      ['another namespace', '<speak xmlns:x="u"><x:y>A</x:y></speak>', /strictSsml to false to pass over it/],
      [
        'a recording',
        '<speak><audio src="a">A</audio></speak>',
        /strictSsml to false to speak what it holds/,
      ],
    ] as const
  ).map(
    ([name, ssml, advice]): Case => ({
      name,
      code: 'INVALID_SSML',
      fails: () => prepare(ssml, strict),
      advice,
      follows: () => prepare(ssml, { ...strict, strictSsml: false }),
    }),
  ),
  {
    name: 'a lexicon of SSML',
    code: 'INVALID_SSML',
    fails: () => prepare('<speak><lexicon uri="a"/>SQL</speak>', strict),
    advice: /in the option lexicon, and leave the element out/,
    follows: () => prepare('<speak>SQL</speak>', { ...strict, lexicon: LEXICON }),
  },
  {
    name: 'SSML in pieces',
    code: 'INVALID_OPTIONS',
    fails: async () => pipeline.stream(pieces(), { input: 'ssml' }),
    advice: /Join the pieces first/,
    follows: async () => {
      let joined = '';
      for await (const piece of pieces()) joined += piece;
      for await (const chunk of pipeline.stream(joined, { input: 'ssml' })) chunk.dispose();
    },
  },
  {
    name: 'a text in pieces that is read twice',
    code: 'INVALID_TEXT',
    fails: async () => {
      const text = finished('A.');
      for await (const chunk of pipeline.stream(text)) chunk.dispose();
      for await (const chunk of pipeline.stream(text)) chunk.dispose();
    },
    advice: /one textStream\(\) for each call/,
    follows: async () => {
      for (let i = 0; i < 2; i++) for await (const chunk of pipeline.stream(finished('A.'))) chunk.dispose();
    },
  },
];

function finished(words: string): ReturnType<typeof textStream> {
  const text = textStream();
  text.push(words);
  text.end();
  return text;
}

async function* pieces(): AsyncGenerator<string> {
  yield '<speak>A';
  yield '</speak>';
}

for (const { name, code, fails, advice, follows } of CASES) {
  test(`advises what helps with ${name}`, async () => {
    const error = await voirsError(fails, code);
    assert.match(error.suggestion ?? '', advice);
    await follows();
  });
}

test('has a case for every suggestion of the frontend', () => {
  const root = fileURLToPath(new URL('../../src/frontend/', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const texts = files.flatMap((name) => {
    const source = readFileSync(join(root, name), 'utf8');
    return [
      ...source.matchAll(/(['"`])((?:Set the option|Read the file|Start from|Give its)[^\n]*?)\1[;,]?\n/g),
    ].map(([, , text]) => text!.replace(/\\/g, ''));
  });
  assert.ok(texts.length >= 8, texts.join('\n'));
  for (const text of texts)
    assert.ok(
      CASES.some(({ advice }) => advice.test(text)),
      `no case for: ${text}`,
    );
  const places = files.filter((name) => /suggestion: ['"`]/.test(readFileSync(join(root, name), 'utf8')));
  assert.equal(
    places.map((name) => name.replaceAll('\\', '/')).sort(),
    [
      'decode-text.ts',
      'en-us/normalize/speak-sentence.ts',
      'lexicon/lexicon-text.ts',
      'ssml/parse.ts',
      'text-queue.ts',
      'text-size.ts',
      'utterance-check.ts',
    ],
    'a suggestion in another file needs a case here',
  );
});

test.run();
