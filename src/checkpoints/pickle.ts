// PyTorch writes pickles, programs in a small stack language; this reads their data and runs none of their
// calls.
// Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
import type { VoirsError } from '../errors.js';
import { invalidWeights, type Refusal, refusal } from './invalid.js';

/** Some 55,000 tensors' worth: bounds stack, memo and every container, each of which costs a step to fill. */
const MAX_STEPS = 2_000_000;
/** torch.save's magic number takes 10. */
const MAX_LONG_BYTES = 16;
const MAX_TEXT_BYTES = 2 ** 16;

const UTF8 = new TextDecoder();

/** What a pickle holds once it is data and nothing else. */
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

/** dict and OrderedDict alike; keys are compared by identity, as Map does. */
export type PickleDict = Map<PickleValue, PickleValue>;

/** A class or function that the pickle names; here it is a name and no more. */
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

/** What the owner of the format lets a pickle do. A global in neither `calls` nor `names` is refused. */
export interface PickleHandlers {
  /** By `module name`: what a REDUCE of this global makes of its arguments. */
  calls: ReadonlyMap<string, (args: readonly PickleValue[]) => PickleValue>;
  /** Globals that may be mentioned (in persistent ids), never called. */
  names: ReadonlySet<string>;
  /** Resolves a persistent id. */
  load(id: PickleValue): PickleValue;
  source: string;
}

/**
 * Reads one pickle (protocols 2 to 5) that starts at `offset`; `end` is where it stopped.
 * @throws VoirsError INVALID_WEIGHTS for damaged input, unknown opcodes and globals without a handler.
 */
export function unpickle(
  bytes: Uint8Array,
  handlers: PickleHandlers,
  offset = 0,
): { value: PickleValue; end: number } {
  const cursor = new PickleCursor(bytes, offset, handlers.source);
  const machine = new PickleMachine(cursor, handlers);
  for (let steps = 0; !machine.hasStopped; steps++) {
    if (steps === MAX_STEPS) throw cursor.invalid('the pickle has too many steps', `over ${MAX_STEPS} steps`);
    machine.step();
  }
  return { value: machine.result(), end: cursor.position };
}

const MARK = Symbol('mark');
type Slot = PickleValue | typeof MARK;

/** The stack and the memo of one pickle; `step` takes one opcode. */
class PickleMachine {
  hasStopped = false;
  private readonly stack: Slot[] = [];
  private readonly memo = new Map<number, PickleValue>(); // sparse: a hostile index costs one entry

  constructor(
    private readonly cursor: PickleCursor,
    private readonly handlers: PickleHandlers,
  ) {}

  result(): PickleValue {
    if (this.stack.length !== 1) {
      throw this.cursor.invalid('the pickle does not end with one value', `${this.stack.length} values`);
    }
    return this.pop();
  }

  step(): void {
    const at = this.cursor.position;
    const opcode = this.cursor.uint8();
    const literal = this.cursor.literal(opcode);
    if (literal !== undefined) {
      this.stack.push(literal);
      return;
    }
    const pushed = this.structure(opcode) ?? this.call(opcode);
    if (pushed === undefined) {
      const shown = opcode > 32 && opcode < 127 ? `'${String.fromCharCode(opcode)}'` : '';
      throw this.cursor.invalid(
        'the pickle uses an opcode that no tensor file needs',
        `opcode 0x${opcode.toString(16)} ${shown} at ${at}`,
      );
    }
    for (const value of pushed) this.stack.push(value);
  }

