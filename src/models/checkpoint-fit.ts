// A checkpoint has just the tensors that a model asks for, or is refused with all that is wrong in one message.
import { printed } from '../checkpoints/invalid.js';
import type { HostTensor } from '../checkpoints/tensor.js';
import { foldedName } from '../checkpoints/weight-norm.js';
import { VoirsError } from '../errors.js';

/** One dimension: exactly so large, at least so large, or any odd kernel width. */
export type Extent = number | { atLeast: number } | 'odd';

/** Names listed in one message before "and N more". */
const LISTED = 4;

/** How a checkpoint differs from what a model asks for. */
export interface CheckpointFit {
  missing: string[];
  misshapen: { name: string; got: number[]; wanted: Extent[] }[];
  unknown: string[];
}

/** Compares the names and shapes that a model asks for with those of a checkpoint. */
export function checkpointFit(
  expected: ReadonlyMap<string, Extent[]>,
  tensors: ReadonlyMap<string, HostTensor>,
): CheckpointFit {
  const shapes = new Map<string, number[]>();
  for (const [name, { shape }] of tensors) {
    const target = foldedName(name); // halves of weight-norm count as their weight, of the direction's shape
    const isLength = name.endsWith('.weight_g') || name.endsWith('.original0');
    if (target === name || !isLength || !shapes.has(target)) shapes.set(target, shape);
  }
  const misshapen: CheckpointFit['misshapen'] = [];
  for (const [name, wanted] of expected) {
    const got = shapes.get(name);
    if (got !== undefined && !fits(got, wanted)) misshapen.push({ name, got, wanted });
  }
  return {
    missing: [...expected.keys()].filter((name) => !shapes.has(name)),
    misshapen,
    unknown: [...shapes.keys()].filter((name) => !expected.has(name)),
  };
}

/** A shape as a model asks for it: `64, 80, >= 3`. */
export const extentsText = (extents: readonly Extent[]): string =>
  extents.map((one) => (typeof one === 'object' ? `>= ${one.atLeast}` : one)).join(', ');

/** @throws VoirsError INVALID_WEIGHTS where the checkpoint's tensors are not just those that the model wants. */
export function mustFit(
  expected: ReadonlyMap<string, Extent[]>,
  tensors: ReadonlyMap<string, HostTensor>,
  source: string,
): void {
  const fit = checkpointFit(expected, tensors);
  const { missing } = fit;
  // A name from the file is shown short and without control characters.
  const unknown = fit.unknown.map((name) => printed(name).slice(1, -1));
  const misshapen = fit.misshapen.map(({ name, got }) => `${name} [${got.join(', ')}]`);
  const wanted = fit.misshapen.map(({ name, wanted }) => `${name} [${extentsText(wanted)}]`);
  if (missing.length + unknown.length + misshapen.length === 0) return;
  const got = [
    ...(missing.length > 0 ? [`no ${listed(missing)}`] : []),
    ...(misshapen.length > 0 ? [listed(misshapen)] : []),
    ...(unknown.length > 0 ? [`unknown ${listed(unknown)}`] : []),
  ];
  throw new VoirsError('INVALID_WEIGHTS', `${source} does not fit its configuration`, {
    got: got.join('; '),
    wanted: wanted.length > 0 ? listed(wanted) : `exactly the ${expected.size} tensors of the configuration`,
    suggestion: unknown.some((name) => name.startsWith('source_convs.'))
      ? 'This generator is source-driven: state "source": true in its configuration.'
      : 'Use the configuration file that belongs to this checkpoint.',
  });
}

function fits(shape: number[], extents: Extent[]): boolean {
  return (
    shape.length === extents.length &&
    extents.every((extent, i) => {
      if (extent === 'odd') return shape[i]! % 2 === 1;
      return typeof extent === 'number' ? shape[i] === extent : shape[i]! >= extent.atLeast;
    })
  );
}

function listed(names: string[]): string {
  const shown = names.slice(0, LISTED).join(', ');
  return names.length > LISTED ? `${shown} and ${names.length - LISTED} more` : shown;
}
