// If this fails, a researcher's checkpoint does not become a voice, a damaged voice is called sound, or a package publishes
// or reads files that are not the voice's.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { publint } from 'publint';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture } from '../../bench/lib/goldens.js';
import { acquireBackend } from '../../src/backends/registry.js';
import type { WeightBits } from '../../src/checkpoints/narrow.js';
import { floatTensor, type HostTensor, toFloat32 } from '../../src/checkpoints/tensor.js';
import { completeCard, isSpdx } from '../../src/cli/voice/card.js';
import { type CheckReport, checkSource } from '../../src/cli/voice/check.js';
import { describeSource } from '../../src/cli/voice/info.js';
import { packVoice } from '../../src/cli/voice/pack.js';
import { openSource, type VoiceSource } from '../../src/cli/voice/source.js';
import { writeVocoder, writeVoice } from '../../src/cli/voice/write-voice.js';
import { VoirsError } from '../../src/errors.js';
import { VoirsPipeline } from '../../src/index.js';
import { shippedFolder } from '../../src/voices/catalog.js';
import { goldenDifferences } from '../../src/voices/golden.js';
import { isPackageName, packageOf, packageVoiceFiles } from '../../src/voices/packages.js';
import { withVocoder } from '../../src/voices/with-vocoder.js';
import { rejectsVoirs } from '../checkpoints/expect-error.js';
import { voirsError } from '../expect.js';
import { readTensors, runCli, scratch, tensorFile } from './run-cli.js';

const test = suite('voirs voice');
const dir = scratch();
const hold = await acquireBackend('wasm', { numThreads: 1 });
test.after(async () => {
  await hold.release();
  dir[Symbol.dispose]();
});

const CARD = { license: 'CC-BY-4.0', author: 'A. Researcher', origin: 'a test' };
const STATED = ['--license', 'CC-BY-4.0', '--author', 'A. Researcher', '--origin', 'a test'];
const VITS = fixture('vits-speakers-tiny');
const { signal } = new AbortController();

const optionsOf = (bits: WeightBits) => ({
  bits,
  card: CARD,
  words: {},
  from: 'a test',
  licenses: [],
  signal,
});

async function converted(from: string, to: string, bits: WeightBits): Promise<VoiceSource> {
  const source = (await openSource(from)) as VoiceSource;
  await writeVoice(source.files, dir.path(to), optionsOf(bits));
  return (await openSource(dir.path(to))) as VoiceSource;
}

async function checked(path: string, ...goldens: string[]): Promise<CheckReport> {
  return checkSource(await openSource(path), path, { goldens, backend: hold.backend, limit: 1e-4, signal });
}

for (const name of [
  'vits-speakers-tiny',
  'vits-stochastic-tiny',
  'conformer-hifigan-tiny',
  'conformer-variant-tiny',
]) {
  test(`converts ${name}, which meets its golden after as before`, async () => {
    const golden = join(fixture(name), 'golden.safetensors');
    assert.is((await checked(fixture(name))).result, 'good');
    const { kind, path } = await converted(fixture(name), name, '32');
    assert.is(kind, 'voirs-voice');
    const report = await checked(path, golden);
    assert.is(report.result, 'good');
    assert.ok(report.goldens[0]!.stages.length >= 2 && report.goldens[0]!.difference <= 1e-4);
    const eight = await converted(fixture(name), `${name}-8`, '8');
    assert.is((await checked(eight.path)).result, 'good');
    const sizes = [path, eight.path].map(
      (folder) => readFileSync(join(folder, 'acoustic.safetensors')).length,
    );
    assert.ok(sizes[1]! < 0.6 * sizes[0]!, `${sizes}`);
  });
}

