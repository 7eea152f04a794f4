// voirs voice: brings other people's models into voice folders, checks them, and makes packages of them.
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { acquireBackend } from '../../backends/registry.js';
import { WEIGHT_BITS } from '../../checkpoints/narrow.js';
import { SynthesisConfig } from '../../config.js';
import { VoirsError } from '../../errors.js';
import { SHIPPED_SETS, shippedFolder } from '../../voices/catalog.js';
import { loadVoiceFiles, type VoiceFiles } from '../../voices/files.js';
import { frameDifferences, withVocoder } from '../../voices/with-vocoder.js';
import {
  choiceOption,
  defineCommand,
  jsonOption,
  numberOption,
  type OptionValues,
  usageError,
} from '../command.js';
import type { Terminal } from '../terminal.js';
import { canAsk, cardIn, cardOptions, completeCard, isSpdx, type VoiceCard } from '../voice/card.js';
import { CHECK_CODES, checkSource, checkText } from '../voice/check.js';
import { describeSource, infoText } from '../voice/info.js';
import { packVoice } from '../voice/pack.js';
import { isSound, lookAt, partsOf } from '../voice/parts.js';
import { openSource, type Source, type VocoderOnly } from '../voice/source.js';
import { type VoiceWords, writeVocoder, writeVoice } from '../voice/write-voice.js';
import { engineOptions, threadsOption } from '../voice-options.js';

const ACTIONS = ['convert', 'pack', 'check', 'info'] as const;
/** Largest difference to a golden that counts as the same. */
const LIMITS: Readonly<Record<string, number>> = { webgpu: 1e-3 };
const LIMIT = 1e-4;

const options = {
  bits: { type: 'string', value: 'N', help: 'convert: bits of a weight: 8, 16 (default) or 32' },
  config: { type: 'string', value: 'FILE', help: "A HiFi-GAN's config.json (default: the one beside it)" },
  vocoder: { type: 'string', value: 'PATH', help: 'convert: a HiFi-GAN to speak through' },
  acoustic: {
    type: 'string',
    value: 'VOICE',
    help: `convert: the voice whose acoustic model a HiFi-GAN alone speaks for: ${SHIPPED_SETS.join(', ')} or a path (default: ${SHIPPED_SETS[0]}, where its mel agrees)`,
  },
  ...cardOptions,
  'license-file': {
    type: 'string',
    value: 'FILE',
    help: 'convert: text of the licence, for the folder licenses',
  },
  name: { type: 'string', value: 'NAME', help: 'convert: name of the voice' },
  'voice-version': { type: 'string', value: 'V', help: 'convert: its version (default 1.0.0)' },
  description: { type: 'string', value: 'TEXT', help: 'convert: how it was made, in a sentence' },
  language: { type: 'string', value: 'TAG', help: 'convert: its language, BCP 47' },
  gender: { type: 'string', value: 'TEXT', help: 'convert: gender of its speakers' },
  package: { type: 'string', value: 'NAME', help: 'pack: name of the npm package' },
  'package-version': {
    type: 'string',
    value: 'V',
    help: "pack: its version (default: the voice's, or 1.0.0)",
  },
  golden: { type: 'string', value: 'FILE', help: 'check: one more golden' },
  limit: {
    type: 'string',
    value: 'X',
    help: 'check: largest difference to a golden (default 1e-4; webgpu 1e-3)',
  },
  backend: engineOptions.backend,
  threads: engineOptions.threads,
  ...jsonOption,
} as const;

type Values = OptionValues<typeof options>;

export const voice = defineCommand({
  usage: `${ACTIONS.join('|')} PATH [OUT] [options]`,
  details: [
    'convert PATH OUT   Write a model as a voice folder, which --weights takes: jik876 HiFi-GAN (.pth), folders of Hugging',
    '                   Face (VitsModel, FastSpeech2Conformer, SpeechT5HifiGan, FastSpeech2ConformerHifiGan), Piper',
    "                   (.onnx), ESPnet's FastSpeech 2 (.pth with config.yaml), or a voice folder, in other bits",
    'pack FOLDER OUT    Make an npm package of a voice folder; look at it, then run npm publish OUT',
    'check PATH         Compare tensors with what the models ask for, and run the goldens that lie beside them',
    'info PATH          Say what a file or folder is, and what can be done with it',
    'Fields of the card that are missing are asked for on a terminal, else refused. OUT is written whole or not at all.',
    'Exit codes of check: 0 it fits and meets its goldens, 1 unreadable, 3 tensors do not fit, 4 differs from a golden.',
    'docs/voices.md is the guide.',
  ].join('\n'),
  options,
  positionals: { min: 2, max: 3 },
  async run({ values, positionals: [action, path, out] }, terminal) {
    const what = choiceOption('voice', action, ACTIONS)!;
    const isWriting = what === 'convert' || what === 'pack';
    if (isWriting !== (out !== undefined)) {
      throw usageError('voice', 'Wrong number of arguments', {
        got: `${what} with ${out === undefined ? 1 : 2}`,
        wanted: isWriting ? `${what} PATH OUT` : `${what} PATH`,
      });
    }
    if (what === 'convert') return convert(path!, out!, values, terminal);
    if (what === 'pack') return pack(path!, out!, values, terminal);
    const source = await openSource(path!, values.config);
    if (what === 'check') return check(source, path!, values, terminal);
    const info = await describeSource(source, path!);
    return values.json ? terminal.printJson(info) : terminal.print(infoText(info));
  },
});

