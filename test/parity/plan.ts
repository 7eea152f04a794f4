// The parity checks that every backend must pass, written once and run per backend (one test file each).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  fullSizeGolden,
  type GeneratorGolden,
  GOLDEN_SENTENCES,
  Golden,
  maxAbs,
  publicGolden,
  runGolden,
  SHARED,
  sentenceGolden,
  sharedFile,
  TINY_GENERATORS,
  type TinyGenerator,
  tinyGolden,
  transposed,
  VOICE_SETS,
  type VoiceSet,
} from '../../bench/lib/goldens.js';
import { framesFromLogDurations } from '../../src/acoustic/fastspeech2.js';
import type { Backend } from '../../src/backends/backend.js';
import { engineCounts } from '../../src/backends/engine.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import { chunkPlan } from '../../src/models/chunk-plan.js';
import type { AcousticModel, Vocoder } from '../../src/models/model.js';
import { acquireModels } from '../../src/synthesis/shared-models.js';
import { Excitation } from '../../src/vocoder/hifigan-source.js';
import { shippedFolder } from '../../src/voices/catalog.js';
import { loadVoiceFiles } from '../../src/voices/files.js';
import { goldenDifferences } from '../../src/voices/golden.js';

/** What a backend is held to. */
export interface ParityLimits {
  /** Mel and waveform against PyTorch, max-abs over the whole utterance. */
  golden: number;
  /** Chunked against whole. */
  streamed: number;
  /** Frames above which chunked against whole is left out: the cpu reference takes a minute for 500. */
  longestStreamed: number;
  /** The voice's sentences it speaks; all by default. */
  sentences?: readonly string[];
  /** Leaves the full-size plain HiFi-GAN out. */
  withoutFullSize?: boolean;
  /** The tiny plain vocoders it runs, and no full-size one: software GPUs compile for a second per shader. */
  tinyOnly?: readonly TinyGenerator[];
}

async function generatorEqualsPyTorch(backend: Backend, golden: GeneratorGolden, limit: number) {
  const { wanted, got } = await runGolden(backend, golden);
  const difference = maxAbs(got, wanted);
  assert.ok(difference <= limit, `waveform differs by ${difference}; wanted ${limit}`);
}

export function parityPlan(backendName: string, limits: ParityLimits): void {
  const test = suite(`parity on ${backendName}`);
  let backend: Backend;
  let release: () => Promise<void>;

  test.before(async () => {
    const hold = await acquireBackend(backendName, { numThreads: 1 });
    backend = hold.backend;
    release = hold.release;
  });
  test.after(() => release());

  for (const name of limits.tinyOnly ?? TINY_GENERATORS) {
    test(`equals PyTorch's waveform, tiny HiFi-GAN ${name}`, () =>
      generatorEqualsPyTorch(backend, tinyGolden(name), limits.golden));
  }

  const fullSize = limits.tinyOnly || limits.withoutFullSize ? undefined : fullSizeGolden();
  if (fullSize) {
    test("equals PyTorch's waveform, LJ Speech's HiFi-GAN V2", () =>
      generatorEqualsPyTorch(backend, fullSize, limits.golden));
  }

  for (const set of VOICE_SETS) {
    if (!limits.tinyOnly && !existsSync(join(SHARED, 'voices', set))) {
      test(`equals the public golden of its weights: ${set}`, () => meetsPublicGolden(backend, set, limits));
      continue;
    }
    for (const sentence of limits.sentences ?? GOLDEN_SENTENCES) {
      const file = sentenceGolden(set, sentence);
      if (!file) continue;
      test(`equals PyTorch in every stage: ${set}, "${sentence}"`, async () => {
        const golden = new Golden(file);
        const files = await loadVoiceFiles(sharedFile(`voices/${set}`)!);
        const models = await acquireModels(backend, files, 'medium');
        const before = engineCounts().tensors;
        await everyStage(backend, models.acoustic, models.vocoder, golden, files.manifest, limits);
        assert.is(engineCounts().tensors, before, 'tensors alive after the run');
        await models.release();
      });
    }
  }
  test.run();
}

