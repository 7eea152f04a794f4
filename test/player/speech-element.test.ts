// If this fails, <voirs-speech> reads what a page does not show, marks the wrong words, or does not start.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser } from '../../bench/lib/browser/harness.js';

const test = suite('speech element');
const script = new URL('./pages/element.ts', import.meta.url);

interface Read {
  errors: string[];
  status: string;
  words: (string | undefined)[];
  marks: string[];
  label: string;
  stayed: boolean;
  left: string;
  text: string;
}

const browser = await openBrowser();
if (browser) {
  test('reads the text of the page and marks each word', async () => {
    const { value, complaints } = await browser.run<Read>({ script, argument: { what: 'read' } });
    assert.equal(
      complaints.filter((line) => !/voirs-worker\.js/.test(line)), // which this page does not serve
      [],
    );
    assert.is(value.text, 'Tea and toast\n\nWarm water first.\nThen tea.\n\nLast\n\none\n\ntwo');
    const words = ['tea', 'and', 'toast', 'warm', 'water', 'first', 'then', 'tea', 'last', 'one', 'two'];
    const told = value.words.filter((word) => word !== undefined);
    assert.ok(told.length >= 8, `${told}`); // a busy machine may pass over some
    let next = 0;
    value.words.forEach((word, n) => {
      assert.is(value.marks[n]!.toLowerCase(), word ?? '');
      if (word === undefined) return;
      next = words.indexOf(word, next) + 1;
      assert.ok(next > 0, `${word} was marked out of turn`);
    });
    assert.is(value.left, '');
    assert.is(value.label, 'Listen Pause Resume Listen');
    assert.ok(value.stayed, 'words went on during a pause');
    assert.match(value.errors[0]!, /worker/);
    assert.is(value.status, 'This text cannot be read out.');
    assert.match(value.errors[1]!, /does not find its text; got for="nowhere"/);
  });

  test('marks words with boxes where there are no highlights', async () => {
    const { value } = await browser.run<Read>({
      script,
      argument: { what: 'boxes' },
      beforePage: 'delete globalThis.Highlight',
    });
    assert.ok(value.marks.includes('a box'), value.marks.join());
    value.words.forEach((word, n) => {
      assert.is(value.marks[n], word === undefined ? '' : 'a box');
    });
    assert.is(value.left, '');
  });

  test('plays under a strict policy with the file of the worklet', async () => {
    const { value } = await browser.run<{ refused: string; state: string }>({
      script,
      argument: { what: 'policy' },
    });
    assert.match(value.refused, /cannot be loaded on the audio thread.*player-worklet\.js.*workletUrl/);
    assert.is(value.state, 'ended');
  });

  test.after(() => browser.close());
}
test.run();
