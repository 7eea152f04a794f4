// The machine and the versions that a figure or a diagnosis belongs to; bench and doctor both report them.
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, freemem, loadavg, platform, release, totalmem } from 'node:os';

/** Version in the installed package, whatever folder the program is started from. */
export function packageVersion(): string {
  const json = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(json) as { version: string }).version;
}

/** What a reader needs to compare two reports. */
export interface Environment {
  /** ISO 8601. */
  date: string;
  voirs: string;
  node: string;
  v8: string;
  platform: string;
  cpu: string;
  cores: number;
  memoryBytes: number;
  freeMemoryBytes: number;
  /** One-minute load average: above the number of cores, times are pessimistic. */
  load: number;
}

/** The environment now: a command that measures asks for it before its own work raises the load. */
export function describeEnvironment(): Environment {
  return {
    date: new Date().toISOString(),
    voirs: packageVersion(),
    node: process.version,
    v8: process.versions.v8,
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    freeMemoryBytes: freemem(),
    load: Math.round(loadavg()[0]! * 100) / 100,
  };
}
