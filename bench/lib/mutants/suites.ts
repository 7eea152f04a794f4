// Takes the place of uvu in the copy of the checkout where faults are planted: it runs nothing by itself, so that single
// tests can run again and again in one process.

type State = Record<string, unknown>;
type Handler = (state: State) => unknown;

/** One test file has several of these. */
export interface Suite {
  name: string;
  state: State;
  tests: { name: string; handler: Handler }[];
  before: Handler[];
  after: Handler[];
  beforeEach: Handler[];
  afterEach: Handler[];
}

/** What uvu's `suite` gives. */
export interface Register {
  (name: string, handler: Handler): void;
  before: ((handler: Handler) => void) & { each: (handler: Handler) => void };
  after: ((handler: Handler) => void) & { each: (handler: Handler) => void };
  skip: () => void;
  run: () => void;
}

/** All suites that were made, in order. */
export const suites: Suite[] = [];

export function suite(name = '', state: State = {}): Register {
  const made: Suite = { name, state, tests: [], before: [], after: [], beforeEach: [], afterEach: [] };
  suites.push(made);
  const hook = (list: Handler[], each: Handler[]): Register['before'] =>
    Object.assign((handler: Handler) => void list.push(handler), {
      each: (handler: Handler) => void each.push(handler),
    });
  return Object.assign((title: string, handler: Handler) => void made.tests.push({ name: title, handler }), {
    before: hook(made.before, made.beforeEach),
    after: hook(made.after, made.afterEach),
    skip: () => {},
    run: () => {},
  });
}

export const test = suite();
