// If this fails, a setting is accepted, shown and without effect.
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SynthesisConfig, type SynthesisConfigInput, VoirsPipeline } from '../../src/index.js';

const test = suite('settings of a pipeline');
const FAST = { speakingRate: 2 };

/** Keeps the weights, which each pipeline here would load anew. */
let keeper: VoirsPipeline;
test.before(async () => {
  keeper = await VoirsPipeline.create({ numThreads: 1 });
});
test.after(() => keeper.dispose());

/** What a pipeline of these settings gives. */
async function heard<T>(
  settings: SynthesisConfigInput,
  ask: (pipeline: VoirsPipeline) => Promise<T>,
): Promise<T> {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, ...settings });
  for (const [field, value] of Object.entries(settings))
    assert.is(pipeline.config[field as keyof SynthesisConfigInput], value, field);
  return await ask(pipeline);
}

test('sampleRate: the rate of what is given, at the same length in seconds', async () => {
  const seconds: number[] = [];
  for (const sampleRate of [8000, 12000, 22050, 24000, 44100, 48000] as const) {
    const audio = await heard({ sampleRate }, (pipeline) => pipeline.synthesize('Tea.', FAST));
    assert.is(audio.sampleRate, sampleRate);
    seconds.push(audio.duration);
    audio.dispose();
  }
  assert.ok(Math.max(...seconds) - Math.min(...seconds) < 2e-4, seconds.join(', '));
});

test('enablePreprocessing: numbers are read out, or left out with a warning', async () => {
  const ask = async (pipeline: VoirsPipeline) => {
    const { sentences, warnings } = await pipeline.prepare('Room 12 is free.');
    return { words: sentences.flatMap(({ words }) => words.map(({ text }) => text)), warnings };
  };
  const on = await heard({ enablePreprocessing: true }, ask);
  const off = await heard({ enablePreprocessing: false }, ask);
  assert.equal([on.words, on.warnings.length], [['room', 'twelve', 'is', 'free'], 0]);
  assert.equal([off.words, off.warnings.length], [['room', 'is', 'free'], 1]);
});

test('logLevel: what is written to stderr', async () => {
  const lines: Record<string, string[]> = {};
  const { error } = console;
  try {
    for (const logLevel of ['silent', 'warn', 'info', 'debug'] as const) {
      const written: string[] = [];
      console.error = (line: string) => written.push(line);
      const settings = { logLevel, enablePreprocessing: false };
      (await heard(settings, (pipeline) => pipeline.synthesize('Room 12.', FAST))).dispose();
      lines[logLevel] = written.map((line) => line.replace(/ [\d.]+ s.*/, ''));
    }
  } finally {
    console.error = error;
  }
  assert.equal([lines.silent, lines.warn], [[], []]);
  assert.match(lines.info![0]!, /^voirs info: .*1 thread/);
  assert.match(lines.info![1]!, /^voirs info: .*12/);
  assert.is(lines.info!.length, 2);
  assert.equal(lines.debug, [...lines.info!, 'voirs debug: synthesize:']);
});

test('cacheSize: so many results are kept', async () => {
  for (const cacheSize of [0, 1, 5]) {
    const kept = await heard({ cacheSize }, async (pipeline) => {
      for (const text of ['No.', 'Tea.', 'Four.']) (await pipeline.synthesize(text, FAST)).dispose();
      return pipeline.memoryReport().modelCache!.results!.entries;
    });
    assert.is(kept, Math.min(3, cacheSize));
  }
});

test('quality: each tier speaks with the vocoder that the voice names for it', async () => {
  // The shipped voices have one vocoder. This one has it twice, once with a level of its own: 6 dB quieter.
  const shipped = fileURLToPath(new URL('../../weights/arctic', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'voirs-tiers-'));
  try {
    for (const name of readdirSync(shipped))
      if (name !== 'model.json') symlinkSync(join(shipped, name), join(folder, name));
    const manifest = JSON.parse(readFileSync(join(shipped, 'model.json'), 'utf8'));
    const { v2 } = manifest.vocoders;
    const bySemitone: Record<string, number> = v2.loudnessOffsets.kathleen;
    const louder = Object.fromEntries(Object.entries(bySemitone).map(([key, lu]) => [key, lu + 6]));
    manifest.vocoders.quiet = { ...v2, loudnessOffsets: { kathleen: louder } };
    manifest.quality = { low: 'v2', medium: 'v2', high: 'quiet', ultra: 'quiet' };
    writeFileSync(join(folder, 'model.json'), JSON.stringify(manifest));
    const level = async (quality: 'low' | 'medium' | 'high' | 'ultra', vocoder: string) => {
      await using pipeline = await VoirsPipeline.create({ numThreads: 1, quality, weights: folder });
      assert.is(pipeline.getVoice().vocoder, vocoder, quality);
      // Long enough that its loudness is read from the mel and not measured.
      using audio = await pipeline.synthesize('We went down to the river to look at the boats.');
      return 20 * Math.log10(audio.rms());
    };
    const [low, medium] = [await level('low', 'v2'), await level('medium', 'v2')];
    const [high, ultra] = [await level('high', 'quiet'), await level('ultra', 'quiet')];
    assert.equal([low, high], [medium, ultra]);
    assert.ok(Math.abs(low - high - 6) < 0.01, `${low - high} dB`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('quality: a tier that the voice does not state is told, with those it does', async () => {
  const written: string[] = [];
  const error = console.error;
  console.error = (line: string) => written.push(line);
  try {
    for (const quality of ['medium', 'ultra'] as const) await heard({ quality }, async () => undefined);
  } finally {
    console.error = error;
  }
  assert.equal(written, [
    'voirs warn: the voice set aspen has no quality "ultra", the nearest is used; it has medium',
  ]);
});

test('numThreads and useGpu: what runs, and why', async () => {
  await heard({ numThreads: 2 }, async ({ backend }) => assert.is(backend.threads, 2));
  const why = (useGpu: boolean) => heard({ useGpu }, async ({ backend }) => backend.choice!);
  assert.is.not(await why(true), await why(false), 'a GPU was looked for');
});

test('a configuration given whole is in force, and options beside it win', async () => {
  const config = new SynthesisConfig({ numThreads: 1, cacheSize: 7, memoryLimitMb: 256 });
  await using pipeline = await VoirsPipeline.create({ config, cacheSize: 3 });
  assert.equal([pipeline.config.cacheSize, pipeline.config.memoryLimitMb], [3, 256]);
  const { settings } = pipeline.memoryReport().configuration!;
  assert.equal([settings.cacheSize, settings.memoryLimitMb], [3, 256]);
});

test.run();
