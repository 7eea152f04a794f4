// Straight-line vector arithmetic as a graph: transforms are formulas over values, and this file turns only
// those that are stored into AssemblyScript statements of f32x4 instructions, so outputs that are not stored
// cost nothing. Signs are symbolic: a negation becomes a subtraction where it meets a sum.

/** One vector of four channels, computed when a statement needs it. */
export type Value = { name?: string } & (
  | { op: 'expression'; text: string }
  | { op: 'negate'; a: Value }
  | { op: 'add' | 'sub'; a: Value; b: Value }
  | { op: 'scale'; a: Value; factor: number }
  /** z + factor a */
  | { op: 'scaled-add'; z: Value; a: Value; factor: number }
);

/** A value that may be known to be zero. */
export type Maybe = Value | undefined;

export const expression = (text: string): Value => ({ op: 'expression', text });
export const isNegated = (a: Value): a is Value & { op: 'negate'; a: Value } => a.op === 'negate';
/** The value without its sign, for a plane that is stored negated. */
export const unsigned = (a: Value): Value => (isNegated(a) ? a.a : a);

const minus = (a: Value): Value => (isNegated(a) ? a.a : { op: 'negate', a });

export const negate = (a: Maybe): Maybe => a && minus(a);

export function add(a: Maybe, b: Maybe): Maybe {
  if (!a || !b) return a ?? b;
  if (isNegated(b)) return sub(a, b.a);
  if (isNegated(a)) return sub(b, a.a);
  return { op: 'add', a, b };
}

export function sub(a: Maybe, b: Maybe): Maybe {
  if (!b) return a;
  if (!a) return minus(b);
  if (isNegated(b)) return add(a, b.a);
  if (isNegated(a)) return minus(add(a.a, b)!);
  return { op: 'sub', a, b };
}

export function scale(a: Maybe, factor: number): Maybe {
  if (!a || factor === 0) return undefined;
  if (factor < 0) return minus(scale(a, -factor)!);
  if (isNegated(a)) return minus(scale(a.a, factor)!);
  return factor === 1 ? a : { op: 'scale', a, factor };
}

/** z + factor a. */
export function scaledAdd(z: Maybe, a: Maybe, factor: number): Maybe {
  if (!a || factor === 0) return z;
  if (!z) return scale(a, factor);
  if (isNegated(a)) return scaledAdd(z, a.a, -factor);
  if (isNegated(z)) return minus(scaledAdd(z.a, a, -factor)!);
  if (factor === 1) return add(z, a);
  if (factor === -1) return sub(z, a);
  return { op: 'scaled-add', z, a, factor };
}

/** Sum of factor times value; a term of factor 1 goes first, because it needs no multiplication. */
export function combine(factors: readonly number[], values: readonly Maybe[]): Maybe {
  const terms = factors.map((factor, i) => ({ factor, value: values[i] }));
  const first = terms.findIndex(({ factor }) => factor === 1);
  const ordered = first < 0 ? terms : [terms[first]!, ...terms.filter((_, i) => i !== first)];
  return ordered.reduce<Maybe>((sum, { factor, value }) => scaledAdd(sum, value, factor), undefined);
}

/** Bytes at `park`, for values that wait in memory. */
export const PARK_BYTES = 512;

/** Collects the statements of one loop body. */
export class Codelet {
  private readonly lines: string[] = [];
  private readonly constants = new Map<number, string>();
  private count = 0;
  private parked = 0;

  /** Statements that belong inside the loop. */
  get body(): string {
    return this.lines.join('\n');
  }

  /** Constants, to be declared before the loop: V8 would build them again for every use. */
  get preamble(): string {
    return [...this.constants].map(([c, name]) => `  const ${name} = f32x4.splat(${c});`).join('\n');
  }

  private constant(value: number): string {
    const rounded = Math.fround(Math.abs(value));
    let name = this.constants.get(rounded);
    if (!name) {
      name = `c${this.constants.size}`;
      this.constants.set(rounded, name);
    }
    return name;
  }

  /** Computes a value here, unless it has been computed. @returns its name. */
  emit(value: Value): string {
    value.name ??= this.assign(this.code(value));
    return value.name;
  }

  /**
   * Computes values here, without their signs, and stores them in memory for later statements. V8 loads all
   * inputs of straight-line code first and computes as late as it can; only stores make it finish one part
   * before the next, so that the values in use fit the sixteen registers (32-point FFT: 228 moves to and from
   * the stack without this).
   */
  park(values: readonly Maybe[]): void {
    for (const signed of values) {
      if (!signed) continue;
      const value = unsigned(signed);
      const offset = this.parked++ * 16;
      if (this.parked * 16 > PARK_BYTES) throw new Error(`more than ${PARK_BYTES} bytes of parked values`);
      this.lines.push(`      v128.store(park, ${this.emit(value)}, ${offset});`);
      Object.assign(value, { ...expression(`v128.load(park, ${offset})`), name: undefined });
    }
  }

  private assign(code: string): string {
    const name = `t${this.count++}`;
    this.lines.push(`      const ${name} = ${code};`);
    return name;
  }

  private code(value: Value): string {
    switch (value.op) {
      case 'expression':
        return value.text;
      case 'negate':
        return `f32x4.neg(${this.emit(value.a)})`;
      case 'add':
      case 'sub': {
        const a = this.emit(value.a);
        return `f32x4.${value.op}(${a}, ${this.emit(value.b)})`;
      }
      case 'scale':
        return `f32x4.mul(${this.emit(value.a)}, ${this.constant(value.factor)})`;
      case 'scaled-add': {
        const z = this.emit(value.z);
        const product = `f32x4.mul(${this.emit(value.a)}, ${this.constant(value.factor)})`;
        return `f32x4.${value.factor > 0 ? 'add' : 'sub'}(${z}, ${product})`;
      }
    }
  }

  /** Writes `value` through a statement made from its name. */
  store(value: Value, statement: (name: string) => string): void {
    const name = this.emit(value);
    this.lines.push(`      ${statement(name)}`);
  }
}
