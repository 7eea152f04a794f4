// A picture of pixels, lines and small letters, written as PNG: enough for a chart, without a browser or
// Python.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PNG } from 'pngjs';
import font from './font.json' with { type: 'json' };

/** Red, green, blue, 0-255. */
export type Colour = readonly [number, number, number];

/**
 * Letters are 5 pixels wide and 8 high (font.json: a byte for each column, its lowest bit on top), times a
 * size.
 */
const LETTER = { width: 6, height: 8 };
const glyphs = font as Record<string, string>;

/** Coordinates are pixels from the top left corner; what lies outside is not drawn. */
export class Canvas {
  private readonly png: PNG;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.png = new PNG({ width, height });
    this.png.data.fill(255);
  }

  dot(x: number, y: number, colour: Colour): void {
    const [column, row] = [Math.round(x), Math.round(y)];
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) return;
    this.png.data.set(colour, (row * this.width + column) * 4);
  }

  line(from: [x: number, y: number], to: [x: number, y: number], colour: Colour, thickness = 1): void {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(dx), Math.abs(dy))));
    for (let step = 0; step <= steps; step++) {
      const [x, y] = [from[0] + (dx * step) / steps, from[1] + (dy * step) / steps];
      for (let i = 0; i < thickness; i++)
        for (let j = 0; j < thickness; j++)
          this.dot(x + i - (thickness >> 1), y + j - (thickness >> 1), colour);
    }
  }

  /** Pixels that a text takes. */
  static textWidth(text: string, size = 1): number {
    return text.length * LETTER.width * size;
  }

  /** @throws Error for a letter that the font does not have. */
  text(x: number, y: number, text: string, colour: Colour, size = 1): void {
    for (const [n, letter] of [...text].entries()) {
      const columns = glyphs[letter];
      if (columns === undefined) throw new Error(`the font has no ${JSON.stringify(letter)}`);
      for (let column = 0; column < columns.length / 2; column++) {
        const bits = Number.parseInt(columns.slice(2 * column, 2 * column + 2), 16);
        for (let row = 0; row < LETTER.height; row++) {
          if (!((bits >> row) & 1)) continue;
          for (let i = 0; i < size; i++)
            for (let j = 0; j < size; j++)
              this.dot(x + (n * LETTER.width + column) * size + i, y + row * size + j, colour);
        }
      }
    }
  }

  /** The pixels, four bytes each. */
  get pixels(): Uint8Array {
    return this.png.data;
  }

  save(path: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, PNG.sync.write(this.png));
  }
}
