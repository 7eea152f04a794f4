// Measures by how much samples are louder than their mels say, by speaker and pitch shift (`loudnessOffsets`), and, for a
// local decoder, fits the weights that predict a sentence's loudness from its tokens (`loudness`; synthesis/finish.ts).
// Writes both into a voice's model.json. Run after new weights, for a 16-bit voice folder:
//   npx tsx tools/voices/calibrate-loudness.ts FOLDER [MOST_TEXTS_A_SPEAKER]
// The texts are those of shared/voice-training; every tenth is held out, and the error on them is printed. What was
// measured is kept under .cache, so that a stopped run goes on where it was.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { cachePath, missingShared, sharedPath } from '../../bench/lib/cache.js';
import { BLOCK_STEPS, BLOCKS_PER_SECOND, integratedLoudness } from '../../src/audio/loudness.js';
import { seededRandom } from '../../src/cli/bench-text.js';
import { checkedCall } from '../../src/synthesis/call.js';
import { Engine } from '../../src/synthesis/engine.js';
import { MelLoudness } from '../../src/synthesis/finish.js';
import { beginSentence, decodeUntil, releaseSentence, speakWhole } from '../../src/synthesis/sentence.js';
import { MEASURED_FRAMES } from '../../src/synthesis/sentence-loudness.js';

/** One spoken sentence: what is known before decoding, and what came of it. */
interface Row {
  text: string;
  shift: number;
  /** [N, C], base64 of float32. */
  hidden: string;
  logDurations: number[];
  durations: number[];
  energy: number[];
  pitch: number[];
  /** [N] mean K-weighted power of each token's frames, by the mel. */
  power: number[];
  lufs: number;
}

/** Pitch shifts in semitones that every fifth text is spoken with as well. */
const SHIFTS = [-12, -9, -6, -3, 3, 6, 9, 12];

