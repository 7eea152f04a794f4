// The contract between the engine and the runtime that it runs in: files of the package, cores, memory
// figures. Whatever only Node or only browsers have is behind it. Beside the command line, few other files
// import `node:`; each has a form for browsers (test/import-direction.test.ts lists them).

/** How WebAssembly computes a multiply-add: `plain` rounds twice, `relaxed` once where the processor can. */
export type Arithmetic = 'plain' | 'relaxed';

/** A file that could not be read or written; the rooms above turn it into their own errors. */
export class FileFailure extends Error {
  override readonly name = 'FileFailure';
  constructor(
    /**
     * `missing`: there is none; `not-a-file`: a folder or device; `replaced`: not the file that was opened;
     * `failed`: it could not be read or written.
     */
    readonly kind: 'missing' | 'not-a-file' | 'replaced' | 'failed',
    /** What there is instead, or what went wrong, as a phrase for a message. */
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
  /** Its size; undefined where the host does not know it before reading. */
  readonly bytes: number | undefined;
  /** @param onBytes is told of bytes as they come, where they come in pieces. @throws FileFailure. */
  read(onBytes?: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Fills `into` with the bytes from `position` on, at once; absent where a file comes only whole.
   * @throws FileFailure, also when the file is no longer the one that was opened.
   */
  readonly readPart?: (position: number, into: Uint8Array) => void;
}

/** A file in the making: its location has the old content until `commit`, and all of the new content after it. */
export interface FileDraft {
  /** Number of bytes appended so far. */
  readonly bytes: number;
  /** Appends all of `bytes`, or overwrites from `at` on. @throws FileFailure unless every byte is written. */
  write(bytes: Uint8Array, at?: number): Promise<void>;
  /** The content from the start, in pieces; a piece is valid until the next. @throws FileFailure. */
  read(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Puts the file in its place, when all of it is on the disk. @throws FileFailure; the old file stays then. */
  commit(): Promise<void>;
  /** Removes it, unless it was committed. */
  discard(): Promise<void>;
}

/** Files are named by location: a path in Node, a URL in a browser. */
export interface HostFiles {
  /** Location of a file or folder of the package, such as `weights/arctic`. */
  ofPackage(path: string): string;
  /** Location of a file in a folder. */
  within(folder: string, name: string): string;
  /** The last part of a location. */
  nameOf(location: string): string;
  /** Location of an installed package's folder, found as the program's modules are; none in a browser. */
  installed(name: string): string | undefined;
  /** Names of installed packages that have a file of that path; none in a browser. */
  installedWith(path: string): string[];
  /** Whether a file lies in a folder also after links are followed; a URL has none. */
  liesWithin(folder: string, location: string): boolean;
  /**
   * @param sha256 the digest that the file is to have: a browser keeps such files, and others for the time without a
   * connection. Whether it has it is the caller's to check.
   * @throws FileFailure.
   */
  open(location: string, sha256?: string): Promise<OpenFile>;
  /** Removes what a browser keeps; nothing in Node. */
  clearKept(): Promise<void>;
  /** Writes a whole file; a failure leaves the old one as it was. @throws FileFailure; always in a browser. */
  write(location: string, bytes: Uint8Array): Promise<void>;
  /** Begins a file. @throws FileFailure when it cannot be written; always in a browser. */
  create(location: string): Promise<FileDraft>;
  /** A file without a location, gone with the process. @throws FileFailure; always in a browser. */
  createScratch(): Promise<FileDraft>;
  /** A text file of the system (/proc), or undefined where there is none. */
  systemText(path: string): string | undefined;
}

/** The process in physical memory, in bytes. */
export interface ProcessMemory {
  rssBytes: number;
  /** Largest since the process began. */
  peakRssBytes: number;
}

/** Memory of the JavaScript runtime, in bytes; a figure that cannot be measured is absent. */
export interface RuntimeMemory {
  heapUsedBytes: number;
  heapTotalBytes: number;
  /** Heap size at which V8 ends the process. */
  heapLimitBytes: number;
  /** Outside the heap but owned by objects in it; includes `arrayBuffersBytes`. Absent in browsers. */
  externalBytes?: number;
  /** Backing stores of typed arrays; the audio arena's slabs are among them. Absent in browsers. */
  arrayBuffersBytes?: number;
}

/** Figures in bytes; undefined where the host has none. */
export interface HostMemory {
  process(): ProcessMemory | undefined;
  runtime(): RuntimeMemory | undefined;
  /** Main memory of the machine, and the free part of it. */
  machine(): { totalBytes: number; freeBytes: number } | undefined;
  /** A function that collects garbage; undefined where the runtime has none. */
  collector(): (() => void) | undefined;
}

/** A call frame of V8's sampling heap profiler, with the bytes allocated there. */
export interface HeapSample {
  callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number };
  selfSize: number;
  children: HeapSample[];
}

/** A running sampling heap profiler of V8. */
export interface HeapProfiler {
  /** Collects garbage, then returns what is still held. */
  sample(): Promise<HeapSample>;
  stop(): void;
}

/** Options of the heap profiler. */
export interface HeapProfilerOptions {
  /** Mean number of bytes between two samples. */
  samplingIntervalBytes: number;
  /** Whether objects that have been collected count too. */
  includeCollected: boolean;
}

/**
 * A Readable of Node, described without Node's types, so that programs compile without them. Where they are
 * there, it can be given to `stream.pipeline` as an async iterable.
 */
export interface NodeStream extends AsyncIterable<Uint8Array> {
  pipe<T>(destination: T, options?: { end?: boolean }): T;
  on(event: 'data', listener: (piece: Uint8Array) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: string, listener: (value: never) => void): this;
  once(event: 'data', listener: (piece: Uint8Array) => void): this;
  once(event: 'error', listener: (error: Error) => void): this;
  once(event: string, listener: (value: never) => void): this;
  destroy(error?: Error): this;
}

/** The runtime: Node (host.ts) or a browser (host.browser.ts). */
export interface Host {
  readonly name: 'node' | 'browser';
  readonly files: HostFiles;
  readonly memory: HostMemory;
  /** The environment variables now; none in a browser. */
  environment(): Readonly<Record<string, string | undefined>>;
  /** Cores that this program may use. */
  cores(): number;
  /** Why there are no threads with shared memory here, and what to do; undefined where there are. */
  whyNoThreads(): string | undefined;
  /**
   * SHA-256 of the joined parts, hexadecimal; undefined where the host has none (a page that is no secure
   * context). A part may be overwritten once the next is taken.
   */
  sha256(parts: Iterable<Uint8Array<ArrayBuffer>>): Promise<string | undefined>;
  /**
   * Compiles a WebAssembly module.
   * @param arithmetic `relaxed` for a module with relaxed SIMD; where that is behind a flag, the flag is set
   * meanwhile.
   * @throws FileFailure; in Node WebAssembly.CompileError too.
   */
  compile(location: string, arithmetic?: Arithmetic): Promise<WebAssembly.Module>;
  /** Whether `compile` takes modules with relaxed SIMD. */
  hasRelaxedSimd(): boolean;
  /** Resolves in a later task, after timers, events and rendering have had their turn. */
  nextTask(): Promise<void>;
  /**
   * Reports an error that no caller can catch, without throwing: a warning in Node, `reportError` in a
   * browser.
   */
  report(error: unknown): void;
  /** Pieces as a Readable of Node; absent in a browser. */
  nodeStream?(pieces: AsyncIterable<Uint8Array>): NodeStream;
  /** Starts V8's sampling heap profiler. @throws Error where the runtime has none. */
  heapProfiler(options: HeapProfilerOptions): Promise<HeapProfiler>;
}