test('speaks with what it converted as with the original, to 16 bits', async () => {
  const { path } = await converted(VITS, 'spoken', '16');
  const speak = async (weights: string) => {
    await using pipeline = await VoirsPipeline.create({ weights, backend: 'wasm', numThreads: 1 });
    using audio = await pipeline.synthesize('a bad cab');
    return { samples: audio.samples.slice(), words: audio.timeline.words };
  };
  const [before, after] = [await speak(VITS), await speak(path)];
  assert.equal(after.words, before.words);
  const power = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x * x, 0);
  const error = power(after.samples.map((x, i) => x - before.samples[i]!)) / power(before.samples);
  assert.ok(error < 1e-3, `${error} of the power`);
});

test('makes a voice of a HiFi-GAN with the acoustic model of its mel, or keeps it alone', async () => {
  for (const version of ['v1', 'v2', 'v3']) {
    const report = await checked(fixture(`hifigan-${version}-tiny.pth`));
    assert.equal([report.result, report.goldens.length], ['good', 1], version);
  }
  const out = dir.path('with-aspen');
  const run = await runCli(['voice', 'convert', fixture('hifigan-v2-tiny.pth'), out, ...STATED, '--json']);
  assert.is(run.code, 0, run.stderr);
  const result = JSON.parse(`${run.stdout}`);
  assert.equal([result.form, result.bits], ['voice', '16']);
  const { files } = (await openSource(out)) as VoiceSource;
  assert.equal(
    files.manifest.speakers.map(({ id, license }) => `${id}: ${license}`),
    ['hazel: CC-BY-4.0 AND Apache-2.0', 'miles: CC-BY-4.0 AND Apache-2.0'],
  );
  assert.is(files.manifest.name, 'aspen-hifigan-v2-tiny');
  assert.ok(existsSync(join(out, 'licenses', 'apache-2.0.txt')));
  const odd = await openSource(fixture('hifigan-odd-tiny.pth'));
  assert.is(odd.kind, 'vocoder');
  if (odd.kind === 'vocoder') await writeVocoder(odd.checkpoint, dir.path('odd'), optionsOf('32'));
  const golden = fixture('hifigan-odd-tiny.golden.safetensors');
  assert.is((await checked(dir.path('odd'), golden)).result, 'good');
});

test('gives a model of mel alone a vocoder, whose hop and rate it takes', async () => {
  const mel = (await openSource(fixture('conformer-variant-tiny'))) as VoiceSource;
  const other = await openSource(fixture('hifigan-odd-tiny.pth'));
  if (other.kind !== 'vocoder') return assert.unreachable(other.kind);
  await rejectsVoirs(
    (async () => withVocoder(mel.files, other.checkpoint))(),
    /does not fit conformer-variant-tiny; got bands 80, not \d+/,
  );
  const tensors = new Map(other.checkpoint.tensors);
  const bands = mel.files.manifest.mel.bands;
  const joined = withVocoder(mel.files, {
    ...other.checkpoint,
    config: { ...other.checkpoint.config, bands },
  });
  assert.equal([joined.manifest.mel.hopSize, joined.manifest.sampleRate], [32, 22_050]);
  assert.equal([...joined.manifest.vocoders.keys()], ['own']);
  assert.is((await joined.tensors(joined.manifest.vocoders.get('own')!)).tensors.size, tensors.size);
});

test('asks for the fields of the card by name, and writes nothing without them', async () => {
  const out = dir.path('no-card');
  const run = await runCli(['voice', 'convert', VITS, out, '--license', 'MIT']);
  assert.is(run.code, 2);
  assert.match(run.stderr, /lacks fields; got no author, no origin; wanted --author NAME --origin TEXT/);
  assert.not(existsSync(out));
  await rejectsVoirs(
    completeCard({ ...CARD, license: 'do what you like' }, {}, false),
    /not an SPDX expression; got "do what you like"/,
    'INVALID_OPTIONS',
  );
  for (const licence of ['MIT', 'CC-BY-4.0 AND Apache-2.0', '(MIT OR CC0-1.0)', 'LicenseRef-x'])
    assert.ok(isSpdx(licence), licence);
});