/** Texts and shifts: every second text once, every fifth of those also shifted, every fifth also cut to its first few words. */
function* jobs(): Generator<{ text: string; shift: number }> {
  const texts = sharedPath('voice-training', 'texts.jsonl.gz');
  if (!existsSync(texts)) throw new Error(missingShared('voice-training/texts.jsonl.gz'));
  const lines = gunzipSync(readFileSync(texts))
    .toString('utf8')
    .trim()
    .split('\n')
    .filter((_, n) => n % 2 === 0)
    .map((line) => JSON.parse(line) as { text: string; tokens: string[] });
  for (const [i, { text, tokens }] of lines.entries()) {
    const mark = /^[.?!]$/.test(tokens.at(-2)!) ? tokens.at(-2)! : '.';
    const whole = /[.?!]$/.test(text) ? text : `${text}${mark}`;
    yield { text: whole, shift: 0 };
    if (i % 5 === 0) yield { text: whole, shift: SHIFTS[(i / 5) % SHIFTS.length]! };
    if (i % 5 !== 1) continue;
    const words = whole
      .replace(/[^A-Za-z' ]/g, '')
      .split(' ')
      .slice(0, 1 + (i % 4));
    yield { text: `${words.join(' ')}${'.!?'[i % 3]}`, shift: i % 2 === 1 ? 0 : SHIFTS[i % SHIFTS.length]! };
  }
}

/** Speaks a text and measures it; undefined for more than one sentence, or one too quiet to measure. */
async function measure(engine: Engine, voice: string, text: string, shift: number): Promise<Row | undefined> {
  const call = checkedCall(engine, { voice, pitchShift: shift });
  const { sentences } = await engine.read(text, call);
  if (sentences.length !== 1) return undefined;
  const { mel: form, sampleRate } = engine.manifest;
  if (form.log !== 'natural') throw new Error('the frames of this voice do not tell their loudness');
  const meter = new MelLoudness(form, sampleRate);
  const spoken = await beginSentence(engine, call, sentences[0]!);
  try {
    const encoded = spoken.encoded!;
    const hidden = new Float32Array(encoded.hidden.size);
    await engine.backend.read(encoded.hidden, hidden);
    const { logDurations } = encoded.predicted;
    await decodeUntil(engine, call, spoken, spoken.frames);
    const samples = new Float32Array(spoken.frames * engine.models.vocoder.hop);
    await speakWhole(engine, call, spoken, samples);
    const lufs = integratedLoudness(samples, 1, sampleRate);
    if (lufs === undefined) return undefined;
    const { durations, energy, pitch } = spoken.prosody;
    const powers = meter.framePowers(spoken.mel);
    let frame = 0;
    const power = Array.from(durations, (duration) => {
      let sum = 0;
      for (let t = 0; t < duration; t++) sum += powers[frame++]!;
      return duration === 0 ? 0 : sum / duration;
    });
    return {
      ...{ text, shift, power, lufs },
      hidden: Buffer.from(hidden.buffer).toString('base64'),
      ...{
        logDurations: [...logDurations],
        durations: [...durations],
        energy: [...energy],
        pitch: [...pitch],
      },
    };
  } finally {
    releaseSentence(spoken);
  }
}

/** A row as the fit needs it: features [N, F] of its tokens, and the share of each measuring block that a token has. */
interface Sample {
  features: Float64Array;
  tokens: number;
  /** [blocks][N] */
  blocks: Float64Array[];
  row: Row;
}

/** Features besides the hidden state: energy, pitch (here, before, after), pitch squared, log duration, one. */
const OTHERS = 9;

function sampleOf(row: Row, framesPerStep: number): Sample {
  const bytes = Buffer.from(row.hidden, 'base64');
  const hidden = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const tokens = row.durations.length;
  const channels = hidden.length / tokens;
  const width = channels + OTHERS;
  const features = new Float64Array(tokens * width);
  for (let n = 0; n < tokens; n++) {
    features.set(hidden.subarray(n * channels, (n + 1) * channels), n * width);
    const around = (values: number[]) => [values[n]!, values[n - 1] ?? 0, values[n + 1] ?? 0];
    const others = [...around(row.energy), ...around(row.pitch), row.pitch[n]! ** 2, row.logDurations[n]!, 1];
    features.set(others, n * width + channels);
  }
  const owner: number[] = row.durations.flatMap((duration, n) => new Array<number>(duration).fill(n));
  const count = Math.max(1, Math.floor(owner.length / framesPerStep) - BLOCK_STEPS + 1);
  const blocks = Array.from({ length: count }, (_, k) => {
    const share = new Float64Array(tokens);
    const from = Math.round(k * framesPerStep);
    const to = Math.min(owner.length, Math.round((k + BLOCK_STEPS) * framesPerStep));
    for (let t = from; t < to; t++) share[owner[t]!]! += 1 / (to - from);
    return share;
  });
  return { features, tokens, blocks, row };
}

const LU = 10 / Math.log(10);

/** Predicted LUFS of a sample, and its gradient by each token's logarithm of power. */
function predict(
  { blocks, tokens }: Sample,
  logPower: Float64Array,
): { lufs: number; gradient: Float64Array } {
  const power = logPower.map(Math.exp);
  const sums = blocks.map((share) => share.reduce((sum, part, n) => sum + part * power[n]!, 0));
  const level = (p: number) => -0.691 + LU * Math.log(p);
  const audible = sums.filter((p) => level(p) > -70);
  const gate = level(audible.reduce((a, b) => a + b, 0) / Math.max(1, audible.length)) - 10;
  const gradient = new Float64Array(tokens);
  let total = 0;
  let count = 0;
  sums.forEach((p, k) => {
    if (!(level(p) > -70 && level(p) > gate)) return;
    total += p;
    count += 1;
    blocks[k]!.forEach((share, n) => {
      gradient[n]! += share * power[n]!;
    });
  });
  for (let n = 0; n < tokens; n++) gradient[n]! *= LU / total;
  return { lufs: level(total / count), gradient };
}

/** Ridge regression on weighted rows: (X'WX + r I) w = X'Wy, by elimination. */
function ridge(samples: Sample[], width: number, mean: Float64Array, scale: Float64Array): Float64Array {
  const a = Array.from({ length: width }, () => new Float64Array(width + 1));
  let weightSum = 0;
  const x = new Float64Array(width);
  for (const { features, tokens, row } of samples) {
    for (let n = 0; n < tokens; n++) {
      const power = row.power[n]!;
      if (row.durations[n] === 0 || power < 1e-9) continue;
      const weight = row.durations[n]! * power ** 0.8; // what loudness hears
      weightSum += weight;
      for (let i = 0; i < width; i++) x[i] = (features[n * width + i]! - mean[i]!) / scale[i]!;
      const y = Math.log(power);
      for (let i = 0; i < width; i++) {
        const wx = weight * x[i]!;
        for (let j = 0; j < width; j++) a[i]![j]! += wx * x[j]!;
        a[i]![width]! += wx * y;
      }
    }
  }
  for (let i = 0; i < width; i++) a[i]![i]! += 3e-3 * weightSum;
  for (let i = 0; i < width; i++) {
    let pivot = i;
    for (let r = i + 1; r < width; r++) if (Math.abs(a[r]![i]!) > Math.abs(a[pivot]![i]!)) pivot = r;
    [a[i], a[pivot]] = [a[pivot]!, a[i]!];
    for (let r = i + 1; r < width; r++) {
      const factor = a[r]![i]! / a[i]![i]!;
      for (let c = i; c <= width; c++) a[r]![c]! -= factor * a[i]![c]!;
    }
  }
  const solution = new Float64Array(width);
  for (let i = width - 1; i >= 0; i--) {
    let value = a[i]![width]!;
    for (let c = i + 1; c < width; c++) value -= a[i]![c]! * solution[c]!;
    solution[i] = value / a[i]![i]!;
  }
  return solution;
}

/** Weights on the features as they are, fitted to the measured loudness of sentences, begun from the ridge's. */
function fit(samples: Sample[], width: number): Float64Array {
  const [mean, scale] = [new Float64Array(width), new Float64Array(width).fill(1)];
  const count = samples.reduce((sum, { tokens }) => sum + tokens, 0);
  for (let i = 0; i < width - 1; i++) {
    let [sum, square] = [0, 0];
    for (const { features, tokens } of samples) {
      for (let n = 0; n < tokens; n++) {
        sum += features[n * width + i]!;
        square += features[n * width + i]! ** 2;
      }
    }
    mean[i] = sum / count;
    scale[i] = Math.sqrt(square / count - mean[i]! ** 2) || 1;
  }
  const start = ridge(samples, width, mean, scale);
  const weights = start.slice();
  const [first, second] = [new Float64Array(width), new Float64Array(width)];
  const random = seededRandom(1);
  const order = [...samples.keys()];
  const BATCH = 16;
  let step = 0;
  for (let epoch = 0; epoch < 24; epoch++) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    const rate = 2e-3 / (epoch < 12 ? 1 : epoch < 18 ? 4 : 16);
    for (let at = 0; at < order.length; at += BATCH) {
      const gradient = new Float64Array(width);
      for (const index of order.slice(at, at + BATCH)) {
        const sample = samples[index]!;
        const { lufs, gradient: byToken } = predict(sample, logPowerOf(sample, weights, mean, scale));
        const error = lufs - sample.row.lufs;
        for (let n = 0; n < sample.tokens; n++) {
          const factor = (2 * error * byToken[n]!) / BATCH;
          for (let i = 0; i < width; i++)
            gradient[i]! += (factor * (sample.features[n * width + i]! - mean[i]!)) / scale[i]!;
        }
      }
      step += 1;
      for (let i = 0; i < width; i++) {
        const g = gradient[i]! + 2e-3 * (weights[i]! - start[i]!);
        first[i] = 0.9 * first[i]! + 0.1 * g;
        second[i] = 0.999 * second[i]! + 0.001 * g * g;
        const corrected = first[i]! / (1 - 0.9 ** step);
        weights[i]! -= (rate * corrected) / (Math.sqrt(second[i]! / (1 - 0.999 ** step)) + 1e-8);
      }
    }
  }
  const plain = weights.map((weight, i) => weight / scale[i]!);
  for (let i = 0; i < width - 1; i++) plain[width - 1]! -= plain[i]! * mean[i]!;
  return plain;
}

function logPowerOf(
  { features, tokens }: Sample,
  weights: Float64Array,
  mean?: Float64Array,
  scale?: Float64Array,
): Float64Array {
  const width = weights.length;
  return Float64Array.from({ length: tokens }, (_, n) => {
    let sum = 0;
    for (let i = 0; i < width; i++)
      sum += (weights[i]! * (features[n * width + i]! - (mean?.[i] ?? 0))) / (scale?.[i] ?? 1);
    return sum;
  });
}

function spread(errors: number[]): string {
  const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
  const sd = Math.sqrt(errors.reduce((a, b) => a + (b - mean) ** 2, 0) / errors.length);
  const most = Math.max(...errors.map(Math.abs));
  return `mean ${mean.toFixed(2)}, SD ${sd.toFixed(3)}, largest ${most.toFixed(2)} LU over ${errors.length}`;
}

const [folder, most = '10000'] = process.argv.slice(2);
if (folder === undefined)
  throw new Error('usage: npx tsx tools/voices/calibrate-loudness.ts FOLDER [MOST_TEXTS_A_SPEAKER]');
await using engine = await Engine.load({
  ...{ weights: folder, backend: 'wasm', numThreads: 1, cacheSize: 0, enablePostprocessing: false },
});
const { manifest } = engine;
const framesPerStep = manifest.sampleRate / manifest.mel.hopSize / BLOCKS_PER_SECOND;
const path = join(folder, 'model.json');
const json = JSON.parse(readFileSync(path, 'utf8'));
const vocoder = json.vocoders[manifest.quality.medium];
const isLocal = Number.isFinite(engine.models.acoustic.contextFrames);
vocoder.loudnessOffsets = {};
if (isLocal) json.loudness = {};
const all = [...jobs()].slice(0, Number(most));
for (const { id } of manifest.speakers) {
  const kept = cachePath('loudness', `${manifest.name}-${manifest.version}-${id}.jsonl`);
  const lines = existsSync(kept) ? readFileSync(kept, 'utf8').trim().split('\n').filter(Boolean) : [];
  for (const { text, shift } of all.slice(lines.length)) {
    const line = JSON.stringify((await measure(engine, id, text, shift)) ?? null);
    appendFileSync(kept, `${line}\n`);
    lines.push(line);
  }
  // Shorter sentences are measured, not predicted.
  const rows = lines
    .map((line) => JSON.parse(line) as Row | null)
    .filter((row) => row !== null && row.durations.reduce((a, b) => a + b, 0) > MEASURED_FRAMES) as Row[];
  const samples = rows.map((row) => sampleOf(row, framesPerStep));
  const offsets: Record<string, number> = {};
  for (const shift of [0, ...SHIFTS].sort((a, b) => a - b)) {
    const over = samples.filter(({ row }) => row.shift === shift);
    if (over.length === 0) continue;
    const errors = over.map(
      (one) => one.row.lufs - predict(one, Float64Array.from(one.row.power, Math.log)).lufs,
    );
    offsets[shift] = Number((errors.reduce((a, b) => a + b, 0) / errors.length).toFixed(2));
    console.log(`${id}: ${shift} semitones, samples over mel ${spread(errors)}`);
  }
  vocoder.loudnessOffsets[id] = offsets;
  if (!isLocal) continue;
  const plain = samples.filter(({ row }) => row.shift === 0);
  const heldOut = plain.filter((_, n) => n % 10 === 0);
  const width = samples[0]!.features.length / samples[0]!.tokens;
  const weights = fit(
    plain.filter((_, n) => n % 10 !== 0),
    width,
  );
  const errors = heldOut.map((one) => predict(one, logPowerOf(one, weights)).lufs - one.row.lufs);
  console.log(`${id}: predicted, held out ${spread(errors)}`);
  const channels = width - OTHERS;
  const rounded = [...weights].map((weight) => Number(weight.toPrecision(5)));
  const others = rounded.slice(channels);
  json.loudness[id] = {
    bias: others[8],
    hidden: rounded.slice(0, channels),
    energy: others.slice(0, 3),
    pitch: others.slice(3, 6),
    pitchSquared: others[6],
    logDuration: others[7],
  };
}
writeFileSync(path, `${JSON.stringify(json, null, 1)}\n`);
