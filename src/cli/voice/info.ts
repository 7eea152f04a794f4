// voirs voice info: what a file or folder is, what is in it, and what would be done with it.
import { dirname } from 'node:path';
import { samplesPerFrame } from '../../vocoder/hifigan-config.js';
import { megabytes } from '../print.js';
import { lookAt, type PartReport, partsOf } from './parts.js';
import type { Source } from './source.js';

const KINDS: Readonly<Record<Source['kind'], string>> = {
  'voirs-voice': 'a voice folder of voirs',
  'voice-package': 'an npm package with a voice of voirs',
  huggingface: "a model in Hugging Face's format",
  piper: "a voice in Piper's format (ONNX)",
  espnet: "ESPnet's FastSpeech 2",
  vocoder: 'a HiFi-GAN generator alone',
};

export interface SourceInfo {
  path: string;
  kind: Source['kind'];
  what: string;
  name: string;
  version?: string;
  description?: string;
  language?: string;
  sampleRate?: number;
  bands: number;
  samplesPerFrame: number;
  reads: string;
  speakers: { id: string; gender: string; license: string }[];
  parts: Pick<PartReport, 'part' | 'type' | 'file' | 'tensors' | 'weights' | 'stored' | 'error'>[];
  notes: readonly string[];
  /** Commands that take it, each with what it does. */
  next: { command: string; does: string }[];
}

export async function describeSource(source: Source, path: string): Promise<SourceInfo> {
  const parts: SourceInfo['parts'] = [];
  for (const part of partsOf(source)) {
    const { part: name, type, file, tensors, weights, stored, error } = await lookAt(part);
    parts.push({
      part: name,
      type,
      file,
      tensors,
      weights,
      stored,
      ...(error === undefined ? {} : { error }),
    });
  }
  const common = { path, kind: source.kind, what: KINDS[source.kind], parts };
  if (source.kind === 'vocoder') {
    const { config, source: name, notes } = source.checkpoint;
    return {
      ...common,
      name,
      ...(config.sampleRate === undefined ? {} : { sampleRate: config.sampleRate }),
      bands: config.bands,
      samplesPerFrame: samplesPerFrame(config),
      reads: `mel of ${config.bands} bands${config.source ? ', and F0' : ''}${config.isNormalised ? ', which it normalises' : ''}`,
      speakers: [],
      notes,
      next: [
        { command: `voirs vocode MEL.safetensors --model ${path} -o OUT.wav`, does: 'makes sound of mel' },
        {
          command: `voirs voice convert ${path} OUT`,
          does: 'makes a voice of it with an acoustic model of the same mel',
        },
        { command: `voirs voice check ${path}`, does: 'compares its tensors, and runs its golden' },
      ],
    };
  }
  const { manifest, notes = [] } = source.files;
  const weights = source.path;
  const speaks = manifest.vocoders.size > 0;
  const isOurs = source.kind === 'voirs-voice' || source.kind === 'voice-package';
  return {
    ...common,
    ...{ name: manifest.name, version: manifest.version, description: manifest.description },
    ...{ language: manifest.language, sampleRate: manifest.sampleRate },
    ...{ bands: manifest.mel.bands, samplesPerFrame: manifest.mel.hopSize },
    reads: `${manifest.spelling} (${manifest.tokens.length} tokens)`,
    speakers: manifest.speakers.map(({ id, gender, license }) => ({ id, gender, license })),
    notes,
    next: [
      ...(speaks
        ? [{ command: `voirs say --weights ${weights} "A text."`, does: 'speaks with it as it is' }]
        : [
            {
              command: `voirs acoustic IN.safetensors --weights ${weights} -o MEL.safetensors`,
              does: 'makes mel: there is no vocoder (voirs voice convert --vocoder PATH adds one)',
            },
          ]),
      {
        command: `voirs voice convert ${weights} OUT${isOurs ? ' --bits 8' : ''}`,
        does: isOurs ? 'writes it in other bits' : 'writes it as a voice folder of voirs',
      },
      { command: `voirs voice check ${weights}`, does: 'compares its tensors, and runs its goldens' },
      ...(source.kind === 'voirs-voice'
        ? [{ command: `voirs voice pack ${weights} OUT --package NAME`, does: 'makes an npm package of it' }]
        : source.kind === 'voice-package'
          ? [{ command: `npm publish ${dirname(weights)}`, does: 'publishes it' }]
          : []),
    ],
  };
}

/** Bytes of weights by the type that they are stored in. */
const BYTES: Readonly<Record<string, number>> = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2, I8: 1 };

export function infoText(info: SourceInfo): string {
  const { path, what, name, version, parts, speakers, notes, next } = info;
  const bytes = (stored: Record<string, number>): number =>
    Object.entries(stored).reduce((sum, [dtype, count]) => sum + count * (BYTES[dtype] ?? 0), 0);
  return [
    `${path}: ${what}`,
    `name      ${name}${version === undefined ? '' : ` ${version}`}`,
    ...(info.description ? [`about     ${info.description}`] : []),
    ...(info.language === undefined ? [] : [`language  ${info.language}`]),
    `sound     ${info.sampleRate ?? 'an unknown rate of'} Hz, ${info.bands} bands, ${info.samplesPerFrame} samples a frame`,
    `reads     ${info.reads}`,
    ...parts.map((one) =>
      one.error === undefined
        ? `${one.part.padEnd(9)} ${one.type}, ${one.weights} weights in ${one.tensors} tensors (${Object.keys(one.stored).join(', ')}; ${megabytes(bytes(one.stored))})`
        : `${one.part.padEnd(9)} ${one.type}: ${one.error}`,
    ),
    ...speakers.slice(0, 20).map(({ id, gender, license }) => `speaker   ${id}, ${gender}, ${license}`),
    ...(speakers.length > 20 ? [`          and ${speakers.length - 20} more`] : []),
    ...notes.map((note) => `note      ${note}`),
    '',
    'What can be done with it:',
    ...next.map(({ command, does }) => `  ${command}\n      ${does}`),
  ].join('\n');
}
