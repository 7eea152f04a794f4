// Draws a sentence: words and sounds, waveform, mel, and over it the melody and the loudness.
import { isDark } from '../state/theme.js';
import type { Picture } from '../work/tasks.js';
import type { Layout } from './layout.js';

/** Heights in CSS pixels. */
export const ROWS = { words: 30, phones: 28, wave: 56, mel: 136 } as const;
export const HEIGHT = ROWS.words + ROWS.phones + ROWS.wave + ROWS.mel;
const MEL_TOP = ROWS.words + ROWS.phones + ROWS.wave;
/** z-scores of pitch at the top and the bottom of the mel. */
const PITCH_RANGE = 4.2;

export interface Palette {
  paper: string;
  ink: string;
  faint: string;
  line: string;
  accent: string;
  energy: string;
  mark: string;
  isDark: boolean;
}

/** Colours of the page, so that canvas and page are one. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const dark = isDark();
  // A custom property keeps both colours of light-dark().
  const read = (name: string): string => {
    const [light, other = light] = style.getPropertyValue(name).match(/#\w+/g) ?? [];
    return (dark ? other : light) ?? 'gray';
  };
  return {
    ...{ paper: read('--panel'), ink: read('--ink'), faint: read('--ink-faint'), line: read('--line') },
    ...{ accent: read('--accent'), energy: read('--energy'), mark: read('--mark') },
    isDark: dark,
  };
}

export const pitchToY = (z: number): number => MEL_TOP + ROWS.mel * (0.5 - z / (2 * PITCH_RANGE));
export const yToPitch = (y: number): number => (0.5 - (y - MEL_TOP) / ROWS.mel) * 2 * PITCH_RANGE;

const melImages = new WeakMap<Picture, Map<boolean, HTMLCanvasElement>>();

/** The mel as an image, one pixel a frame and band; low bands at the bottom. */
function melImage(picture: Picture, isDark: boolean): HTMLCanvasElement {
  const known = melImages.get(picture) ?? new Map<boolean, HTMLCanvasElement>();
  melImages.set(picture, known);
  const before = known.get(isDark);
  if (before) return before;
  const { mel, bands, frames } = picture;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [frames, bands];
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(frames, bands);
  const colours = isDark ? DARK : LIGHT;
  for (let t = 0; t < frames; t++) {
    for (let band = 0; band < bands; band++) {
      const [r, g, b] = shade(colours, mel[t * bands + band]! / 255);
      image.data.set([r, g, b, 255], ((bands - 1 - band) * frames + t) * 4);
    }
  }
  context.putImageData(image, 0, 0);
  known.set(isDark, canvas);
  return canvas;
}

type Rgb = readonly [number, number, number];
const LIGHT: readonly Rgb[] = [
  [252, 251, 248],
  [214, 228, 222],
  [122, 178, 164],
  [38, 112, 104],
  [16, 60, 66],
];
const DARK: readonly Rgb[] = [
  [27, 30, 37],
  [28, 56, 66],
  [34, 106, 106],
  [112, 186, 152],
  [244, 236, 190],
];

function shade(colours: readonly Rgb[], level: number): Rgb {
  const at = Math.min(0.9999, level ** 1.25) * (colours.length - 1);
  const [low, high] = [colours[Math.floor(at)]!, colours[Math.floor(at) + 1]!];
  const share = at % 1;
  return [0, 1, 2].map((n) => low[n]! + (high[n]! - low[n]!) * share) as unknown as Rgb;
}

/** What a pointer can hold: the end of a sound, a point of the melody, a word. */
export interface Handle {
  kind: 'edge' | 'pitch' | 'word';
  index: number;
}

export interface View {
  /** CSS pixels. */
  width: number;
  /** Seconds at the left edge. */
  from: number;
  /** CSS pixels for a second. */
  scale: number;
  /** Seconds of the play head; undefined where nothing has been heard. */
  head: number | undefined;
  selectedWord: number | undefined;
  heardWord: number | undefined;
  /** Under the pointer or being dragged. */
  active: Handle | undefined;
  pixelRatio: number;
}

