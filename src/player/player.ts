// Plays speech in a page while it is being made: pause, seek, speed, volume, and a call for every word that is
// heard.
import type { TimedWord } from '../audio/timeline.js';
import { optionNames, refuseNonFunctions, refuseUnknown, shown, VoirsError } from '../errors.js';
import { AudioOutput } from './audio-output.js';
import { monoCopy, type SpeechChunk, type SpeechSource } from './speech-source.js';
import type { FromProcessor } from './worklet.js';

/**
 * `idle`: there is no source; `waiting`: for samples that are still to be made; `blocked`: the browser allows no
 * sound until the page is clicked, or a call has interrupted it; `failed`: the source threw.
 */
export type PlayerState = 'idle' | 'waiting' | 'playing' | 'paused' | 'blocked' | 'ended' | 'failed';

/** Options of a player. */
export interface PlayerOptions {
  /** Called when another word is heard; with undefined between words and at the end. */
  onWord?: ((word: TimedWord | undefined) => void) | undefined;
  /** Called when `state` has changed. */
  onState?: ((state: PlayerState) => void) | undefined;
  /** Called about fifty times a second during playback, with the seconds that have been heard. */
  onTime?: ((seconds: number) => void) | undefined;
  /** 0 (silent) to 2; default 1. */
  volume?: number | undefined;
  /** 0.5 to 2; default 1. */
  rate?: number | undefined;
  /**
   * Seconds of speech that are taken from the source before they are heard; default 5; Infinity takes all at
   * once.
   */
  aheadSeconds?: number | undefined;
  /**
   * Hz of the context that the player opens; default 22050, the rate of the shipped voices. The browser brings
   * it to the device's; speech of another rate than the context's is interpolated.
   */
  sampleRate?: number | undefined;
  /** A context of the page's own, which `close` leaves open. */
  context?: AudioContext | undefined;
  /** Where the sound goes; default: the context's destination. */
  destination?: AudioNode | undefined;
  /**
   * URL of `voirs/player-worklet.js`, for pages whose Content-Security-Policy forbids scripts from blob: URLs;
   * default: a blob.
   */
  workletUrl?: string | URL | undefined;
}

const OPTIONS = optionNames<PlayerOptions>({
  onWord: true,
  onState: true,
  onTime: true,
  volume: true,
  rate: true,
  aheadSeconds: true,
  sampleRate: true,
  context: true,
  destination: true,
  workletUrl: true,
});

const NOTHING: FromProcessor = { run: 0, state: 'waiting', position: 0, time: 0 };

/**
 * Plays one source after another. Create it anywhere; call `play` first in the handler of a click or a key,
 * because browsers, Safari on iOS above all, allow sound only then.
 */
export class Player implements AsyncDisposable {
  private output: AudioOutput | undefined;
  private run = 0;
  private source: SpeechSource | undefined;
  private report = NOTHING;
  /** Seconds up to which words have been told; less after a seek alone. */
  private followed = 0;
  private wantsToPlay = false;
  private isWhole = false;
  private length = 0;
  private known: TimedWord[] = [];
  private word: TimedWord | undefined;
  private failure: { error: unknown } | undefined;
  private told: PlayerState = 'idle';
  private speed = 1;
  private loudness = 1;
  private readonly watchers = new Set<() => void>();

  /** @throws VoirsError INVALID_OPTIONS. */
  constructor(private readonly options: PlayerOptions = {}) {
    refuseUnknown(options, OPTIONS, 'Player');
    const { onWord, onState, onTime, aheadSeconds = 5 } = options;
    refuseNonFunctions({ onWord, onState, onTime });
    inRange('aheadSeconds', aheadSeconds, 0.1, Number.POSITIVE_INFINITY);
    this.rate = options.rate ?? 1;
    this.volume = options.volume ?? 1;
  }

  get state(): PlayerState {
    if (this.failure) return 'failed';
    if (!this.source) return 'idle';
    if (this.report.state === 'ended') return 'ended';
    if (!this.wantsToPlay) return 'paused';
    if (this.output && !this.output.isRunning) return 'blocked';
    return this.report.state === 'playing' ? 'playing' : 'waiting';
  }

