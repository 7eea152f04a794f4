// The help texts. They are made from the descriptions that also parse the options, so that both agree.
import type { Command, OptionSpec } from './command.js';

const WIDTH = 100;

/** `voirs --help`. */
export function programHelp(commands: Readonly<Record<string, { summary: string }>>): string {
  return [
    'voirs: neural text-to-speech with the exact time of every word',
    '',
    'Usage: voirs COMMAND [options]',
    '',
    'Commands:',
    ...columns(Object.entries(commands).map(([name, { summary }]) => [name, summary])),
    '',
    'voirs COMMAND --help shows the options of a command, voirs --version the version.',
    'Exit codes: 0 done, 1 failed, 2 wrong use; 129, 130, 143 stopped by SIGHUP, SIGINT, SIGTERM.',
  ].join('\n');
}

/** `voirs NAME --help`. */
export function commandHelp(name: string, { usage, details, options }: Command): string {
  const rows = Object.entries(options).map(([option, spec]): [string, string] => [
    flag(option, spec),
    spec.help,
  ]);
  rows.push(['-h, --help', 'Show this help']);
  return [
    `Usage: voirs ${name} ${usage}`,
    '',
    'Options:',
    ...columns(rows),
    ...(details === undefined ? [] : ['', details]),
  ].join('\n');
}

function flag(option: string, { short, value, type }: OptionSpec): string {
  const names = short === undefined ? `    --${option}` : `-${short}, --${option}`;
  return type === 'boolean' ? names : `${names} ${value ?? 'VALUE'}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.flatMap(([left, right]) =>
    wrapped(right, WIDTH - width - 4).map((line, i) => `  ${(i === 0 ? left : '').padEnd(width)}  ${line}`),
  );
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
