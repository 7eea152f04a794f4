// The queue's figures as Prometheus reads them.
import { Counter, Gauge, Registry } from 'prom-client';
import type { SpeechQueue } from './queue.js';

/** The text of /metrics; its media type is `metricsType`. */
export async function metrics(queue: Pick<SpeechQueue, 'status'>): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, value: number, labels: Record<string, string> = {}): void => {
    const known = registry.getSingleMetric(name) as Gauge | undefined;
    const one = known ?? new Gauge({ name, help, labelNames: Object.keys(labels), registers: [registry] });
    one.set(labels, value);
  };
  /** What only grows, while Redis keeps its data. */
  const counter = (name: string, help: string, value: number): void =>
    new Counter({ name, help, registers: [registry] }).inc(value);
  const { jobs, books, audioHours, computeHours, coreHours, isPaused, etaSeconds } = await queue.status();
  for (const [state, count] of Object.entries(jobs))
    gauge('voirs_queue_parts', 'Parts by state', count, { state });
  for (const state of ['waiting', 'running', 'done', 'failed', 'cancelled']) {
    const count = books.filter((book) => book.state === state).length;
    gauge('voirs_queue_books', 'Books by state', count, { state });
  }
  counter('voirs_queue_audio_seconds_total', 'Audio made', audioHours * 3600);
  counter('voirs_queue_compute_seconds_total', 'Time that it took', computeHours * 3600);
  counter('voirs_queue_core_seconds_total', 'Processor time that it took', coreHours * 3600);
  gauge('voirs_queue_paused', 'Whether the queue is paused', isPaused ? 1 : 0);
  if (etaSeconds !== undefined) gauge('voirs_queue_eta_seconds', 'Until all is spoken', etaSeconds);
  return registry.metrics();
}

/** Media type of {@link metrics}. */
export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE;
