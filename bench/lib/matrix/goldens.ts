// A backend against every golden: the plain generators and our voice's two models, whole utterances, in one process.
import { fixture, Golden, sharedFile, transposed } from '../../../test/goldens.js';
import { generatorFrom, openEngine, vocodeWhole } from '../engine.js';
import { agreement } from './agreement.js';
import type { MatrixEngine } from './engines.js';

/** Name of the golden, max-abs, mean-abs, SNR in dB. */
export type GoldenRow = [golden: string, maxAbs: number, meanAbs: number, snr: number];

/** A generator's checkpoint with its config and golden. */
interface PlainCase {
  name: string;
  model: string;
  config: string;
  golden: string;
}

/** `one` is the generator with the fewest shaders, for a software GPU that has to be done in half a minute. */
export type GoldenEffort = MatrixEngine['effort'] | 'one';

const PLAIN: Record<GoldenEffort, readonly string[]> = {
  full: ['v1', 'v2', 'v3', 'odd'],
  short: ['v1', 'v2', 'v3', 'odd'],
  least: ['v2', 'odd'],
  one: ['v3'],
};

function plainCases(effort: GoldenEffort): PlainCase[] {
  const cases = PLAIN[effort].map((name) => ({
    name: `hifigan ${name} tiny`,
    model: fixture(`hifigan-${name}-tiny.pth`),
    config: fixture(`hifigan-${name}-tiny.json`),
    golden: fixture(`hifigan-${name}-tiny.golden.safetensors`),
  }));
  if (effort !== 'full') return cases;
  const model = sharedFile('checkpoints/hifigan-lj-v2/generator_v2');
  const config = sharedFile('checkpoints/hifigan-lj-v2/config.json');
  const golden = sharedFile('fixtures/hifigan-lj-v2.golden.safetensors');
  return model && config && golden ? [...cases, { name: 'hifigan LJ V2', model, config, golden }] : cases;
}

function row(name: string, wanted: Float32Array, got: Float32Array): GoldenRow {
  const { maxAbs, meanAbs, snr } = agreement(wanted, got);
  return [name, maxAbs, meanAbs, snr];
}

/** Whole sentences, by how much an engine is given to do. */
const SENTENCES: Record<GoldenEffort, readonly string[]> = {
  full: ['short', 'hello', 'question', 'paragraph'],
  short: ['short'],
  least: [],
  one: [],
};

/** What PyTorch has made a golden of. Inputs of each model are the golden's, so that stages stay apart. */
export async function goldenRows(name: string, threads: number, effort: GoldenEffort): Promise<GoldenRow[]> {
  await using engine = await openEngine({ backend: name, threads });
  const { backend, models } = engine;
  const rows: GoldenRow[] = [];
  for (const one of plainCases(effort)) {
    const generator = await generatorFrom(backend, one.model, one.config);
    const golden = new Golden(one.golden);
    const mel = transposed({ shape: golden.shape('mel'), data: golden.floats('mel') });
    rows.push(row(one.name, golden.floats('audio'), await vocodeWhole(generator, mel)));
    generator.dispose();
  }
  for (const sentence of SENTENCES[effort]) {
    const file = sharedFile(`voices/arctic/golden/${sentence}.safetensors`);
    if (!file) continue;
    const golden = new Golden(file);
    const encoded = await models.acoustic.encode(golden.ints('tokens'), golden.ints('speaker')[0]!);
    const durations = golden.ints('durations');
    const { mel } = await models.acoustic.decode(encoded, { ...encoded.predicted, durations });
    encoded.dispose();
    rows.push(row(`"${sentence}", mel`, golden.floats('mel'), mel));
    const source = golden.floats('source');
    const [first, second] = golden.shape('source');
    const isByRow = second === 2;
    const driven = isByRow ? source : transposed({ shape: [first!, second!], data: source });
    const samples = await vocodeWhole(models.vocoder, golden.floats('mel'), driven);
    rows.push(row(`"${sentence}", samples`, golden.floats('audio'), samples));
  }
  return rows;
}
