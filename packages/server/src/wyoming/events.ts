// Events of the Wyoming protocol, by which Home Assistant's voice services talk: a line of JSON, then as many bytes
// of JSON and of audio as the line says.
import { RequestError } from '../request-error.js';

export interface WyomingEvent {
  type: string;
  data: Readonly<Record<string, unknown>>;
}

/** Of the protocol, as its reference implementation states it in each event. */
const VERSION = '1.7.2';
const NEWLINE = 10;
/** Bytes of a line: data that is longer than a few words stands after it. */
const MOST_LINE = 65_536;

/** An event as bytes. @param payload audio. */
export function eventBytes(type: string, data: object, payload?: Uint8Array): Buffer {
  const json = Buffer.from(JSON.stringify(data));
  const head = {
    ...{ type, version: VERSION, data_length: json.length },
    ...(payload ? { payload_length: payload.length } : {}),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), json, ...(payload ? [payload] : [])]);
}

function malformed(what: string): RequestError {
  return new RequestError(400, `This is no event of Wyoming: ${what}`, { code: 'not_wyoming' });
}

function objectOf(json: Buffer, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json.toString());
  } catch {
    throw malformed(`${what} is not JSON`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw malformed(`${what} is not an object`);
}

/** Bytes in any pieces in, events out. Audio of the client's is passed over. */
export class EventReader {
  private rest: Buffer = Buffer.alloc(0);
  private head: (WyomingEvent & { length: number; payload: number }) | undefined;
  private skip = 0;

  /** @param mostData bytes of an event's data. */
  constructor(private readonly mostData: number) {}

  /** @throws RequestError for what is no event: nothing that follows can be read. */
  push(bytes: Uint8Array): WyomingEvent[] {
    this.rest = this.rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.rest, bytes]);
    const events: WyomingEvent[] = [];
    for (let event = this.take(); event; event = this.take()) events.push(event);
    return events;
  }

  private take(): WyomingEvent | undefined {
    const passed = Math.min(this.skip, this.rest.length);
    this.skip -= passed;
    this.rest = this.rest.subarray(passed);
    if (this.skip > 0) return undefined;
    this.head ??= this.takeHead();
    if (!this.head || this.rest.length < this.head.length) return undefined;
    const { type, data, length, payload } = this.head;
    const more = length > 0 ? objectOf(this.rest.subarray(0, length), 'its data') : {};
    this.rest = this.rest.subarray(length);
    this.skip = payload;
    this.head = undefined;
    return { type, data: { ...data, ...more } };
  }

  private takeHead(): typeof this.head {
    const end = this.rest.indexOf(NEWLINE);
    if (end > MOST_LINE || (end < 0 && this.rest.length > MOST_LINE)) throw malformed('its line is too long');
    if (end < 0) return undefined;
    const { type, data = {}, data_length, payload_length } = objectOf(this.rest.subarray(0, end), 'its line');
    if (typeof type !== 'string') throw malformed('it has no type');
    if (typeof data !== 'object' || data === null) throw malformed('its data is not an object');
    this.rest = this.rest.subarray(end + 1);
    const length = lengthOf(data_length, this.mostData);
    return { type, data: data as WyomingEvent['data'], length, payload: lengthOf(payload_length) };
  }
}

function lengthOf(value: unknown, most = Number.MAX_SAFE_INTEGER): number {
  if (value === undefined || value === null) return 0;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most) return value as number;
  throw malformed('a length is out of range');
}