export function draw(
  canvas: HTMLCanvasElement,
  layout: Layout,
  picture: Picture | undefined,
  view: View,
  palette: Palette,
): void {
  const { width, from, scale, pixelRatio } = view;
  const wanted = [Math.round(width * pixelRatio), Math.round(HEIGHT * pixelRatio)] as const;
  if (canvas.width !== wanted[0] || canvas.height !== wanted[1]) [canvas.width, canvas.height] = wanted;
  const context = canvas.getContext('2d')!;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.clearRect(0, 0, width, HEIGHT);
  const x = (seconds: number): number => (seconds - from) * scale;
  if (picture) {
    drawWave(context, picture, view, palette, x);
    const image = melImage(picture, palette.isDark);
    context.imageSmoothingEnabled = true;
    context.drawImage(image, x(0), MEL_TOP, picture.frames * picture.frameSeconds * scale, ROWS.mel);
  }
  drawWords(context, layout, view, palette, x);
  drawCurve(context, layout, x, palette.energy, ({ energy }) => pitchToY(energy * 0.8 - 1.6), [4, 4]);
  drawCurve(
    context,
    layout,
    x,
    palette.isDark ? '#15171c' : '#ffffff',
    ({ pitch }) => pitchToY(pitch),
    [],
    6,
  );
  drawCurve(context, layout, x, palette.accent, ({ pitch }) => pitchToY(pitch), [], 2.5);
  drawPoints(context, layout, view, palette, x);
  if (view.head !== undefined) {
    context.fillStyle = palette.accent;
    context.fillRect(x(view.head) - 1, 0, 2, HEIGHT);
  }
}

function drawWave(
  context: CanvasRenderingContext2D,
  picture: Picture,
  view: View,
  palette: Palette,
  x: (s: number) => number,
): void {
  const { peaks, peakSeconds } = picture;
  const middle = ROWS.words + ROWS.phones + ROWS.wave / 2;
  const tall = (ROWS.wave / 2) * 1.6;
  context.fillStyle = palette.faint;
  const first = Math.max(0, Math.floor(view.from / peakSeconds));
  const last = Math.min(peaks.length / 2, Math.ceil((view.from + view.width / view.scale) / peakSeconds));
  const wide = Math.max(1, peakSeconds * view.scale);
  for (let n = first; n < last; n++) {
    const top = Math.max(-ROWS.wave / 2, peaks[n * 2]! * tall);
    const bottom = Math.min(ROWS.wave / 2, peaks[n * 2 + 1]! * tall);
    context.fillRect(x(n * peakSeconds), middle - bottom, wide, Math.max(1, bottom - top));
  }
}

function drawWords(
  context: CanvasRenderingContext2D,
  layout: Layout,
  view: View,
  palette: Palette,
  x: (s: number) => number,
): void {
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const isHeld = (n: number): boolean => view.active?.kind === 'word' && view.active.index === n;
  const isMarked = (n: number): boolean => n === view.heardWord || n === view.selectedWord || isHeld(n);
  layout.words.forEach(({ text, start, end }, n) => {
    const [left, right] = [x(start), x(end)];
    if (right < 0 || left > view.width || isMarked(n)) return;
    context.fillStyle = palette.ink;
    context.font = WORD_FONT;
    const isTight = context.measureText(text).width > right - left - WORD_SPACE;
    if (isTight) context.font = TIGHT_FONT;
    fit(context, text, left, right, ROWS.words / 2);
  });
  layout.words.forEach(({ text, start, end }, n) => {
    const [left, right] = [x(start), x(end)];
    if (right < 0 || left > view.width || !isMarked(n)) return;
    context.font = WORD_FONT;
    const pill = pillOf(left, right, context.measureText(text).width, view.width);
    const box = [pill.left, 3, pill.width, ROWS.words - 6, 6] as const;
    context.beginPath();
    context.roundRect(...box);
    context.fillStyle =
      n === view.heardWord ? palette.mark : n === view.selectedWord ? palette.line : palette.paper;
    context.fill();
    if (isHeld(n)) {
      context.strokeStyle = palette.accent;
      context.lineWidth = 1.5;
      context.stroke();
    }
    context.fillStyle = palette.ink;
    context.fillText(text, pill.left + pill.width / 2, ROWS.words / 2);
  });
  context.font = '11px Figtree, sans-serif';
  layout.tokens.forEach((token, n) => {
    if (token.word === undefined) return;
    const [left, right] = [x(token.start), x(token.end)];
    if (right < 0 || left > view.width) return;
    context.fillStyle = palette.faint;
    fit(context, token.symbol.replace(/\d$/, '').toLowerCase(), left, right, ROWS.words + ROWS.phones / 2);
    const isActive = view.active?.kind === 'edge' && view.active.index === n;
    context.fillStyle = isActive ? palette.accent : palette.line;
    context.fillRect(
      right - (isActive ? 1.5 : 0.5),
      ROWS.words + 4,
      isActive ? 3 : 1,
      isActive ? HEIGHT : ROWS.phones - 8,
    );
  });
}

