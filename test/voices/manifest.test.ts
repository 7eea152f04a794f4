// If this fails, a voice's settings are misread in silence, or a manifest can point outside its own folder.

import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseVoiceManifest } from '../../src/voices/manifest.js';
import { failsOnlyAsVoirs, throwsVoirs } from '../checkpoints/expect-error.js';

const test = suite('manifest');
const json = readFileSync(new URL('../../weights/arctic/model.json', import.meta.url), 'utf8');

type Json = Record<string, unknown>;

/** The shipped manifest with the value at a path (`vocoders.v2.bytes`) replaced; undefined removes it. */
function withValue(path: string, value: unknown): string {
  const manifest: Json = JSON.parse(json);
  const names = path.split('.');
  let at = manifest;
  for (const name of names.slice(0, -1)) at = at[name] as Json;
  at[names.at(-1)!] = value;
  return JSON.stringify(manifest);
}

test('reads the shipped manifest as it is written', () => {
  const raw = JSON.parse(json);
  const manifest = parseVoiceManifest(json);
  assert.equal(manifest.mel, raw.mel);
  assert.equal(manifest.tokens, raw.tokens);
  assert.equal(Object.fromEntries(manifest.tokenAliases), raw.tokenAliases);
  assert.equal(manifest.speakers, raw.speakers);
  const { model: acoustic, ...acousticEntry } = manifest.acoustic;
  assert.equal({ ...acousticEntry, ...acoustic.config }, raw.acoustic);
  assert.equal(Object.keys(raw.quality), ['medium']);
  assert.equal([...manifest.tiers], ['medium']);
  assert.equal(
    manifest.quality,
    { low: 'v2', medium: 'v2', high: 'v2', ultra: 'v2' },
    'the nearest stated tier',
  );
  assert.equal([...manifest.vocoders.keys()], Object.keys(raw.vocoders));
  for (const [name, vocoder] of manifest.vocoders) {
    const { model, loudnessOffsets, ...entry } = vocoder;
    const { contextFrames: _, loudnessOffsets: byName, ...stated } = raw.vocoders[name];
    assert.equal([...loudnessOffsets.keys()], Object.keys(byName));
    for (const [speaker, offsets] of loudnessOffsets) {
      const written = offsets.map(({ semitones, lu }) => [`${semitones}`, lu]);
      assert.equal(Object.fromEntries(written), byName[speaker]);
      assert.ok(offsets.every(({ semitones }, n) => n === 0 || semitones > offsets[n - 1]!.semitones));
    }
    assert.equal(
      { ...entry, ...model.config },
      { ...stated, bands: raw.mel.bands, sampleRate: raw.sampleRate },
    );
  }
  for (const key of ['format', 'name', 'version', 'language', 'sampleRate', 'defaultSpeaker'] as const) {
    assert.is(manifest[key], raw[key]);
  }
});

test('ignores unknown fields, a byte-order mark and absent optional fields', () => {
  assert.ok(parseVoiceManifest(withValue('inventedLater', { a: 1 })));
  assert.ok(parseVoiceManifest(`\uFEFF${json}`));
  assert.is(parseVoiceManifest(withValue('acoustic.steps', undefined)).acoustic.steps, undefined);
  const without = parseVoiceManifest(withValue('vocoders.v2.loudnessOffsets', undefined));
  assert.is(without.vocoders.get('v2')!.loudnessOffsets.size, 0);
  assert.is(parseVoiceManifest(withValue('tokenAliases', undefined)).tokenAliases.size, 0);
});

test('reads what our own voices leave out: other frames, loudness, quality and manner', () => {
  const manifest = JSON.parse(json);
  Object.assign(manifest, {
    description: 'Read by a test.',
    intonation: 'rule',
    mel: { bands: 80, hopSize: 256, log: 'other' },
    quality: { low: 'v2', ultra: 'other' },
  });
  for (const speaker of manifest.speakers) {
    delete speaker.logF0;
    delete speaker.logEnergy;
  }
  const { v2 } = manifest.vocoders;
  manifest.vocoders = {
    v2: { ...v2, loudnessOffsets: { slt: 1.5, bdl: { 12: 3, '-48': -40, 48: 40 } } },
    other: v2,
  };
  const read = parseVoiceManifest(JSON.stringify(manifest));
  assert.equal(read.mel, { bands: 80, hopSize: 256, log: 'other' });
  assert.equal([read.description, read.intonation], ['Read by a test.', 'rule']);
  assert.equal(read.speakers[0]!.logF0, { mean: Math.log(150), std: 0.25 });
  assert.equal(read.speakers[0]!.logEnergy, { mean: 0, std: 1 });
  assert.equal(read.tiers, ['low', 'ultra']);
  assert.equal(read.quality, { low: 'v2', medium: 'v2', high: 'other', ultra: 'other' });
  const offsets = read.vocoders.get('v2')!.loudnessOffsets;
  assert.equal(offsets.get('slt'), [{ semitones: 0, lu: 1.5 }]);
  assert.equal(
    offsets.get('bdl')!.map(({ semitones, lu }) => [semitones, lu]),
    [
      [-48, -40],
      [12, 3],
      [48, 40],
    ],
  );
  const { description: _, intonation: __, ...bare } = JSON.parse(json);
  const plain = parseVoiceManifest(JSON.stringify(bare));
  assert.equal([plain.description, plain.intonation], ['', 'model']);
  const without = { ...manifest, vocoders: {}, quality: {} };
  assert.is(parseVoiceManifest(JSON.stringify(without)).vocoders.size, 0);
  const { model } = parseVoiceManifest(withValue('speakers.1.index', 7)).acoustic;
  const [rows] = model.declaration().tensors.get('speaker.weight')!;
  assert.equal(rows, { atLeast: 8 }, 'one more than the largest index');
});

