// If this fails, the documentation names versions of browsers that lack something which the code for pages needs.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import features from '../../bench/lib/compat/features.json' with { type: 'json' };
import { entryAt, entryOf, since } from '../../bench/lib/compat/support.js';

const test = suite('versions of browsers');

test('finds what the types of browsers name', () => {
  const names = [
    'fetch',
    'Cache.match',
    'Body.arrayBuffer',
    'Worker.addEventListener',
    'MessageEventTarget.onmessage',
  ];
  for (const name of [
    ...names,
    'WebAssembly.validate',
    'ArrayConstructor.isArray',
    'Float32Array.subarray',
    'navigator',
  ])
    assert.ok(entryOf(name)?.__compat, name);
  assert.is(entryOf('Cache.nothing'), undefined);
});

test('knows since when a browser has it', () => {
  const simd = entryAt('webassembly.fixed-width-SIMD')!;
  assert.equal(
    ['chrome', 'firefox', 'safari'].map((browser) => since(simd, browser)),
    [91, 89, 16.4],
  );
  assert.is(since(entryAt('api.AudioSession')!, 'chrome'), Number.POSITIVE_INFINITY);
  assert.throws(() => since(simd, 'mosaic'), /no browser mosaic/);
});

test('has an entry for every feature that is looked up', () => {
  for (const group of Object.values(features))
    for (const path of Object.keys(group)) assert.ok(entryAt(path)?.__compat, path);
});

test.run();
