// How well the mel predicts a sentence's loudness before any sample exists, against the loudness measured
// afterwards.
import { readFileSync } from 'node:fs';
import { integratedLoudness } from '../../src/audio/loudness.js';
import { checkedCall } from '../../src/synthesis/call.js';
import type { Engine } from '../../src/synthesis/engine.js';
import { MelLoudness, offsetAt } from '../../src/synthesis/finish.js';
import { defaultVoiceFolder } from '../../src/voices/catalog.js';
import { loadVoiceFiles } from '../../src/voices/files.js';
import { acousticOf, openEngine, samplesOf } from '../lib/engine.js';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import { validationSentences } from '../lib/quality/corpus.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = "error of a sentence's loudness, estimated from its mel";

export const options = {
  seed: { kind: 'count', default: 1, least: 0, does: 'draws the sentences' },
} as const satisfies Options;

/** LUFS of one sentence. */
export interface SentenceLoudness {
  /** Of the raw samples. */
  measured: number;
  /** From the mel, without the voice's offset. */
  estimated: number;
}

/** The shipped sentences, which no calibration used. */
export function shippedSentences(): string[] {
  return JSON.parse(readFileSync(new URL('../../src/cli/bench-sentences.json', import.meta.url), 'utf8'));
}

/** Speaks the first sentence of each text, raw; those too short to measure are left out. */
export async function sentenceLoudness(
  engine: Engine,
  voice: string,
  texts: readonly string[],
): Promise<SentenceLoudness[]> {
  const { mel, sampleRate } = engine.manifest;
  if (mel.log !== 'natural') throw new Error('the frames of this voice do not tell their loudness');
  const meter = new MelLoudness(mel, sampleRate);
  const call = checkedCall(engine, { voice });
  const results: SentenceLoudness[] = [];
  for (const text of texts) {
    const [sentence] = (await engine.read(text, call)).sentences;
    const spoken = await acousticOf(engine, call, sentence!);
    const samples = await samplesOf(engine, call, spoken);
    const measured = integratedLoudness(samples, 1, sampleRate);
    const estimated = meter.estimate(spoken.mel);
    if (measured !== undefined && estimated !== undefined) results.push({ measured, estimated });
  }
  return results;
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function spreadOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}

/** @throws Error where the corpus is missing. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { seed } = parseOptions(options, args);
  const facts = environment({ seed, warmups: 0, runs: 1 });
  const { manifest } = await loadVoiceFiles(defaultVoiceFolder());
  await using engine = await openEngine({ backend: 'wasm', threads: 1 });
  const texts = [...validationSentences('kathleen', 32, seed).map(({ text }) => text), ...shippedSentences()];
  const rows: (string | number)[][] = [];
  const data: Record<string, SentenceLoudness[]> = {};
  for (const { id } of manifest.speakers) {
    const sentences = await sentenceLoudness(engine, id, texts);
    data[id] = sentences;
    const offset = manifest.vocoders.get(manifest.quality.medium)!.loudnessOffsets.get(id) ?? [];
    const raw = sentences.map(({ measured }) => measured);
    const errors = sentences.map(({ measured, estimated }) => measured - estimated - offsetAt(offset, 0));
    const largest = Math.max(...errors.map(Math.abs));
    rows.push([id, sentences.length, meanOf(raw), spreadOf(raw), meanOf(errors), spreadOf(errors), largest]);
  }
  const columns = ['voice', 'sentences', 'raw LUFS', 'raw SD', 'mean error LU', 'error SD', 'largest error'];
  return {
    name: 'loudness',
    environment: facts,
    tables: [{ title: 'integrated loudness of sentences, and its estimate from the mel', columns, rows }],
    notes: ['texts of the validation split and the shipped bench; offsets were calibrated on others'],
    data,
  };
}
