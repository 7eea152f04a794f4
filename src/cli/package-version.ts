// The version that is printed is the one in the installed package, wherever the program was started from.
import { readFileSync } from 'node:fs';

export function packageVersion(): string {
  const json = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(json) as { version: string }).version;
}
