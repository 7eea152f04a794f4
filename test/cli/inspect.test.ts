// If this fails, `text`, `voices`, `config`, `doctor` or `bench` report something false.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runCli } from './run-cli.js';

const test = suite('voirs text, voices, config, doctor');

async function json(args: string[], env: Record<string, string> = {}) {
  const run = await runCli([...args, '--json'], { env });
  assert.is(run.code, 0, run.stderr);
  return JSON.parse(run.stdout.toString());
}

test('prints the stages of a text as JSON, one entry per spoken word', async () => {
  const source = 'Hello, it cost $5.';
  const result = await json(['text', source]);
  assert.equal(Object.keys(result), ['normalised', 'words', 'tokens', 'tokenIds', 'sentences']);
  assert.is(result.normalised, 'hello, it cost five dollars.');
  assert.equal(
    result.words.map((word: { text: string }) => word.text),
    ['hello', 'it', 'cost', 'five', 'dollars'],
  );
  for (const word of result.words) {
    assert.equal(Object.keys(word), ['text', 'phones', 'source', 'provenance']);
    assert.ok(word.phones.length > 0);
  }
  const hello = result.words[0];
  assert.equal(
    [hello.phones, hello.source],
    [
      ['HH', 'AH0', 'L', 'OW1'],
      [0, 5],
    ],
  );
  assert.equal(
    result.words.slice(3).map((word: { source: number[] }) => source.slice(...word.source)),
    ['$5', '$5'],
  );
  assert.equal(result.tokens.slice(0, 6), ['^', 'HH', 'AH0', 'L', 'OW1', ',']);
  assert.equal(result.tokens.slice(-2), ['.', '$']);
});

test('prints words, phones and their provenance for people', async () => {
  const { stdout } = await runCli(['text', 'Blorptastically done.']);
  assert.match(stdout.toString(), /normalised\s+blorptastically done\./);
  assert.match(stdout.toString(), /done\s+D AH1 N\s+\/ˈdʌn\/\s+(lexicon|voice)/);
  assert.match(stdout.toString(), /letter-to-sound/);
});

test('reads a text as the options of reading say', async () => {
  const normalised = async (...args: string[]) =>
    (await json(['text', 'So [1] 東京 `x` 😀', ...args])).normalised;
  assert.is(await normalised(), 'so x.');
  assert.is(
    await normalised('--unsupported', 'name', '--emoji', 'name'),
    'so chinese characters x, grinning face,',
  );
  assert.is(await normalised('--leave-out', 'code,brackets'), 'so.');
  assert.is(await normalised('--leave-out', 'none'), 'so, one, x.');
  const refused = await runCli(['text', 'So 東京', '--unsupported', 'error', '--json']);
  assert.is(JSON.parse(refused.stdout.toString()).error.code, 'UNSUPPORTED_TEXT');
  const wrong = await runCli(['text', 'So', '--leave-out', 'code,emoji']);
  assert.is(wrong.code, 2);
  assert.match(wrong.stderr, /--leave-out.*wanted one of code, addresses/s);
});

test('prints what SSML sets for its words, and where it is wrong', async () => {
  const source = '<speak>Go <mark name="m"/><prosody rate="slow">slow</prosody> &amp; low.</speak>';
  const json = await runCli(['text', '--ssml', '--json', source]);
  assert.is(json.code, 0, json.stderr);
  const { words } = JSON.parse(json.stdout.toString());
  assert.equal(
    words.map((word: { source: [number, number] }) => source.slice(...word.source)),
    ['Go', 'slow', '&amp;', 'low'],
  );
  const shown = (await runCli(['text', '--ssml', source])).stdout.toString();
  assert.match(shown, /delivery\s+slow: rate 0\.75\n/);
  assert.match(shown, /mark\s+m, at slow\n/);
  const wrong = await runCli(['text', '--ssml', '--strict-ssml', '<speak>\n<shout>Go</shout></speak>']);
  assert.is(wrong.code, 1);
  assert.match(wrong.stderr, 'line 2, column 1, <shout>');
  const tolerant = await runCli(['text', '--ssml', '<speak>\n<shout>Go & run</shout></speak>']);
  assert.is(tolerant.code, 0);
  assert.match(tolerant.stderr, 'passed over, <shout>, at line 2, column 1');
  assert.match(tolerant.stdout.toString(), /normalised\s+go and run\./);
});