  /** Seconds of the source that have been heard. */
  get currentTime(): number {
    const { position, time, state } = this.report;
    if (!this.output || state === 'ended') return position;
    const { currentTime, outputLatency } = this.output.context;
    const latency = outputLatency || 0; // Safari has none
    const since = state === 'playing' ? currentTime - time : 0;
    return Math.min(this.length, Math.max(0, position + (since - latency) * this.speed));
  }

  /** Seconds of the source that exist; all of them once `isComplete`. */
  get duration(): number {
    return this.length;
  }

  /** Whether the source has ended, so that `duration` is that of the whole. */
  get isComplete(): boolean {
    return this.isWhole;
  }

  /** Words of what exists. */
  get words(): readonly TimedWord[] {
    return this.known;
  }

  /** The context that plays; undefined before the first `play`. */
  get context(): AudioContext | undefined {
    return this.output?.context;
  }

  /** The last node before the destination, after the volume: for a meter or a recorder of the page's own. */
  get node(): AudioNode | undefined {
    return this.output?.gain;
  }

  get rate(): number {
    return this.speed;
  }

  /**
   * 0.5 to 2, at once and for what exists: time is stretched (waveform-similarity overlap-add), the pitch stays.
   * Speech that is made at another `speakingRate` sounds more natural; it has to be made again.
   * @throws VoirsError INVALID_OPTIONS.
   */
  set rate(rate: number) {
    this.speed = inRange('rate', rate, 0.5, 2);
    this.output?.send({ kind: 'rate', rate });
  }

  get volume(): number {
    return this.loudness;
  }

  /** 0 to 2. @throws VoirsError INVALID_OPTIONS. */
  set volume(volume: number) {
    this.loudness = inRange('volume', volume, 0, 2);
    if (!this.output) return;
    const { context, gain } = this.output;
    gain.gain.setTargetAtTime(volume, context.currentTime, 0.01);
  }

  /**
   * Plays a source from its start, instead of the one before; without a source, goes on where `pause` left off,
   * or from the start after the end.
   * @returns when it sounds, waits for samples, or is blocked until the next click.
   * @throws VoirsError INVALID_OPTIONS without any source, DEVICE_ERROR where the page cannot play; whatever the
   * source throws before its first chunk.
   */
  async play(source?: SpeechSource): Promise<void> {
    if (source === undefined && !this.source)
      throw new VoirsError('INVALID_OPTIONS', 'There is nothing to play', {
        wanted: 'a source: play(source)',
      });
    this.output ??= this.open();
    this.output.resume(); // before anything is awaited: a gesture lasts no longer
    this.wantsToPlay = true;
    if (source !== undefined) this.begin(source);
    else if (this.report.state === 'ended') this.seek(0);
    this.output.send({ kind: 'play' });
    this.tell();
    const { run } = this;
    await this.output.ready;
    await this.until(() => run !== this.run || this.length > 0 || this.isWhole || this.failure !== undefined);
    if (run === this.run && this.failure && this.length === 0) throw this.failure.error;
  }

  pause(): void {
    if (!this.source) return;
    this.wantsToPlay = false;
    this.output?.send({ kind: 'pause' });
    this.output?.rest();
    this.tell();
  }

  /**
   * Goes to a time of what exists, playing or paused.
   * @returns the time that it went to.
   */
  seek(seconds: number): number {
    if (!Number.isFinite(seconds))
      throw new VoirsError('INVALID_OPTIONS', 'Bad time', { got: shown(seconds), wanted: 'seconds' });
    const to = Math.min(Math.max(0, seconds), this.length);
    this.output?.send({ kind: 'seek', seconds: to });
    this.report = { ...this.report, position: to, state: this.wantsToPlay ? 'waiting' : 'paused' };
    this.followed = to;
    this.follow();
    return to;
  }

  /** Ends the source: it is told by its `return`, and computes no further. */
  stop(): void {
    this.run += 1;
    this.source = undefined;
    this.failure = undefined;
    this.wantsToPlay = false;
    this.reset();
    this.output?.send({ kind: 'begin', run: this.run });
    this.output?.rest();
    this.follow();
  }

