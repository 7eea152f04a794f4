// What a command consists of: its options, typed from their description, and the words of its help.
import { parseArgs } from 'node:util';
import { meantName, shown, VoirsError } from '../errors.js';
import type { Terminal } from './terminal.js';

/** One option; its value arrives under its name. */
export interface OptionSpec {
  type: 'string' | 'boolean';
  short?: string;
  /** Stands for the value in the help: `FILE`. */
  value?: string;
  help: string;
}

type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** The values of options; those that the user did not give are absent. */
export type OptionValues<O extends OptionSpecs> = {
  [K in keyof O]?: O[K]['type'] extends 'boolean' ? boolean : string;
};

/** A parsed command line. */
interface Parsed<O extends OptionSpecs> {
  values: OptionValues<O>;
  positionals: string[];
}

/** One command of the program. */
export interface Command<O extends OptionSpecs = OptionSpecs> {
  /** Follows the command's name in the help: `"TEXT" [options]`. */
  usage: string;
  /** Further lines of the help, after the options. */
  details?: string;
  options: O;
  /** Number of plain arguments. */
  positionals: { min: number; max: number };
  run(parsed: Parsed<O>, terminal: Terminal): Promise<void>;
}

/** Keeps the types of a command's options for its `run`. */
export function defineCommand<const O extends OptionSpecs>(command: Command<O>): Command<O> {
  return command;
}

/** Option of every command with a result. */
export const jsonOption = {
  json: { type: 'boolean', help: 'Print the result (or the error) as one JSON object' },
} as const;

/** @returns the error for a wrong command line: exit code 2. */
export function usageError(
  name: string,
  what: string,
  { meant, ...details }: { got?: string; wanted?: string; meant?: string | undefined },
): VoirsError {
  const help = `See voirs ${name} --help`;
  const suggestion = meant === undefined ? help : `Did you mean ${meant}? ${help}`;
  return new VoirsError('INVALID_OPTIONS', what, { ...details, suggestion });
}

/** The option that a message of parseArgs on an unknown one is meant to be. */
function meantOption(message: string, known: readonly string[]): string | undefined {
  const [, name] = /^Unknown option '--?([^'=]+)/.exec(message) ?? [];
  const meant = name === undefined || name.length === 1 ? undefined : meantName(name, known);
  return meant === undefined ? undefined : `--${meant}`;
}

/**
 * Arguments -> values, or 'help' where they ask for it.
 * @throws VoirsError INVALID_OPTIONS for an unknown option, a missing value, too many or too few arguments.
 */
export function parseCommandLine<O extends OptionSpecs>(
  name: string,
  command: Command<O>,
  argv: readonly string[],
): Parsed<O> | 'help' {
  const options = { ...command.options, help: { type: 'boolean', short: 'h', help: '' } } as OptionSpecs;
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: joinNegativeNumbers(argv, options),
      options: Object.fromEntries(
        Object.entries(options).map(([key, { type, short }]) => [key, short ? { type, short } : { type }]),
      ),
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    const { message } = error as Error;
    throw usageError(name, message.split(/\.? To specify|\. /)[0]!, {
      meant: meantOption(message, Object.keys(options)),
    });
  }
  if (parsed.values.help === true) return 'help';
  const { min, max } = command.positionals;
  const count = parsed.positionals.length;
  if (count < min || count > max) {
    const wanted =
      min === max ? `${min}` : max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`;
    throw usageError(name, 'Wrong number of arguments', { got: `${count}`, wanted });
  }
  return parsed as unknown as Parsed<O>;
}

/** Joins `--pitch -3` to `--pitch=-3`: parseArgs takes a separate -3 for an option. */
function joinNegativeNumbers(argv: readonly string[], options: OptionSpecs): string[] {
  const joined: string[] = [];
  const end = argv.indexOf('--');
  argv.forEach((arg, i) => {
    const before = argv[i - 1];
    const isValue =
      (end === -1 || i < end) &&
      /^-\.?\d/.test(arg) &&
      before?.startsWith('--') === true &&
      options[before.slice(2)]?.type === 'string';
    if (isValue) joined[joined.length - 1] += `=${arg}`;
    else joined.push(arg);
  });
  return joined;
}

/** The decimal number in an option's value. @throws VoirsError INVALID_OPTIONS. */
export function numberOption(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  // Number() alone would also take "0x10", " 1 " and "".
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new VoirsError('INVALID_OPTIONS', `${option} is not a number`, {
    got: shown(value),
    wanted: 'a number',
  });
}

/** A whole number in a range. @throws VoirsError INVALID_OPTIONS. */
export function integerOption(
  option: string,
  value: string | undefined,
  range: { min: number; max: number },
): number | undefined {
  const number = numberOption(option, value);
  if (number === undefined) return undefined;
  if (Number.isInteger(number) && number >= range.min && number <= range.max) return number;
  throw new VoirsError('INVALID_OPTIONS', `${option} is out of range`, {
    got: String(number),
    wanted: `an integer from ${range.min} to ${range.max}`,
  });
}

/** One of the choices. @throws VoirsError INVALID_OPTIONS, which lists them. */
export function choiceOption<T extends string>(
  option: string,
  value: string | undefined,
  choices: readonly T[],
): T | undefined {
  if (value === undefined || choices.includes(value as T)) return value as T | undefined;
  const meant = meantName(value, choices);
  throw new VoirsError('INVALID_OPTIONS', `Bad value for ${option}`, {
    got: shown(value),
    wanted: `one of ${choices.join(', ')}`,
    ...(meant === undefined ? {} : { suggestion: `Did you mean ${meant}?` }),
  });
}
