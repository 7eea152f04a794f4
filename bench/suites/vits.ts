// A Piper voice in our engine and in onnxruntime, in turns on the same symbols and without noise: what a reader of other
// people's voices costs beside the engine that they were exported for.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backendNames } from '../../src/backends/registry.js';
import type { SymbolModel } from '../../src/models/symbols.js';
import { checkedCall } from '../../src/synthesis/call.js';
import { Engine } from '../../src/synthesis/engine.js';
import { beginSentence, releaseSentence, speakWhole } from '../../src/synthesis/sentence.js';
import { type Comparison, type Contestant, compare, comparisonTable } from '../lib/comparison.js';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';
import { openRivals } from '../rivals/models.js';
import { piperVoice, withoutNoise } from '../rivals/piper/voice.js';

export const description = "Piper's en_US-joe-medium beside onnxruntime, without noise";

export const options = {
  threads: { kind: 'count', default: 1, does: 'threads of every engine' },
  backend: { kind: 'name', of: backendNames(), default: 'wasm', does: 'our backend' },
  runs: { kind: 'count', default: 7, does: 'counted runs' },
} as const satisfies Options;

const SENTENCE = 'The quick brown fox jumps over the lazy dog, and the dog is too slow to be angry about it.';

/** @throws Error on an unknown option or value. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { threads, backend, runs } = parseOptions(options, args);
  const protocol = { seed: 1, warmups: 2, runs };
  const facts = environment(protocol);
  const notes: string[] = [];
  const voice = await piperVoice();
  if (typeof voice !== 'string')
    return { name: 'vits', environment: facts, tables: [], notes: [voice.unavailable] };
  const scratch = mkdtempSync(join(tmpdir(), 'voirs-bench-vits-'));
  const path = withoutNoise(voice, scratch);
  const engine = await Engine.load({
    weights: path,
    backend,
    numThreads: threads,
    enablePostprocessing: false,
  });
  const loaded: (Contestant & AsyncDisposable)[] = [];
  try {
    const call = checkedCall(engine, {});
    const [sentence] = (await engine.read(SENTENCE, call)).sentences;
    const { hop } = engine.models.vocoder;
    let frames = 0;
    const ours = async () => {
      const spoken = await beginSentence(engine, call, sentence!);
      frames = spoken.frames;
      const audio = new Float32Array(frames * hop);
      await speakWhole(engine, call, spoken, audio);
      releaseSentence(spoken);
      return { audio: { data: audio, dims: [1, 1, 1, audio.length] } };
    };
    await ours();
    const { symbols } = (engine.models.acoustic as SymbolModel).symbolsOf(
      Int32Array.from(sentence!.tokens, ({ symbol }) => engine.vocabulary.id(symbol)),
    );
    const inputs = {
      input: { data: BigInt64Array.from(symbols, BigInt), dims: [1, symbols.length] },
      input_lengths: { data: BigInt64Array.of(BigInt(symbols.length)), dims: [1] },
      scales: { data: Float32Array.of(0, 1, 0), dims: [3] },
    };
    for (const rival of await openRivals(notes)) {
      const session = await rival.load(path, { threads });
      const run = async () => ({ audio: (await session.run(inputs)).output! });
      loaded.push({ name: rival.name, run, [Symbol.asyncDispose]: () => session.dispose() });
    }
    const contestants = [{ name: 'voirs', run: ours }, ...loaded];
    const comparison: Comparison = await compare('en_US-joe-medium', frames, contestants, protocol);
    const table = comparisonTable(`${description}, ${threads} thread(s)`, [comparison]);
    return { name: 'vits', environment: facts, tables: [table], notes };
  } finally {
    for (const one of loaded) await one[Symbol.asyncDispose]();
    await engine.dispose();
    rmSync(scratch, { recursive: true });
  }
}