test('takes numbers up to their bounds, and the largest pitch that a rate has', () => {
  for (const [path, value] of [
    ['mel.maxHz', 11_025],
    ['speakers.2.logF0.mean', -1000],
    ['speakers.2.logF0.mean', 1000],
    ['speakers.2.logF0.std', 1000],
    ['acoustic.bytes', 2 ** 31 - 1],
    ['acoustic.bytes', 10],
    ['loudness', { slt: LOUDNESS }],
  ] as const)
    assert.ok(parseVoiceManifest(withValue(path, value)), path);
});

const NOT_PLAIN = [
  '../acoustic.safetensors',
  '/etc/passwd',
  'a/b',
  'a\\b',
  '..',
  '.hidden',
  'C:x',
  'a\0b',
  '',
  'x'.repeat(200),
];
for (const name of NOT_PLAIN) {
  test(`refuses the file name ${JSON.stringify(name.slice(0, 30))}`, () => {
    throwsVoirs(() => parseVoiceManifest(withValue('acoustic.file', name)), /acoustic\.file is wrong/);
    throwsVoirs(() => parseVoiceManifest(withValue('vocoders.v2.file', name)), /vocoders\.v2\.file is wrong/);
  });
}

/** Weights for a model of 192 channels, as the shipped one is. */
const LOUDNESS = {
  ...{ bias: 0, hidden: Array(192).fill(0), energy: [0, 0, 0], pitch: [1, 2, 3] },
  ...{ pitchSquared: 0, logDuration: 0 },
};

