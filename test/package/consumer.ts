// Type-checked by .ci/run against the installed package, with library checks on: a consumer's code must
// compile.
import {
  type AudioBuffer,
  type BackendPlugin,
  registerBackend,
  SynthesisConfig,
  type Utterance,
  VoirsError,
  VoirsPipeline,
} from 'voirs';

export async function speak(text: string): Promise<Float32Array> {
  await using pipeline = await VoirsPipeline.create({
    config: new SynthesisConfig({ quality: 'low' }),
    voice: 'slt',
  });
  const utterance: Utterance = await pipeline.prepare(text, { speakingRate: 1.1 });
  using audio: AudioBuffer = await pipeline.render(utterance);
  return audio.toNdarray().data.slice();
}

export function plug(plugin: BackendPlugin): void {
  registerBackend(plugin.name, async () => plugin);
}

export const isOurs = (error: unknown): boolean =>
  error instanceof VoirsError && error.code === 'VOICE_NOT_FOUND';