/** Where the 16-bit weights and PyTorch's goldens of them are not here: the shipped weights have a golden each. */
async function meetsPublicGolden(backend: Backend, set: VoiceSet, limits: ParityLimits): Promise<void> {
  const files = await loadVoiceFiles(shippedFolder(set));
  const models = await acquireModels(backend, files, 'medium');
  const { tensors } = readSafetensors(readFileSync(publicGolden(set)));
  for (const { stage, difference } of await goldenDifferences(models, files.manifest, tensors))
    assert.ok(difference <= limits.golden, `${stage} differs by ${difference}; wanted ${limits.golden}`);
  await models.release();
}

async function everyStage(
  backend: Backend,
  acoustic: AcousticModel,
  vocoder: Vocoder,
  golden: Golden,
  manifest: Awaited<ReturnType<typeof loadVoiceFiles>>['manifest'],
  limits: ParityLimits,
): Promise<void> {
  const close = (name: string, got: ArrayLike<number>, wanted: ArrayLike<number>, limit = limits.golden) => {
    const difference = maxAbs(got, wanted);
    assert.ok(difference <= limit, `${name} differs by ${difference}; wanted ${limit}`);
  };
  const speaker = manifest.speakers.find((one) => one.index === golden.ints('speaker')[0])!;
  const encoded = await acoustic.encode(golden.ints('tokens'), speaker.index);
  const hidden = new Float32Array(encoded.hidden.size);
  await backend.read(encoded.hidden, hidden);
  close('encoded', hidden, golden.floats('encoded'));
  close('log durations', encoded.predicted.logDurations, golden.floats('log_durations'));
  close('pitch', encoded.predicted.pitch, golden.floats('pitch'));
  close('energy', encoded.predicted.energy, golden.floats('energy'));
  const durations = golden.ints('durations');
  framesFromLogDurations(encoded.predicted.logDurations, 1).forEach((frames, n) => {
    const exact = Math.exp(golden.floats('log_durations')[n]!) - 1;
    const isClear = Math.abs(exact - Math.floor(exact) - 0.5) > 1e-3;
    if (isClear) assert.is(frames, durations[n], `duration of token ${n}`);
  });
  const prosody = { ...encoded.predicted, durations };
  const decoded = await acoustic.decode(encoded, prosody);
  close('mel', decoded.mel, golden.floats('mel'));
  close('log F0', decoded.logF0, golden.floats('log_f0'));
  for (const [from, to] of [
    [0, 5],
    [5, 40],
    [decoded.frames - 9, decoded.frames],
  ] as const) {
    const part = await acoustic.decode(encoded, prosody, { from, to });
    const rows = decoded.mel.subarray(from * acoustic.bands, to * acoustic.bands);
    close(`mel of frames ${from} to ${to}`, part.mel, rows, 10 * limits.streamed); // log-mels reach 11
  }
  encoded.dispose();

  const { mean, std } = speaker.logF0;
  const hz = Float64Array.from(golden.floats('log_f0'), (z) => Math.exp(mean + std * z));
  const excitation = new Excitation(hz, { sampleRate: manifest.sampleRate, hop: vocoder.hop });
  const samples = decoded.frames * vocoder.hop;
  const rows = excitation.rows(0, decoded.frames);
  const source = transposed({ shape: [samples, 2], data: rows });
  close('source', source, golden.floats('source'), 1e-6);

  const input = { mel: golden.floats('mel'), frames: decoded.frames, source: excitation };
  const whole = new Float32Array(samples);
  await vocoder.vocode(input, { from: 0, to: decoded.frames }, whole);
  close('audio', whole, golden.floats('audio'));
  if (decoded.frames > limits.longestStreamed) return;
  const joined = new Float32Array(samples);
  for (const range of chunkPlan(decoded.frames, 7, 40)) {
    const part = joined.subarray(range.from * vocoder.hop, range.to * vocoder.hop);
    await vocoder.vocode(input, range, part);
  }
  close('chunks joined', joined, whole, limits.streamed);
}
