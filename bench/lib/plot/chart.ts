// Panels of curves over one axis: the chart of a soak.
import { Canvas, type Colour } from './canvas.js';

/** One curve. */
export interface Curve {
  name: string;
  x: readonly number[];
  y: readonly number[];
}

/** Curves that share a vertical axis. */
export interface Panel {
  title: string;
  unit: string;
  curves: Curve[];
}

const INK: Colour = [40, 40, 40];
const GRID: Colour = [225, 225, 225];
const COLOURS: readonly Colour[] = [
  [0, 90, 180],
  [205, 85, 0],
  [0, 130, 70],
  [150, 40, 130],
];
const TEXT = 2;
const PANEL = { width: 700, height: 300 };
const MARGIN = { left: 100, right: 24, top: 40, bottom: 44 };

/** Round numbers that cover [low, high], about `count` steps of them. */
export function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count || Math.max(1, Math.abs(high)) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw)!;
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  return Array.from({ length: last - first + 1 }, (_, n) => Number(((first + n) * step).toPrecision(12)));
}

function label(value: number): string {
  return Math.abs(value) >= 10_000 ? `${Number((value / 1000).toPrecision(4))}k` : String(value);
}

/** The panels in two columns under a heading. */
export function drawChart(heading: string, xTitle: string, panels: readonly Panel[]): Canvas {
  const top = 44;
  const canvas = new Canvas(2 * PANEL.width, top + Math.ceil(panels.length / 2) * PANEL.height);
  canvas.text(MARGIN.left, 14, heading, INK, TEXT);
  for (const [n, panel] of panels.entries()) {
    drawPanel(canvas, panel, xTitle, (n % 2) * PANEL.width, top + Math.floor(n / 2) * PANEL.height);
  }
  return canvas;
}

function drawPanel(
  canvas: Canvas,
  { title, unit, curves }: Panel,
  xTitle: string,
  x0: number,
  y0: number,
): void {
  const all = (axis: 'x' | 'y') => curves.flatMap((curve) => curve[axis]);
  const [xs, ys] = [all('x'), all('y')];
  const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = (values: number[]) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  // From zero: a change is seen in proportion to the whole.
  const xTicks = ticks(0, most(xs), 5);
  const yTicks = ticks(Math.min(0, least(ys)), most(ys), 4);
  const left = x0 + MARGIN.left;
  const right = x0 + PANEL.width - MARGIN.right;
  const above = y0 + MARGIN.top;
  const below = y0 + PANEL.height - MARGIN.bottom;
  const at = (value: number, marks: number[], from: number, to: number) =>
    from + ((value - marks[0]!) / (marks.at(-1)! - marks[0]!)) * (to - from);
  canvas.text(left, y0 + 14, `${title}, ${unit}`, INK, TEXT);
  for (const tick of yTicks) {
    const y = at(tick, yTicks, below, above);
    canvas.line([left, y], [right, y], GRID);
    const text = label(tick);
    canvas.text(left - 10 - Canvas.textWidth(text, TEXT), y - 7, text, INK, TEXT);
  }
  for (const tick of xTicks) {
    const x = at(tick, xTicks, left, right);
    canvas.line([x, above], [x, below], GRID);
    const text = label(tick);
    canvas.text(
      Math.min(x - Canvas.textWidth(text, TEXT) / 2, right - Canvas.textWidth(text, TEXT) + 12),
      below + 8,
      text,
      INK,
      TEXT,
    );
  }
  canvas.line([left, below], [right, below], INK);
  canvas.line([left, above], [left, below], INK);
  canvas.text(right - Canvas.textWidth(xTitle, TEXT), below + 26, xTitle, INK, TEXT);
  let legend = left + 10;
  for (const [n, curve] of curves.entries()) {
    const colour = COLOURS[n % COLOURS.length]!;
    for (let i = 1; i < curve.x.length; i++) {
      const point = (k: number): [number, number] => [
        at(curve.x[k]!, xTicks, left, right),
        at(curve.y[k]!, yTicks, below, above),
      ];
      canvas.line(point(i - 1), point(i), colour, 2);
    }
    if (curves.length === 1) continue;
    canvas.line([legend, below + 33], [legend + 20, below + 33], colour, 3);
    canvas.text(legend + 26, below + 26, curve.name, colour, TEXT);
    legend += 46 + Canvas.textWidth(curve.name, TEXT);
  }
}
