// The host in Node. Bundlers for browsers use host.browser.ts instead ("browser" in package.json).
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync, type Stats } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import type { HeapProfiler as Inspector } from 'node:inspector/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  FileFailure,
  type HeapProfiler,
  type HeapProfilerOptions,
  type Host,
  type HostFiles,
  type HostMemory,
  type NodeStream,
} from './contract.js';
import { createFile, createScratchFile } from './file-writer.js';
import { installedPackage, liesWithin, packagesWith } from './installed-packages.js';
import { findPackage } from './package-folder.js';
import { compileRelaxed, takesRelaxedSimd } from './relaxed-simd.js';

// Not `new URL('../../', import.meta.url)`, which bundlers take for a file to copy.
let packageFolder = findPackage(import.meta.url, process.cwd());

/** See `setAssetBase` in assets.ts. */
export function setPackageLocation(base: string): void {
  packageFolder = base.startsWith('file:') ? fileURLToPath(base) : base;
}

function failure(error: unknown): FileFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
  return new FileFailure(
    isMissing ? 'missing' : 'failed',
    isMissing ? 'no such file' : (code ?? message),
    undefined,
    {
      cause: error,
    },
  );
}

/** Opens the file for each part, which takes 20 microseconds and leaves no file open. */
function readPart(location: string, known: Stats, position: number, into: Uint8Array): void {
  let file: number | undefined;
  try {
    file = openSync(location, 'r');
    const { ino, size, mtimeMs } = fstatSync(file);
    if (ino !== known.ino || size !== known.size || mtimeMs !== known.mtimeMs)
      throw new FileFailure('replaced', 'another file than when it was opened');
    for (let at = 0; at < into.length; ) {
      const bytes = readSync(file, into, at, into.length - at, position + at);
      if (bytes === 0) throw new FileFailure('replaced', 'a file that ends early');
      at += bytes;
    }
  } catch (error) {
    throw error instanceof FileFailure ? error : failure(error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const files: HostFiles = {
  ofPackage: (path) => join(packageFolder, path),
  within: (folder, name) => join(folder, name),
  nameOf: (location) => basename(location),
  installed: installedPackage,
  installedWith: packagesWith,
  liesWithin,
  clearKept: async () => {}, // nothing is kept
  async open(location) {
    try {
      const info = await stat(location);
      if (!info.isFile()) throw new FileFailure('not-a-file', info.isDirectory() ? 'a folder' : 'a device');
      return {
        bytes: info.size,
        read: () =>
          readFile(location).catch((error) => {
            throw failure(error);
          }),
        readPart: (position, into) => readPart(location, info, position, into),
      };
    } catch (error) {
      throw error instanceof FileFailure ? error : failure(error);
    }
  },
  async write(location, bytes) {
    const info = await stat(location).catch(() => undefined);
    if (info && !info.isFile() && !info.isDirectory()) {
      // a pipe or a device, such as /dev/stdout
      return writeFile(location, bytes).catch((error) => {
        throw failure(error);
      });
    }
    const draft = await createFile(location);
    try {
      await draft.write(bytes);
      await draft.commit();
    } finally {
      await draft.discard();
    }
  },
  create: createFile,
  createScratch: createScratchFile,
  systemText(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined; // no such file on this system
    }
  },
};

let collect: (() => void) | undefined;

const memory: HostMemory = {
  process: () => ({
    rssBytes: process.memoryUsage.rss(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  }),
  runtime() {
    const { heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
    return {
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      externalBytes: external,
      arrayBuffersBytes: arrayBuffers,
    };
  },
  machine: () => ({ totalBytes: totalmem(), freeBytes: freemem() }),
  collector() {
    try {
      if (!collect) {
        // Only contexts made after the flag is set have `gc`.
        setFlagsFromString('--expose-gc');
        collect = runInNewContext('gc') as () => void;
      }
      return collect;
    } catch {
      return undefined; // V8 refuses
    }
  },
};

async function heapProfiler(options: HeapProfilerOptions): Promise<HeapProfiler> {
  // Loaded on first use: it is large, and some builds of Node do not have it.
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: options.samplingIntervalBytes,
    includeObjectsCollectedByMajorGC: options.includeCollected,
    includeObjectsCollectedByMinorGC: options.includeCollected,
  } as Inspector.StartSamplingParameterType);
  return {
    sample: async () => (await session.post('HeapProfiler.getSamplingProfile')).profile.head,
    stop: () => session.disconnect(),
  };
}

export const host: Host = {
  name: 'node',
  files,
  memory,
  environment: () => process.env,
  cores: availableParallelism,
  whyNoThreads: () =>
    typeof SharedArrayBuffer === 'function' ? undefined : 'this runtime has no SharedArrayBuffer',
  async sha256(parts) {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  },
  async compile(location, arithmetic) {
    const file = await files.open(location);
    const bytes = await file.read();
    return arithmetic === 'relaxed' ? compileRelaxed(bytes) : WebAssembly.compile(bytes);
  },
  hasRelaxedSimd: takesRelaxedSimd,
  nextTask: () => new Promise((resolve) => setImmediate(resolve)),
  report: (error) => process.emitWarning(error instanceof Error ? error : String(error)),
  nodeStream: (pieces) => Readable.from(pieces, { objectMode: false }) as unknown as NodeStream,
  heapProfiler,
};
