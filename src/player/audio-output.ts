// Opens the way from a player to the loudspeaker: the context, the processor on the audio thread, and the
// volume; and keeps it open where browsers suspend it.
import { VoirsError } from '../errors.js';
import { defineProcessor, type FromProcessor, PROCESSOR, type ToProcessor } from './worklet.js';

/** Options of an output: see PlayerOptions. */
export interface OutputOptions {
  sampleRate?: number | undefined;
  context?: AudioContext | undefined;
  destination?: AudioNode | undefined;
  workletUrl?: string | URL | undefined;
}

/** Events in which browsers allow sound to begin. */
const GESTURES = ['pointerup', 'keydown', 'touchend'] as const;

const DEFAULT_RATE = 22050;

/** Contexts that have the processor: a page's own context may serve several players. */
const defined = new WeakMap<BaseAudioContext, Promise<void>>();

/** An open way to the loudspeaker. */
export class AudioOutput {
  readonly context: AudioContext;
  readonly gain: GainNode;
  /** Resolved when the processor takes messages. @throws VoirsError DEVICE_ERROR. */
  readonly ready: Promise<void>;
  private node: AudioWorkletNode | undefined;
  private readonly waiting: { message: ToProcessor; transfer: Transferable[] }[] = [];
  private isClosed = false;
  private wantsSound = false;

  /**
   * Call it in the handler of a click: Safari lets only such contexts sound.
   * @throws VoirsError DEVICE_ERROR in a page that has no AudioWorklet.
   */
  constructor(
    private readonly options: OutputOptions,
    private readonly onReport: (report: FromProcessor) => void,
    private readonly onContextState: () => void,
  ) {
    if (typeof AudioWorkletNode !== 'function') {
      throw new VoirsError('DEVICE_ERROR', 'This page cannot play speech', {
        got: 'a page without AudioWorklet',
        suggestion: 'Serve the page by HTTPS or from localhost; older browsers do not have it.',
      });
    }
    this.context = options.context ?? ownContext(options.sampleRate ?? DEFAULT_RATE);
    this.gain = new GainNode(this.context);
    this.gain.connect(options.destination ?? this.context.destination);
    this.context.addEventListener('statechange', this.onContextState);
    for (const event of GESTURES) globalThis.addEventListener(event, this.revive, true);
    globalThis.document?.addEventListener('visibilitychange', this.revive);
    this.ready = this.open();
    this.ready.catch(() => {}); // whoever plays is told
  }

  get isRunning(): boolean {
    return this.context.state === 'running';
  }

  /** Lets the context run, as far as the browser allows it now. */
  resume(): void {
    this.wantsSound = true;
    takeOverSilentSwitch();
    if (!this.isRunning) this.context.resume().catch(() => {}); // `statechange` tells when it does
  }

  /** Says that nothing has to sound: gestures then leave the context as it is. */
  rest(): void {
    this.wantsSound = false;
  }

  send(message: ToProcessor, transfer: Transferable[] = []): void {
    if (this.node) this.node.port.postMessage(message, transfer);
    else this.waiting.push({ message, transfer });
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const event of GESTURES) globalThis.removeEventListener(event, this.revive, true);
    globalThis.document?.removeEventListener('visibilitychange', this.revive);
    this.context.removeEventListener('statechange', this.onContextState);
    this.node?.port.close();
    this.node?.disconnect();
    this.gain.disconnect();
    if (this.options.context === undefined) await this.context.close();
  }

  /** A call, another tab or a locked screen suspends the sound of a phone; the next touch brings it back. */
  private readonly revive = (): void => {
    if (this.wantsSound && !this.isRunning && this.context.state !== 'closed') this.resume();
  };

  private async open(): Promise<void> {
    const { context } = this;
    const known = defined.get(context) ?? loadProcessor(context, this.options.workletUrl);
    defined.set(context, known);
    await known;
    if (this.isClosed) return;
    const node = new AudioWorkletNode(context, PROCESSOR, { numberOfInputs: 0, outputChannelCount: [1] });
    node.port.onmessage = ({ data }: MessageEvent<FromProcessor>) => this.onReport(data);
    node.connect(this.gain);
    for (const { message, transfer } of this.waiting.splice(0)) node.port.postMessage(message, transfer);
    this.node = node;
  }
}

function ownContext(sampleRate: number): AudioContext {
  try {
    return new AudioContext({ sampleRate, latencyHint: 'interactive' });
  } catch {
    return new AudioContext({ latencyHint: 'interactive' }); // a device that has its own rate only
  }
}

/** On iOS the switch at the side mutes Web Audio, unless the page says that it plays. */
function takeOverSilentSwitch(): void {
  const { audioSession } = navigator as Navigator & { audioSession?: { type: string } };
  if (audioSession && audioSession.type !== 'playback') audioSession.type = 'playback';
}

async function loadProcessor(context: BaseAudioContext, given: string | URL | undefined): Promise<void> {
  // A bundler's helper for names is not there on the audio thread.
  const source = `const __name = (value) => value; (${defineProcessor})();`;
  const blob =
    given === undefined ? URL.createObjectURL(new Blob([source], { type: 'text/javascript' })) : '';
  const url = given === undefined ? blob : new URL(given, document.baseURI).href;
  try {
    await context.audioWorklet.addModule(url);
  } catch (cause) {
    defined.delete(context);
    throw new VoirsError('DEVICE_ERROR', 'The player cannot be loaded on the audio thread', {
      got: (cause as Error).message,
      suggestion:
        given === undefined
          ? 'Where the page has a Content-Security-Policy, serve voirs/player-worklet.js and pass its URL as workletUrl, or allow blob: in script-src.'
          : `Check that ${url} is served as text/javascript and that the page's policy allows it.`,
      cause,
    });
  } finally {
    if (blob !== '') URL.revokeObjectURL(blob);
  }
}