const WORD_FONT = '600 13px Figtree, sans-serif';
const TIGHT_FONT = '600 11px Figtree, sans-serif';
/** CSS pixels left free between the letters of two words. */
const WORD_SPACE = 4;
const PILL_PADDING = 6;

/**
 * The ground of a word that is heard, chosen or held: as wide as the word is long, and never so narrow that its letters
 * do not fit, whatever they cover; inside the view where any of the word is.
 */
export function pillOf(
  left: number,
  right: number,
  textWidth: number,
  viewWidth: number,
): { left: number; width: number } {
  const width = Math.max(right - left - 2, textWidth + 2 * PILL_PADDING);
  const wanted = (left + right - width) / 2;
  const isWider = width > right - left - 2;
  return { left: isWider ? Math.max(1, Math.min(wanted, viewWidth - width - 1)) : wanted, width };
}

/** A word where there is room for it, or its beginning. */
function fit(context: CanvasRenderingContext2D, text: string, left: number, right: number, y: number): void {
  const room = right - left - WORD_SPACE;
  let shown = text;
  while (shown.length > 0 && context.measureText(shown === text ? text : `${shown}…`).width > room)
    shown = shown.slice(0, -1);
  if (shown.length > 0) context.fillText(shown === text ? text : `${shown}…`, (left + right) / 2, y);
}

function drawCurve(
  context: CanvasRenderingContext2D,
  layout: Layout,
  x: (s: number) => number,
  colour: string,
  y: (token: { pitch: number; energy: number }) => number,
  dash: number[],
  wide = 1.5,
): void {
  context.strokeStyle = colour;
  context.lineWidth = wide;
  context.lineJoin = 'round';
  context.setLineDash(dash);
  context.beginPath();
  let isOpen = false;
  for (const token of layout.tokens) {
    if (token.word === undefined) {
      if (token.end - token.start > 0.12) isOpen = false; // a pause has no melody
      continue;
    }
    const at = x((token.start + token.end) / 2);
    if (isOpen) context.lineTo(at, y(token));
    else context.moveTo(at, y(token));
    isOpen = true;
  }
  context.stroke();
  context.setLineDash([]);
}

function drawPoints(
  context: CanvasRenderingContext2D,
  layout: Layout,
  view: View,
  palette: Palette,
  x: (s: number) => number,
): void {
  layout.tokens.forEach((token, n) => {
    if (token.word === undefined) return;
    const at = x((token.start + token.end) / 2);
    if (at < -10 || at > view.width + 10) return;
    const isActive = view.active?.kind === 'pitch' && view.active.index === n;
    context.beginPath();
    context.arc(at, pitchToY(token.pitch), isActive ? 7 : 4.5, 0, 2 * Math.PI);
    context.fillStyle = isActive ? palette.mark : palette.paper;
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = palette.accent;
    context.stroke();
  });
}
