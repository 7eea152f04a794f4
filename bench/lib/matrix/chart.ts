// Horizontal bars as SVG: one a row, on a logarithmic scale, because the engines lie three powers of ten
// apart.

/** One bar. */
export interface Bar {
  name: string;
  value: number;
  /** Ends of the whisker. */
  low: number;
  high: number;
  isRival: boolean;
}

const ROW = 30;
const LEFT = 210;
const WIDTH = 560;
const TOP = 60;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A chart of positive values. @throws RangeError when there is none. */
export function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  if (bars.length === 0) throw new RangeError('a chart needs at least one bar');
  const low = Math.floor(Math.log10(Math.min(...bars.map((bar) => bar.low))));
  const high = Math.ceil(Math.log10(Math.max(...bars.map((bar) => bar.high))));
  const x = (value: number): number => LEFT + ((Math.log10(value) - low) / (high - low || 1)) * WIDTH;
  const bottom = TOP + bars.length * ROW;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 90}" height="${bottom + 50}" font-family="sans-serif" font-size="13">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="12" y="24" font-size="16">${escaped(title)}</text>`,
    `<text x="12" y="44" fill="#666">${escaped(unit)}</text>`,
  ];
  for (let power = low; power <= high; power++) {
    const at = x(10 ** power).toFixed(1);
    lines.push(`<line x1="${at}" x2="${at}" y1="${TOP - 6}" y2="${bottom}" stroke="#ddd"/>`);
    lines.push(
      `<text x="${at}" y="${bottom + 20}" text-anchor="middle" fill="#666">${Number((10 ** power).toPrecision(1))}</text>`,
    );
  }
  for (const [i, { name, value, low: from, high: to, isRival }] of bars.entries()) {
    const y = TOP + i * ROW;
    const middle = y + ROW / 2 - 2;
    lines.push(`<text x="${LEFT - 10}" y="${middle + 5}" text-anchor="end">${escaped(name)}</text>`);
    lines.push(
      `<rect x="${LEFT}" y="${y + 3}" width="${(x(value) - LEFT).toFixed(1)}" height="${ROW - 10}" fill="${isRival ? '#d89a5b' : '#3b78b5'}"/>`,
    );
    lines.push(
      `<line x1="${x(from).toFixed(1)}" x2="${x(to).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#222" stroke-width="2"/>`,
    );
    lines.push(
      `<text x="${(x(to) + 8).toFixed(1)}" y="${middle + 5}">${Number(value.toPrecision(3))}</text>`,
    );
  }
  return `${lines.join('\n')}\n</svg>\n`;
}
