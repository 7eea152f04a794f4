// Where and how a figure was measured; every report prints it.
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from './cache.js';

/** How a suite measures. */
export interface Protocol {
  seed: number;
  warmups: number;
  runs: number;
  /** Versions of rivals and tools in this run, by name. */
  versions?: Record<string, string>;
}

/** Machine, software and protocol of a run. Keys are as printed. */
export interface Environment {
  date: string;
  cpu: string;
  cores: number;
  memoryGiB: number;
  platform: string;
  node: string;
  v8: string;
  voirs: string;
  tfjs: string;
  versions: Record<string, string>;
  /** One-minute load average at the start; above the number of cores, wall times are pessimistic. */
  load: number;
  seed: number;
  warmups: number;
  runs: number;
}

interface PackageManifest {
  version: string;
  devDependencies: Record<string, string>;
}

/** The environment of a run that begins now. */
export function environment(protocol: Protocol): Environment {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as PackageManifest;
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    platform: `${platform()} ${arch()}`,
    node: process.version,
    v8: process.versions.v8,
    voirs: manifest.version,
    tfjs: manifest.devDependencies['@tensorflow/tfjs-core'] ?? 'unknown',
    versions: protocol.versions ?? {},
    load: Math.round(loadavg()[0]! * 100) / 100,
    seed: protocol.seed,
    warmups: protocol.warmups,
    runs: protocol.runs,
  };
}

/** The environment in a few lines of text. */
export function describeEnvironment(e: Environment): string {
  const versions = Object.entries(e.versions).map(([name, version]) => `, ${name} ${version}`);
  return [
    `${e.cpu}, ${e.cores} cores, ${e.memoryGiB} GiB, ${e.platform}; load ${e.load} at the start`,
    `Node ${e.node}, V8 ${e.v8}, voirs ${e.voirs}, tfjs ${e.tfjs}${versions.join('')}`,
    `${e.date}; seed ${e.seed}, ${e.warmups} warm-ups, ${e.runs} runs`,
  ].join('\n');
}
