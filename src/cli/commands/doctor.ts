// voirs doctor: what this machine is, which backends run on it, and whether their samples are right.
import type { BackendPlugin } from '../../backends/backend.js';
import { backendNames, backendPlugin } from '../../backends/registry.js';
import { SynthesisConfig } from '../../config.js';
import { VoirsError } from '../../errors.js';
import { VoirsPipeline } from '../../pipeline.js';
import { defineCommand, jsonOption } from '../command.js';
import { describeEnvironment, type Environment } from '../environment.js';
import { megabytes, seconds, table } from '../print.js';
import { cudaGap, reportCuda } from '../setup/cuda.js';
import { engineOptions, threadsOption } from '../voice-options.js';

/** The text that every backend speaks. */
const SENTENCE = 'Hello.';
/** Largest difference of samples in [-1, 1]: backends sum in different orders, which makes far less. */
const TOLERANCE = 1e-3;
/** Root mean square below which speech is inaudible. */
const SILENCE = 1e-3;
/** The slow and exact backend that the others are compared with. */
const REFERENCE = 'cpu';

/** Result of the sentence on one backend. */
interface SelfTest {
  isCorrect: boolean;
  threads: number;
  versions: Readonly<Record<string, string>>;
  loadSeconds: number;
  audioSeconds: number;
  computeSeconds: number;
  realTimeFactor: number;
  rms: number;
  /** Backend of the comparison, and the largest difference of a sample; absent for the reference itself. */
  comparedWith?: string;
  maxDifference?: number;
}

interface BackendReport {
  name: string;
  summary: string;
  isAvailable: boolean;
  /** Why the backend does not load, or what failed. */
  reason?: string;
  selfTest?: SelfTest;
}

export const doctor = defineCommand({
  usage: '[options]',
  details: `Each backend that loads speaks "${SENTENCE}"; its samples are compared with those of ${REFERENCE}.\nThe exit code is 1 when the default backend fails.\nWith --cuda the command only reports which step to an NVIDIA card is missing; it loads nothing.`,
  options: {
    threads: engineOptions.threads,
    cuda: {
      type: 'boolean',
      help: 'Report only what the tensorflow backend lacks for CUDA; exit code 1 if anything',
    },
    ...jsonOption,
  },
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    if (values.cuda) return reportCuda(values.json === true, terminal);
    const config = new SynthesisConfig(threadsOption(values.threads));
    const names = backendNames().sort((a, b) => Number(b === REFERENCE) - Number(a === REFERENCE));
    let reference: { name: string; samples: Float32Array } | undefined;
    const backends: BackendReport[] = [];
    for (const name of names) {
      const { report, samples } = await examine(name, config, reference);
      backends.push(report);
      if (samples && report.selfTest?.isCorrect) reference ??= { name, samples };
    }
    const chosen = await defaultBackend(config);
    const isHealthy = backends.some(
      ({ name, selfTest }) => name === chosen.name && selfTest?.isCorrect === true,
    );
    if (!isHealthy) process.exitCode = 1;
    const environment = describeEnvironment();
    if (values.json) {
      await terminal.printJson({
        environment,
        sentence: SENTENCE,
        defaultBackend: chosen,
        backends,
        isHealthy,
      });
      return;
    }
    await terminal.print(describe(environment, backends, chosen, isHealthy));
  },
});