  /**
   * Resolved when the source has been heard to its end, or another one or `stop` took its place.
   * @throws whatever the source throws.
   */
  async finished(): Promise<void> {
    const { run } = this;
    await this.until(() => run !== this.run || ['idle', 'ended', 'failed'].includes(this.state));
    if (run === this.run && this.failure) throw this.failure.error;
  }

  /** Stops, and closes the context unless it is the page's own. */
  async close(): Promise<void> {
    this.stop();
    const { output } = this;
    this.output = undefined;
    await output?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private open(): AudioOutput {
    const output = new AudioOutput(
      this.options,
      (report) => this.take(report),
      () => this.tell(),
    );
    output.gain.gain.value = this.loudness;
    if (this.speed !== 1) output.send({ kind: 'rate', rate: this.speed });
    return output;
  }

  private begin(source: SpeechSource): void {
    this.run += 1;
    this.source = source;
    this.failure = undefined;
    this.reset();
    this.output!.send({ kind: 'begin', run: this.run });
    void this.pump(source, this.run);
  }

  private reset(): void {
    this.length = 0;
    this.known = [];
    this.report = { ...NOTHING, run: this.run };
    this.followed = 0;
    this.report = { ...NOTHING, run: this.run };
  }

  /** Takes chunks as long as their source is the one that plays, a few seconds before they are heard. */
  private async pump(source: SpeechSource, run: number): Promise<void> {
    const { aheadSeconds = 5 } = this.options;
    try {
      for await (const chunk of source) {
        if (run !== this.run) {
          chunk.dispose?.();
          break;
        }
        this.add(chunk);
        await this.output!.ready;
        await this.until(() => run !== this.run || this.length - this.report.position <= aheadSeconds);
        if (run !== this.run) break;
      }
      if (run !== this.run) return;
      this.isWhole = true;
      this.output!.send({ kind: 'complete' });
    } catch (error) {
      if (run === this.run) this.failure = { error };
    }
    this.tell();
  }

  private add(chunk: SpeechChunk): void {
    const samples = monoCopy(chunk);
    const { sampleRate } = chunk;
    if (chunk.timeline) this.known.push(...chunk.timeline.words);
    chunk.dispose?.();
    this.length += samples.length / sampleRate;
    this.output!.send({ kind: 'add', samples, sampleRate }, [samples.buffer]);
    this.tell();
  }

  private take(report: FromProcessor): void {
    if (report.run !== this.run) return;
    this.report = report;
    if (report.state === 'ended') this.wantsToPlay = false;
    this.follow();
    if (report.state === 'playing') this.options.onTime?.(this.currentTime);
  }

  /** Finds the word that is heard now. */
  private follow(): void {
    // The latency of the output is known late, and a machine that is too slow plays less than the clock says: words that
    // have been told do not come again for that.
    this.followed = Math.max(this.followed, this.currentTime);
    const now = this.followed;
    const isOver = this.report.state === 'ended' || !this.source;
    const word = isOver ? undefined : wordAt(this.known, now);
    if (word !== this.word) {
      this.word = word;
      this.options.onWord?.(word);
    }
    this.tell();
  }

  private tell(): void {
    const { state } = this;
    if (state !== this.told) {
      this.told = state;
      this.options.onState?.(state);
    }
    for (const watch of [...this.watchers]) watch();
  }

  private until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watch = (): void => {
        if (!isSo()) return;
        this.watchers.delete(watch);
        resolve();
      };
      this.watchers.add(watch);
      watch();
    });
  }
}

/** The word that is spoken at a time; words are in order of their beginning. */
export function wordAt(words: readonly TimedWord[], seconds: number): TimedWord | undefined {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (words[middle]!.start <= seconds) low = middle + 1;
    else high = middle;
  }
  const word = words[low - 1];
  return word && seconds < word.end ? word : undefined;
}

function inRange(name: string, value: number, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new VoirsError('INVALID_OPTIONS', `Bad value for ${name}`, {
    got: shown(value),
    wanted: `${min} to ${max}`,
  });
}
