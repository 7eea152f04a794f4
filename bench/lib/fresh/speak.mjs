// A fresh process in which one engine speaks a list of texts to WAV files: { engine, options, first, texts,
// folder } as JSON in, one line of JSON out. The first text is not kept: the time to it is the cold start,
// and what it warms is not in the processor time of the others.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { engine, options, first, texts, folder } = JSON.parse(process.argv[2]);
const { open } = await import(new URL(`../../../${engine}`, import.meta.url).href);

/** Samples in [-1, 1] as a mono 16-bit WAV file. */
function wav({ samples, sampleRate }) {
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20); // PCM
  bytes.writeUInt16LE(1, 22); // channels
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(2 * sampleRate, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(2 * samples.length, 40);
  for (const [i, value] of samples.entries()) {
    bytes.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(32768 * value))), 44 + 2 * i);
  }
  return bytes;
}

const speaker = await open(options);
// An engine that is a program of its own measures its processes itself: this one only starts them.
const { wallMs } = await speaker.speak(first);
const coldStartMs = wallMs ?? performance.now();
let cpuSeconds = 0;
let audioSeconds = 0;
for (const { id, text } of texts) {
  const before = process.cpuUsage();
  const audio = await speaker.speak(text);
  const { user, system } = process.cpuUsage(before);
  cpuSeconds += audio.cpuSeconds ?? (user + system) / 1e6;
  audioSeconds += audio.samples.length / audio.sampleRate;
  writeFileSync(join(folder, `${id}.wav`), wav(audio));
}
process.stdout.write(`\n${JSON.stringify({ coldStartMs, cpuSeconds, audioSeconds })}\n`, () =>
  process.exit(0),
);
