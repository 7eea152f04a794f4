// The options of a suite, declared once: the parser, --help and the refusal of unknown values all use the
// declaration.
import { parseArgs } from 'node:util';
import { meantName } from '../../src/errors.js';

interface Described {
  /** What the option does, as --help prints it. */
  does: string;
}

/** One option of a suite; without a default its value may be undefined. */
export type Option = Described &
  (
    | { kind: 'switch' }
    | { kind: 'text'; default?: string }
    /** Not negative. */
    | { kind: 'number'; default?: number }
    | { kind: 'numbers'; default?: readonly number[] }
    /** Whole, from `least` (1 by default) up. */
    | { kind: 'count'; default?: number; least?: number }
    | { kind: 'counts'; default?: readonly number[]; least?: number }
    | { kind: 'name'; of: readonly string[]; default?: string }
    | { kind: 'names'; of: readonly string[]; default?: readonly string[] }
  );

/** The options of a suite by name, in the order that --help prints. */
export type Options = Readonly<Record<string, Option>>;

type Given<O extends Option> = O['kind'] extends 'number' | 'count'
  ? number
  : O['kind'] extends 'counts' | 'numbers'
    ? number[]
    : O extends { kind: 'name'; of: readonly (infer Name)[] }
      ? Name
      : O extends { kind: 'names'; of: readonly (infer Name)[] }
        ? Name[]
        : string;

type Value<O extends Option> = O['kind'] extends 'switch'
  ? boolean
  : O extends { default: unknown }
    ? Given<O>
    : Given<O> | undefined;

/** The values of parsed options. */
export type Values<T extends Options> = { [Name in keyof T]: Value<T[Name]> };

function numberOf(name: string, text: string, { kind, least = 1 }: { kind: string; least?: number }): number {
  const value = Number(text);
  const isAny = kind === 'number' || kind === 'numbers';
  const isRight = isAny ? value >= 0 && Number.isFinite(value) : value >= least && Number.isInteger(value);
  if (text.trim() !== '' && isRight) return value;
  const wanted = isAny ? 'a number that is not negative' : `a whole number from ${least} up`;
  throw new Error(`--${name}: got ${text}; wanted ${wanted}`);
}

function nameOf(option: string, name: string, known: readonly string[]): string {
  if (known.includes(name)) return name;
  const meant = meantName(name, known);
  throw new Error(
    `--${option}: no ${name}; there are ${known.join(', ')}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
  );
}

function parsedValue(name: string, option: Option, text: string | boolean): unknown {
  if (typeof text === 'boolean' || option.kind === 'switch' || option.kind === 'text') return text;
  const parts = text.split(',').map((part) => part.trim());
  if (option.kind === 'name') return nameOf(name, text, option.of);
  if (option.kind === 'names') return parts.map((part) => nameOf(name, part, option.of));
  if (option.kind === 'counts' || option.kind === 'numbers')
    return parts.map((part) => numberOf(name, part, option));
  return numberOf(name, text, option);
}

/**
 * Parses a suite's command line.
 *
 * @throws Error on an unknown option or value, naming it and, where there is a list, what there is.
 */
export function parseOptions<const T extends Options>(options: T, args: readonly string[]): Values<T> {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { kind }]) => [
      name,
      { type: kind === 'switch' ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  let given: Record<string, unknown>;
  try {
    given = parseArgs({ args: [...args], options: config }).values;
  } catch (error) {
    const [reason] = (error as Error).message.split('. ');
    const [, unknown] = /^Unknown option '--([^'=]+)/.exec(reason!) ?? [];
    const meant = unknown === undefined ? undefined : meantName(unknown, Object.keys(options));
    const hint = meant === undefined ? '' : `did you mean --${meant}? `;
    throw new Error(`${reason!.replace(/\.$/, '')}; ${hint}--help lists the options`);
  }
  const values = Object.entries(options).map(([name, option]) => {
    const text = given[name] as string | boolean | undefined;
    const absent = option.kind === 'switch' ? false : option.default;
    return [name, text === undefined ? absent : parsedValue(name, option, text)];
  });
  return Object.fromEntries(values) as Values<T>;
}

const FORMS: Record<Option['kind'], string> = {
  switch: '',
  text: ' TEXT',
  number: ' NUMBER',
  numbers: ' NUMBER,NUMBER,...',
  count: ' N',
  counts: ' N,N,...',
  name: ' NAME',
  names: ' NAME,NAME,...',
};

function defaultOf(option: Option): string {
  if (option.kind === 'switch' || option.default === undefined || /\(default/.test(option.does)) return '';
  if (option.kind === 'names' && option.default.length === option.of.length) return ' (default all)';
  return ` (default ${Array.isArray(option.default) ? option.default.join(',') : option.default})`;
}

/** The lines of --help, one an option. */
export function helpOf(options: Options): string[] {
  const json: Option = { kind: 'switch', does: 'prints the report as one line of JSON at the end' };
  const rows = Object.entries<Option>({ ...options, json }).map(([name, option]): [string, string] => {
    const names = 'of' in option ? `: ${option.of.join(', ')}` : '';
    return [`--${name}${FORMS[option.kind]}`, `${option.does}${names}${defaultOf(option)}`];
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