async function check(source: Source, path: string, values: Values, terminal: Terminal): Promise<void> {
  const { signal } = terminal;
  const limit = numberOption('--limit', values.limit);
  const { numThreads, useGpu } = new SynthesisConfig(threadsOption(values.threads));
  const hold = await acquireBackend(values.backend ?? 'auto', { numThreads, useGpu });
  try {
    const report = await checkSource(source, path, {
      goldens: values.golden === undefined ? [] : [values.golden],
      backend: hold.backend,
      limit: limit ?? LIMITS[hold.backend.name] ?? LIMIT,
      signal,
    });
    process.exitCode = CHECK_CODES[report.result];
    await (values.json ? terminal.printJson(report) : terminal.print(checkText(report)));
  } finally {
    await hold.release();
  }
}

const FROM: Readonly<Record<Source['kind'], string>> = {
  'voirs-voice': 'a voice folder of voirs',
  'voice-package': 'a voice package of voirs',
  huggingface: "Hugging Face's format",
  piper: "Piper's format (ONNX)",
  espnet: "ESPnet's format",
  vocoder: "a HiFi-GAN generator's checkpoint",
};

async function convert(path: string, out: string, values: Values, terminal: Terminal): Promise<void> {
  const { signal } = terminal;
  const bits = choiceOption('--bits', values.bits, WEIGHT_BITS) ?? '16';
  const source = await openSource(path, values.config);
  const isOwn = source.kind === 'voirs-voice' || source.kind === 'voice-package';
  const given = givenCard(values);
  const known = isOwn ? knownCard(source.files) : {};
  const isStated = Object.keys(given).length > 0 || values.vocoder !== undefined;
  const card = isOwn && !isStated ? undefined : await completeCard(given, known, canAsk(values.json));
  const beside = isOwn ? [] : licencesBeside(path);
  const options = {
    bits,
    card,
    words: {
      name: values.name,
      version: values['voice-version'] ?? (isOwn ? undefined : '1.0.0'),
      description: values.description,
      language: values.language,
      gender: values.gender,
    },
    from: FROM[source.kind],
    licenses: [...(values['license-file'] === undefined ? [] : [values['license-file']]), ...beside],
    own: isOwn ? source.path : undefined,
    signal,
  };
  const found = await voiceOf(source, values);
  const notes = [...(found?.files.notes ?? (source.kind === 'vocoder' ? source.checkpoint.notes : []))];
  if (isOwn) notes.push('Goldens are of other weights and were left out; check --golden FILE runs one');
  let written: { files: { file: string; bytes: number }[] };
  let words: string;
  if (found) {
    const pair = found.acoustic;
    const joined =
      pair === undefined ? options : { ...options, ...withAcoustic(options, pair, source as VocoderOnly) };
    written = await writeVoice(found.files, out, joined);
    if (pair) notes.push(`It speaks for the acoustic model of ${pair.manifest.name}`);
    words = `${out} is a voice: voirs say --weights ${out} "A text."`;
  } else {
    const alone = source as VocoderOnly;
    written = await writeVocoder(alone.checkpoint, out, options);
    const first = await loadVoiceFiles(shippedFolder(SHIPPED_SETS[0]));
    const why = frameDifferences(first.manifest, alone.checkpoint).join('; ');
    notes.push(`No shipped acoustic model makes its frames (${why}): --acoustic VOICE names another`);
    words = `${out} is a vocoder: voirs vocode MEL.safetensors --model ${out} -o OUT.wav`;
  }
  for (const note of notes) terminal.note(note);
  if (values.json) {
    const form = found ? 'voice' : 'vocoder';
    return terminal.printJson({ path: out, form, kind: source.kind, bits, files: written.files, notes });
  }
  const files = written.files.map(({ file, bytes }) => `${file}: ${bytes} bytes`);
  await terminal.print([...files, words].join('\n'));
}

/**
 * The voice that a source becomes: itself, with another vocoder, or a vocoder with an acoustic model.
 * @returns undefined for a vocoder whose mel no shipped voice makes, and for which none is named.
 */
