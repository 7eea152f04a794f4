// If this fails, some order of calls that a program may well make leaks memory, spoils sound or breaks a pipeline.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { engineCounts } from '../../src/backends/engine.js';
import { type AudioBuffer, type PreparedUtterance, VoirsPipeline } from '../../src/index.js';
import { tinyVoice } from '../tiny-voice.js';

const test = suite('any sequence of calls');
const voice = tinyVoice();
test.after(() => voice.remove());

const TEXTS = [
  'Hi.',
  'Is it? Yes!',
  'One, two; three: four.',
  'A sentence that is long enough to be cut in two, because it has more tokens than the model takes.',
  '<speak>Now <break time="0.2s"/><mark name="m"/>then.</speak>',
];
/** Sequences; a night's run sets more. */
const RUNS = Number(process.env.VOIRS_TEST_RUNS ?? 60);
const RATES = [22050, 16000, 48000] as const;
/** Pipelines at once, and results that are held. */
const MOST = 2;
const MOST_HELD = 3;

interface Settings {
  text: number;
  speakingRate: 1 | 1.5;
  pitchShift: 0 | 2;
}

/** What is known of a pipeline: all else must follow from it. */
interface Modelled {
  rate: number;
  /** Results that are held. */
  held: number;
}

interface Model {
  pipelines: Modelled[];
}

/** A result that is held, and what it was when it was made. */
interface Held {
  audio: AudioBuffer;
  copy: Float32Array;
}

interface Live {
  pipeline: VoirsPipeline;
  held: Held[];
}

/** The pipelines of one sequence. */
class Real {
  readonly lives: Live[] = [];
}

/** Tensors with and without a loaded voice, and what each request sounded like when it was first made. */
const tensors: { none?: object; loaded?: object } = {};
const known = new Map<string, Float32Array>();
/** How often each kind of ending was seen: the test must not pass because nothing happened. */
const seen = new Map<string, number>();
const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);

function isSound(audio: AudioBuffer): void {
  const { samples, duration, timeline } = audio;
  for (const sample of samples) if (!(Math.abs(sample) <= 1)) throw new Error(`a sample of ${sample}`);
  isMonotone(timeline, 0, duration);
}

function isMonotone({ words, marks }: AudioBuffer['timeline'], from: number, to: number): void {
  let before = from;
  for (const { start, end, phones } of words) {
    assert.ok(
      start >= before - 1e-9 && end >= start && end <= to + 1e-9,
      `word ${start}-${end} of ${from}-${to}`,
    );
    let inside = start;
    for (const phone of phones) {
      assert.ok(
        phone.start >= inside - 1e-9 && phone.end >= phone.start && phone.end <= end + 1e-9,
        'phones',
      );
      inside = phone.end;
    }
    before = end;
  }
  let last = 0;
  for (const { time } of marks) {
    assert.ok(time >= last && time <= to + 1e-9, `mark at ${time}`);
    last = time;
  }
}

/** The same request sounds the same, whatever was called before it. */
function isAsKnown(key: string, samples: Float32Array, tolerance = 0): void {
  const before = known.get(key);
  if (!before) known.set(key, samples.slice());
  else {
    assert.is(samples.length, before.length, key);
    assert.ok(maxAbs(samples, before) <= tolerance, `${key} differs by ${maxAbs(samples, before)}`);
  }
}

/** What must hold after every command. */
function checkAll(model: Model, real: Real): void {
  const counts = engineCounts();
  const state = real.lives.length === 0 ? 'none' : 'loaded';
  tensors[state] ??= counts;
  assert.equal(counts, tensors[state], `tensors with ${real.lives.length} pipelines`);
  real.lives.forEach(({ pipeline, held }, n) => {
    const { leases, usedBytes } = pipeline.arena.stats();
    assert.is(held.length, model.pipelines[n]!.held);
    assert.is(leases, held.length, 'leases are the results that are held');
    assert.ok(held.length > 0 || usedBytes === 0, `${usedBytes} bytes of audio`);
    for (const { audio, copy } of held) assert.is(maxAbs(audio.samples, copy), 0, 'a held result changed');
  });
}

const optionsOf = ({ text, speakingRate, pitchShift }: Settings, signal?: AbortSignal) => ({
  ...{ speakingRate, pitchShift },
  ...(TEXTS[text]!.startsWith('<') ? { input: 'ssml' as const } : {}),
  ...(signal ? { signal } : {}),
});

