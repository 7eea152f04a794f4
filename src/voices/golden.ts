// How far a voice's models are from a golden: what the original code made of the same weights, stage by stage. Three forms
// are known: ours (`tokens`, docs/voices.md), transformers' (`input_ids`), and a vocoder's alone (`mel` and `audio`).
import { roundHalfEven } from '../acoustic/fastspeech2.js';
import { type HostTensor, toFloat32, toInt32 } from '../checkpoints/tensor.js';
import { shown, VoirsError } from '../errors.js';
import { chunkPlan } from '../models/chunk-plan.js';
import type { AcousticModel, Vocoder, VocoderSource } from '../models/model.js';
import type { VoiceManifest } from './manifest.js';

/** The largest difference of a stage's values; infinite where their number differs, or one is not a number. */
export interface StageDifference {
  stage: string;
  difference: number;
}

/** The models to hold to a golden, on a backend. */
export interface GoldenModels {
  /** Absent for a vocoder alone. */
  acoustic?: AcousticModel;
  vocoder?: Vocoder | undefined;
}

type Tensors = ReadonlyMap<string, HostTensor>;

/** Frames of a stretch that a vocoder speaks at once. */
const STRETCH = 512;
/** As far as a duration may be from a half before another rounding is a difference. */
const CLEAR = 1e-3;

/** Whether a voice adds noise of its own, so that no other code makes the same of it. */
export function isNoisy({ acoustic }: VoiceManifest): boolean {
  const { noiseScale = 0, noiseScaleDuration = 0 } = acoustic.model.config as Record<string, number>;
  return acoustic.type === 'vits' && (noiseScale > 0 || noiseScaleDuration > 0);
}

/**
 * Runs a golden.
 * @param manifest of the voice; absent for a vocoder alone.
 * @throws VoirsError INVALID_WEIGHTS for a golden that has no form that is known, or that lacks a tensor.
 */
export async function goldenDifferences(
  { acoustic, vocoder }: GoldenModels,
  manifest: VoiceManifest | undefined,
  golden: Tensors,
): Promise<StageDifference[]> {
  if (acoustic && manifest && golden.has('tokens')) return ours(acoustic, vocoder, manifest, golden);
  if (acoustic && manifest && golden.has('input_ids')) return theirs(acoustic, vocoder, manifest, golden);
  if (vocoder && golden.has('audio') && (golden.has('mel') || golden.has('spectrogram')))
    return vocoderAlone(vocoder, golden);
  throw new VoirsError('INVALID_WEIGHTS', 'The golden has no form that is known', {
    got: shown([...golden.keys()]),
    wanted:
      'tokens, speaker, durations, mel, log_f0, audio; input_ids, durations, spectrogram; mel and audio',
    suggestion: 'docs/voices.md has the forms.',
  });
}

function floats(golden: Tensors, name: string): Float32Array {
  const tensor = golden.get(name);
  if (tensor) return toFloat32(tensor);
  throw lacks(golden, name);
}

function ints(golden: Tensors, name: string): Int32Array {
  const tensor = golden.get(name);
  if (tensor) return toInt32(tensor);
  throw lacks(golden, name);
}

function lacks(golden: Tensors, name: string): VoirsError {
  return new VoirsError('INVALID_WEIGHTS', `The golden lacks ${name}`, {
    got: shown([...golden.keys()]),
    wanted: name,
    suggestion: 'Make it again; docs/voices.md has the forms.',
  });
}

/** Largest absolute difference; infinite when lengths differ or a value is not a number. */
export function maxAbs(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= most)) most = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return most;
}

