// A pipeline for the length of one scope: reset and disposed at its end, however it ends.

import type { PipelineOptions } from '../loading.js';
import { cleanUp } from '../memory/reusable.js';
import { VoirsPipeline } from '../pipeline.js';
import type { Speaker } from './speaker.js';

/** A pipeline of the scope's own, disposed after the reset. */
export async function managedPipeline<T>(
  work: (pipeline: VoirsPipeline) => T | Promise<T>,
  options: PipelineOptions = {},
): Promise<T> {
  await using pipeline = await VoirsPipeline.create(options);
  return await resetAfter(pipeline, work);
}

/** The caller's pipeline, reset at the end and left alive. The work's own error comes before one of the reset. */
export async function resetAfter<P extends Pick<Speaker, 'reset'>, T>(
  pipeline: P,
  work: (pipeline: P) => T | Promise<T>,
): Promise<T> {
  let value: T;
  try {
    value = await work(pipeline);
  } catch (error) {
    await cleanUp(pipeline).catch(() => {});
    throw error;
  }
  await cleanUp(pipeline);
  return value;
}
