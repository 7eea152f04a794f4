// The public surface of voirs-queue; nothing else is public.
export {
  BOOK_FORMATS,
  type Book,
  type BookCover,
  type BookFormat,
  type Chapter,
  type PartRequest,
  type Speaking,
} from './book.js';
export { FolderStore } from './folder-store.js';
export { type HealthServer, serveHealth } from './health.js';
export { readBooks } from './input.js';
export type { BookResult } from './join.js';
export type { TenantLimits } from './limits.js';
export { metrics, metricsType } from './metrics.js';
export { openStore } from './open-store.js';
export type { BookState, BookStatus, Failure } from './progress.js';
export {
  type AddOptions,
  type BookPage,
  createQueue,
  IdempotencyConflict,
  type ListOptions,
  type Priority,
  type QueuePlace,
  type QueueStatus,
  SpeechQueue,
  type Ticket,
} from './queue.js';
export { createShards, type ShardedPlace, ShardedQueue, shardOf } from './shards.js';
export type { Cost, SpokenPart } from './speak.js';
export type { ByteRange, Store, Written } from './store.js';
export { isPublicAddress, signatureOf, type Webhook, type WebhookEvent } from './webhook.js';
export { createWorker, QueueWorker, type QueueWorkerOptions, type WorkerEvent } from './worker.js';
