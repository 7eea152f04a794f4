// If this fails, a voice is given pronunciations it never learned, or a broken voice folder loads silently.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsError } from '../../../src/errors.js';
import { parseVoiceExtra, parseVoicePronunciations } from '../../../src/frontend/lexicon/voice-lexicon.js';

const voice = new URL('../../../weights/arctic/', import.meta.url);
const test = suite('voice lexicon');

test("reads the shipped voice's lists whole", () => {
  const pronunciations = parseVoicePronunciations(readFileSync(new URL('pronunciations.tsv', voice), 'utf8'));
  assert.ok(pronunciations.size >= 50);
  assert.equal(pronunciations.get('was'), [['W', 'AH0', 'Z']]);
  const extra = parseVoiceExtra(readFileSync(new URL('lexicon_extra.txt', voice), 'utf8'));
  assert.equal(extra.get('live'), [
    ['L', 'AY1', 'V'],
    ['L', 'IH1', 'V'],
  ]);
});

test('refuses a malformed line with its number', () => {
  const refused = (read: () => unknown, expected: RegExp): void =>
    assert.throws(
      read,
      (error: unknown) =>
        error instanceof VoirsError && error.code === 'INVALID_WEIGHTS' && expected.test(error.message),
    );
  refused(
    () => parseVoicePronunciations('word\tarpabet\tcount\tof\nwas\tW AH0 QQ\t1\t2\n'),
    /pronunciations\.tsv .* line 2/,
  );
  refused(() => parseVoicePronunciations('was\n'), /line 1/);
  refused(() => parseVoiceExtra('am AE1 M\n\nthe\n'), /lexicon_extra\.txt .* line 3/);
});

test('keeps the content of a foreign file out of its errors', () => {
  // A voice folder of a stranger may hold a link to any file that the service can read.
  const secret = 'root:x:0:0:root:/root:/bin/bash\ntoken\tS3CR3T\n';
  for (const read of [parseVoicePronunciations, parseVoiceExtra]) {
    assert.throws(
      () => read(secret),
      (error: unknown) =>
        error instanceof VoirsError && !/root:|S3CR3T|bash/.test(JSON.stringify(error) + error.stack),
    );
  }
});

test('accepts an empty list', () => assert.is(parseVoiceExtra('\n').size, 0));

test.run();
