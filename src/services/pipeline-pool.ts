// Pipelines made once and handed out in turn; see memory/pool.ts for what the pool does.

import type { PipelineOptions } from '../loading.js';
import { ResourcePool } from '../memory/pool.js';
import { VoirsPipeline } from '../pipeline.js';

export interface PipelinePoolOptions extends PipelineOptions {
  /** Pipelines kept, 1 or more. Default 4. */
  size?: number;
}

export type PipelinePool = ResourcePool<VoirsPipeline>;

/**
 * A full pool of pipelines of equal options. Those on one backend share its weights and its queue: more of them make
 * separate states, not more speed.
 * @throws VoirsError as `VoirsPipeline.create`.
 */
export function createPipelinePool(options: PipelinePoolOptions = {}): Promise<PipelinePool> {
  const { size, ...pipeline } = options;
  const create = () => VoirsPipeline.create(pipeline);
  return ResourcePool.fill({ create, ...(size === undefined ? {} : { size }) });
}