/** Aborts after some turns of the event loop; -1: never. */
function abortingAfter(turns: number): AbortSignal | undefined {
  if (turns < 0) return undefined;
  const controller = new AbortController();
  const tick = (left: number): void => {
    if (left === 0) controller.abort('enough');
    else setImmediate(() => tick(left - 1));
  };
  tick(turns);
  return controller.signal;
}

/** The result, or undefined where the signal came first. */
async function unlessAborted<T>(
  work: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!signal?.aborted) throw error;
    assert.equal((error as { code?: string }).code, 'ABORTED', `${error}`);
    count('aborted');
    return undefined;
  }
}

type Command = fc.AsyncCommand<Model, Real>;

/** A command on one of the pipelines; `at` counts round them. */
abstract class OnPipeline implements Command {
  constructor(protected readonly at: number) {}

  check(model: Readonly<Model>): boolean {
    return model.pipelines.length > 0 && this.fits(model.pipelines[this.at % model.pipelines.length]!);
  }

  protected fits(_modelled: Modelled): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    const n = this.at % real.lives.length;
    await this.act(real.lives[n]!, model.pipelines[n]!, { model, real, n });
    checkAll(model, real);
  }

  protected abstract act(
    live: Live,
    modelled: Modelled,
    all: { model: Model; real: Real; n: number },
  ): Promise<void>;

  /** Keeps a result, or gives it back. */
  protected keep(live: Live, modelled: Modelled, audio: AudioBuffer, isHeld: boolean): void {
    if (isHeld && modelled.held < MOST_HELD) {
      live.held.push({ audio, copy: audio.samples.slice() });
      modelled.held++;
    } else audio.dispose();
  }
}

class Create implements Command {
  constructor(
    private readonly rate: number,
    private readonly cacheSize: number,
  ) {}
  check(model: Readonly<Model>): boolean {
    return model.pipelines.length < MOST;
  }
  async run(model: Model, real: Real): Promise<void> {
    const { rate, cacheSize } = this;
    const sampleRate = RATES[rate]!;
    const options = { weights: voice.folder, numThreads: 1, cacheSize, sampleRate };
    real.lives.push({ pipeline: await VoirsPipeline.create(options), held: [] });
    model.pipelines.push({ rate, held: 0 });
    checkAll(model, real);
  }
  toString = (): string => `create(${RATES[this.rate]} Hz, cache of ${this.cacheSize})`;
}

class Synthesize extends OnPipeline {
  constructor(
    at: number,
    private readonly settings: Settings,
    private readonly abortAfter: number,
    private readonly isHeld: boolean,
  ) {
    super(at);
  }
  protected override async act(live: Live, modelled: Modelled): Promise<void> {
    const { settings } = this;
    const signal = abortingAfter(this.abortAfter);
    const audio = await unlessAborted(
      () => live.pipeline.synthesize(TEXTS[settings.text]!, optionsOf(settings, signal)),
      signal,
    );
    if (!audio) return;
    isSound(audio);
    isAsKnown(JSON.stringify([modelled.rate, settings]), audio.samples);
    count('synthesized');
    this.keep(live, modelled, audio, this.isHeld);
  }
  override toString = (): string =>
    `synthesize(${JSON.stringify(this.settings)}, abort ${this.abortAfter}, held ${this.isHeld})`;
}

