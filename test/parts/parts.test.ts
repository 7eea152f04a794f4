// If this fails, a researcher who takes mel, vocoder or acoustic model by itself gets other numbers than synthesis, or
// memory that nobody frees.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture, Golden, maxAbs, transposed } from '../../bench/lib/goldens.js';
import { engineCounts } from '../../src/backends/engine.js';
import {
  Arena,
  estimateF0,
  HIFIGAN_MEL,
  loadAcoustic,
  loadVocoder,
  Mel,
  melSpectrogram,
  type VocoderOptions,
  VoirsPipeline,
} from '../../src/index.js';
import { voirsError } from '../expect.js';
import { tinyVoice } from '../tiny-voice.js';

const test = suite('parts by themselves');
const on = { backend: 'wasm', numThreads: 1 } as const;
const voice = tinyVoice();
const TEXT = 'One. Is it two?';
let pipeline: VoirsPipeline;
test.before(async () => {
  pipeline = await VoirsPipeline.create({ ...on, weights: voice.folder, enablePostprocessing: false });
});
test.after(async () => {
  await pipeline.dispose();
  voice.remove();
});

test('gives the mel, F0 and numbers that a sentence is spoken from', async () => {
  const { leases } = pipeline.arena.stats();
  using spoken = await pipeline.mel('Is it two?');
  const { sentences } = await pipeline.prepare('Is it two?');
  const [{ tokens } = { tokens: [] }] = sentences;
  assert.equal(
    spoken.tokens,
    tokens.map(({ symbol }) => symbol),
  );
  assert.equal(
    [...spoken.durations],
    tokens.map(({ duration }) => duration),
  );
  assert.equal(
    [...spoken.pitches],
    tokens.map(({ pitch }) => pitch),
  );
  assert.equal(
    [...spoken.energies],
    tokens.map(({ energy }) => energy),
  );
  assert.is(
    spoken.frames,
    spoken.durations.reduce((sum, frames) => sum + frames, 0),
  );
  assert.equal(spoken.sentences, [
    { frames: { from: 0, to: spoken.frames }, tokens: { from: 0, to: tokens.length } },
  ]);
  assert.equal(spoken.mel.form, { ...HIFIGAN_MEL });
  assert.equal(spoken.logF0, Float32Array.from(spoken.f0!, Math.log));
  assert.is(pipeline.arena.stats().leases, leases + 1, 'the mel counts in the audio layer');
  const views = spoken.views();
  assert.equal(views.mel.shape, [spoken.frames, 80]);
  assert.is(views.mel.get(2, 7), spoken.mel.values[2 * 80 + 7]);
  assert.equal([views.f0!.shape, views.durations.shape], [[spoken.frames], [tokens.length]]);
  spoken.dispose();
  assert.is(pipeline.arena.stats().leases, leases);
  await voirsError(() => spoken.views(), 'DISPOSED');
});

test('speaks that mel with a vocoder alone, sample for sample as synthesis', async () => {
  const before = engineCounts().tensors;
  {
    await using vocoder = await loadVocoder(voice.folder, on);
    using whole = await pipeline.synthesize('Is it two?');
    using spoken = await pipeline.mel('Is it two?');
    using audio = await vocoder.vocode(spoken);
    assert.equal(audio.samples, whole.samples);
    assert.is(audio.sampleRate, 22_050);
    for (const mel of [spoken.mel, spoken.mel.values, spoken.mel.toNdarray()]) {
      using same = await vocoder.vocode(mel, { f0: mel === spoken.mel ? spoken.views().f0 : spoken.f0 });
      assert.equal(same.samples, audio.samples);
    }
    using higher = await vocoder.vocode(spoken, { f0: spoken.f0!.map((hz) => 1.2 * hz) });
    assert.ok(maxAbs(higher.samples, audio.samples) > 0.01);
    const { modelCache, audio: arena, native } = vocoder.memoryReport();
    assert.is(modelCache!.weightsBytes, vocoder.weightBytes);
    assert.is(arena!.leases, 2);
    assert.ok(native!.wasmHeapBytes! > 0);
    assert.equal([vocoder.type, vocoder.bands, vocoder.hop, vocoder.isDriven], ['hifigan', 80, 256, true]);
    assert.equal(vocoder.melForm, { ...HIFIGAN_MEL });
  }
  assert.is(engineCounts().tensors, before, 'tensors alive after dispose()');
});

test('joins sentences with their pauses as silent frames', async () => {
  using spoken = await pipeline.mel(TEXT);
  using one = await pipeline.mel('One.');
  const [first, second] = spoken.sentences;
  assert.is(spoken.sentences.length, 2);
  assert.is(second!.frames.from - first!.frames.to, Math.round((0.35 * 22_050) / 256));
  const { values } = spoken.mel;
  assert.equal(values.slice(0, one.mel.values.length), one.mel.values);
  const gap = values.subarray(first!.frames.to * 80, second!.frames.from * 80);
  assert.ok(gap.every((value) => value === Math.fround(Math.log(1e-5))));
  assert.ok(spoken.f0!.every((hz) => hz > 20));
});

