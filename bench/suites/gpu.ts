// GPUs: parity and speed of our backends, one by one and in batches, beside PyTorch on the same card and our
// WebAssembly on the CPU. One command on a machine with an NVIDIA card; a dry run anywhere.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { patience } from '../../scripts/patience.mjs';
import { benchText } from '../../src/cli/bench-text.js';
import { Frontend } from '../../src/frontend/frontend.js';
import { Vocabulary } from '../../src/frontend/phonemes.js';
import { defaultVoiceFolder, loadPronouncer, speakerOf } from '../../src/voices/catalog.js';
import { loadVoiceFiles } from '../../src/voices/files.js';
import { cachePath, repositoryRoot, sharedNotes } from '../lib/cache.js';
import { environment } from '../lib/environment.js';
import { findCard } from '../lib/gpu/card.js';
import { askGpu, GPU_ENGINE_NAMES, type GpuEngine, type GpuResult, gpuEngines } from '../lib/gpu/engines.js';
import { gpuTables } from '../lib/gpu/tables.js';
import type { GpuTask } from '../lib/gpu/task.js';
import { framesOf, vocoderInputs } from '../lib/inputs.js';
import { type Options, parseOptions } from '../lib/options.js';
import { markdownTable, type Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';
import { isUnavailable } from '../lib/unavailable.js';

export const description =
  'CUDA and WebGPU beside PyTorch on one card: parity, RTF alone and in batches; --dry-run on a CPU';

export const options = {
  'dry-run': { kind: 'switch', does: 'runs every line on this CPU, without a card' },
  engines: { kind: 'names', of: GPU_ENGINE_NAMES, default: GPU_ENGINE_NAMES, does: 'only these' },
  batch: { kind: 'counts', does: 'pieces and texts at once (default 1,4,16,64; dry run 1,2)' },
  seconds: { kind: 'number', does: 'audio of one piece (default 5; dry run 0.4)' },
  runs: { kind: 'count', does: 'counted runs (default 9; dry run 2)' },
  'warm-ups': { kind: 'count', least: 0, does: 'runs before (default 3; dry run 1)' },
  python: { kind: 'text', does: 'a Python with torch, numpy and safetensors' },
  tf32: { kind: 'switch', does: 'allows TensorFloat-32' },
  out: {
    kind: 'text',
    default: dirname(cachePath('bench', 'gpu.md')),
    does: 'folder (default .cache/bench)',
  },
} as const satisfies Options;

const SEED = 1;
/** The time limit of one engine: cuDNN tries its algorithms on each new shape. */
const TIMEOUT_MS = 1_200_000;
const DRY_TIMEOUT_MS = 600_000 * patience();

/** The work of every engine on a card. */
const FULL = { seconds: 5, runs: 9, warmups: 3, batch: [1, 4, 16, 64] };
/** The work of a dry run: enough to run every line. */
const DRY = { seconds: 0.4, runs: 2, warmups: 1, batch: [1, 2] };
/** Fewer runs for the CPU engine beside a card, which takes minutes. */
const YARDSTICK = { runs: 3, warmups: 1 };
/** The work of a software GPU, where each of the voice's shaders compiles for a second. */
const SOFTWARE = { model: 'tiny', frames: 16, runs: 1, warmups: 0, effort: 'one' } as const;

/** The inputs that PyTorch reads: one piece for the vocoder, and sentences as tokens. */
async function writeInputs(folder: string, frames: number, texts: readonly string[]): Promise<void> {
  const { mel, source } = vocoderInputs(frames, SEED);
  writeFileSync(join(folder, 'mel.f32'), new Uint8Array(mel.buffer));
  writeFileSync(join(folder, 'source.f32'), new Uint8Array(source.buffer));
  const files = await loadVoiceFiles(defaultVoiceFolder());
  const { manifest } = files;
  const frontend = new Frontend(await loadPronouncer(files), manifest.acoustic.maxTrainedTokens);
  const vocabulary = new Vocabulary(manifest.tokens, manifest.tokenAliases);
  const speaker = speakerOf(manifest).index;
  const sentences = texts.flatMap((text) =>
    frontend.analyse(text).sentences.map(({ tokens }) => {
      return { tokens: tokens.map(({ symbol }) => vocabulary.id(symbol)), speaker };
    }),
  );
  writeFileSync(join(folder, 'sentences.json'), JSON.stringify(sentences));
}

/** The texts of a batch of calls: as many as the largest batch, each different, of 2 to 6 seconds. */
function textsFor(count: number, isDryRun: boolean): string[] {
  return Array.from({ length: count }, (_, n) => benchText(isDryRun ? 1 : 2 + (n % 5), SEED + n));
}

/** One engine's samples of the same piece. */
export interface GpuSamples {
  engine: GpuEngine;
  samples: Float32Array;
}

async function askAll(
  engines: readonly GpuEngine[],
  task: GpuTask,
  timeoutMs: number,
  notes: string[],
): Promise<{ results: Map<GpuEngine, GpuResult>; samples: GpuSamples[] }> {
  const results = new Map<GpuEngine, GpuResult>();
  const samples: GpuSamples[] = [];
  for (const engine of engines) {
    console.error(`gpu: ${engine.title}`);
    const own = {
      ...task,
      needsGpu: task.needsGpu && engine.isForGpu,
      ...(engine.isForGpu || !task.needsGpu ? {} : YARDSTICK),
      ...(engine.isSoftware ? { ...SOFTWARE, pieces: [1], atOnce: [] } : {}),
    };
    const answer = engine.unavailable === undefined ? await askGpu(engine, own, timeoutMs) : engine;
    if (isUnavailable(answer)) {
      notes.push(`${engine.title}: not measured: ${answer.unavailable}`);
      continue;
    }
    results.set(engine, answer as GpuResult);
    if (own.frames !== task.frames) continue; // another piece
    const bytes = readFileSync(join(task.folder, `${engine.name}.f32`));
    samples.push({ engine, samples: new Float32Array(new Uint8Array(bytes).buffer) });
  }
  return { results, samples };
}

/**
 * @throws Error on an unknown option or value, or where there is no card and no --dry-run. An engine that
 * fails is a note.
 */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const values = parseOptions(options, args);
  const isDryRun = values['dry-run'];
  const defaults = isDryRun ? DRY : FULL;
  const card = await findCard();
  if (isUnavailable(card) && !isDryRun) {
    throw new Error(`${card.unavailable}; --dry-run does the same on this machine's CPU`);
  }
  const counts = values.batch ?? defaults.batch;
  const runs = values.runs ?? defaults.runs;
  const warmups = values['warm-ups'] ?? defaults.warmups;
  const frames = framesOf(values.seconds ?? defaults.seconds);
  const hardware: Record<string, string> = isUnavailable(card)
    ? { GPU: 'none' }
    : {
        GPU: `${card.name} (${card.memoryMiB} MiB, compute capability ${card.computeCapability})`,
        driver: card.driver,
      };
  const notes = [
    `${isDryRun ? 'DRY RUN: processors stand in for the card, and no figure is that of a GPU' : 'one card'}; each engine in a process of its own, one after the other; float32${values.tf32 ? ' with TF32' : ', TF32 off'}`,
    'every run ends with the samples on the host; inputs are uploaded in each run',
    'the vocoder: "one run" is a single piece as long as all together (ours has no batch axis: this is the work of a batch without its independence), "batch" pieces side by side',
    'speech: "calls" are calls of synthesize made together on one pipeline, whose queue serves them one by one, text to samples; "batch" is PyTorch on the tokens of the same texts: acoustic model one by one, vocoder in one padded batch, random excitation',
    ...(isDryRun ? ['on a software GPU the vocoder is a tiny HiFi-GAN V3, and nothing is spoken'] : []),
    `card MiB: most that nvidia-smi showed above what was in use before${isUnavailable(card) ? ` (${card.unavailable})` : ''}`,
    ...sharedNotes('voices/aspen/golden'),
  ];
  const engines = await gpuEngines({ isDryRun, python: values.python }, values.engines);
  const facts = environment({ seed: SEED, warmups, runs, versions: hardware });
  const folder = mkdtempSync(join(tmpdir(), 'voirs-gpu-'));
  try {
    const texts = textsFor(Math.max(...counts), isDryRun);
    await writeInputs(folder, frames, texts);
    const task: GpuTask = {
      needsGpu: !isDryRun,
      effort: isDryRun ? 'short' : 'full',
      model: 'voice',
      warmups,
      runs,
      frames,
      pieces: counts,
      atOnce: counts,
      texts,
      folder,
      tf32: values.tf32,
    };
    const { results, samples } = await askAll(engines, task, isDryRun ? DRY_TIMEOUT_MS : TIMEOUT_MS, notes);
    const tables = gpuTables(results, samples, notes);
    const name = isDryRun ? 'gpu-dry-run' : 'gpu';
    const data = {
      card,
      results: [...results].map(([engine, answer]) => ({ engine: engine.title, ...answer })),
    };
    const markdown = tables.map((table) => `## ${table.title}\n\n${markdownTable(table)}\n`).join('\n');
    mkdirSync(values.out, { recursive: true });
    const written = `${name}.md and ${name}.json in ${relative(repositoryRoot, values.out) || '.'}`;
    writeFileSync(
      join(values.out, `${name}.md`),
      `${markdown}\n${notes.map((note) => `- ${note}`).join('\n')}\n`,
    );
    const report = { name, environment: facts, tables, notes: [...notes, `written to ${written}`], data };
    writeFileSync(join(values.out, `${name}.json`), JSON.stringify(report));
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