/** Changes one tensor file of a copy of a voice and states its new digest. */
function damaged(name: string, change: (tensors: Map<string, HostTensor>) => void): string {
  const folder = dir.path(name);
  cpSync(dir.path('vits-speakers-tiny'), folder, { recursive: true });
  const path = join(folder, 'vocoder.safetensors');
  const tensors = readTensors(path);
  change(tensors);
  const bytes = tensorFile(Object.fromEntries(tensors));
  writeFileSync(path, bytes);
  const manifest = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  Object.assign(manifest.vocoders.own, { bytes: bytes.length, sha256 });
  writeFileSync(join(folder, 'model.json'), JSON.stringify(manifest));
  return folder;
}

test('tells missing, misshapen, unknown and broken tensors, with exit codes', async () => {
  const folder = damaged('misfit', (tensors) => {
    tensors.delete('conv_pre.bias');
    tensors.set('conv_post.bias', floatTensor(new Float32Array(3), [3]));
    tensors.set('extra', floatTensor(new Float32Array(1), [1]));
    const pre = tensors.get('conv_pre.weight')!;
    tensors.set('conv_pre.weight', floatTensor(toFloat32(pre).fill(Number.NaN, 0, 1), pre.shape));
  });
  const run = await runCli(['voice', 'check', folder, '--json']);
  assert.is(run.code, 3, run.stderr);
  const report = JSON.parse(`${run.stdout}`) as CheckReport;
  const part = report.parts.find((one) => one.part === 'vocoder own')!;
  assert.equal(
    [part.missing, part.misshapen, part.unknown, part.notFinite],
    [
      ['conv_pre.bias'],
      [{ name: 'conv_post.bias', got: '[3]', wanted: '[1]' }],
      ['extra'],
      ['conv_pre.weight'],
    ],
  );
  const changed = damaged('changed', (tensors) => {
    const post = tensors.get('conv_post.weight')!;
    tensors.set(
      'conv_post.weight',
      floatTensor(
        toFloat32(post).map((x) => x * 1.1),
        post.shape,
      ),
    );
  });
  const golden = join(VITS, 'golden.safetensors');
  const differs = await runCli(['voice', 'check', changed, '--golden', golden]);
  assert.is(differs.code, 4, differs.stderr);
  assert.match(`${differs.stdout}`, /too far\n[\s\S]*does not make what its goldens say/);
  writeFileSync(join(changed, 'acoustic.safetensors'), 'x');
  const unreadable = await runCli(['voice', 'check', changed]);
  assert.is(unreadable.code, 1);
  assert.match(`${unreadable.stdout}`, /acoustic: acoustic\.safetensors has the wrong size/);
});

test('finds the shipped voices sound and equal to their public goldens', async () => {
  for (const set of ['aspen', 'arctic'] as const) {
    const { result, goldens } = await checked(shippedFolder(set));
    assert.is(result, 'good', set);
    assert.equal(
      goldens.map(({ golden }) => golden),
      ['hello.safetensors'],
    );
  }
});

test('says what a path is and what can be done with it, or what it is not', async () => {
  const info = await describeSource(await openSource(VITS), VITS);
  assert.equal([info.kind, info.sampleRate, info.speakers.length], ['huggingface', 16_000, 3]);
  assert.match(info.next.map(({ command }) => command).join(), /voirs say --weights .*voirs voice convert/);
  const run = await runCli(['voice', 'info', fixture('hifigan-v3-tiny.pth')]);
  assert.match(`${run.stdout}`, /a HiFi-GAN generator alone[\s\S]*voirs vocode MEL\.safetensors --model/);
  const nothing = dir.path('nothing');
  mkdirSync(nothing);
  await rejectsVoirs(
    openSource(nothing),
    /nothing is not a model that voirs knows; got a folder without one/,
  );
  const sound = join(nothing, 'sound.wav');
  writeFileSync(sound, 'RIFF....WAVE');
  await rejectsVoirs(openSource(sound), /not a model that voirs knows; got a file that begins 52 49 46 46/);
  const golden = join(VITS, 'golden.safetensors');
  await rejectsVoirs(openSource(golden), /not a model|is wrong/);
  await rejectsVoirs(openSource(join(nothing, 'x.pth')), /x\.pth cannot be read; got no such file or folder/);
});

