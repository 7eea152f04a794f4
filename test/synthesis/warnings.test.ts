// If this fails, a program is not told what of its text was not spoken, or hears it once and not again.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { textStream, VoirsPipeline } from '../../src/index.js';

const test = suite('warnings of a call');
let pipeline: VoirsPipeline;
test.before(async () => {
  pipeline = await VoirsPipeline.create({ numThreads: 1 });
});
test.after(() => pipeline.dispose());

const TEXT = 'Tea ᚠ too.';
const SSML = '<speak><voice name="nobody">Tea.</voice></speak>';

async function toldBy(work: (onWarning: (warning: string) => void) => Promise<unknown>): Promise<string[]> {
  const told: string[] = [];
  await work((warning) => told.push(warning));
  return told;
}

test('are those of prepare, for a text as for SSML', async () => {
  for (const [text, input] of [
    [TEXT, 'text'],
    [SSML, 'ssml'],
  ] as const) {
    const { warnings } = await pipeline.prepare(text, { input });
    assert.is(warnings.length, 1);
    const whole = await toldBy(async (onWarning) =>
      (await pipeline.synthesize(text, { input, onWarning })).dispose(),
    );
    const streamed = await toldBy(async (onWarning) => {
      for await (const chunk of pipeline.stream(text, { input, onWarning })) chunk.dispose();
    });
    assert.equal([whole, streamed], [warnings, warnings]);
  }
});

test('come again with a result that was kept', async () => {
  const speak = (onWarning: (warning: string) => void) =>
    pipeline.synthesize(TEXT, { onWarning }).then((audio) => audio.dispose());
  const hits = pipeline.memoryReport().modelCache!.results!.hits;
  const first = await toldBy(speak);
  const second = await toldBy(speak);
  assert.ok(pipeline.memoryReport().modelCache!.results!.hits > hits);
  assert.is(first.length, 1);
  assert.equal(second, first);
});

test('come from a text in pieces too', async () => {
  const pieces = textStream();
  pieces.push('Tea ');
  pieces.push('ᚠ too.');
  pieces.end();
  const told = await toldBy(async (onWarning) => {
    for await (const chunk of pipeline.stream(pieces, { onWarning })) chunk.dispose();
  });
  assert.is(told.length, 1);
  assert.match(told[0]!, /ᚠ/);
});

test('end the call when the listener throws, and harm no other', async () => {
  const thrown = new Error('enough');
  const onWarning = () => {
    throw thrown;
  };
  try {
    await pipeline.synthesize(TEXT, { onWarning });
    assert.unreachable();
  } catch (error) {
    assert.is(error, thrown);
  }
  (await pipeline.synthesize('Tea.')).dispose();
});

test.run();