test('takes an utterance with its edits, and options as prepare does', async () => {
  const utterance = await pipeline.prepare('Is it two?');
  for (const token of utterance.sentences[0]!.tokens) {
    token.pitch += 1;
    token.duration *= 2;
  }
  using plain = await pipeline.mel('Is it two?');
  using edited = await pipeline.mel(utterance);
  assert.is(edited.frames, 2 * plain.frames);
  assert.ok(edited.f0![0]! > plain.f0![0]!);
  using slow = await pipeline.mel('Is it two?', { speakingRate: 0.5, pitchShift: 3 });
  assert.ok(slow.frames > 1.7 * plain.frames);
  await voirsError(() => pipeline.mel('x', { volumeGain: 3 } as object), 'INVALID_OPTIONS');
  await voirsError(() => pipeline.mel(utterance, { speakingRate: 2 }), 'INVALID_OPTIONS');
  await voirsError(() => pipeline.mel({} as never), 'INVALID_TEXT');
  await voirsError(() => pipeline.mel(7 as never), 'INVALID_TEXT');
  await voirsError(() => pipeline.mel('x', { signal: AbortSignal.abort() }), 'ABORTED');
});

test('makes the same mel from tokens by the acoustic model alone', async () => {
  const before = engineCounts().tensors;
  {
    await using acoustic = await loadAcoustic(pathToFileURL(`${voice.folder}/`), on);
    using spoken = await pipeline.mel('Two.', { intonation: 'model' });
    using mel = await acoustic.mel(spoken.tokens);
    assert.equal(mel.mel.values, spoken.mel.values);
    assert.equal(mel.f0, spoken.f0);
    const ids = Int32Array.from(spoken.tokens, (token) => acoustic.tokens.indexOf(token));
    const { durations, pitches, energies } = mel;
    using again = await acoustic.mel(ids, { speaker: 0, durations, pitches, energies });
    assert.equal(again.mel.values, mel.mel.values);
    using part = await acoustic.mel(ids, { frames: { from: 3, to: 9 } });
    assert.is(part.frames, 6);
    assert.ok(maxAbs(part.mel.values, mel.mel.values.subarray(3 * 80, 9 * 80)) < 1e-4);
    assert.ok(maxAbs(part.f0!, mel.f0!.subarray(3, 9)) < 0.1);
    using high = await acoustic.mel(ids, { pitches: pitches.map((z) => z + 1) });
    const { std } = acoustic.speakers.find(({ index }) => index === 0)!.logF0;
    assert.ok(Math.abs(high.logF0![0]! - mel.logF0![0]! - std) < 1e-5);
    assert.is(acoustic.type, 'fastspeech2-conv');
    assert.is(acoustic.contextFrames, 3);
    await voirsError(() => acoustic.mel([]), 'INVALID_OPTIONS');
    await voirsError(() => acoustic.mel(['QQ']), 'INVALID_TEXT');
    await voirsError(() => acoustic.mel(ids, { speaker: 99 }), 'VOICE_NOT_FOUND');
    await voirsError(() => acoustic.mel(ids, { speaker: 'nobody' }), 'VOICE_NOT_FOUND');
    await voirsError(() => acoustic.mel(ids, { durations: [1] }), 'INVALID_OPTIONS');
    await voirsError(() => acoustic.mel(ids, { durations: durations.map(() => 0) }), 'SYNTHESIS_FAILED');
    await voirsError(() => acoustic.mel(ids, { energies: pitches.map(() => 21) }), 'INVALID_OPTIONS');
    await voirsError(() => acoustic.mel(ids, { frames: { from: 5, to: 1e6 } }), 'INVALID_OPTIONS');
  }
  assert.is(engineCounts().tensors, before, 'tensors alive after dispose()');
});

test('edits weights before they are loaded', async () => {
  const names: string[] = [];
  await using acoustic = await loadAcoustic(voice.folder, {
    ...on,
    edit(tensors) {
      names.push(...tensors.keys());
      const { data } = tensors.get('speaker.weight')!;
      data.fill(data[0]!); // all speakers are one
    },
  });
  assert.ok(names.includes('mel.weight'));
  const tokens = ['^', 'T', 'UW1', '.', '$'];
  using one = await acoustic.mel(tokens, { speaker: 0, durations: [1, 2, 3, 1, 0] });
  using other = await acoustic.mel(tokens, { speaker: 1, durations: [1, 2, 3, 1, 0] });
  assert.is(maxAbs(one.energies, other.energies), 0);
  const bad = (edit: VocoderOptions['edit']) => loadVocoder(voice.folder, { ...on, edit });
  await voirsError(() => bad((tensors) => void tensors.delete('conv_pre.weight')), 'INVALID_WEIGHTS');
  await voirsError(() => bad((async () => {}) as never), 'INVALID_OPTIONS');
});

