// What speaks, in plain words.
import type { WorkerPipeline } from '../../../src/worker/worker-pipeline.js';

type Backend = WorkerPipeline['backend'];

export const placeOf = ({ name }: Backend): string => (name === 'webgpu' ? 'graphics card' : 'processor');

/** Why it is the one and not the other. */
export function whyThere({ name, choice = '' }: Backend, isGpuLost: boolean): string {
  if (name === 'webgpu') return 'The graphics card speaks: it was faster than the processor in a trial.';
  if (isGpuLost) return 'The graphics card has gone, so the processor speaks.';
  if (/is the fastest/.test(choice))
    return 'There is a graphics card; the processor was faster in a trial, or the card failed in it.';
  if (/without a GPU/.test(choice))
    return 'What the browser offers as a graphics card is the processor itself, so the processor speaks.';
  return 'This browser offers no graphics card to pages (WebGPU), so the processor speaks.';
}
