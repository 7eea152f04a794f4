// If this fails, audio that must fit a size does not, loses more than it needs to, or loses it without a
// word.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Arena } from '../../src/memory/arena.js';
import { optimizeAudioFormat } from '../../src/patterns/optimize-format.js';
import { bufferOf, leavingNoLease, tone } from '../audio/made.js';
import { voirsError } from '../expect.js';

const test = suite('optimize audio format');
const MB = 2 ** 20;
const arena = new Arena();

const check = (name: string, run: () => void | Promise<void>) => test(name, leavingNoLease(arena, run));

check('leaves audio that fits unchanged, and states that', async () => {
  using audio = bufferOf(arena, new Float32Array(MB / 4)); // exactly 1 MB
  const { audio: same, change, fits, bytesBefore, bytesAfter } = await optimizeAudioFormat(audio);
  assert.is(same, audio);
  assert.equal([change, fits, bytesBefore, bytesAfter], ['unchanged', true, MB, MB]);
});

check('lowers the rate by the share that fits when over half fits', async () => {
  using audio = bufferOf(arena, tone(440, 2, 22050), { rate: 22050 });
  const megabytes = (0.75 * 2 * 22050 * 4) / MB;
  const { audio: smaller, change, fits, summary } = await optimizeAudioFormat(audio, megabytes);
  assert.equal([change, fits, smaller.sampleRate, smaller.samples.length], ['resampled', true, 16537, 33074]);
  assert.match(summary, /22050 to 16537 Hz.*0\.17 to 0\.13 MiB, within 0\.13 MiB/);
  assert.ok(Math.abs(smaller.rms() - audio.rms()) < 1e-3, 'it is still the tone');
  assert.not(audio.isDisposed);
  smaller.dispose();
});

check('chooses no rate above 22,050 Hz', async () => {
  using audio = bufferOf(arena, tone(440, 1, 48000), { rate: 48000 });
  const { audio: smaller } = await optimizeAudioFormat(audio, (0.9 * 48000 * 4) / MB);
  assert.is(smaller.sampleRate, 22050);
  smaller.dispose();
});

check('mixes stereo down when half or less fits, else leaves it', async () => {
  using stereo = bufferOf(arena, new Float32Array(MB / 2).fill(0.5), { channels: 2 });
  const mono = await optimizeAudioFormat(stereo, 1); // exactly half
  assert.equal([mono.change, mono.fits, mono.audio.channels, mono.bytesAfter], ['mono', true, 1, MB]);
  const far = await optimizeAudioFormat(stereo, 0.1);
  assert.equal([far.change, far.fits], ['mono', false]);
  assert.match(far.summary, /still over 0\.10 MiB/);
  const none = await optimizeAudioFormat(mono.audio, 0.1);
  assert.equal([none.change, none.fits, none.audio], ['unchanged', false, mono.audio]);
  mono.audio.dispose();
  far.audio.dispose();
});

check('refuses bad targets and disposed audio', async () => {
  const audio = bufferOf(arena, tone(440, 1));
  for (const size of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1' as never])
    await voirsError(() => optimizeAudioFormat(audio, size), 'INVALID_OPTIONS');
  audio.dispose();
  await voirsError(() => optimizeAudioFormat(audio), 'DISPOSED');
});

test.run();
