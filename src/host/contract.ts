// What the engine asks of the program it runs in: files of the package, cores, memory figures. Node and browsers answer
// differently; everything that only one of them has is behind this contract, and nothing else of ours imports `node:`
// (but for the command line).

/** How multiply-adds of WebAssembly are computed: in two roundings, or in one where the processor has the instruction. */
export type Arithmetic = 'plain' | 'relaxed';

/** A file that could not be had, for the rooms above to turn into their own errors. */
export class FileFailure extends Error {
  override readonly name = 'FileFailure';
  constructor(
    /**
     * `missing`: there is none; `not-a-file`: a folder or device; `replaced`: another one than was opened; `failed`: it
     * could not be read or written.
     */
    readonly kind: 'missing' | 'not-a-file' | 'replaced' | 'failed',
    /** Printable: what there is instead, or what went wrong. */
    readonly got: string,
    /** What to do, where the host knows better than the caller. */
    readonly suggestion?: string,
    options?: ErrorOptions,
  ) {
    super(got, options);
  }
}

/** A file that exists. */
export interface OpenFile {
  /** Its size, where the host knows it before reading. */
  readonly bytes: number | undefined;
  /** @throws FileFailure. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Fills `into` with the bytes from `position` on, at once; absent where a file comes only whole.
   * @throws FileFailure, also when the file is no longer the one that was opened.
   */
  readonly readPart?: (position: number, into: Uint8Array) => void;
}

/** Files are named by location: a path in Node, a URL in a browser. */
export interface HostFiles {
  /** Location of a file or folder of the package, such as `weights/arctic`. */
  ofPackage(path: string): string;
  /** Location of a file in a folder. */
  within(folder: string, name: string): string;
  /** The last part of a location. */
  nameOf(location: string): string;
  /** @throws FileFailure. */
  open(location: string): Promise<OpenFile>;
  /** @throws FileFailure; always in a browser. */
  write(location: string, bytes: Uint8Array): Promise<void>;
  /** A text of the system (/proc), or undefined where there is none. */
  systemText(path: string): string | undefined;
}

/** The process in physical memory, in bytes. */
export interface ProcessMemory {
  rssBytes: number;
  /** Most since the process began. */
  peakRssBytes: number;
}

/** What the JavaScript runtime holds, in bytes; a figure that cannot be measured is absent. */
export interface RuntimeMemory {
  heapUsedBytes: number;
  heapTotalBytes: number;
  /** Where V8 gives up. */
  heapLimitBytes: number;
  /** Outside the heap but owned by objects in it; includes `arrayBuffersBytes`. Absent in browsers. */
  externalBytes?: number;
  /** Backing stores of typed arrays; the audio arena's slabs are among them. Absent in browsers. */
  arrayBuffersBytes?: number;
}

/** Figures in bytes; undefined where the host tells none. */
export interface HostMemory {
  process(): ProcessMemory | undefined;
  runtime(): RuntimeMemory | undefined;
  /** Main memory of the machine, and what of it is free. */
  machine(): { totalBytes: number; freeBytes: number } | undefined;
  /** A function that collects garbage; undefined where the runtime gives none. */
  collector(): (() => void) | undefined;
}

/** A call frame of V8's sampling heap profiler with what was allocated there. */
export interface HeapSample {
  callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number };
  selfSize: number;
  children: HeapSample[];
}

/** V8's sampling heap profiler, started. */
export interface HeapProfiler {
  /** Collects first, then tells what is held. */
  sample(): Promise<HeapSample>;
  stop(): void;
}

export interface HeapProfilerOptions {
  samplingIntervalBytes: number;
  includeCollected: boolean;
}

export interface Host {
  readonly name: 'node' | 'browser';
  readonly files: HostFiles;
  readonly memory: HostMemory;
  /** Environment variables; none in a browser. */
  environment(): Readonly<Record<string, string | undefined>>;
  /** Cores that this program may use. */
  cores(): number;
  /** Why threads with shared memory cannot be had here, in words that say what to do; undefined where they can. */
  whyNoThreads(): string | undefined;
  /** Of the parts joined, hexadecimal; a part may be written over when the next is asked for. Undefined where the host cannot tell (a page that is no secure context). */
  sha256(parts: Iterable<Uint8Array<ArrayBuffer>>): Promise<string | undefined>;
  /**
   * @param arithmetic `relaxed` for a module with relaxed SIMD, which is then on also where it is behind a flag.
   * @throws FileFailure; in Node WebAssembly.CompileError too.
   */
  compile(location: string, arithmetic?: Arithmetic): Promise<WebAssembly.Module>;
  /** Whether `compile` takes modules with relaxed SIMD. */
  hasRelaxedSimd(): boolean;
  /** Gives timers, events and rendering their turn. */
  nextTask(): Promise<void>;
  /** Tells the program of an error that is nobody's to catch, and goes on: a warning in Node, `reportError` in a browser. */
  report(error: unknown): void;
  /** @throws Error where the runtime has none. */
  heapProfiler(options: HeapProfilerOptions): Promise<HeapProfiler>;
}
