// What other trainers put before a generator's first convolution: mel normalised by statistics of the corpus (Hugging
// Face's HiFi-GANs), and a speaker's embedding that is added after it (VITS).
import { VoirsError } from '../errors.js';
import type { LayerReader } from '../models/layers.js';
import { type HifiganConfig, stageChannels } from './hifigan-config.js';

/** The tables of a generator's input; all of them on the host, being small. */
export class GeneratorInput {
  private readonly scaling: { mean: Float32Array; scale: Float32Array } | undefined;
  private readonly speakers:
    | { count: number; embeddings: Float32Array; weight: Float32Array; bias: Float32Array }
    | undefined;

  constructor(
    private readonly config: HifiganConfig,
    read: LayerReader,
  ) {
    const { bands, isNormalised, speakers } = config;
    if (isNormalised) {
      this.scaling = { mean: read.table('mean', bands).data, scale: read.table('scale', bands).data };
    }
    if (speakers) {
      const { count, channels } = speakers;
      const out = stageChannels(config, -1);
      this.speakers = {
        count,
        embeddings: read.table('speaker.weight', count, channels).data,
        weight: read.table('cond.weight', out, channels).data,
        bias: read.table('cond.bias', out).data,
      };
    }
  }

  /** Rows of mel as the generator takes them: (mel - mean) / scale in each band, or the rows given. */
  rows(mel: Float32Array): Float32Array {
    const { bands } = this.config;
    if (!this.scaling) return mel;
    const { mean, scale } = this.scaling;
    return mel.map((value, i) => (value - mean[i % bands]!) / scale[i % bands]!);
  }

  /**
   * What is added to every row after conv_pre, [C]: cond(embedding of the speaker); undefined without speakers.
   * @throws VoirsError INVALID_OPTIONS for a speaker that the generator does not have.
   */
  speakerBias(speaker = 0): Float32Array | undefined {
    if (!this.speakers) return undefined;
    const { count, embeddings, weight, bias } = this.speakers;
    if (!(speaker >= 0 && speaker < count)) {
      throw new VoirsError('INVALID_OPTIONS', 'The vocoder has no such speaker', {
        got: `${speaker}`,
        wanted: `0 to ${count - 1}`,
        suggestion: 'Choose one of the voices that voirs voices lists',
      });
    }
    const channels = embeddings.length / count;
    return bias.map((start, c) => {
      let sum = start;
      for (let i = 0; i < channels; i++)
        sum += weight[c * channels + i]! * embeddings[speaker * channels + i]!;
      return sum;
    });
  }
}