/** Every stage is given what the golden has before it, so that a difference is its own. */
async function ours(
  acoustic: AcousticModel,
  vocoder: Vocoder | undefined,
  manifest: VoiceManifest,
  golden: Tensors,
): Promise<StageDifference[]> {
  const [index] = ints(golden, 'speaker');
  const speaker = manifest.speakers.find((one) => one.index === index);
  if (!speaker) {
    throw new VoirsError('INVALID_WEIGHTS', 'The golden is of another voice', {
      got: `speaker ${index}`,
      wanted: manifest.speakers.map((one) => `${one.index} (${one.id})`).join(', '),
    });
  }
  const encoded = await acoustic.encode(ints(golden, 'tokens'), speaker.index);
  try {
    const { predicted } = encoded;
    const durations = ints(golden, 'durations');
    const logDurations = floats(golden, 'log_durations');
    const clear = durations.map((frames, n) => {
      const exact = Math.exp(logDurations[n]!) - 1;
      return Math.abs(exact - Math.floor(exact) - 0.5) > CLEAR ? frames : predicted.durations[n]!;
    });
    const { mel, logF0, frames } = await acoustic.decode(encoded, { ...predicted, durations });
    const stages = [
      { stage: 'log durations', difference: maxAbs(predicted.logDurations, logDurations) },
      { stage: 'durations', difference: maxAbs(predicted.durations, clear) },
      { stage: 'pitch', difference: maxAbs(predicted.pitch, floats(golden, 'pitch')) },
      { stage: 'energy', difference: maxAbs(predicted.energy, floats(golden, 'energy')) },
      { stage: 'mel', difference: maxAbs(mel, floats(golden, 'mel')) },
      { stage: 'log F0', difference: maxAbs(logF0, floats(golden, 'log_f0')) },
    ];
    if (!vocoder) return stages;
    const { mean, std } = speaker.logF0;
    const hz = Float64Array.from(floats(golden, 'log_f0'), (z) => Math.exp(mean + std * z));
    const source = vocoder.isDriven ? vocoder.source(hz) : undefined;
    const audio = await spoken(vocoder, floats(golden, 'mel'), frames, speaker, source);
    return [...stages, { stage: 'samples', difference: maxAbs(audio, floats(golden, 'audio')) }];
  } finally {
    encoded.dispose();
  }
}

/** What transformers gives for its own symbols; where there are several speakers, names end in `.index`. */
async function theirs(
  acoustic: AcousticModel,
  vocoder: Vocoder | undefined,
  { speakers, acoustic: entry }: VoiceManifest,
  golden: Tensors,
): Promise<StageDifference[]> {
  const model = (acoustic as AcousticModel & { inner?: AcousticModel }).inner ?? acoustic;
  const { speed = 1, reduction = 1 } = entry.model.config as Record<string, number>;
  const stages: StageDifference[] = [];
  for (const speaker of speakers) {
    const suffix = golden.has(`spectrogram.${speaker.index}`) ? `.${speaker.index}` : '';
    if (suffix === '' && speakers.length > 1) continue;
    const encoded = await model.encode(ints(golden, 'input_ids'), speaker.index);
    try {
      const { predicted } = encoded;
      const durations = ints(golden, `durations${suffix}`).map(
        (frames) => roundHalfEven(frames * speed) * reduction,
      );
      const add = (stage: string, difference: number) =>
        stages.push({ stage: stage + (suffix === '' ? '' : ` of ${speaker.id}`), difference });
      add('durations', maxAbs(predicted.durations, durations));
      for (const stage of ['pitch', 'energy'] as const)
        if (golden.has(stage)) add(stage, maxAbs(predicted[stage], floats(golden, stage)));
      const { mel, frames } = await model.decode(encoded, { ...predicted, durations });
      add('frames', maxAbs(mel, floats(golden, `spectrogram${suffix}`)));
      if (!vocoder || !golden.has(`audio${suffix}`)) continue;
      const audio = await spoken(vocoder, mel, frames, speaker, undefined);
      add('samples', maxAbs(audio, floats(golden, `audio${suffix}`)));
    } finally {
      encoded.dispose();
    }
  }
  return stages;
}

async function vocoderAlone(vocoder: Vocoder, golden: Tensors): Promise<StageDifference[]> {
  const name = golden.has('mel') ? 'mel' : 'spectrogram';
  const { bands } = vocoder;
  const [rows = 0, columns = 0] = golden.get(name)!.shape;
  const given = floats(golden, name);
  const isTurned = name === 'mel' && rows === bands; // jik876's mel is [bands, T]
  const frames = isTurned ? columns : rows;
  const mel = isTurned
    ? given.map((_, i) => given[(i % bands) * columns + Math.floor(i / bands)]!) // [bands, T] -> [T, bands]
    : given;
  if (frames * bands !== given.length) return [{ stage: 'samples', difference: Number.POSITIVE_INFINITY }];
  const audio = await spoken(vocoder, mel, frames, undefined, undefined);
  return [{ stage: 'samples', difference: maxAbs(audio, floats(golden, 'audio')) }];
}

/** mel [T, bands] -> samples [S], in stretches. */
async function spoken(
  vocoder: Vocoder,
  mel: Float32Array,
  frames: number,
  speaker: { readonly index: number } | undefined,
  source: VocoderSource | undefined,
): Promise<Float32Array> {
  const audio = new Float32Array(frames * vocoder.hop);
  const input = { mel, frames, source, ...(speaker ? { speaker } : {}) };
  for (const range of chunkPlan(frames, STRETCH, STRETCH))
    await vocoder.vocode(input, range, audio.subarray(range.from * vocoder.hop, range.to * vocoder.hop));
  return audio;
}
