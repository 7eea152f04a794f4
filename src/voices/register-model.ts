// Architectures of other people: a factory under a name that manifests may then state as `type`.
import type { JsonReader } from '../checkpoints/json-reader.js';
import { shown, VoirsError } from '../errors.js';
import { declaredBy, loadModel, type MakeModel } from '../models/layers.js';
import type { AcousticModel, ModelType, Vocoder, VoiceShape } from '../models/model.js';
import { addModelType, type ModelKind } from './model-types.js';

/** The model that a kind of architecture makes. */
export type ModelOf<Kind extends ModelKind> = Kind extends 'acoustic' ? AcousticModel : Vocoder;

/**
 * Reads an architecture's own fields, and returns what makes the model from its layers. That runs twice, the first time
 * without a checkpoint, to learn which tensors there must be: it reads layers and runs nothing.
 * @param entry the model's entry in a manifest, or its config.json.
 * @param voice sizes that the voice has: the model must fit them.
 */
export type ModelFactory<Model> = (entry: JsonReader, voice: VoiceShape) => MakeModel<Model>;

/** By member: what it must be. */
type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const isFunction = (value: unknown): boolean => typeof value === 'function';
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const isSize = (value: unknown): boolean => typeof value === 'number' && value >= 0;

const SHAPES: Readonly<Record<ModelKind, Shape>> = {
  acoustic: {
    ...{ bands: isCount, contextFrames: isSize, valuesPerFrame: isSize, weightBytes: isSize },
    ...{ encode: isFunction, decode: isFunction, dispose: isFunction },
  },
  vocoder: {
    ...{ bands: isCount, hop: isCount, contextFrames: isSize, valuesPerFrame: isSize, weightBytes: isSize },
    isDriven: (value) => typeof value === 'boolean',
    ...{ source: isFunction, reads: isFunction, vocode: isFunction, dispose: isFunction },
  },
};

/**
 * Makes an architecture known by name, for voices and for `loadVocoder` and `loadAcoustic`, in this process or worker.
 * @param type what manifests state: letters, digits and hyphens.
 * @throws VoirsError INVALID_OPTIONS for a name that is taken or is none, or a factory that is no function. What a factory
 * throws when a voice is loaded becomes INVALID_OPTIONS with it as `cause`; VoirsErrors, such as those of `entry`, stay.
 */
export function registerModel<Kind extends ModelKind>(
  kind: Kind,
  type: string,
  factory: ModelFactory<ModelOf<Kind>>,
): void {
  if (kind !== 'acoustic' && kind !== 'vocoder') {
    throw new VoirsError('INVALID_OPTIONS', 'There is no such kind of model', {
      got: shown(kind),
      wanted: '"acoustic" or "vocoder"',
    });
  }
  if (typeof type !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(type)) {
    throw new VoirsError('INVALID_OPTIONS', 'A type of model needs a name', {
      got: shown(type),
      wanted: 'letters, digits and hyphens, up to 64',
    });
  }
  if (typeof factory !== 'function')
    throw new VoirsError('INVALID_OPTIONS', 'factory is not a function', { got: shown(factory) });
  addModelType(kind, modelType(kind, type, factory as ModelFactory<AcousticModel & Vocoder>));
}

function modelType(
  kind: ModelKind,
  type: string,
  factory: ModelFactory<AcousticModel & Vocoder>,
): ModelType<AcousticModel & Vocoder> {
  const name = `the ${kind} "${type}"`;
  return {
    type,
    read(entry, voice) {
      const own = typed(`The factory of ${name}`, () => factory(entry, voice));
      if (typeof own !== 'function') {
        throw new VoirsError('INVALID_OPTIONS', `The factory of ${name} gave no constructor`, {
          got: shown(own),
          wanted: 'a function (read, layers) => model',
        });
      }
      const make: typeof own = (read, layers) => {
        const model = typed(`The constructor of ${name}`, () => own(read, layers));
        mustBe(model, SHAPES[kind], name);
        mustFitVoice(model, kind, voice, name);
        return model;
      };
      return {
        config: {},
        declaration: () => declaredBy(make),
        load: (backend, tensors, source, weights) => loadModel(backend, tensors, make, { source, weights }),
      };
    },
  };
}

/** Work of a third party: what it throws that is no error of ours becomes one. */
function typed<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof VoirsError) throw cause;
    throw new VoirsError('INVALID_OPTIONS', `${what} failed`, {
      got: cause instanceof Error ? `${cause.name}: ${cause.message}` : shown(cause),
      wanted: 'a constructor that reads its layers and runs nothing: the first time there is no backend',
      suggestion: 'See the cause, and docs/parts.md',
      cause,
    });
  }
}

function mustBe(model: unknown, shape: Shape, name: string): void {
  const members = Object(model) as Record<string, unknown>;
  const wrong = Object.entries(shape).filter(([member, isRight]) => !isRight(members[member]));
  if (wrong.length === 0) return;
  const [[first]] = wrong as [[string, unknown]];
  throw new VoirsError('INVALID_OPTIONS', `What was made for ${name} is no such model`, {
    got: `${first}: ${shown(members[first])}`,
    wanted: `right values of ${wrong.map(([member]) => member).join(', ')}`,
    suggestion: 'The interfaces AcousticModel and Vocoder say what each member is',
  });
}

function mustFitVoice(
  model: AcousticModel & Vocoder,
  kind: ModelKind,
  { bands, hop }: VoiceShape,
  name: string,
): void {
  const isRight = model.bands === bands && (kind === 'acoustic' || model.hop === hop);
  if (isRight) return;
  throw new VoirsError('INVALID_OPTIONS', `What was made for ${name} does not fit the voice`, {
    got: `${model.bands} bands${kind === 'acoustic' ? '' : `, a hop of ${model.hop}`}`,
    wanted: `${bands} bands${kind === 'acoustic' ? '' : `, a hop of ${hop}`}`,
  });
}