class Stream extends OnPipeline {
  constructor(
    at: number,
    private readonly settings: Settings,
    private readonly abortAfter: number,
    private readonly leaveAfter: number,
    private readonly isInPieces: boolean,
  ) {
    super(at);
  }
  protected override async act({ pipeline }: Live, { rate }: Modelled): Promise<void> {
    const { settings } = this;
    const text = TEXTS[settings.text]!;
    const isInPieces = this.isInPieces && !text.startsWith('<');
    async function* pieces(): AsyncGenerator<string, void, undefined> {
      for (let at = 0; at < text.length; at += 5) yield text.slice(at, at + 5);
    }
    const signal = abortingAfter(this.abortAfter);
    const joined: number[] = [];
    const isWhole = await unlessAborted(async () => {
      let chunks = 0;
      for await (using chunk of pipeline.stream(isInPieces ? pieces() : text, optionsOf(settings, signal))) {
        const start = joined.length / chunk.sampleRate;
        assert.ok(Math.abs(chunk.startTime - start) < 1e-9, `a chunk at ${chunk.startTime}, not ${start}`);
        for (const sample of chunk.samples) {
          assert.ok(Math.abs(sample) <= 1, `a sample of ${sample}`);
          joined.push(sample);
        }
        if (++chunks === this.leaveAfter) return false;
      }
      return true;
    }, signal);
    if (!isWhole) return;
    // Transforms round differently in chunks (ARCHITECTURE.md: 1e-5 for them).
    isAsKnown(JSON.stringify([rate, settings]), Float32Array.from(joined), 1e-5);
    count('streamed');
  }
  override toString = (): string =>
    `stream(${JSON.stringify(this.settings)}, abort ${this.abortAfter}, leave ${this.leaveAfter}, pieces ${this.isInPieces})`;
}

/** An edit of an utterance: of tokens, or of the list of sentences. */
interface Edit {
  kind: 'none' | 'duration' | 'pitch' | 'gain' | 'repeat' | 'bad';
  token: number;
  amount: number;
}

function edited(utterance: PreparedUtterance, { kind, token, amount }: Edit): PreparedUtterance {
  const copy = structuredClone(utterance);
  const [sentence] = copy.sentences;
  const one = sentence!.tokens[token % sentence!.tokens.length]!;
  if (kind === 'duration') one.duration = Math.round(amount * 10);
  if (kind === 'pitch') one.pitch = amount * 4 - 2;
  if (kind === 'gain') one.gain = amount * 30 - 15;
  if (kind === 'repeat') copy.sentences.push(structuredClone(sentence!));
  if (kind === 'bad') one.duration = -1;
  return copy;
}

class Render extends OnPipeline {
  constructor(
    at: number,
    private readonly settings: Settings,
    private readonly edit: Edit,
    private readonly abortAfter: number,
    private readonly isHeld: boolean,
  ) {
    super(at);
  }
  protected override async act(live: Live, modelled: Modelled): Promise<void> {
    const { settings, edit } = this;
    const utterance = await live.pipeline.prepare(TEXTS[settings.text]!, optionsOf(settings));
    const signal = abortingAfter(this.abortAfter);
    const rendering = unlessAborted(
      () => live.pipeline.render(edited(utterance, edit), signal ? { signal } : {}),
      signal,
    );
    if (edit.kind === 'bad') {
      const error = await rendering.then(
        () => undefined,
        (thrown: unknown) => thrown as { code?: string },
      );
      if (!signal?.aborted) assert.is(error?.code, 'INVALID_OPTIONS');
      count('refused');
      return;
    }
    const audio = await rendering;
    if (!audio) return;
    isSound(audio);
    if (edit.kind === 'none') isAsKnown(JSON.stringify([modelled.rate, settings]), audio.samples);
    count('rendered');
    this.keep(live, modelled, audio, this.isHeld);
  }
  override toString = (): string =>
    `render(${JSON.stringify(this.settings)}, ${JSON.stringify(this.edit)}, abort ${this.abortAfter}, held ${this.isHeld})`;
}

/** Two calls at once, one of which may be aborted, and a reset among them. */
class Together extends OnPipeline {
  constructor(
    at: number,
    private readonly settings: Settings,
    private readonly abortAfter: number,
    private readonly hasReset: boolean,
  ) {
    super(at);
  }
  protected override async act({ pipeline }: Live, { rate }: Modelled): Promise<void> {
    const { settings } = this;
    const say = async (signal?: AbortSignal): Promise<void> => {
      using audio = await pipeline.synthesize(TEXTS[settings.text]!, optionsOf(settings, signal));
      isSound(audio);
      isAsKnown(JSON.stringify([rate, settings]), audio.samples);
    };
    const signal = abortingAfter(this.abortAfter);
    const reset = this.hasReset ? pipeline.reset() : undefined;
    await Promise.all([say(), unlessAborted(() => say(signal), signal), reset]);
    count('together');
  }
  override toString = (): string =>
    `together(${JSON.stringify(this.settings)}, abort ${this.abortAfter}, reset ${this.hasReset})`;
}

