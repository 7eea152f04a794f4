// Keeps what pipelines load in the browser's Cache Storage: weights by their digest, so that they are downloaded once
// and a new version is another file; the rest for the time when there is no connection. A download that breaks off
// goes on where it was, also at the next visit.

const NAME = 'voirs-assets-1';
/** Attempts to go on with a download, each after a longer wait. */
const WAITS_MS = [200, 1000, 3000];
/** Marks of an entry: which answer it came from. */
const TAG = 'x-voirs-tag';

type Bytes = Uint8Array<ArrayBuffer>;

/** Fetches, and throws FileFailure for what is no answer with the file. */
export type Fetching = (init?: RequestInit) => Promise<Response>;
type OnBytes = ((bytes: number) => void) | undefined;

/** Undefined where there is none: in a page without HTTPS, or where the user has forbidden it. */
async function openStore(): Promise<Cache | undefined> {
  try {
    return await globalThis.caches?.open(NAME);
  } catch {
    return undefined;
  }
}

/** Removes everything that is kept. */
export async function clearStore(): Promise<void> {
  try {
    await globalThis.caches?.delete(NAME);
  } catch {} // there is none
}

/** The key of a version of a file; `part` is that of its beginning. */
function keyOf(url: string, sha256: string, part = false): string {
  const key = new URL(url);
  key.hash = '';
  key.searchParams.set('voirs-sha256', sha256);
  if (part) key.searchParams.set('voirs-part', '1');
  return key.href;
}

async function sha256Of(bytes: Bytes): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const tagOf = ({ headers }: Response): string => headers.get('ETag') ?? headers.get('Last-Modified') ?? '';

async function keep(store: Cache, key: string, bytes: Bytes, tag: string): Promise<void> {
  const headers = { 'Content-Type': 'application/octet-stream', [TAG]: tag };
  await store.put(key, new Response(bytes, { headers })).catch(() => {}); // no room: it is loaded again next time
}

/** Removes other versions of a file. */
async function dropOthers(store: Cache, url: string, key: string): Promise<void> {
  const path = new URL(url).pathname;
  for (const { url: kept } of await store.keys()) {
    const isOther = new URL(kept).pathname === path && kept !== key && kept.includes('voirs-sha256');
    if (isOther) await store.delete(kept);
  }
}

/**
 * A file whose digest is known.
 * @param onBytes is told of bytes as they come; of all at once where the file is kept.
 * @throws FileFailure.
 */
export async function storedFile(
  url: string,
  sha256: string,
  fetching: Fetching,
  onBytes: OnBytes,
): Promise<Bytes> {
  const store = globalThis.crypto?.subtle ? await openStore() : undefined;
  if (!store) return new Download(fetching, onBytes).whole();
  const key = keyOf(url, sha256);
  const kept = await store.match(key).catch(() => undefined);
  if (kept) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    if ((await sha256Of(bytes)) === sha256) {
      onBytes?.(bytes.length);
      return bytes;
    }
    await store.delete(key); // a damaged disk
  }
  return loadInto(store, { url, sha256, key }, fetching, onBytes);
}

async function loadInto(
  store: Cache,
  { url, sha256, key }: { url: string; sha256: string; key: string },
  fetching: Fetching,
  onBytes: OnBytes,
): Promise<Bytes> {
  const partKey = keyOf(url, sha256, true);
  const part = await store.match(partKey).catch(() => undefined);
  const download = new Download(fetching, onBytes);
  if (part) download.begin(new Uint8Array(await part.arrayBuffer()), part.headers.get(TAG) ?? '');
  let bytes: Bytes;
  try {
    bytes = await download.whole();
  } catch (error) {
    if (download.size > 0) await keep(store, partKey, download.joined(), download.tag);
    throw error;
  }
  let isRight = (await sha256Of(bytes)) === sha256;
  if (!isRight && download.isResumed) {
    // The file has changed in between: from its start, and then it is what it is.
    bytes = await new Download(fetching, undefined).whole();
    isRight = (await sha256Of(bytes)) === sha256;
  }
  if (isRight) {
    void keep(store, key, bytes, download.tag)
      .then(() => dropOthers(store, url, key))
      .catch(() => {});
  }
  return bytes;
}

