// What an operator watches, in Prometheus's form: load, latency, audio made, and where memory is.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { WorkerPool } from './workers/pool.js';
import type { WorkerMemory } from './workers/speech-worker.js';

/** Seconds; the first are those of a warm first byte. */
const LATENCIES = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.5, 5, 10, 30];

/** Bytes of a worker's layers: what its pipelines share is counted once, what each has is summed up. */
export function layersOf({ reports }: WorkerMemory): Record<string, number> {
  const most = (values: (number | undefined)[]) => Math.max(0, ...values.map((value) => value ?? 0));
  const sum = (values: (number | undefined)[]) =>
    values.reduce<number>((all, value) => all + (value ?? 0), 0);
  return {
    javascript: most(reports.map(({ runtime }) => runtime?.heapUsedBytes)),
    wasm_heap: most(reports.map(({ native }) => native?.wasmHeapBytes)),
    tensors: most(reports.map(({ native }) => native?.tensorBytes)),
    arena: sum(reports.map(({ audio }) => audio?.capacityBytes)),
    arena_in_use: sum(reports.map(({ audio }) => audio?.usedBytes)),
  };
}

export class Metrics {
  readonly registry = new Registry();
  readonly requests: Counter<'route' | 'status'>;
  readonly firstByte: Histogram;
  readonly duration: Histogram;
  readonly audioSeconds: Counter;
  readonly characters: Counter;
  readonly workersLost: Counter;
  readonly aborted: Counter;

  constructor(pool: () => WorkerPool | undefined) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.requests = new Counter({
      name: 'voirs_requests_total',
      help: 'Requests by route and status',
      labelNames: ['route', 'status'],
      registers,
    });
    this.firstByte = new Histogram({
      name: 'voirs_first_byte_seconds',
      help: 'From the request for speech to its first byte',
      buckets: LATENCIES,
      registers,
    });
    this.duration = new Histogram({
      name: 'voirs_speech_seconds',
      help: 'From the request for speech to its last byte',
      buckets: LATENCIES,
      registers,
    });
    const counter = (name: string, help: string) => new Counter({ name, help, registers });
    this.audioSeconds = counter('voirs_audio_seconds_total', 'Seconds of audio made');
    this.characters = counter('voirs_characters_total', 'Characters of the texts that were accepted');
    this.workersLost = counter('voirs_workers_lost_total', 'Workers that died or hung');
    this.aborted = counter('voirs_aborted_total', 'Requests whose client went before the end');
    const gauge = (name: string, help: string, read: (pool: WorkerPool) => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          const own = pool();
          this.set(own ? read(own) : 0);
        },
      });
    gauge('voirs_queue_length', 'Requests that wait for a worker', (own) => own.queued);
    gauge('voirs_open_jobs', 'Texts that wait or are being spoken', (own) => own.openJobs);
    gauge('voirs_workers_ready', 'Workers that can speak', (own) => own.ready);
    new Gauge({
      name: 'voirs_worker_memory_bytes',
      help: 'Memory of each worker by layer; a worker in the middle of a long step is absent',
      labelNames: ['worker', 'layer'],
      registers,
      async collect() {
        this.reset();
        for (const { worker, memory } of (await pool()?.memory()) ?? [])
          for (const [layer, bytes] of Object.entries(layersOf(memory)))
            this.set({ worker: String(worker), layer }, bytes);
      },
    });
  }
}