const WRONG: [path: string, value: unknown, pattern: RegExp][] = [
  ['format', 'voirs-voice/2', /format is wrong; got "voirs-voice\/2"; wanted "voirs-voice\/1"/],
  ['name', '', /name is wrong/],
  ['sampleRate', '22050', /sampleRate is wrong; got "22050"; wanted an integer/],
  ['sampleRate', 22050.5, /sampleRate is wrong/],
  ['mel', null, /mel is wrong; got null; wanted an object/],
  ['mel.bands', 0, /mel\.bands is wrong/],
  ['mel.maxHz', 12_000, /mel\.maxHz is wrong; got 12000; wanted at most 11025/],
  ['mel.scale', 'bark', /mel\.scale is wrong; got "bark"; wanted "slaney" or "htk"/],
  ['mel.floor', 0, /mel\.floor is wrong/],
  ['tokens', [], /tokens is wrong/],
  ['tokens', ['^', '$', '^'], /tokens\[2\] is wrong/],
  ['tokens.5', 7, /tokens\[5\] is wrong; got 7; wanted a non-empty string/],
  ['tokenAliases', { '!': 'nope' }, /tokenAliases\.! is wrong/],
  ['speakers', [], /speakers is wrong/],
  ['speakers.1.id', 'kathleen', /speakers\[1\] is wrong/],
  ['speakers.1.index', 0, /speakers\[1\] is wrong/],
  ['speakers.2.logF0.std', 0, /speakers\[2\]\.logF0\.std is wrong/],
  ['speakers.0.logF0', undefined, /speakers\[0\]\.logF0 is wrong; got nothing/],
  ['defaultSpeaker', 'nobody', /defaultSpeaker is wrong; got "nobody"; wanted one of kathleen, slt, bdl/],
  ['acoustic.type', 'vits', /acoustic\.type is wrong/],
  ['acoustic.heads', 5, /acoustic\.heads is wrong; got 5; wanted a divisor/],
  ['acoustic.ffnKernel', 4, /acoustic\.ffnKernel is wrong; got 4; wanted an odd number/],
  ['acoustic.bytes', -1, /acoustic\.bytes is wrong/],
  ['acoustic.sha256', 'ABC', /acoustic\.sha256 is wrong/],
  ['acoustic.encoderLayers', 1e9, /acoustic\.encoderLayers is wrong/],
  ['speakers.2.logF0.mean', 1001, /logF0\.mean is wrong; got 1001; wanted a number from -1000 to 1000/],
  ['speakers.2.logF0.std', 1001, /logF0\.std is wrong/],
  ['acoustic.bytes', 2 ** 31, /acoustic\.bytes is wrong; .* to 2147483647/],
  ['vocoders.v2.loudnessOffsets', { slt: 41 }, /loudnessOffsets\.slt is wrong; got 41; .*-40 to 40/],
  ['vocoders.v2.loudnessOffsets', { slt: { 49: 0 } }, /loudnessOffsets\.slt is wrong; .*-48 to 48/],
  ['vocoders.v2.loudnessOffsets', { slt: { x: 0 } }, /loudnessOffsets\.slt is wrong; .*-48 to 48/],
  ['loudness', { nobody: {} }, /loudness is wrong; .*speakers of the voice: kathleen, slt, bdl/],
  ['loudness', { slt: { ...LOUDNESS, bias: 1001 } }, /loudness\.slt\.bias is wrong; .*-1000 to 1000/],
  [
    'loudness',
    { slt: { ...LOUDNESS, energy: [1, 2] } },
    /loudness\.slt\.energy is wrong; .*a list from 3 to 3/,
  ],
  ['loudness', { slt: { ...LOUDNESS, pitch: [1, 2, 3, 4] } }, /loudness\.slt\.pitch is wrong/],
  ['loudness', { slt: { ...LOUDNESS, hidden: [] } }, /loudness\.slt\.hidden is wrong/],
  ['vocoders', {}, /vocoders is wrong/],
  ['vocoders.v2.upsampleRates', [8, 8, 2, 0], /vocoders\.v2\.upsampleRates\[3\] is wrong/],
  ['vocoders.v2.upsampleRates', [8, 8, 2, 4], /vocoders\.v2\.upsampleRates is wrong; .*hop size, 256/],
  ['vocoders.v2.upsampleKernelSizes', [16, 16, 4], /vocoders\.v2\.upsampleKernelSizes is wrong/],
  ['vocoders.v2.resblockDilationSizes', [[1]], /vocoders\.v2\.resblockDilationSizes is wrong/],
  ['vocoders.v2.resblock', '3', /vocoders\.v2\.resblock is wrong/],
  ['vocoders.v2.source', 'yes', /vocoders\.v2\.source is wrong/],
  ['quality.low', 'v9', /quality\.low is wrong; got "v9"; wanted "v2"/],
  ['quality.medium', undefined, /quality is wrong.*at least one of low, medium, high, ultra/],
  ['quality.high', 'constructor', /quality\.high is wrong/],
];

for (const [path, value, pattern] of WRONG) {
  test(`refuses ${path} = ${JSON.stringify(value)}`, () => {
    throwsVoirs(() => parseVoiceManifest(withValue(path, value), 'arctic/model.json'), pattern);
  });
}

test('refuses text that is not JSON or not an object', () => {
  throwsVoirs(() => parseVoiceManifest('{'), /model\.json is not JSON/);
  throwsVoirs(() => parseVoiceManifest('[]'), /the file is wrong; got \[\]; wanted an object/);
  throwsVoirs(() => parseVoiceManifest(''), /is not JSON/);
  // The file may be a link to another: its content stays out of the message.
  throwsVoirs(
    () => parseVoiceManifest('root:x:0:0:root:/root:/bin/bash'),
    /^(?!.*root:x).*not JSON; got Unexpected token/,
  );
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  throwsVoirs(() => parseVoiceManifest(`{"format":${deep}}`), /format is wrong/);
});

test('refuses a manifest of more than 2^20 characters', () => {
  assert.ok(parseVoiceManifest(json.padEnd(2 ** 20)));
  throwsVoirs(() => parseVoiceManifest(json.padEnd(2 ** 20 + 1)), /model\.json is too long; got 1048577/);
});

test('reads any value in any field, or refuses it with a VoirsError', () => {
  const paths: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (path !== '') paths.push(path);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, child] of Object.entries(value).slice(0, 8))
      walk(child, path === '' ? key : `${path}.${key}`);
  };
  walk(JSON.parse(json), '');
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) =>
      failsOnlyAsVoirs(() => parseVoiceManifest(withValue(path, value))),
    ),
    { numRuns: 1000 },
  );
});

test.run();