class Reset extends OnPipeline {
  protected override async act({ pipeline }: Live): Promise<void> {
    await pipeline.reset();
    count('reset');
  }
  override toString = (): string => 'reset';
}

class Release extends OnPipeline {
  protected override fits({ held }: Modelled): boolean {
    return held > 0;
  }
  protected override async act(live: Live, modelled: Modelled): Promise<void> {
    live.held.shift()!.audio.dispose();
    modelled.held--;
  }
  override toString = (): string => 'release';
}

/** Disposes a pipeline, in the middle of a call or not; what is held outlives it. */
class Dispose extends OnPipeline {
  constructor(
    at: number,
    private readonly isSpeaking: boolean,
  ) {
    super(at);
  }
  protected override async act(
    { pipeline, held }: Live,
    _: Modelled,
    { model, real, n }: { model: Model; real: Real; n: number },
  ) {
    const speaking = this.isSpeaking
      ? pipeline.synthesize(TEXTS[2]!).then(
          (audio) => audio.dispose(),
          (error: { code?: string }) => assert.is(error.code, 'DISPOSED'),
        )
      : undefined;
    await pipeline.dispose();
    await speaking;
    for (const call of [
      () => pipeline.synthesize('No.'),
      () => pipeline.prepare('No.'),
      () => pipeline.reset(),
    ]) {
      await call().then(
        () => assert.unreachable('a disposed pipeline speaks'),
        (error: { code?: string }) => assert.is(error.code, 'DISPOSED'),
      );
    }
    for (const { audio, copy } of held) {
      assert.is(maxAbs(audio.samples, copy), 0, 'held over dispose()');
      audio.dispose();
    }
    assert.is(pipeline.arena.stats().leases, 0);
    real.lives.splice(n, 1);
    model.pipelines.splice(n, 1);
    count('disposed');
  }
  override toString = (): string => `dispose(speaking ${this.isSpeaking})`;
}

const at = fc.nat(MOST - 1);
const settings = fc.record<Settings>({
  text: fc.nat(TEXTS.length - 1),
  speakingRate: fc.constantFrom(1, 1.5),
  pitchShift: fc.constantFrom(0, 0, 2),
});
const abort = fc.oneof({ weight: 2, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(12) });
const edit = fc.record<Edit>({
  kind: fc.constantFrom('none', 'duration', 'pitch', 'gain', 'repeat', 'bad'),
  token: fc.nat(40),
  amount: fc.double({ min: 0, max: 1, noNaN: true }),
});
const commands = fc.commands<Model, Real, false>(
  [
    fc.tuple(fc.nat(RATES.length - 1), fc.constantFrom(0, 3)).map((args) => new Create(...args)),
    fc.tuple(at, settings, abort, fc.boolean()).map((args) => new Synthesize(...args)),
    fc
      .tuple(at, settings, abort, fc.constantFrom(0, 0, 0, 1, 2), fc.boolean())
      .map((args) => new Stream(...args)),
    fc.tuple(at, settings, edit, abort, fc.boolean()).map((args) => new Render(...args)),
    fc.tuple(at, settings, abort, fc.boolean()).map((args) => new Together(...args)),
    at.map((n) => new Reset(n)),
    at.map((n) => new Release(n)),
    fc.tuple(at, fc.boolean()).map((args) => new Dispose(...args)),
  ],
  { size: 'max', maxCommands: 10 },
) as unknown as fc.Arbitrary<Iterable<Command>>;

test('property: any sequence keeps tensors, leases, sound and times as they must be', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      const real = new Real();
      try {
        const model: Model = { pipelines: [] };
        await new Create(0, 0).run(model, real);
        await fc.asyncModelRun(() => ({ model, real }), sequence);
      } finally {
        for (const { pipeline, held } of real.lives) {
          for (const { audio } of held) audio.dispose();
          await pipeline.dispose();
        }
      }
      assert.equal(engineCounts(), tensors.none ?? engineCounts(), 'everything was given back');
    }),
    { numRuns: RUNS, seed: 20 },
  );
  for (const what of [
    'synthesized',
    'streamed',
    'rendered',
    'refused',
    'together',
    'reset',
    'disposed',
    'aborted',
  ])
    assert.ok((seen.get(what) ?? 0) >= RUNS / 20, `${what}: ${seen.get(what)}`);
});

test.run();
