// The parts of a source that have tensors, looked at without a backend: what is there, what is asked for, and how they fit.
import { LazyTensor } from '../../checkpoints/lazy-tensor.js';
import { elementCount, type HostTensor } from '../../checkpoints/tensor.js';
import { VoirsError } from '../../errors.js';
import { checkpointFit, extentsText } from '../../models/checkpoint-fit.js';
import type { Declaration } from '../../models/layers.js';
import { generatorDeclaration } from '../../vocoder/hifigan.js';
import type { Source } from './source.js';

/** A model of a source, not loaded. */
export interface Part {
  /** `acoustic`, or `vocoder` with its name. */
  name: string;
  /** The manifest's type. */
  type: string;
  file: string;
  declaration: Declaration;
  tensors(): Promise<ReadonlyMap<string, HostTensor>>;
}

/** What was found of a part; names are those of the file. */
export interface PartReport {
  part: string;
  type: string;
  file: string;
  tensors: number;
  weights: number;
  /** Numbers of weights by the type that they are stored in. */
  stored: Record<string, number>;
  missing: string[];
  misshapen: { name: string; got: string; wanted: string }[];
  unknown: string[];
  /** Tensors with a value that is no number. */
  notFinite: string[];
  /** Why the file cannot be read; the lists are empty then. */
  error?: string;
}

export function partsOf(source: Source): Part[] {
  if (source.kind === 'vocoder') {
    const { config, tensors, source: file } = source.checkpoint;
    const declaration = generatorDeclaration(config);
    return [{ name: 'vocoder', type: 'hifigan', file, declaration, tensors: async () => tensors }];
  }
  const { files } = source;
  const { acoustic, vocoders } = files.manifest;
  return [
    { name: 'acoustic', entry: acoustic },
    ...[...vocoders].map(([name, entry]) => ({ name: `vocoder ${name}`, entry })),
  ].map(({ name, entry }) => ({
    name,
    type: entry.type,
    file: entry.file,
    declaration: entry.model.declaration(),
    tensors: async () => (await files.tensors(entry)).tensors,
  }));
}

/** Reads a part whole and compares it with what its model asks for; never throws a VoirsError. */
export async function lookAt(part: Part): Promise<PartReport> {
  const report: PartReport = {
    part: part.name,
    type: part.type,
    file: part.file,
    tensors: 0,
    weights: 0,
    stored: {},
    missing: [],
    misshapen: [],
    unknown: [],
    notFinite: [],
  };
  try {
    const tensors = await part.tensors();
    report.tensors = tensors.size;
    for (const [name, tensor] of tensors) {
      const count = elementCount(tensor.shape) ?? 0;
      report.weights += count;
      report.stored[tensor.dtype] = (report.stored[tensor.dtype] ?? 0) + count;
      if (!hasNumbers(name, tensor)) report.notFinite.push(name);
    }
    const { missing, misshapen, unknown } = checkpointFit(part.declaration.tensors, tensors);
    const shapes = misshapen.map(({ name, got, wanted }) => ({
      name,
      got: `[${got.join(', ')}]`,
      wanted: `[${extentsText(wanted)}]`,
    }));
    Object.assign(report, { missing, misshapen: shapes, unknown });
  } catch (error) {
    if (!(error instanceof VoirsError)) throw error;
    report.error = error.message;
  }
  return report;
}

function hasNumbers(name: string, tensor: HostTensor): boolean {
  if (tensor.dtype === 'I32' || tensor.dtype === 'I64') return true; // unknown in any model
  try {
    return new LazyTensor(name, tensor, 'it').data.length >= 0;
  } catch (error) {
    if (error instanceof VoirsError && error.message.includes('not a number')) return false;
    throw error;
  }
}

/** Whether a part can be loaded as it is. */
export const isSound = ({ missing, misshapen, unknown, notFinite, error }: PartReport): boolean =>
  error === undefined && [missing, misshapen, unknown, notFinite].every((list) => list.length === 0);
