// What the experiments plot with: Vega-Lite, as SVG files (npm install vega vega-lite).
import { writeFileSync } from 'node:fs';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';

/**
 * Writes a chart.
 * @param {string} path of the SVG file.
 * @param {object} spec a Vega-Lite specification.
 */
export async function plot(path, spec) {
  const config = { axis: { labelFontSize: 12, titleFontSize: 13 }, legend: { labelFontSize: 12 } };
  const view = new View(parse(compile({ background: 'white', padding: 10, config, ...spec }).spec), {
    renderer: 'none',
  });
  writeFileSync(path, await view.toSVG());
  view.finalize();
}

/**
 * Lines over one axis.
 * @param {string} path
 * @param {{ title: string, x: string, y: string, scale?: object, hasPoints?: boolean }} labels
 * @param {{ name: string, kind?: string, x: number, y: number | null }[]} rows a point each; null leaves a gap, and kinds
 * differ by their dashes.
 */
export function plotLines(path, { title, x, y, scale = { zero: false }, hasPoints = false }, rows) {
  const legend = (field) => (new Set(rows.map((row) => row[field])).size > 1 ? { orient: 'bottom' } : null);
  return plot(path, {
    ...{ title, width: 640, height: 300 },
    data: { values: rows },
    mark: { type: 'line', strokeWidth: 1.8, point: hasPoints, invalid: 'break-paths-show-domains' },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: x },
      y: { field: 'y', type: 'quantitative', title: y, scale, axis: { tickCount: 6 } },
      color: { field: 'name', type: 'nominal', title: null, sort: null, legend: legend('name') },
      strokeDash: { field: 'kind', type: 'nominal', title: null, sort: null, legend: legend('kind') },
    },
  });
}
