// The offline copy of the studio: its own files at once, the engine's as soon as it is loaded. Weights and word lists
// are the library's own business, which keeps them itself. Where a host sends no headers of
// cross-origin isolation, this adds them, so that the second visit has threads.

/** Written by the build: the files of the page, and a digest of everything. */
declare const STUDIO: { readonly files: readonly string[]; readonly version: string };
declare const self: {
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  addEventListener(
    type: 'install' | 'activate',
    listener: (event: { waitUntil(work: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(
    type: 'message',
    listener: (event: { readonly data: { keep: string[] }; waitUntil(work: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(
    type: 'fetch',
    listener: (event: { readonly request: Request; respondWith(answer: Promise<Response>): void }) => void,
  ): void;
};

export {};

const CACHE = `voirs-studio-${STUDIO.version}`;
const PREFIX = 'voirs-studio-';

const isolated = (response: Response): Response => {
  if (response.status !== 200) return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  return new Response(response.body, { status: 200, statusText: response.statusText, headers });
};

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(STUDIO.files.map((file) => new Request(file, { cache: 'no-cache' }))))
      .then(() => self.skipWaiting()),
  );
});

async function forgetOlder(): Promise<void> {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
  // Not awaited: Firefox asks every worker of the page for its consent, and those of the kernels, which sleep in shared
  // memory, never give it. This worker would stay "activating", and every request of the page would wait for it.
  void self.clients.claim();
}

self.addEventListener('activate', (event) => event.waitUntil(forgetOlder()));

/** Files of the engine that were loaded before this worker saw any request. */
self.addEventListener('message', (event) => {
  const keep = async (): Promise<void> => {
    const cache = await caches.open(CACHE);
    for (const url of event.data.keep) if (!(await cache.match(url))) await cache.add(url);
  };
  event.waitUntil(keep().catch(() => {})); // at the next visit
});

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const { scope } = self.registration;
  const url = new URL(request.url);
  const key = request.mode === 'navigate' ? scope : url.origin + url.pathname;
  const kept = await cache.match(key);
  if (kept) return isolated(kept);
  const response = await fetch(request);
  const isKept = ['voirs/', 'assets/'].some((folder) => request.url.startsWith(scope + folder));
  if (response.ok && isKept) await cache.put(key, response.clone());
  return isolated(response);
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(self.registration.scope)) return;
  if (request.url.startsWith(`${self.registration.scope}voirs/weights/`)) return;
  if (request.headers.has('range')) return;
  event.respondWith(answer(request));
});