  /** Opcodes that build containers and move values about. */
  private structure(opcode: number): Slot[] | undefined {
    switch (opcode) {
      case 0x80: {
        // PROTO
        const version = this.cursor.uint8();
        if (version < 2 || version > 5)
          throw this.cursor.invalid('the pickle protocol is unknown', `${version}`);
        return [];
      }
      case 0x95: // FRAME: only a hint for readers that stream
        this.cursor.expectAhead(this.cursor.uint64());
        return [];
      case 0x2e: // STOP
        this.hasStopped = true;
        return [];
      case 0x28: // MARK
        return [MARK];
      case 0x30: // POP
        if (this.stack.pop() === undefined) throw this.underflow();
        return [];
      case 0x31: // POP_MARK
        this.popToMark();
        return [];
      case 0x32: {
        // DUP
        const top = this.pop();
        return [top, top];
      }
      case 0x5d: // EMPTY_LIST
        return [[]];
      case 0x7d: // EMPTY_DICT
        return [new Map()];
      case 0x29: // EMPTY_TUPLE
        return [new PickleTuple([])];
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: {
        // TUPLE3
        const items = Array.from({ length: opcode - 0x84 }, () => this.pop());
        return [new PickleTuple(items.reverse())];
      }
      case 0x74: // TUPLE
        return [new PickleTuple(this.popToMark())];
      case 0x61: // APPEND
        this.append([this.pop()]);
        return [];
      case 0x65: // APPENDS
        this.append(this.popToMark());
        return [];
      case 0x73: {
        // SETITEM
        const value = this.pop();
        this.setItems([this.pop(), value]);
        return [];
      }
      case 0x75: // SETITEMS
        this.setItems(this.popToMark());
        return [];
      case 0x71: // BINPUT
        this.memo.set(this.cursor.uint8(), this.top());
        return [];
      case 0x72: // LONG_BINPUT
        this.memo.set(this.cursor.uint32(), this.top());
        return [];
      case 0x94: // MEMOIZE
        this.memo.set(this.memo.size, this.top());
        return [];
      case 0x68: // BINGET
        return [this.recall(this.cursor.uint8())];
      case 0x6a: // LONG_BINGET
        return [this.recall(this.cursor.uint32())];
      default:
        return undefined;
    }
  }

  /** Opcodes by which a pickle would run code; here they look a name up in the handlers' list. */
  private call(opcode: number): [PickleValue] | [] | undefined {
    switch (opcode) {
      case 0x63: // GLOBAL
        return [this.global(this.cursor.line(), this.cursor.line())];
      case 0x93: {
        // STACK_GLOBAL
        const name = this.pop();
        const module = this.pop();
        if (typeof name !== 'string' || typeof module !== 'string') {
          throw this.cursor.invalid('a global has no name', `${typeof module} and ${typeof name}`);
        }
        return [this.global(module, name)];
      }
      case 0x51: // BINPERSID
        return [this.handlers.load(this.pop())];
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const args = this.pop();
        const callee = this.pop();
        const call = callee instanceof PickleGlobal ? this.handlers.calls.get(callee.name) : undefined;
        if (call === undefined || !(args instanceof PickleTuple)) {
          const got = callee instanceof PickleGlobal ? callee.name : 'a value';
          throw this.cursor.invalid('the pickle calls a function that is not allowed', got);
        }
        return [call(args.items)];
      }
      case 0x62: // BUILD: attributes (an OrderedDict's _metadata), which no weight depends on
        this.pop();
        if (!(this.top() instanceof Map || this.top() instanceof PickleOpaque)) {
          throw this.cursor.invalid('attributes are set on a plain value', typeof this.top());
        }
        return [];
      default:
        return undefined;
    }
  }

  private global(module: string, name: string): PickleGlobal {
    const full = `${module} ${name}`;
    if (!this.handlers.calls.has(full) && !this.handlers.names.has(full)) {
      throw invalidWeights(`${this.handlers.source}: the pickle names code, which is not loaded`, {
        got: full,
        wanted: 'tensors in plain dictionaries',
        suggestion:
          'Save the state dict alone (torch.save(model.state_dict(), ...)) or export to safetensors.',
      });
    }
    return new PickleGlobal(full);
  }

  private append(items: PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list))
      throw this.cursor.invalid('items are appended to a value that is not a list', typeof list);
    for (const item of items) list.push(item);
  }

  private setItems(items: PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) {
      throw this.cursor.invalid('items are set on a value that is not a dictionary', typeof dict);
    }
    for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
  }

  private top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined || value === MARK) throw this.underflow();
    return value;
  }

  private pop(): PickleValue {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  private popToMark(): PickleValue[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) throw this.underflow();
    return this.stack.splice(mark).slice(1) as PickleValue[];
  }

  private recall(index: number): PickleValue {
    const value = this.memo.get(index);
    if (value === undefined)
      throw this.cursor.invalid('the pickle recalls a value that it never stored', `memo ${index}`);
    return value;
  }

  private underflow(): VoirsError {
    return this.cursor.invalid(
      'the pickle takes a value from an empty stack',
      `position ${this.cursor.position}`,
    );
  }
}