/** A download in pieces, which goes on after a failure. */
class Download {
  size = 0;
  tag = '';
  isResumed = false;
  private pieces: Bytes[] = [];
  private told = 0;
  private canResume = false;
  /** Whether an answer has begun and broken off. */
  private hasBroken = false;

  constructor(
    private readonly fetching: Fetching,
    private readonly onBytes: OnBytes,
  ) {}

  /** Goes on after what an earlier visit has loaded. */
  begin(bytes: Bytes, tag: string): void {
    this.tag = tag;
    this.canResume = bytes.length > 0;
    this.take(bytes);
  }

  joined(): Bytes {
    const all = new Uint8Array(this.size);
    let at = 0;
    for (const piece of this.pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  async whole(): Promise<Bytes> {
    let attempt = 0;
    for (;;) {
      const before = this.size;
      try {
        await this.load();
        return this.joined();
      } catch (error) {
        if (this.size > before) attempt = 0;
        else if (before > 0 && (error as { got?: string }).got?.includes('status 416')) this.restart();
        const wait = WAITS_MS[attempt++];
        const canGoOn = this.hasBroken || (this.canResume && this.size > 0);
        if (!canGoOn || wait === undefined) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  private restart(): void {
    this.pieces = [];
    this.size = 0;
  }

  private async load(): Promise<void> {
    const from = this.canResume ? this.size : 0;
    const response = await this.fetching(from > 0 ? { headers: { Range: `bytes=${from}-` } } : undefined);
    const goesOn = from > 0 && isRest(response, from, this.tag);
    if (goesOn) this.isResumed = true;
    else this.restart();
    this.tag = tagOf(response);
    // A part of a compressed answer is no part of the file.
    this.canResume = response.headers.get('Content-Encoding') === null;
    try {
      await this.read(response);
    } catch (error) {
      this.hasBroken = true;
      throw error;
    }
  }

  /**
   * Piece by piece where somebody listens, or once an answer has broken off: Chromium lists a file that was read so as
   * aborted, though it is whole.
   */
  private async read(response: Response): Promise<void> {
    const isWatched = this.onBytes !== undefined || this.hasBroken;
    const reader = isWatched ? (response.body as ReadableStream<Bytes> | null)?.getReader() : undefined;
    if (!reader) return this.take(new Uint8Array(await response.arrayBuffer()));
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.take(value);
    }
  }

  private take(bytes: Bytes): void {
    this.pieces.push(bytes);
    this.size += bytes.length;
    if (this.size <= this.told) return; // of a restart
    this.onBytes?.(this.size - this.told);
    this.told = this.size;
  }
}

/** Whether an answer is the rest of the file from a byte on. */
function isRest(response: Response, from: number, tag: string): boolean {
  if (response.status !== 206) return false;
  const range = response.headers.get('Content-Range'); // null where another origin does not show it
  if (range !== null && !range.startsWith(`bytes ${from}-`)) return false;
  const own = tagOf(response);
  return own === '' || tag === '' || own === tag;
}

/** Bytes of the largest file without a digest that is kept: word lists have two million. */
const MOST_COPIED = 16 * 2 ** 20;

/** Keeps a copy of a file without a digest, for `keptCopy`. @param response whose body the bytes are. */
export async function keepCopy(url: string, response: Response, bytes: Bytes): Promise<void> {
  const isNew = response.url !== '' && bytes.length <= MOST_COPIED; // a kept copy has no URL
  const store = isNew ? await openStore() : undefined;
  const tag = tagOf(response);
  const kept = await store?.match(url);
  if (!store || (kept && tag !== '' && kept.headers.get(TAG) === tag)) return;
  await keep(store, url, bytes, tag);
}

/** The last copy of a file without a digest, where there is no connection. */
export async function keptCopy(url: string): Promise<Response | undefined> {
  return (await openStore())?.match(url).catch(() => undefined);
}
