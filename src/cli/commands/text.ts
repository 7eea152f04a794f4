// voirs text: every stage of the frontend, to find out why a word sounds as it does.
import { SynthesisConfig } from '../../config.js';
import { Vocabulary } from '../../frontend/phonemes.js';
import { formatPhones } from '../../frontend/phonetic-alphabets.js';
import type { ReadingOptions } from '../../frontend/reading-options.js';
import { refuseLargerThan } from '../../frontend/text-size.js';
import type { Provenance, Sentence, Span, Utterance } from '../../frontend/utterance.js';
import { Turns } from '../../synthesis/turns.js';
import { ssmlVoices } from '../../voices/catalog.js';
import { defineCommand, jsonOption } from '../command.js';
import { table } from '../print.js';
import { readText } from '../text-input.js';
import {
  engineOptions,
  lexiconOption,
  loadFrontend,
  openVoice,
  readingOptions,
  readingSettings,
} from '../voice-options.js';

/** What `text --json` prints. */
interface TextReport {
  /** The spoken words with the punctuation that reaches the model. */
  normalised: string;
  words: {
    /** One spoken word, lower case. */
    text: string;
    phones: string[];
    /** [start, end) in UTF-16 code units of the input. */
    source: Span;
    provenance: Provenance;
  }[];
  /** Symbols of the model's input, sentence after sentence, each from `^` to `$`. */
  tokens: string[];
  /** The voice's number of each token: `tokens` of `voirs acoustic`. */
  tokenIds: number[];
  sentences: {
    /** [start, end) in UTF-16 code units of the input. */
    source: Span;
    /** [from, to) in `words` and in `tokens`. */
    words: [number, number];
    tokens: [number, number];
    /** Seconds of silence before and after it. */
    pauseBefore: number;
    pauseAfter: number;
    /** The voice that the markup asks for. */
    voice?: string;
  }[];
}

export const text = defineCommand({
  usage: '"TEXT" [options]',
  details: 'The text is an argument, the file of --file, or stdin (-).',
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', help: 'Read the text from a UTF-8 file; - is stdin' },
    ssml: { type: 'boolean', help: 'The text is SSML; spans point into the markup' },
    ...readingOptions,
    weights: engineOptions.weights,
    ...jsonOption,
  },
  positionals: { min: 0, max: Number.POSITIVE_INFINITY },
  async run({ values, positionals }, terminal) {
    const source = await readText(positionals, values.file);
    const voice = await openVoice(values.weights);
    const config = new SynthesisConfig(readingSettings(values));
    const { lexicon } = await lexiconOption(values);
    const frontend = await loadFrontend(voice, lexicon);
    const { unsupported, emoji, leaveOut, numbers, pauses, strictSsml: isStrict } = config;
    const preprocessing = config.enablePreprocessing ? 'full' : 'plain';
    const reading: ReadingOptions = { preprocessing, unsupported, emoji, leaveOut, numbers, pauses };
    const voices = ssmlVoices(voice.manifest);
    refuseLargerThan(config.maxTextBytes, source);
    const steps = values.ssml
      ? frontend.ssmlSteps(source, { ...reading, voices, voice: voices[0]!.id, isStrict })
      : frontend.steps(source, reading);
    const utterance = await new Turns(() => {}).finish(steps); // so that a signal ends the program at once
    for (const warning of utterance.warnings) terminal.note(warning);
    if (values.json)
      await terminal.printJson(
        report(utterance, new Vocabulary(voice.manifest.tokens, voice.manifest.tokenAliases)),
      );
    else await terminal.print(describe(utterance));
  },
});

function report({ sentences }: Utterance, vocabulary: Vocabulary): TextReport {
  const tokens = sentences.flatMap((sentence) => sentence.tokens.map(({ symbol }) => symbol));
  let [words, places] = [0, 0];
  /** The next `count`, as [from, to). */
  const nextWords = (count: number): [number, number] => {
    words += count;
    return [words - count, words];
  };
  const nextTokens = (count: number): [number, number] => {
    places += count;
    return [places - count, places];
  };
  return {
    normalised: sentences.map(normalised).join(' '),
    words: sentences.flatMap(({ words }) =>
      words.map(({ text, phones, span, provenance }) => ({ text, phones, source: span, provenance })),
    ),
    tokens,
    tokenIds: tokens.map((symbol) => vocabulary.id(symbol)),
    sentences: sentences.map((sentence) => ({
      source: sentence.span,
      words: nextWords(sentence.words.length),
      tokens: nextTokens(sentence.tokens.length),
      pauseBefore: sentence.pauseBefore ?? 0,
      pauseAfter: sentence.pauseAfter,
      ...(sentence.voice === undefined ? {} : { voice: sentence.voice }),
    })),
  };
}

/** `hello, world.`: the words of a sentence, each with its punctuation. */
function normalised({ words, tokens }: Sentence): string {
  let line = '';
  tokens.forEach(({ symbol, word }, n) => {
    const before = tokens[n - 1]?.word ?? null;
    if (word !== null && word !== before) line += `${line === '' ? '' : ' '}${words[word]!.text}`;
    else if (word === null && before !== null && symbol !== '_') line += symbol;
  });
  return line;
}

/** Rates, pitches and gains that the markup sets, one line a word, then its marks. */
function delivery({ words, tokens, marks = [] }: Sentence): string[] {
  const lines = words.flatMap(({ text }, w) => {
    const { rate, pitchShift, gain } = tokens.find(({ word }) => word === w) ?? {};
    const edits = [
      rate === undefined ? '' : `rate ${rate}`,
      pitchShift === undefined ? '' : `pitch ${pitchShift} semitones`,
      gain === undefined ? '' : `gain ${gain} dB`,
    ].filter((edit) => edit !== '');
    return edits.length === 0 ? [] : [`delivery    ${text}: ${edits.join(', ')}`];
  });
  return [
    ...lines,
    ...marks.map(({ name, word }) => `mark        ${name}, at ${words[word]?.text ?? 'an end'}`),
  ];
}

function describe({ text, sentences }: Utterance): string {
  const parts = sentences.map((sentence, i) => {
    const [start, end] = sentence.span;
    const rows = sentence.words.map((word) => [
      word.text,
      word.phones.join(' '),
      `/${formatPhones(word.phones, 'ipa')}/`,
      word.provenance,
      `${word.span[0]}-${word.span[1]}`,
      JSON.stringify(text.slice(...word.span)),
    ]);
    return [
      `sentence ${i + 1}  characters ${start}-${end}, pause after ${sentence.pauseAfter} s${sentence.voice === undefined ? '' : `, voice ${sentence.voice}`}`,
      `normalised  ${normalised(sentence)}`,
      `tokens      ${sentence.tokens.map(({ symbol }) => symbol).join(' ')}`,
      ...delivery(sentence),
      '',
      table(['word', 'phones', 'IPA', 'from', 'at', 'source'], rows),
    ].join('\n');
  });
  return parts.join('\n\n');
}