/** A mel of a golden, [T, bands], and its audio. */
function melOf(golden: Golden): { mel: Mel; audio: Float32Array } {
  const mel = transposed({ shape: golden.shape('mel'), data: golden.floats('mel') });
  return { mel: Mel.of(mel, golden.shape('mel')[0]!), audio: golden.floats('audio') };
}

test('loads a HiFi-GAN from a file, from bytes, and without a configuration', async () => {
  const path = fixture('hifigan-v2-tiny.pth');
  const json = fixture('hifigan-v2-tiny.json');
  const { mel, audio } = melOf(new Golden(fixture('hifigan-v2-tiny.golden.safetensors')));
  const ways: [source: string | Uint8Array, config: VocoderOptions['config']][] = [
    [path, json],
    [readFileSync(path), JSON.parse(readFileSync(json, 'utf8')) as object as VocoderOptions['config']],
    [readFileSync(path), undefined],
  ];
  for (const [source, config] of ways) {
    await using vocoder = await loadVocoder(source, { ...on, config });
    using made = await vocoder.vocode(mel);
    assert.ok(maxAbs(made.samples, audio) <= 1e-4);
    assert.is(vocoder.isDriven, false);
    assert.is(vocoder.notes.length > 0, config === undefined);
  }
});

test('copies speech in three lines', async () => {
  using recording = await pipeline.synthesize('Copy me.');
  await using vocoder = await loadVocoder(voice.folder, on);
  using copy = await vocoder.vocode(melSpectrogram(recording, vocoder.melForm), estimateOf(recording));
  assert.ok(Math.abs(copy.duration - recording.duration) < 256 / 22_050);
});
const estimateOf = (recording: Parameters<typeof estimateF0>[0]) => ({ f0: estimateF0(recording).hz });

test('refuses what does not fit, and works on', async () => {
  const arena = new Arena();
  await using vocoder = await loadVocoder(voice.folder, { ...on, arena });
  using spoken = await pipeline.mel('No.');
  const f0 = spoken.f0!;
  const odd = Mel.of(new Float32Array(30), 3);
  const faults: [mel: unknown, options: object][] = [
    [odd, { f0 }],
    [spoken.mel, {}],
    [spoken.mel, { f0: f0.subarray(1) }],
    [spoken.mel, { f0: f0.map(() => 0) }],
    [spoken.mel, { f0: f0.map(() => Number.NaN) }],
    [spoken.mel, { f0, pitch: 2 }],
    [undefined, {}],
    [Mel.of(spoken.mel.values.slice(), 80, { ...HIFIGAN_MEL, hopSize: 128 }), { f0 }],
  ];
  for (const [mel, options] of faults)
    await voirsError(() => vocoder.vocode(mel as Mel, options), 'INVALID_OPTIONS');
  await voirsError(() => vocoder.vocode(spoken, { signal: AbortSignal.abort() }), 'ABORTED');
  assert.is(arena.stats().leases, 0);
  using audio = await vocoder.vocode(spoken);
  await vocoder.dispose();
  await vocoder.dispose();
  assert.ok(
    audio.samples.some((x) => x !== 0),
    'audio outlives its vocoder',
  );
  await voirsError(() => vocoder.vocode(spoken), 'DISPOSED');
  await voirsError(() => vocoder.memoryReport(), 'DISPOSED');
});

test('says why a source is no model', async () => {
  await voirsError(() => loadVocoder('nowhere', on), 'INVALID_WEIGHTS');
  await voirsError(() => loadVocoder(new Uint8Array(40), on), 'INVALID_WEIGHTS');
  await voirsError(() => loadVocoder(7 as never, on), 'INVALID_OPTIONS');
  await voirsError(() => loadVocoder(voice.folder, { ...on, quality: 'best' as never }), 'INVALID_OPTIONS');
  await voirsError(() => loadVocoder(voice.folder, { ...on, config: 3 as never }), 'INVALID_OPTIONS');
  await voirsError(() => loadVocoder(voice.folder, { backend: 'abacus' }), 'DEVICE_ERROR');
  await voirsError(() => loadAcoustic(voice.folder, { ...on, voice: 'nobody' }), 'VOICE_NOT_FOUND');
  await voirsError(() => loadAcoustic(new Uint8Array(3) as never, on), 'INVALID_OPTIONS');
  await voirsError(() => loadVocoder(voice.folder, { ...on, signal: AbortSignal.abort() }), 'ABORTED');
});

test.run();