/** The backend that a pipeline takes when none is named. */
async function defaultBackend(config: SynthesisConfig): Promise<{ name?: string; reason?: string }> {
  try {
    await using pipeline = await VoirsPipeline.create({ config });
    const { name, choice } = pipeline.backend;
    return { name, ...(choice === undefined ? {} : { reason: choice }) };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

async function examine(
  name: string,
  config: SynthesisConfig,
  reference: { name: string; samples: Float32Array } | undefined,
): Promise<{ report: BackendReport; samples?: Float32Array }> {
  let plugin: BackendPlugin;
  try {
    plugin = await backendPlugin(name);
  } catch (error) {
    return { report: { name, summary: '', isAvailable: false, reason: reasonOf(error) } };
  }
  const { summary } = plugin;
  try {
    const found = await plugin.probe();
    if (!found.available) return { report: { name, summary, isAvailable: false, reason: found.reason } };
    const { samples, selfTest } = await speakOn(name, config);
    const compared = { ...selfTest, ...comparison(samples, reference) };
    const reason = complaint(compared);
    const isCorrect = reason === undefined;
    const note = reason ?? (name === 'tensorflow' ? cudaGap(selfTest.versions) : undefined);
    const report = { name, summary, isAvailable: true, ...(note === undefined ? {} : { reason: note }) };
    return { report: { ...report, selfTest: { ...compared, isCorrect } }, samples };
  } catch (error) {
    return { report: { name, summary, isAvailable: false, reason: reasonOf(error) } };
  }
}

type Measured = Omit<SelfTest, 'isCorrect'>;

async function speakOn(
  backend: string,
  config: SynthesisConfig,
): Promise<{ samples: Float32Array; selfTest: Measured }> {
  const started = performance.now();
  // No cache: the second run would only fetch the result of the first.
  await using pipeline = await VoirsPipeline.create({ config, backend, cacheSize: 0 });
  const loadSeconds = (performance.now() - started) / 1000;
  const speak = async (): Promise<{ samples: Float32Array; computeSeconds: number }> => {
    const asked = performance.now();
    using audio = await pipeline.synthesize(SENTENCE);
    return { samples: audio.samples.slice(), computeSeconds: (performance.now() - asked) / 1000 };
  };
  let spoken = await speak();
  // The first run of a fast backend measures how it warms up.
  if (spoken.computeSeconds < 2) spoken = await speak();
  const { samples, computeSeconds } = spoken;
  const audioSeconds = samples.length / pipeline.config.sampleRate;
  const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
  const { threads, versions } = pipeline.backend;
  const selfTest = {
    threads,
    versions,
    loadSeconds,
    audioSeconds,
    computeSeconds,
    realTimeFactor: computeSeconds / audioSeconds,
    rms: Math.sqrt(power),
  };
  return { samples, selfTest };
}

function comparison(
  samples: Float32Array,
  reference: { name: string; samples: Float32Array } | undefined,
): Pick<SelfTest, 'comparedWith' | 'maxDifference'> {
  if (!reference) return {};
  const isSameLength = samples.length === reference.samples.length;
  const maxDifference = isSameLength
    ? samples.reduce((most, x, i) => Math.max(most, Math.abs(x - reference.samples[i]!)), 0)
    : Number.POSITIVE_INFINITY;
  return { comparedWith: reference.name, maxDifference };
}

function complaint({ rms, comparedWith, maxDifference }: Measured): string | undefined {
  if (!(rms > SILENCE)) return `it returned silence or no numbers (root mean square ${rms})`;
  if (maxDifference === undefined || maxDifference <= TOLERANCE) return undefined;
  return `its samples differ from those of ${comparedWith} by ${maxDifference}; wanted at most ${TOLERANCE}`;
}

function reasonOf(error: unknown): string {
  return error instanceof VoirsError ? error.message : String(error);
}

function describe(
  environment: Environment,
  backends: readonly BackendReport[],
  chosen: { name?: string; reason?: string },
  isHealthy: boolean,
): string {
  const rows = backends.map(({ name, isAvailable, selfTest }) => [
    name === chosen.name ? `${name} *` : name,
    selfTest ? (selfTest.isCorrect ? 'speaks' : 'wrong') : isAvailable ? 'loads' : 'not here',
    selfTest ? `${selfTest.threads}` : '-',
    selfTest ? seconds(selfTest.loadSeconds) : '-',
    selfTest ? selfTest.realTimeFactor.toFixed(3) : '-',
    selfTest?.maxDifference?.toExponential(1) ?? '-',
    selfTest ? versionsOf(selfTest.versions) : '-',
  ]);
  const reasons = backends.flatMap(({ name, reason }) =>
    reason === undefined ? [] : [`${name}: ${reason}`],
  );
  const lines = (['voirs', 'node', 'v8', 'platform', 'cpu', 'cores'] as const).map(
    (key) => `${key.padEnd(9)} ${environment[key]}`,
  );
  return [
    ...lines,
    `memory    ${megabytes(environment.memoryBytes)}, ${megabytes(environment.freeMemoryBytes)} free`,
    '',
    table(['backend', 'state', 'threads', 'load', 'RTF', 'difference', 'versions'], rows),
    ...reasons,
    '',
    `* is the default${chosen.reason === undefined ? '' : `: ${chosen.reason}`}`,
    isHealthy ? 'The default backend works.' : 'The default backend does not work here.',
  ].join('\n');
}

function versionsOf(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
