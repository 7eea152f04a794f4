// Type-checked by .ci/run against the installed package, with library checks on: what a consumer writes must
// compile.
import {
  type AudioBuffer,
  type BackendPlugin,
  createPipelinePool,
  type PipelinePool,
  type PipelinePoolOptions,
  type ProductionOptions,
  ProductionTTS,
  registerBackend,
  SynthesisConfig,
  type Utterance,
  VoirsError,
  VoirsPipeline,
} from 'voirs';

export async function speak(text: string): Promise<Float32Array> {
  await using pipeline = await VoirsPipeline.create({
    config: new SynthesisConfig({ quality: 'low' }),
    voice: 'miles',
  });
  const utterance: Utterance = await pipeline.prepare(text, { speakingRate: 1.1 });
  using audio: AudioBuffer = await pipeline.render(utterance);
  return audio.toNdarray().data.slice();
}

export function plug(plugin: BackendPlugin): void {
  registerBackend(plugin.name, async () => plugin);
}

export function fill(options: PipelinePoolOptions): Promise<PipelinePool> {
  return createPipelinePool({ size: 2, ...options });
}

export function serve(onEvent: NonNullable<ProductionOptions['onEvent']>): ProductionTTS {
  return new ProductionTTS({ onEvent });
}

export const isOurs = (error: unknown): boolean =>
  error instanceof VoirsError && error.code === 'VOICE_NOT_FOUND';
