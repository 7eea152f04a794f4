// One text on its way through a worker: the pieces that have come and not been taken, and what is said to the
// worker meanwhile. It outlives its worker where nothing of it has reached the client yet.
import type { FromWorker, PlainError, SpeechPiece, SpeechSpec, ToWorker } from './messages.js';

/** An error of a worker, with the code of the VoirsError that it was. */
export class SpeechFailure extends Error {
  override readonly name = 'SpeechFailure';

  constructor(
    readonly code: string,
    message: string,
    /** Seconds after which it may work. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }

  static of({ code, message }: PlainError): SpeechFailure {
    return new SpeechFailure(code, message);
  }
}

type Phase = 'waiting' | 'running' | 'ended';

/** Whom a job tells of itself. */
export interface JobListener {
  /** Once, when it ends for whatever reason. */
  onEnd(job: SpeechJob): void;
  /** When its reader is so far behind that its worker waits. */
  onStall(): void;
}

export class SpeechJob implements AsyncIterable<SpeechPiece> {
  /** Runs on a worker, the failed ones included. */
  attempts = 0;
  phase: Phase = 'waiting';
  readonly createdAt = performance.now();
  /** When the worker was last heard of, or was last waited for. */
  heardAt = performance.now();
  private readonly pieces: SpeechPiece[] = [];
  /** Bytes of them. */
  private held = 0;
  /** Text that a worker has to be told again if the first one dies. */
  private readonly said: ToWorker[] = [];
  private isTextWhole: boolean;
  private hasGivenOut = false;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;
  private send: ((message: ToWorker) => void) | undefined;

  /** @param mostAhead bytes that its worker may be ahead of its reader. */
  constructor(
    readonly id: number,
    readonly client: string,
    readonly spec: SpeechSpec,
    private readonly mostAhead: number,
    private readonly listener: JobListener,
  ) {
    this.isTextWhole = spec.text !== undefined;
  }

  /** Whether another worker can start over without the client noticing. */
  get canStartOver(): boolean {
    return !this.hasGivenOut;
  }

  /** Whether the worker has all it needs to go on. */
  get isWorkersTurn(): boolean {
    return this.phase === 'running' && this.isTextWhole && this.pieces.length === 0;
  }

  /** Whether its worker waits for its reader, as for one that plays while it reads: it takes no time of others. */
  get isStalled(): boolean {
    return this.phase === 'running' && this.held > this.mostAhead;
  }

  /** Hands it to a worker. */
  start(send: (message: ToWorker) => void): void {
    this.attempts++;
    this.phase = 'running';
    this.clear();
    this.heardAt = performance.now();
    this.send = send;
    send({ type: 'speak', id: this.id, spec: this.spec });
    for (const message of this.said) send(message);
  }

  /** A piece of text that comes in pieces; null ends it. */
  push(piece: string | null): void {
    if (this.isTextWhole) return;
    this.isTextWhole = piece === null;
    this.tell({ type: 'text', id: this.id, piece });
  }

  /** Ends the present sentence of such a text. */
  flush(): void {
    if (!this.isTextWhole) this.tell({ type: 'flush', id: this.id });
  }

  private tell(message: ToWorker): void {
    this.heardAt = performance.now();
    if (!this.hasGivenOut) this.said.push(message);
    if (this.phase === 'running') this.send?.(message);
  }

  /** What its worker says. */
  hear(message: Extract<FromWorker, { type: 'piece' | 'done' | 'failed' }>): void {
    if (this.phase !== 'running') return;
    this.heardAt = performance.now();
    if (message.type === 'piece') this.hold(message.piece);
    if (message.type === 'failed') this.failure = SpeechFailure.of(message.error);
    if (message.type !== 'piece') this.end();
    this.wake?.();
  }

  private hold(piece: SpeechPiece): void {
    const wasStalled = this.isStalled;
    this.pieces.push(piece);
    this.held += piece.bytes.length;
    if (!wasStalled && this.isStalled) this.listener.onStall();
  }

  private clear(): void {
    this.pieces.length = 0;
    this.held = 0;
  }

  /** Ends it; what has come is still given out, then the error. */
  fail(error: Error): void {
    if (this.phase === 'ended') return;
    this.failure = error;
    this.end();
    this.wake?.();
  }

  /** Ends it because nobody listens any more. */
  cancel(): void {
    if (this.phase === 'running') this.send?.({ type: 'cancel', id: this.id });
    this.clear();
    this.fail(new SpeechFailure('ABORTED', 'The client has gone'));
  }

  private end(): void {
    this.phase = 'ended';
    this.listener.onEnd(this);
  }

  async next(): Promise<IteratorResult<SpeechPiece, undefined>> {
    for (;;) {
      const piece = this.pieces.shift();
      if (piece) {
        this.held -= piece.bytes.length;
        this.hasGivenOut = true;
        this.said.length = 0;
        this.heardAt = performance.now();
        if (this.phase === 'running') this.send?.({ type: 'taken', id: this.id, bytes: piece.bytes.length });
        return { value: piece, done: false };
      }
      if (this.failure) throw this.failure;
      if (this.phase === 'ended') return { value: undefined, done: true };
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<SpeechPiece, undefined>> {
    if (this.phase !== 'ended') this.cancel();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): AsyncIterator<SpeechPiece, undefined> {
    return this;
  }
}
