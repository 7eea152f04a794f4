// If this fails, `npm run bench -- soak` draws a picture that differs from its figures.
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Canvas } from '../../bench/lib/plot/canvas.js';
import { drawChart, ticks } from '../../bench/lib/plot/chart.js';

const test = suite('chart');

test('makes round ticks that cover the range', () => {
  assert.equal(ticks(0, 100, 5), [0, 20, 40, 60, 80, 100]);
  assert.equal(ticks(0, 0.7, 4), [0, 0.2, 0.4, 0.6, 0.8]);
  assert.equal(ticks(3, 3, 4), [3, 4]);
  assert.equal(ticks(0, 0, 4), [0, 0.5]);
});

/** How many pixels are of a colour. */
function count(canvas: Canvas, colour: readonly number[]): number {
  let found = 0;
  for (let at = 0; at < canvas.pixels.length; at += 4) {
    if (colour.every((value, n) => canvas.pixels[at + n] === value)) found++;
  }
  return found;
}

test('draws every letter of the font and refuses others', () => {
  const canvas = new Canvas(40, 20);
  canvas.text(2, 2, 'I', [1, 2, 3]);
  assert.is(count(canvas, [1, 2, 3]), 11); // a stem of 7 and two bars of 3 that share it
  assert.throws(() => canvas.text(0, 0, '\u00e9', [0, 0, 0]), /has no "\u00e9"/);
  for (let code = 32; code < 127; code++) {
    if (!'[\\]^`{|}~'.includes(String.fromCharCode(code)))
      canvas.text(0, 0, String.fromCharCode(code), [0, 0, 0]);
  }
});

test('draws curves where their values are and saves them as a PNG', () => {
  const x = [0, 50, 100];
  const curves = [
    { name: 'rising', x, y: [0, 50, 100] },
    { name: 'flat', x, y: [20, 20, 20] },
  ];
  const canvas = drawChart('heading', 'x', [{ title: 'panel', unit: 'u', curves }]);
  const isBlue = (column: number, row: number) => {
    const at = (row * canvas.width + column) * 4;
    return canvas.pixels[at] === 0 && canvas.pixels[at + 1] === 90 && canvas.pixels[at + 2] === 180;
  };
  assert.ok(isBlue(100, 300) && isBlue(675, 84) && isBlue(388, 192), 'corners and middle of the plot');
  assert.ok(count(canvas, [205, 85, 0]) > 570, 'the second curve spans the panel');
  const path = join(tmpdir(), `voirs-chart-${process.pid}.png`);
  canvas.save(path);
  const read = PNG.sync.read(readFileSync(path));
  rmSync(path);
  assert.equal([read.width, read.height], [canvas.width, canvas.height]);
  assert.is(Buffer.compare(read.data, canvas.pixels as Buffer), 0);
});

test.run();