test('leaves nothing where it fails, and writes over nothing', async () => {
  const { files } = (await openSource(VITS)) as VoiceSource;
  const before = readdirSync(dir.path()).length;
  const aborted = AbortSignal.abort();
  await voirsError(
    () => writeVoice(files, dir.path('half'), { ...optionsOf('16'), signal: aborted }),
    'ABORTED',
  );
  const words = { language: '' };
  await voirsError(
    () => writeVoice(files, dir.path('half'), { ...optionsOf('16'), words }),
    'INVALID_WEIGHTS',
  );
  assert.is(readdirSync(dir.path()).length, before, 'no partial folder stays');
  const { got } = await voirsError(() => writeVoice(files, dir.path('spoken'), optionsOf('16')), 'IO_ERROR');
  assert.is(got, 'a folder with files in it');
});

/** A program's folder with a voice package in its node_modules. */
async function program(name: string): Promise<{ folder: string; voice: string }> {
  const folder = dir.path(name);
  mkdirSync(join(folder, 'node_modules', '@me'), { recursive: true });
  const { files } = (await openSource(dir.path('vits-speakers-tiny'))) as VoiceSource;
  const to = join(folder, 'node_modules', '@me', 'tiny');
  await packVoice(files, to, { name: '@me/tiny', version: undefined, card: CARD, signal });
  return { folder, voice: join(to, 'voice') };
}

/** Runs in the folder of a program, where its packages are found. */
async function within<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await work();
  } finally {
    process.chdir(before);
  }
}

test('packs a voice that npm publishes, and that create finds by its name', async () => {
  const { folder } = await program('app');
  const packed = join(folder, 'node_modules', '@me', 'tiny');
  const npm = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: packed,
    encoding: 'utf8',
  });
  const [listed] = JSON.parse(npm.stdout) as { name: string; files: { path: string }[] }[];
  assert.is(listed!.name, '@me/tiny');
  const paths = listed!.files.map(({ path }) => path).sort();
  const inVoice = ['MODEL_CARD.md', 'acoustic.safetensors', 'model.json', 'vocoder.safetensors'];
  assert.equal(paths, ['LICENSE', 'README.md', 'package.json', ...inVoice.map((file) => `voice/${file}`)]);
  const { messages } = await publint({ pkgDir: packed, level: 'warning', pack: false });
  assert.equal(messages, []);
  const { license, keywords } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8'));
  assert.is(license, 'CC-BY-4.0');
  assert.ok(keywords.includes('voirs-voice'));

  await within(folder, async () => {
    const voice = '@me/tiny:vits-speakers-tiny-1';
    await using pipeline = await VoirsPipeline.create({ voice, backend: 'wasm', numThreads: 1 });
    assert.is(pipeline.getVoice().id, 'vits-speakers-tiny-1');
    using audio = await pipeline.synthesize('a bad cab', { voice: '@me/tiny:vits-speakers-tiny-2' });
    assert.ok(audio.duration > 0.01);
    const missing = await voirsError(() => VoirsPipeline.create({ voice: 'not-there:x' }), 'VOICE_NOT_FOUND');
    assert.equal([missing.got, missing.wanted], ['"not-there"', 'one of @me/tiny']);
    assert.match(missing.suggestion!, /npm install not-there .* nothing is downloaded/);
  });
  const script = join(folder, 'program.mjs'); // in a worker, run from elsewhere: found from the program's own folder
  writeFileSync(
    script,
    `import { createWorkerPipeline } from ${JSON.stringify(import.meta.resolve('voirs'))};
const pipeline = await createWorkerPipeline({ voice: '@me/tiny:vits-speakers-tiny-1', numThreads: 1 });
const audio = await pipeline.synthesize('a bad cab', { voice: '@me/tiny:vits-speakers-tiny-2' });
console.log(pipeline.getVoice().id, pipeline.getVoice().package, audio.duration > 0);
await pipeline.dispose();`,
  );
  const spoken = spawnSync(process.execPath, [script], { cwd: dir.path(), encoding: 'utf8' });
  assert.is(spoken.stdout.trim(), 'vits-speakers-tiny-1 @me/tiny true', spoken.stderr);
  const run = await runCli(['voices', '--json'], { cwd: folder });
  const ids = (JSON.parse(`${run.stdout}`) as { id: string }[]).map(({ id }) => id);
  assert.equal(
    ids.slice(-3),
    [0, 1, 2].map((n) => `@me/tiny:vits-speakers-tiny-${n}`),
  );
});