test('reads with a lexicon, chosen numbers and pauses', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'voirs-text-'));
  try {
    const file = join(folder, 'words.txt');
    writeFileSync(file, 'SQL sequel\nC++  see plus plus\n');
    const options = ['--lexicon', file, '--numbers', 'digits,oh', '--sentence-pause', '1.5'];
    const { stdout, stderr } = await runCli(['text', ...options, 'MySQL and C++ at 405. Yes.']);
    assert.match(stdout.toString(), /normalised\s+my sequel and see plus plus at four oh five\.\n/, stderr);
    assert.match(stdout.toString(), 'pause after 1.5 s');
    const wrong = await runCli(['text', '--numbers', 'roman', 'x']);
    assert.match(wrong.stderr, 'wanted one of digits, pairs, amounts');
    assert.match((await runCli(['text', '--paragraph-pause', '99', 'x'])).stderr, '0 to 60');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('lists the voices of all shipped sets and marks the default', async () => {
  const [aspen, arctic] = ['aspen', 'arctic'].map((set) =>
    JSON.parse(readFileSync(new URL(`../../weights/${set}/model.json`, import.meta.url), 'utf8')),
  );
  const voices = await json(['voices']);
  assert.equal(
    voices.map((voice: { id: string }) => voice.id),
    [...aspen.speakers, ...arctic.speakers].map((speaker: { id: string }) => speaker.id),
  );
  const defaults = voices.filter((voice: { isDefault: boolean }) => voice.isDefault);
  assert.equal(
    defaults.map((voice: { id: string }) => voice.id),
    [aspen.defaultSpeaker],
  );
  assert.match((await runCli(['voices'])).stdout.toString(), new RegExp(`${aspen.defaultSpeaker} \\*`));
});

test('shows which settings the environment changed', async () => {
  const env = { VOIRS_NUM_THREADS: '3', VOIRS_DEFAULT_QUALITY: 'high' };
  const settings = await json(['config'], env);
  assert.equal([settings.numThreads, settings.quality, settings.sampleRate], [3, 'high', 22050]);
  const { stdout } = await runCli(['config'], { env });
  assert.match(stdout.toString(), /numThreads\s+3\s+environment\s+VOIRS_NUM_THREADS/);
  assert.match(stdout.toString(), /sampleRate\s+22050\s+default/);
});

test('checks that each backend speaks correctly or states why it cannot', async () => {
  const report = await json(['doctor']);
  assert.is(report.isHealthy, true);
  assert.is(report.environment.node, process.version);
  assert.ok(report.environment.memoryBytes > 2 ** 28 && report.environment.cores >= 1);
  const names = report.backends.map((backend: { name: string }) => backend.name);
  assert.ok(names.includes('wasm') && names.includes('cpu') && names.includes(report.defaultBackend.name));
  for (const { name, isAvailable, reason, selfTest } of report.backends) {
    if (!isAvailable) {
      assert.ok(reason, `${name} gives no reason`);
      continue;
    }
    assert.is(selfTest.isCorrect, true, `${name}: ${reason}`);
    assert.ok(selfTest.realTimeFactor > 0 && selfTest.rms > 0.01 && selfTest.audioSeconds > 0.2);
    assert.ok(selfTest.threads >= 1 && Object.keys(selfTest.versions).length > 0);
    if (name !== 'cpu') assert.ok(selfTest.maxDifference <= 1e-3 && selfTest.comparedWith === 'cpu');
  }
});

test('names every step to an NVIDIA card and fails when one is missing', async () => {
  const env = { VOIRS_TENSORFLOW_DIR: '/nonexistent' };
  const { code, stdout } = await runCli(['doctor', '--cuda'], { env });
  assert.is(code, 1);
  const lines = stdout.toString().trim().split('\n');
  assert.is(lines.length, 7);
  assert.match(lines[2]!, /^3 +MISSING +libtensorflow for CUDA: .*run `npx voirs setup tensorflow --cuda`/);
  assert.match(lines[6]!, /^Begin with [123]\.$/);
  const asJson = await runCli(['doctor', '--cuda', '--json'], { env });
  assert.is(asJson.code, 1);
  const { steps, isReady } = JSON.parse(asJson.stdout.toString());
  assert.is(isReady, false);
  assert.equal(
    steps.map(({ step }: { step: string }) => step),
    ['driver', 'card', 'library', 'cuda-libraries', 'add-on', 'check'],
  );
});

test('measures every stage and states the protocol', async () => {
  const report = await json(['bench', '--seconds', '1', '--runs', '2', '--warm-ups', '0', '--seed', '7']);
  assert.equal(report.protocol, { seed: 7, warmUps: 0, runs: 2 });
  const [result] = report.results;
  const { frontend, acoustic, vocoder } = result.stages;
  for (const figure of [frontend, acoustic, vocoder, result.firstChunkSeconds])
    assert.ok(figure > 0, `${figure}`);
  assert.ok(Math.abs(result.realTimeFactor - result.computeSeconds / result.audioSeconds) < 1e-9);
});

test('lists every command in the help and prints the version', async () => {
  const help = (await runCli(['--help'])).stdout.toString();
  for (const name of [
    'say',
    'batch',
    'text',
    'voices',
    'serve',
    'queue',
    'doctor',
    'bench',
    'config',
    'acoustic',
    'vocode',
  ]) {
    assert.match(help, new RegExp(`^ {2}${name} `, 'm'));
    const own = await runCli([name, '--help']);
    assert.is(own.code, 0);
    assert.match(own.stdout.toString(), new RegExp(`^Usage: voirs ${name} `));
  }
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.is((await runCli(['--version'])).stdout.toString(), `${version}\n`);
});

test.run();
