// What a pickle can hold once it is data and nothing else.

/** A class or function that the pickle names; it is only ever a name here. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** Anything that a handler made (a storage, a tensor). */
export class PickleOpaque<T = unknown> {
  constructor(readonly content: T) {}
}

/** dict and OrderedDict alike; keys are compared by identity, as Map does. */
export type PickleDict = Map<PickleValue, PickleValue>;

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | PickleOpaque;
