// If this fails, checkpoints that other people trained are rejected or built with the wrong layers.

import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  parseHifiganConfig,
  samplesPerFrame,
  sourceStrides,
  stageChannels,
} from '../../src/vocoder/hifigan-config.js';
import { failsOnlyAsVoirs, throwsVoirs } from '../checkpoints/expect-error.js';

const test = suite('hifigan-config');

const PLAIN = {
  resblock: '1',
  upsample_rates: [8, 8, 2, 2],
  upsample_kernel_sizes: [16, 16, 4, 4],
  upsample_initial_channel: 128,
  resblock_kernel_sizes: [3, 7, 11],
  resblock_dilation_sizes: [
    [1, 3, 5],
    [1, 3, 5],
    [1, 3, 5],
  ],
};

function parse(changes: Record<string, unknown> = {}) {
  return parseHifiganConfig(JSON.stringify({ ...PLAIN, ...changes }), 'config.json');
}

test("jik876's keys become ours", () => {
  assert.equal(parse({ num_mels: 100, sampling_rate: 24_000, hop_size: 256, n_fft: 1024, seed: 1234 }), {
    resblock: '1',
    upsampleRates: [8, 8, 2, 2],
    upsampleKernelSizes: [16, 16, 4, 4],
    upsampleInitialChannel: 128,
    resblockKernelSizes: [3, 7, 11],
    resblockDilationSizes: [
      [1, 3, 5],
      [1, 3, 5],
      [1, 3, 5],
    ],
    source: false,
    bands: 100,
    sampleRate: 24_000,
  });
});

test('a minimal config takes 80 bands and makes up no sample rate', () => {
  const config = parse();
  assert.is(config.bands, 80);
  assert.is(config.sampleRate, undefined);
});

test('lists and numbers written as text read as lists and numbers', () => {
  const expected = parse({ num_mels: 80 });
  const forms = [
    { upsample_rates: '[8, 8, 2, 2]', upsample_kernel_sizes: '16,16,4,4', resblock: 1 },
    { upsample_rates: '(8, 8, 2, 2)', resblock_dilation_sizes: '[[1,3,5],[1,3,5],[1,3,5]]' },
    { resblock_dilation_sizes: '[1,3,5],[1,3,5],[1,3,5]', upsample_initial_channel: '128', num_mels: '80' },
    { resblock_dilation_sizes: '((1, 3, 5), (1, 3, 5), (1, 3, 5,),)', resblock_kernel_sizes: ' [3,7,11] ' },
  ];
  for (const form of forms) assert.equal(parse(form), expected, JSON.stringify(form));
});

test('the product of the rates counts, whatever hop_size says', () => {
  const json = readFileSync(new URL('../fixtures/hifigan-odd-tiny.json', import.meta.url), 'utf8');
  assert.is(JSON.parse(json).hop_size, 256);
  assert.is(samplesPerFrame(parseHifiganConfig(json)), 32);
});

test('type 2 blocks keep the two dilations that upstream reads', () => {
  const config = parse({ resblock: '2' });
  assert.equal(config.resblockDilationSizes, [
    [1, 3],
    [1, 3],
    [1, 3],
  ]);
  throwsVoirs(
    () =>
      parse({
        resblock: '1',
        resblock_dilation_sizes: [
          [1, 2],
          [1, 2],
          [1, 2],
        ],
      }),
    /dilation_sizes\[0\]/,
  );
});

test('strides and channels of the stages', () => {
  assert.equal(sourceStrides(parse({ source: true })), [32, 4, 2, 1]);
  assert.equal(
    [-1, 0, 1, 2, 3].map((stage) => stageChannels(parse(), stage)),
    [128, 64, 32, 16, 8],
  );
});

const WRONG: [changes: Record<string, unknown>, pattern: RegExp][] = [
  [{ resblock: '3' }, /config\.json: resblock is wrong; got "3"; wanted "1" or "2"/],
  [{ upsample_rates: undefined }, /upsample_rates is wrong; got nothing/],
  [{ upsample_rates: [] }, /upsample_rates is wrong/],
  [{ upsample_rates: [8, -8] }, /upsample_rates\[1\] is wrong; got -8/],
  [{ upsample_rates: '8;8' }, /upsample_rates is wrong; got "8;8"; wanted a list of numbers/],
  [{ upsample_rates: [8, 8, 2] }, /upsample_kernel_sizes is wrong/],
  [{ upsample_kernel_sizes: [15, 16, 4, 4] }, /upsample_kernel_sizes is wrong; .*8, 8, 2, 2 by even numbers/],
  [{ upsample_kernel_sizes: [6, 16, 4, 4] }, /upsample_kernel_sizes is wrong/],
  [{ upsample_initial_channel: 8 }, /upsample_initial_channel is wrong; got 8; wanted at least 16/],
  [{ upsample_initial_channel: 1e12 }, /upsample_initial_channel is wrong/],
  [{ resblock_kernel_sizes: [3, 7, 10] }, /resblock_kernel_sizes is wrong/],
  [{ resblock_kernel_sizes: [3, 7] }, /resblock_dilation_sizes is wrong/],
  [{ num_mels: 'many' }, /num_mels is wrong/],
  [{ source: 1 }, /source is wrong/],
  [
    { source: true, upsample_rates: [8, 8, 2, 3], upsample_kernel_sizes: [16, 16, 4, 5] },
    /upsample_rates is wrong; .*even products/,
  ],
];

for (const [changes, pattern] of WRONG) {
  test(`refused by name: ${JSON.stringify(changes)}`, () => throwsVoirs(() => parse(changes), pattern));
}

test('any values fail only as VoirsError', () => {
  const changes = fc.dictionary(fc.constantFrom(...Object.keys(PLAIN), 'num_mels', 'source'), fc.jsonValue());
  fc.assert(
    fc.property(changes, (values) => failsOnlyAsVoirs(() => parse(values))),
    { numRuns: 500 },
  );
});

test.run();
