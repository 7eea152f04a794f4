// If this fails, the first moment of speech is faded or lost where its samples come before the word to play.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defineProcessor, type ToProcessor } from '../../src/player/worklet.js';

const test = suite('processor of the player');

const RATE = 22_050;
const BLOCK = 128;

interface Processor {
  port: { onmessage(event: { data: ToProcessor }): void };
  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

/** The processor as the audio thread has it, driven by hand. */
function processor(): { tell(message: ToProcessor): void; block(): Float32Array } {
  let made: (new () => Processor) | undefined;
  Object.assign(globalThis, {
    ...{ sampleRate: RATE, currentTime: 0 },
    AudioWorkletProcessor: class {
      port = { onmessage: () => {}, postMessage: () => {} };
    },
    registerProcessor: (_: string, processor: new () => Processor) => (made = processor),
  });
  defineProcessor();
  const one = new made!();
  return {
    tell: (data) => one.port.onmessage({ data }),
    block() {
      const out = new Float32Array(BLOCK);
      one.process([], [[out]]);
      return out;
    },
  };
}

const speech = Float32Array.from({ length: 20 * BLOCK }, (_, n) => Math.sin(n / 9) * 0.5 + 0.01);

test('begins a source with its own samples, however late the word to play comes', () => {
  for (const blocksBefore of [0, 1, 2, 7]) {
    const { tell, block } = processor();
    for (let run = 1; run <= 2; run++) {
      tell({ kind: 'begin', run });
      tell({ kind: 'add', samples: speech, sampleRate: RATE });
      for (let n = 0; n < blocksBefore; n++) assert.ok(block().every((sample) => sample === 0));
      tell({ kind: 'play' });
      assert.equal(block(), speech.slice(0, BLOCK), `${blocksBefore} blocks before, run ${run}`);
      assert.equal(block(), speech.slice(BLOCK, 2 * BLOCK));
    }
  }
});

test('fades out at a pause and in after it, and loses nothing in between', () => {
  const { tell, block } = processor();
  tell({ kind: 'begin', run: 1 });
  tell({ kind: 'add', samples: speech, sampleRate: RATE });
  tell({ kind: 'play' });
  block();
  tell({ kind: 'pause' });
  const out = block();
  assert.ok(Math.abs(out[0]! - speech[BLOCK]!) < 0.02);
  assert.is(out.at(-1), 0);
  assert.ok(block().every((sample) => sample === 0));
  tell({ kind: 'play' });
  const back = block();
  assert.ok(Math.abs(back[0]!) < 0.02);
  assert.equal(block(), speech.slice(3 * BLOCK, 4 * BLOCK));
});

test.run();
