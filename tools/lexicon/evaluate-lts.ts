// Measures the pronunciation of unknown words: trains from scratch on 95 % of CMUdict, tests on the other 5
// %. Run: npx tsx tools/lexicon/evaluate-lts.ts [--json] [--seed N] [--tune]
import { cpus } from 'node:os';
import {
  type DerivationRule,
  derivations,
  splitApostrophe,
} from '../../src/frontend/en-us/lexicon/derive.js';
import { LetterToSound } from '../../src/frontend/en-us/lexicon/letter-to-sound.js';
import { LetterToSoundModel } from '../../src/frontend/en-us/lexicon/letter-to-sound-model.js';
import {
  BONUSES,
  pronounceUnknown,
  type RuleBonuses,
} from '../../src/frontend/en-us/lexicon/unknown-words.js';
import { readCmudict } from './cmudict-source.js';
import { type Score, type Split, score, split } from './lts-scoring.js';
import { SHIPPED, trainLetterToSound } from './lts-training.js';

/**
 * The reported split. The rules were written with seed 1 in view and the bonuses tuned on seed 2; this is
 * neither.
 */
const REPORTED_SEED = 2026;
const SHARE = 0.05;

const argument = process.argv.indexOf('--seed');
const seed = argument > 0 ? Number(process.argv[argument + 1]) : REPORTED_SEED;
const words = split(readCmudict(), seed, SHARE);
const started = performance.now();
const model = LetterToSoundModel.open(trainLetterToSound(words.train));
const trainingSeconds = (performance.now() - started) / 1000;
const letterToSound = new LetterToSound(model);
const known = knownFrom(words);

if (process.argv.includes('--tune')) tune();
else report();

function knownFrom({ train }: Split): (word: string) => readonly string[] | undefined {
  const table = new Map(train.map(({ word, pronunciations }) => [word, pronunciations[0]!]));
  return (word) => table.get(word);
}

function report(): void {
  const [letters, lettersMs] = timed(() => score(words.heldOut, (word) => letterToSound.pronounce(word)));
  const [unknown, unknownMs] = timed(() =>
    score(words.heldOut, (word) => pronounceUnknown(word, known, letterToSound).phones),
  );
  const result = {
    seed,
    trainedOn: words.train.length,
    heldOut: words.heldOut.length,
    configuration: SHIPPED,
    ngrams: model.size,
    trainingSeconds,
    letterToSound: { ...letters, millisecondsPerWord: lettersMs / words.heldOut.length },
    unknownWords: { ...unknown, millisecondsPerWord: unknownMs / words.heldOut.length },
    hardware: `${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`,
  };
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(result, null, 2));
    return;
  }
  console.log(
    `${result.heldOut} held-out words (seed ${seed}), trained on ${result.trainedOn} in ${trainingSeconds.toFixed(0)} s`,
  );
  print('letters alone', letters);
  print('rules and letters', unknown);
}

function print(name: string, figures: Score): void {
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  console.log(
    `${name}: PER ${percent(figures.phoneErrorRate)}, words right ${percent(figures.wordAccuracy)}; counting stress: ` +
      `PER ${percent(figures.phoneErrorRateWithStress)}, words right ${percent(figures.wordAccuracyWithStress)}`,
  );
}

/** Coordinate search for the rule bonuses, by phone errors with stress on this split. */
function tune(): void {
  const candidates = words.heldOut
    .filter(({ word }) => splitApostrophe(word) === undefined)
    .map((entry) => {
      const errors = (phones: string[]): number => {
        const { phoneErrorRateWithStress } = score([entry], () => phones);
        return phoneErrorRateWithStress * entry.pronunciations[0]!.length;
      };
      const guess = letterToSound.guess(entry.word);
      const derived = derivations(entry.word, known).flatMap(({ phones, rule }) => {
        const reading = letterToSound.explain(entry.word, phones);
        return reading ? [{ rule, cost: reading.cost, errors: errors(phones) }] : [];
      });
      return { cost: guess.cost, errors: errors(guess.phones), derived };
    });
  const total = (bonuses: RuleBonuses): number =>
    candidates.reduce((sum, { cost, errors, derived }) => {
      let best = { cost, errors };
      for (const candidate of derived) {
        const lowered = candidate.cost - bonuses[candidate.rule];
        if (lowered < best.cost) best = { cost: lowered, errors: candidate.errors };
      }
      return sum + best.errors;
    }, 0);
  const bonuses = { ...BONUSES };
  for (let round = 0; round < 3; round++) {
    for (const rule of ['plural', 'past', 'suffix', 'prefix', 'compound'] satisfies DerivationRule[]) {
      const tried = [0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8].map((bonus) => ({
        bonus,
        errors: total({ ...bonuses, [rule]: bonus }),
      }));
      tried.sort((a, b) => a.errors - b.errors);
      bonuses[rule] = tried[0]!.bonus;
    }
  }
  console.log(JSON.stringify({ seed, bonuses, errors: total(bonuses), errorsNow: total(BONUSES) }, null, 2));
}

function timed<T>(work: () => T): [result: T, milliseconds: number] {
  const start = performance.now();
  const result = work();
  return [result, performance.now() - start];
}