async function voiceOf(
  source: Source,
  values: Values,
): Promise<{ files: VoiceFiles; acoustic?: VoiceFiles } | undefined> {
  if (source.kind !== 'vocoder') {
    if (values.acoustic !== undefined)
      throw usageError('voice', 'The model has an acoustic model of its own', { got: '--acoustic' });
    if (values.vocoder === undefined) return { files: source.files };
    return { files: withVocoder(source.files, (await vocoderAt(values.vocoder)).checkpoint) };
  }
  if (values.vocoder !== undefined)
    throw usageError('voice', 'The model is a vocoder itself', { got: '--vocoder' });
  const { acoustic } = values;
  const isShipped = SHIPPED_SETS.some((set) => set === acoustic);
  const folder = shippedFolder(isShipped ? (acoustic as (typeof SHIPPED_SETS)[number]) : SHIPPED_SETS[0]);
  const other = acoustic === undefined || isShipped ? undefined : await openSource(acoustic);
  if (other?.kind === 'vocoder')
    throw usageError('voice', 'A vocoder makes no mel', { got: '--acoustic with a vocoder' });
  const files = other?.files ?? (await loadVoiceFiles(folder));
  if (acoustic === undefined && frameDifferences(files.manifest, source.checkpoint).length > 0)
    return undefined;
  return { files: withVocoder(files, source.checkpoint), acoustic: files };
}

async function vocoderAt(path: string): Promise<VocoderOnly> {
  const source = await openSource(path);
  if (source.kind === 'vocoder') return source;
  throw usageError('voice', '--vocoder is no vocoder alone', { got: source.kind, wanted: 'a HiFi-GAN' });
}

/** Where a voice is made of two models, both licences hold, and both licence texts go along. */
function withAcoustic(
  { card, words }: { card: VoiceCard | undefined; words: VoiceWords },
  acoustic: VoiceFiles,
  vocoder: VocoderOnly,
): { card: VoiceCard | undefined; words: VoiceWords; own: string } {
  const { manifest, folder } = acoustic;
  const theirs = [...new Set(manifest.speakers.map(({ license }) => license))].map((one) =>
    isSpdx(one) ? one : `LicenseRef-${one.replace(/[^A-Za-z0-9.-]+/g, '-')}`,
  );
  const all = card === undefined ? theirs : [...new Set([card.license, ...theirs])];
  const license = all.map((one) => (all.length > 1 && / /.test(one) ? `(${one})` : one)).join(' AND ');
  return {
    card: card && {
      ...card,
      license,
      origin: `${card.origin}; acoustic model of ${manifest.name} ${manifest.version}`,
    },
    words: {
      ...words,
      name: words.name ?? `${manifest.name}-${basename(vocoder.path, extname(vocoder.path))}`,
    },
    own: folder,
  };
}

function givenCard(values: Values): Partial<VoiceCard> {
  const { license, author, origin } = values;
  return {
    ...(license === undefined ? {} : { license }),
    ...(author === undefined ? {} : { author }),
    ...(origin === undefined ? {} : { origin }),
  };
}

/** What a voice of ours says of itself. */
function knownCard({ json, manifest }: VoiceFiles): Partial<VoiceCard> {
  const licences = [...new Set(manifest.speakers.map(({ license }) => license))];
  const license = licences.join(' AND ');
  return {
    ...(licences.every(isSpdx) ? { license } : {}),
    ...(manifest.description === '' ? {} : { origin: manifest.description }),
    ...cardIn(json, 'model.json'),
  };
}

/** Licence texts beside a model, and the card that it came with. */
function licencesBeside(path: string): string[] {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : dirname(path);
  try {
    return readdirSync(folder)
      .filter((name) => /^(licen[cs]e|notice|copying|model_card)([.-][A-Za-z0-9.-]+)?$/i.test(name))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

async function pack(path: string, out: string, values: Values, terminal: Terminal): Promise<void> {
  const { signal } = terminal;
  if (values.package === undefined)
    throw usageError('voice', 'The package has no name', { wanted: '--package NAME' });
  const source = await openSource(path);
  if (source.kind !== 'voirs-voice') {
    throw new VoirsError('INVALID_OPTIONS', 'Only a voice folder is packed', {
      got: FROM[source.kind],
      wanted: 'a folder with model.json',
      suggestion: `Run voirs voice convert ${path} FOLDER first`,
    });
  }
  for (const part of partsOf(source)) {
    const report = await lookAt(part);
    if (isSound(report)) continue;
    throw new VoirsError('INVALID_WEIGHTS', 'The voice is not sound', {
      got: report.error ?? `${report.part} does not fit`,
      wanted: 'the tensors that its models ask for',
      suggestion: `See voirs voice check ${path}`,
    });
  }
  const card = await completeCard(givenCard(values), knownCard(source.files), canAsk(values.json));
  const packed = await packVoice(source.files, out, {
    name: values.package,
    version: values['package-version'],
    card,
    signal,
  });
  if (values.json) return terminal.printJson({ path: out, ...packed });
  await terminal.print(
    [
      `${out} is the package ${packed.name} ${packed.version}, ${packed.bytes} bytes of voice.`,
      `Once it is installed: create({ voice: '${packed.voices[0]}' })`,
      `Look at it, then: npm publish ${out}`,
    ].join('\n'),
  );
}