test('refuses packages whose files are not their own, and names that are none', async () => {
  const secret = dir.path('secret');
  writeFileSync(secret, readFileSync(join(dir.path('vits-speakers-tiny'), 'acoustic.safetensors')));
  for (const file of ['acoustic.safetensors', 'model.json', 'pronunciations.tsv']) {
    const { folder, voice } = await program(`hostile-${file}`);
    const path = join(voice, file);
    if (existsSync(path)) cpSync(path, secret);
    rmSync(path, { force: true });
    symlinkSync(secret, path);
    await within(folder, () =>
      rejectsVoirs(
        (async () => {
          const { manifest, tensors, text } = await packageVoiceFiles('@me/tiny');
          await Promise.all([tensors(manifest.acoustic), text('pronunciations.tsv')]);
        })(),
        new RegExp(`${file.replace('.', '\\.')} leads out of its package; got a link`),
      ),
    );
    const packed = (await openSource(voice).catch(() => undefined)) as VoiceSource | undefined;
    if (packed)
      await voirsError(
        () =>
          packVoice(packed.files, dir.path('stolen'), { name: 'x', version: undefined, card: CARD, signal }),
        'INVALID_OPTIONS',
      );
    assert.not(existsSync(dir.path('stolen')));
  }
  const { folder, voice } = await program('huge');
  const manifest = JSON.parse(readFileSync(join(voice, 'model.json'), 'utf8'));
  writeFileSync(join(voice, 'model.json'), JSON.stringify({ ...manifest, description: 'x'.repeat(2 ** 20) }));
  await within(folder, async () => {
    await rejectsVoirs(VoirsPipeline.create({ voice: '@me/tiny:' }), /model\.json is too long/);
    for (const name of [
      '..',
      '../x',
      '/etc',
      '@me/../x',
      'a/b/c',
      'C:\\x',
      '.',
      'x'.repeat(300),
      'node_modules\0',
    ])
      await voirsError(() => VoirsPipeline.create({ voice: `${name}:a` }), 'VOICE_NOT_FOUND');
  });
});

test('takes no name that leads out of node_modules, and any golden, without another error', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const name = packageOf(text);
      assert.is(name === undefined, !text.includes(':'));
      if (isPackageName(text)) assert.not.match(text, /(^|\/)\.|\\|\0|\/.*\//);
      isSpdx(text);
    }),
  );
  const { files } = (await openSource(VITS)) as VoiceSource;
  const { acoustic: entry } = files.manifest;
  const acoustic = entry.model.load(hold.backend, (await files.tensors(entry)).tensors, 'x');
  const tensor = fc.oneof(
    fc.array(fc.integer({ min: -2, max: 60 }), { maxLength: 4 }).map(
      (values): HostTensor => ({
        dtype: 'I32',
        shape: [values.length],
        bytes: new Uint8Array(Int32Array.from(values).buffer),
      }),
    ),
    fc.array(fc.float(), { maxLength: 6 }).map((x) => floatTensor(Float32Array.from(x), [x.length])),
  );
  const names = fc.constantFrom(
    'tokens',
    'speaker',
    'input_ids',
    'durations.0',
    'spectrogram.0',
    'mel',
    'audio',
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(names, tensor), async (golden) => {
      await goldenDifferences({ acoustic }, files.manifest, new Map(Object.entries(golden))).catch(
        (error) => {
          assert.instance(error, VoirsError, String(error));
        },
      );
    }),
    { numRuns: 30 },
  );
  acoustic.dispose();
});

test.run();
