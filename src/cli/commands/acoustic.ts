// voirs acoustic: the acoustic model alone, tensors in and out, for those who study or replace one stage.
import { framesFromLogDurations } from '../../acoustic/fastspeech2.js';
import type { Backend } from '../../backends/backend.js';
import { acquireBackend } from '../../backends/registry.js';
import { floatTensor, type HostTensor, intTensor } from '../../checkpoints/tensor.js';
import { prosodyOptions, SynthesisConfig } from '../../config.js';
import { VoirsError } from '../../errors.js';
import type { AcousticModel, TokenProsody } from '../../models/model.js';
import { defineCommand, jsonOption, numberOption, usageError } from '../command.js';
import { TensorInput, writeTensors } from '../tensor-files.js';
import { engineOptions, openVoice, speakingOptions, threadsOption } from '../voice-options.js';

/** Frames of one phone; the same bound as for edited utterances: a minute of one phone is a mistake. */
const MAX_DURATION = 5000;

export const acoustic = defineCommand({
  usage: 'IN.safetensors|- -o OUT.safetensors|- [options]',
  details: [
    'In:  tokens [N] and speaker [1] (integers, as the voice numbers them), optional durations [N] (frames).',
    'Out: log_durations [N], durations [N], pitch [N], energy [N], mel [T, bands], log_f0 [T] and speaker [1].',
    'durations, speaker: I32; the rest: F32. pitch, energy and log_f0 are z-scores of the speaker.',
  ].join('\n'),
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', help: 'Safetensors file to write; - is stdout' },
    rate: speakingOptions.rate,
    ...engineOptions,
    ...jsonOption,
  },
  positionals: { min: 1, max: 1 },
  async run({ values, positionals }, terminal) {
    if (values.output === undefined)
      throw usageError('acoustic', 'There is no output', { wanted: '-o FILE' });
    if (values.output === '-') terminal.resultChannel = 'stderr';
    const rate = prosodyOptions({ speakingRate: numberOption('--rate', values.rate) }).speakingRate;
    const config = new SynthesisConfig(threadsOption(values.threads));
    const input = await TensorInput.read(positionals[0]!);
    const tokens = input.integers('tokens', 1);
    const speaker = input.scalar('speaker');
    const durations = input.has('durations') ? checkedDurations(input, tokens.length) : undefined;

    await writeTensors(values.output, terminal, async () => {
      const files = await openVoice(values.weights);
      const { manifest } = files;
      const { tensors } = await files.tensors(manifest.acoustic);
      const hold = await acquireBackend(values.backend ?? 'auto', {
        numThreads: config.numThreads,
        useGpu: config.useGpu,
      });
      try {
        const model = manifest.acoustic.model.load(hold.backend, tensors, manifest.acoustic.file);
        try {
          return await predict(hold.backend, model, { tokens, speaker, durations, rate });
        } finally {
          model.dispose();
        }
      } finally {
        await hold.release();
      }
    });
    if (values.json) await terminal.printJson({ path: values.output });
  },
});

function checkedDurations(input: TensorInput, tokens: number): Int32Array {
  const durations = input.integers('durations', 1);
  const wrong = durations.findIndex((duration) => duration < 0 || duration > MAX_DURATION);
  if (durations.length === tokens && wrong === -1) return durations;
  throw new VoirsError('INVALID_OPTIONS', 'The durations do not fit the tokens', {
    got: wrong === -1 ? `${durations.length} durations` : `${durations[wrong]} frames for token ${wrong}`,
    wanted: `${tokens} durations of 0 to ${MAX_DURATION} frames`,
  });
}

interface Request {
  tokens: Int32Array;
  speaker: number;
  durations: Int32Array | undefined;
  rate: number;
}

function predict(backend: Backend, model: AcousticModel, request: Request): Promise<Map<string, HostTensor>> {
  const { tokens, speaker, rate } = request;
  return backend.queue.run(async () => {
    const encoded = await model.encode(tokens, speaker);
    try {
      const { logDurations, pitch, energy } = encoded.predicted;
      const durations = request.durations ?? framesFromLogDurations(logDurations, rate);
      const prosody: TokenProsody = { logDurations, durations, pitch, energy };
      const { mel, frames, logF0 } = await model.decode(encoded, prosody);
      const n = tokens.length;
      return new Map([
        ['log_durations', floatTensor(logDurations, [n])],
        ['durations', intTensor(durations, [n])],
        ['pitch', floatTensor(pitch, [n])],
        ['energy', floatTensor(energy, [n])],
        ['mel', floatTensor(mel, [frames, model.bands])],
        ['log_f0', floatTensor(logF0, [frames])],
        // voirs vocode needs it with log_f0.
        ['speaker', intTensor([speaker], [1])],
      ]);
    } finally {
      encoded.dispose();
    }
  });
}
