// A backend against every golden that test/parity holds it to: the plain generators and our voice's two
// models, whole utterances, in one process.
import type { Engine } from '../../../src/synthesis/engine.js';
import { openEngine, vocodeWhole } from '../engine.js';
import {
  fullSizeGolden,
  type GeneratorGolden,
  GOLDEN_SENTENCES,
  Golden,
  publicGolden,
  runGolden,
  sentenceGolden,
  sharedFile,
  TINY_GENERATORS,
  type TinyGenerator,
  tinyGolden,
  transposed,
} from '../goldens.js';
import { agreement } from './agreement.js';
import type { MatrixEngine } from './engines.js';

/** Name of the golden, max-abs, mean-abs, SNR in dB. */
export type GoldenRow = [golden: string, maxAbs: number, meanAbs: number, snr: number];

/** `one` is the generator with the fewest shaders: a software GPU has half a minute for it. */
export type GoldenEffort = MatrixEngine['effort'] | 'one';

const TINY: Record<GoldenEffort, readonly TinyGenerator[]> = {
  full: TINY_GENERATORS,
  short: TINY_GENERATORS,
  least: ['v2', 'odd'],
  one: ['v3'],
};

/** Whole sentences, by how much an engine is given to do. */
const SENTENCES: Record<GoldenEffort, readonly string[]> = {
  full: GOLDEN_SENTENCES,
  short: ['short'],
  least: [],
  one: [],
};

function generatorGoldens(effort: GoldenEffort): GeneratorGolden[] {
  const tiny = TINY[effort].map(tinyGolden);
  const fullSize = effort === 'full' ? fullSizeGolden() : undefined;
  return fullSize ? [...tiny, fullSize] : tiny;
}

/** The rows [S, 2] that drive the vocoder, from the golden's F0. */
function excitationOf({ manifest, models }: Engine, golden: Golden): Float32Array {
  const [index] = golden.ints('speaker');
  const { mean, std } = manifest.speakers.find((one) => one.index === index)!.logF0;
  const hz = Float64Array.from(golden.floats('log_f0'), (z) => Math.exp(mean + std * z));
  return models.vocoder.source(hz).rows(0, hz.length);
}

function row(name: string, wanted: Float32Array, got: Float32Array): GoldenRow {
  const { maxAbs, meanAbs, snr } = agreement(wanted, got);
  return [name, maxAbs, meanAbs, snr];
}

/** One row a golden. Each model gets the golden's own inputs, so that the stages stay apart. */
export async function goldenRows(name: string, threads: number, effort: GoldenEffort): Promise<GoldenRow[]> {
  // PyTorch's goldens are of the 16-bit weights that the shipped ones are made of; the shipped ones have one of their own.
  const voice = sharedFile('voices/aspen');
  const sentences = voice ? SENTENCES[effort] : SENTENCES[effort].slice(0, 1);
  await using engine = await openEngine({ backend: name, threads, ...(voice ? { weights: voice } : {}) });
  const { backend, models } = engine;
  const rows: GoldenRow[] = [];
  for (const one of generatorGoldens(effort)) {
    const { wanted, got } = await runGolden(backend, one);
    rows.push(row(one.name, wanted, got));
  }
  for (const name of sentences) {
    const [sentence, file] = voice ? [name, sentenceGolden('aspen', name)] : ['hello', publicGolden('aspen')];
    if (!file) continue;
    const golden = new Golden(file);
    const encoded = await models.acoustic.encode(golden.ints('tokens'), golden.ints('speaker')[0]!);
    const durations = golden.ints('durations');
    const { mel } = await models.acoustic.decode(encoded, { ...encoded.predicted, durations });
    encoded.dispose();
    rows.push(row(`"${sentence}", mel`, golden.floats('mel'), mel));
    const driven = golden.has('source')
      ? transposed({ shape: golden.shape('source'), data: golden.floats('source') })
      : excitationOf(engine, golden);
    const samples = await vocodeWhole(models.vocoder, golden.floats('mel'), driven);
    rows.push(row(`"${sentence}", samples`, golden.floats('audio'), samples));
  }
  return rows;
}
