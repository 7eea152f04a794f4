// ONNX files of our weights on demand, so that a bench can compare us with a rival on the same network.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultVoiceFolder, SHIPPED_SETS } from '../../../src/voices/catalog.js';
import { cachePath, sharedPath } from '../../lib/cache.js';
import { lastLines, runProgram } from '../../lib/program.js';
import { ensureVenv } from '../../lib/python.js';
import { isUnavailable, type Unavailable } from '../../lib/unavailable.js';

/**
 * - `vocoder`: our voice's; mel [1, 80, T], source [1, 2, 256 T] -> audio [1, 1, 256 T].
 * - `acoustic`: tokens int64 [1, N], speaker int64 [1], rate float32 [1] -> log_durations, durations, pitch,
 *   energy [1, N], mel [1, T, 80], log_f0 [1, T].
 * - `acoustic-forced`: the same with durations int64 [1, N] (frames) in place of rate, and none among the outputs.
 * - `hifigan-v1`, `-v2`, `-v3`: full-size plain generators, seeded random weights; mel -> audio.
 */
export type OnnxModel =
  | 'vocoder'
  | 'acoustic'
  | 'acoustic-forced'
  | 'hifigan-v1'
  | 'hifigan-v2'
  | 'hifigan-v3';

/** Any jik876 HiFi-GAN checkpoint with the config.json that belongs to it. */
export interface HifiganCheckpoint {
  checkpoint: string;
  config: string;
  golden?: string;
}

/** Where the engine finds the weights that an exported plain generator has. */
export interface HifiganWeights {
  /** Safetensors, float32, jik876's names, no weight-norm. */
  weights: string;
  /** jik876's config.json. */
  config: string;
}

const here = fileURLToPath(new URL('.', import.meta.url));
const requirements = join(here, 'requirements.txt');
const exporters = ['export.py', 'cases.py', 'hifigan.py', 'fastspeech.py', 'requirements.txt'];

/** The exporter's command line for a model, the files its output depends on, and what else it writes. */
interface Plan {
  name: string;
  args: string[];
  inputs: string[];
  alsoWrites?: string;
}

function plan(which: OnnxModel | HifiganCheckpoint): Plan {
  if (typeof which !== 'string') {
    const args = ['hifigan', '--config', which.config, '--checkpoint', which.checkpoint];
    if (which.golden !== undefined) args.push('--golden', which.golden);
    return {
      name: `checkpoint-${basename(which.checkpoint)}`,
      args,
      inputs: [which.config, which.checkpoint],
    };
  }
  if (which.startsWith('hifigan-')) {
    const { weights, config } = randomHifiganWeights(which);
    return {
      name: which,
      args: ['hifigan', '--config', config, '--weights', weights],
      inputs: [config],
      alsoWrites: weights,
    };
  }
  const voice = exportedVoice();
  const goldens = join(voice, 'golden');
  const args = [which, '--voice', voice];
  if (existsSync(goldens)) {
    const files = readdirSync(goldens).filter((name) => name.endsWith('.safetensors'));
    args.push('--golden', ...files.map((name) => join(goldens, name)));
  }
  return {
    name: which,
    args,
    inputs: readdirSync(voice)
      .filter(isWeight)
      .map((name) => join(voice, name)),
  };
}

/** The voice of the ONNX files: the shipped one in 16 bits, where it is here, as its goldens were made with those weights. */
export function exportedVoice(): string {
  const whole = sharedPath('voices', SHIPPED_SETS[0]);
  return existsSync(whole) ? whole : defaultVoiceFolder();
}

function isWeight(name: string): boolean {
  return name === 'model.json' || name.endsWith('.safetensors');
}

/**
 * The seeded random weights behind `hifigan-v1`, `-v2`, `-v3`; they exist once ensureOnnx has returned a
 * path.
 */
export function randomHifiganWeights(which: string): HifiganWeights {
  return {
    weights: cachePath('onnx', `${which}.safetensors`),
    config: join(here, 'configs', `${which}.json`),
  };
}

/**
 * The path of a model's ONNX file, exported and verified by export.py when it is not in .cache/onnx or its
 * weights or the exporter have changed. Reports on stderr; the first time takes minutes. Where there is no
 * Python or no package, the reason.
 *
 * @throws Error when the export or its verification fails: that is a defect, not an absence.
 */
export async function ensureOnnx(which: OnnxModel | HifiganCheckpoint): Promise<string | Unavailable> {
  const { name, args, inputs, alsoWrites } = plan(which);
  const hash = createHash('sha256');
  for (const path of [...exporters.map((file) => join(here, file)), ...inputs])
    hash.update(readFileSync(path));
  const out = cachePath('onnx', `${name}-${hash.digest('hex').slice(0, 12)}.onnx`);
  if (existsSync(out) && (alsoWrites === undefined || existsSync(alsoWrites))) return out;
  const venv = await ensureVenv('onnx', requirements);
  if (isUnavailable(venv)) return { unavailable: `ONNX export of ${name}: ${venv.unavailable}` };
  console.error(`exporting ${name} to ONNX`);
  const script = [join(here, 'export.py'), ...args, '--out', out];
  const result = await runProgram(venv.python, script, { PYTHONWARNINGS: 'ignore' });
  if (result.code !== 0)
    throw new Error(`ONNX export of ${name} failed: ${lastLines(result.stderr || result.stdout)}`);
  console.error(result.stdout.trim());
  for (const old of readdirSync(dirname(out))) {
    const sibling = old.startsWith(`${name}-`) && old.length === basename(out).length;
    if (sibling && old !== basename(out)) rmSync(join(dirname(out), old));
  }
  return out;
}
