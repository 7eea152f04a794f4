// The public surface of voirs-server; nothing else is public.
export type { JobOptions } from './jobs.js';
export { newKey } from './keys.js';
export type { ServerOptions } from './options.js';
export { createServer, type Extras, type SpeechServer } from './server.js';