/** Reads the arguments between the opcodes, little-endian, and checks each against the end of the file. */
class PickleCursor {
  private readonly view: DataView;
  private readonly refuse: Refusal;

  constructor(
    private readonly bytes: Uint8Array,
    public position: number,
    source: string,
  ) {
    this.refuse = refusal(source, 'The file is damaged or not a checkpoint: fetch or save it again.');
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The value of an opcode that pushes what follows it; undefined for every other opcode. */
  literal(opcode: number): PickleValue | undefined {
    switch (opcode) {
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4b: // BININT1
        return this.uint8();
      case 0x4d: // BININT2
        return this.view.getUint16(this.take(2), true);
      case 0x4a: // BININT
        return this.view.getInt32(this.take(4), true);
      case 0x8a: // LONG1
        return this.long(this.uint8());
      case 0x8b: // LONG4
        return this.long(this.uint32());
      case 0x47: // BINFLOAT
        return this.view.getFloat64(this.take(8), false);
      case 0x8c: // SHORT_BINUNICODE
        return this.utf8(this.uint8());
      case 0x58: // BINUNICODE
        return this.utf8(this.uint32());
      case 0x8d: // BINUNICODE8
        return this.utf8(this.uint64());
      case 0x55: // SHORT_BINSTRING, Python 2's str: torch.load takes it for UTF-8
        return this.utf8(this.uint8());
      case 0x54: // BINSTRING
        return this.utf8(this.uint32());
      case 0x43: // SHORT_BINBYTES
        return this.raw(this.uint8());
      case 0x42: // BINBYTES
        return this.raw(this.uint32());
      case 0x8e: // BINBYTES8
        return this.raw(this.uint64());
      default:
        return undefined;
    }
  }

  uint8(): number {
    return this.view.getUint8(this.take(1));
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  uint64(): number {
    return Number(this.view.getBigUint64(this.take(8), true)); // a rounded one lies far beyond the end
  }

  /** Checks that so many bytes follow. */
  expectAhead(count: number): void {
    if (count > this.bytes.length - this.position) throw this.truncated();
  }

  /** Text up to the next newline. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw this.truncated();
    const text = this.utf8(end - this.position);
    this.position++;
    return text;
  }

  invalid(what: string, got: string): VoirsError {
    return this.refuse(what, got, 'a checkpoint as torch.save writes it');
  }

  /** Claims `count` bytes and gives where they start. */
  private take(count: number): number {
    if (count > this.bytes.length - this.position) throw this.truncated();
    this.position += count;
    return this.position - count;
  }

  private raw(count: number): Uint8Array {
    const start = this.take(count);
    return this.bytes.subarray(start, start + count);
  }

  private utf8(count: number): string {
    if (count > MAX_TEXT_BYTES) throw this.invalid('a text is too long', `${count} bytes`);
    return UTF8.decode(this.raw(count));
  }

  private long(count: number): number | bigint {
    if (count > MAX_LONG_BYTES) throw this.invalid('an integer is too long', `${count} bytes`);
    let value = 0n;
    for (const [i, byte] of this.raw(count).entries()) value |= BigInt(byte) << BigInt(8 * i);
    value = BigInt.asIntN(8 * count, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  private truncated(): VoirsError {
    return this.invalid('the pickle ends too early', `${this.bytes.length} bytes`);
  }
}
