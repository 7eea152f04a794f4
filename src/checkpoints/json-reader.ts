// Manifests and configs come from people and programs: each field is checked, a wrong one named by its path.
import type { VoirsError } from '../errors.js';
import { invalidWeights, printed } from './invalid.js';

/** The shipped manifest has 3,165. As brackets alone, so many cost 0.3 s and 70 MB. */
const MAX_CHARACTERS = 2 ** 20;

/** Bounds of a number, both inclusive. */
export interface NumberBounds {
  min?: number;
  max?: number;
}

/** One JSON value with its path (`vocoders.v2.upsampleRates[1]`), read as the type that it must have. */
export class JsonReader {
  constructor(
    private readonly value: unknown,
    private readonly source: string,
    private readonly path = '',
  ) {}

  /**
   * Parses text, with or without a byte-order mark.
   * @throws VoirsError INVALID_WEIGHTS for a text that is too long, is not JSON, or has no object at its top.
   */
  static parse(text: string, source: string): JsonReader {
    if (text.length > MAX_CHARACTERS) {
      throw invalidWeights(`${source} is too long`, {
        got: `${text.length} characters`,
        wanted: `at most ${MAX_CHARACTERS}`,
        suggestion: 'Restore the file as it was delivered.',
      });
    }
    let value: unknown;
    try {
      value = JSON.parse(text.replace(/^\uFEFF/, ''));
    } catch (cause) {
      throw invalidWeights(`${source} is not JSON`, {
        got: (cause as Error).message.replace(/, (?:\.\.\.)?".*/s, ''), // what follows quotes the file, perhaps a link's
        wanted: 'a JSON object',
        suggestion: 'Restore the file as it was delivered.',
        cause,
      });
    }
    const reader = new JsonReader(value, source);
    reader.entries();
    return reader;
  }

  /** A field of this object; a missing one fails when its value is asked for. */
  field(name: string): JsonReader {
    const object = this.object();
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    return new JsonReader(value, this.source, this.path === '' ? name : `${this.path}.${name}`);
  }

  /** Absent or null, as exporters write what does not apply. */
  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }

  get isNumber(): boolean {
    return typeof this.value === 'number';
  }

  string(): string {
    if (typeof this.value !== 'string' || this.value === '') throw this.invalid('a non-empty string');
    return this.value;
  }

  /** A string that is one of `choices`. */
  oneOf<T extends string>(...choices: T[]): T {
    const choice = choices.find((candidate) => candidate === this.value);
    if (choice === undefined) throw this.invalid(choices.map((text) => JSON.stringify(text)).join(' or '));
    return choice;
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.invalid('true or false');
    return this.value;
  }

  number({ min = -Number.MAX_VALUE, max = Number.MAX_VALUE }: NumberBounds = {}): number {
    if (typeof this.value !== 'number' || !(this.value >= min && this.value <= max)) {
      throw this.invalid(`a number${range(min, max)}`);
    }
    return this.value;
  }

  integer({ min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER }: NumberBounds = {}): number {
    if (!Number.isSafeInteger(this.value) || (this.value as number) < min || (this.value as number) > max) {
      throw this.invalid(`an integer${range(min, max)}`);
    }
    return this.value as number;
  }

  /** The items of a list; with `length`, exactly so many. */
  items({
    min = 0,
    max = Number.MAX_SAFE_INTEGER,
    length,
  }: NumberBounds & { length?: number } = {}): JsonReader[] {
    const least = length ?? min;
    const most = length ?? max;
    if (!Array.isArray(this.value) || this.value.length < least || this.value.length > most) {
      throw this.invalid(`a list${length === undefined ? range(min, max) : ` of ${length}`}`);
    }
    return this.value.map((item, i) => new JsonReader(item, this.source, `${this.path}[${i}]`));
  }

  /** The fields of an object, in the order written. */
  entries(): [name: string, value: JsonReader][] {
    return Object.keys(this.object()).map((name) => [name, this.field(name)]);
  }

  /** The same object with the fields of `defaults` that it lacks; what it has counts. */
  withDefaults(defaults: Readonly<Record<string, unknown>>): JsonReader {
    const object = this.object();
    const lacking = Object.entries(defaults).filter(([name]) => this.field(name).isAbsent);
    return new JsonReader({ ...object, ...Object.fromEntries(lacking) }, this.source, this.path);
  }

  /** Lists written as text, `"[8, 8, 2, 2]"`, `"(8, 8)"` or `"8,8,2,2"`, as some trainers store them. */
  listFromText(): JsonReader {
    if (typeof this.value !== 'string') return this;
    const text = this.value
      .replaceAll('(', '[')
      .replaceAll(')', ']')
      .replace(/,\s*\]/g, ']');
    try {
      const outer: unknown[] = JSON.parse(`[${text}]`);
      const list = outer.length === 1 && Array.isArray(outer[0]) ? outer[0] : outer;
      return new JsonReader(list, this.source, this.path);
    } catch {
      throw this.invalid('a list of numbers');
    }
  }

  /** The same value with text turned into the number it spells. */
  numberFromText(): JsonReader {
    if (typeof this.value !== 'string' || this.value.trim() === '') return this;
    return new JsonReader(Number(this.value), this.source, this.path);
  }

  /** The same value with a number turned into its text: `"resblock": 1` is `"1"`. */
  asText(): JsonReader {
    return typeof this.value === 'number' ? new JsonReader(`${this.value}`, this.source, this.path) : this;
  }

  /** The error to throw for this value. */
  invalid(wanted: string, suggestion = 'Correct that field or restore the file.'): VoirsError {
    return invalidWeights(`${this.source}: ${this.path || 'the file'} is wrong`, {
      got: printed(this.value),
      wanted,
      suggestion,
    });
  }

  private object(): Record<string, unknown> {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value)) {
      throw this.invalid('an object');
    }
    return this.value as Record<string, unknown>;
  }
}

function range(min: number, max: number): string {
  const open = min < -1e15;
  const endless = max > 1e15;
  if (open && endless) return '';
  if (endless) return ` of at least ${min}`;
  return open ? ` of at most ${max}` : ` from ${min} to ${max}`;
}
