// If this fails, a published Piper voice sounds otherwise than onnxruntime makes it sound, or is misread as text.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { isUnavailable } from '../../bench/lib/unavailable.js';
import { openOnnxruntimeNode } from '../../bench/rivals/onnxruntime-node/index.js';
import { piperVoice, withoutNoise } from '../../bench/rivals/piper/voice.js';
import { VoirsPipeline } from '../../src/index.js';
import { checkedCall } from '../../src/synthesis/call.js';
import { Engine } from '../../src/synthesis/engine.js';
import { beginSentence, releaseSentence, speakWhole } from '../../src/synthesis/sentence.js';

const test = suite("Piper's en_US-joe-medium");
const voice = await piperVoice();
const rival = await openOnnxruntimeNode();

if (typeof voice !== 'string' || isUnavailable(rival)) {
  for (const one of [voice, rival])
    if (typeof one !== 'string' && isUnavailable(one)) console.log(`SKIP: ${one.unavailable}`);
} else {
  test('equals onnxruntime without noise, from text to samples', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'voirs-piper-'));
    const path = withoutNoise(voice, scratch);
    const engine = await Engine.load({
      weights: path,
      backend: 'wasm',
      enablePostprocessing: false,
      numThreads: 1,
    });
    const session = await rival.load(voice, { threads: 1 });
    try {
      const call = checkedCall(engine, {});
      const { sentences } = await engine.read('The butter is better, but is it?', call);
      const spoken = await beginSentence(engine, call, sentences[0]!);
      const ours = new Float32Array(spoken.frames * engine.models.vocoder.hop);
      await speakWhole(engine, call, spoken, ours);
      // What eSpeak writes for these words, with Piper's blanks between, as ids of its phonemes.
      const said = 'ðə bˈʌɾɚ ɪz bˈɛɾɚ, bˌʌt ɪz ɪt?';
      const { phoneme_id_map: map } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as {
        phoneme_id_map: Record<string, number[]>;
      };
      const ids = [
        ...map['^']!,
        ...map._!,
        ...[...said].flatMap((one) => [...map[one]!, ...map._!]),
        ...map.$!,
      ];
      const { output } = await session.run({
        input: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
        input_lengths: { data: BigInt64Array.of(BigInt(ids.length)), dims: [1] },
        scales: { data: Float32Array.of(0, 1, 0), dims: [3] },
      });
      const difference = maxAbs(ours, output!.data as Float32Array);
      assert.ok(difference <= 1e-3, `samples differ by ${difference}`);
      releaseSentence(spoken);
    } finally {
      await session.dispose();
      await engine.dispose();
      rmSync(scratch, { recursive: true });
    }
  });

  test('is spoken by its file alone, with its name and its noise', async () => {
    const pipeline = await VoirsPipeline.create({ weights: voice, backend: 'wasm' });
    assert.is(pipeline.getVoice().id, 'joe');
    using audio = await pipeline.synthesize('Good morning.');
    assert.ok(audio.duration > 0.4 && audio.duration < 2, `${audio.duration} s`);
    await pipeline.dispose();
  });
}

test.run();
