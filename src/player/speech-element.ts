// <voirs-speech>: a button that reads a part of the page and marks each word while it is heard.
import type { TimedWord } from '../audio/timeline.js';
import { VoirsError } from '../errors.js';
import { Highlighter } from './highlighter.js';
import { type PageText, pageText } from './page-text.js';
import { Player, type PlayerState } from './player.js';
import type { SpeechSource } from './speech-source.js';

/** What speaks: a VoirsPipeline, or one in a worker. */
export interface Speaking {
  stream(
    text: string,
    options: { voice?: string | undefined; signal?: AbortSignal | undefined },
  ): SpeechSource;
}

/** The words of the button, for pages in other languages. */
export interface SpeechLabels {
  listen: string;
  pause: string;
  resume: string;
  loading: string;
  failed: string;
}

const LABELS: SpeechLabels = {
  listen: 'Listen',
  pause: 'Pause',
  resume: 'Resume',
  loading: 'Getting ready …',
  failed: 'This text cannot be read out.',
};

const RATES = [0.75, 1, 1.25, 1.5, 2];

const STYLE = `
  :host { display: inline-flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; font: inherit; }
  :host([hidden]) { display: none; }
  button, select {
    min-width: 2.75rem; min-height: 2.75rem; padding: 0 1rem; font: inherit; color: inherit; cursor: pointer;
    background: transparent; border: 1px solid currentColor; border-radius: 1.375rem;
  }
  button { display: inline-flex; gap: 0.5rem; align-items: center; justify-content: center; }
  button:focus-visible, select:focus-visible { outline: 2px solid; outline-offset: 2px; }
  select { padding: 0 0.5rem; }
  svg { width: 1em; height: 1em; fill: currentColor; }
  [role='status']:empty { display: none; }
`;

const PLAY_ICON = 'M4 2 L14 8 L4 14 Z';
const PAUSE_ICON = 'M3 2 H6.5 V14 H3 Z M9.5 2 H13 V14 H9.5 Z';

/** Where HTMLElement is missing (a server that renders), the class can be imported all the same. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/**
 * Attributes: `for`, the id of the element to read (default: the page's `main` or `article`, or its body);
 * `voice`; `rate`, 0.5 to 2; `follow`, which scrolls to the word that is heard. Events: `word` (detail: the
 * TimedWord or undefined), `statechange`, `error` (detail: the error).
 */
export class VoirsSpeech extends Base {
  static readonly observedAttributes = ['rate'];

  /**
   * What all elements speak with; it is asked at the first click. Default: a pipeline in a worker, shared by all
   * elements of the page.
   */
  static pipeline: (() => Promise<Speaking> | Speaking) | undefined;
  /** URL of voirs/player-worklet.js; see PlayerOptions. */
  static workletUrl: string | URL | undefined;
  static labels: Partial<SpeechLabels> = {};

  private player: Player | undefined;
  private highlighter: Highlighter | undefined;
  private page: PageText | undefined;
  private control: AbortController | undefined;
  private isLoading = false;
  private parts: { button: HTMLButtonElement; rate: HTMLSelectElement; status: HTMLElement } | undefined;

  connectedCallback(): void {
    this.parts ??= this.build();
    this.draw('idle');
  }

  disconnectedCallback(): void {
    this.stop();
    this.highlighter?.dispose();
    this.highlighter = undefined;
    void this.player?.close();
    this.player = undefined;
  }

  attributeChangedCallback(): void {
    const rate = Number(this.getAttribute('rate') ?? 1);
    const isUsable = rate >= 0.5 && rate <= 2;
    if (this.player && isUsable) this.player.rate = rate;
    if (this.parts && isUsable) this.parts.rate.value = `${rate}`;
  }

  get state(): PlayerState {
    if (this.isLoading) return 'waiting';
    return this.player?.state ?? 'idle';
  }

  /** Reads from the start, or goes on after `pause`. Errors are told by the event `error`. */
  async play(): Promise<void> {
    try {
      this.player ??= this.openPlayer();
      if (['paused', 'blocked'].includes(this.player.state)) return await this.player.play();
      const control = new AbortController();
      this.control?.abort();
      this.control = control;
      this.isLoading = true;
      this.page = pageText(this.target());
      this.draw('waiting');
      const { player } = this;
      await player.play(this.speech(this.page.text, control.signal));
      player.finished().catch((error) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
  }

  pause(): void {
    this.player?.pause();
  }

  /** Ends the reading; `play` begins from the start again. */
  stop(): void {
    this.control?.abort();
    this.control = undefined;
    this.isLoading = false;
    this.player?.stop();
    this.highlighter?.show(undefined);
    this.draw('idle');
  }

  private openPlayer(): Player {
    const rate = Number(this.getAttribute('rate') ?? 1);
    return new Player({
      rate: rate >= 0.5 && rate <= 2 ? rate : 1,
      workletUrl: VoirsSpeech.workletUrl,
      onWord: (word) => this.show(word),
      onState: () => {
        this.draw(this.state);
        this.dispatchEvent(new Event('statechange'));
      },
    });
  }

  /** The chunks of a text. It is a generator, so that the player can begin in the handler of the click. */
  private async *speech(text: string, signal: AbortSignal): AsyncGenerator<never, void, undefined> {
    if (text === '') {
      throw new VoirsError('INVALID_TEXT', 'There is no text to read', {
        suggestion: 'Name the element to read: <voirs-speech for="its-id">.',
      });
    }
    const pipeline = await speaking();
    const voice = this.getAttribute('voice') ?? undefined;
    for await (const chunk of pipeline.stream(text, { voice, signal })) {
      this.isLoading = false;
      yield chunk as never;
    }
  }

  private target(): Element {
    const id = this.getAttribute('for');
    if (id === null) return document.querySelector('main, article') ?? document.body;
    const found = document.getElementById(id);
    if (found) return found;
    throw new VoirsError('INVALID_OPTIONS', '<voirs-speech> does not find its text', {
      got: `for="${id}"`,
      wanted: 'the id of an element of the page',
    });
  }

  private show(word: TimedWord | undefined): void {
    this.highlighter ??= new Highlighter(this.shadowRoot!);
    const range = word && this.page?.rangeOf(...word.span);
    this.highlighter.show(range);
    if (range && this.hasAttribute('follow')) follow(range);
    this.dispatchEvent(new CustomEvent('word', { detail: word }));
  }

  private fail(error: unknown): void {
    this.isLoading = false;
    if ((error as { code?: string }).code === 'ABORTED') return;
    this.draw('failed');
    this.dispatchEvent(new CustomEvent('error', { detail: error }));
  }

  private build(): NonNullable<VoirsSpeech['parts']> {
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const button = document.createElement('button');
    button.type = 'button';
    button.part.add('button');
    button.addEventListener('click', () => {
      if (this.isLoading) this.stop();
      else if (['playing', 'waiting'].includes(this.state)) this.pause();
      else void this.play();
    });
    const rate = document.createElement('select');
    rate.part.add('rate');
    rate.ariaLabel = 'Speed';
    for (const value of RATES) rate.add(new Option(`${value}×`, `${value}`, value === 1));
    rate.value = this.getAttribute('rate') ?? '1';
    rate.addEventListener('change', () => this.setAttribute('rate', rate.value));
    const status = document.createElement('span');
    status.role = 'status';
    status.part.add('status');
    root.append(button, rate, status);
    return { button, rate, status };
  }

  private draw(state: PlayerState): void {
    if (!this.parts) return;
    const labels = { ...LABELS, ...VoirsSpeech.labels };
    const { button, status } = this.parts;
    const isSounding = state === 'playing' || state === 'waiting';
    const label = isSounding
      ? labels.pause
      : state === 'paused' || state === 'blocked'
        ? labels.resume
        : labels.listen;
    const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    icon.setAttribute('viewBox', '0 0 16 16');
    icon.setAttribute('aria-hidden', 'true');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', isSounding ? PAUSE_ICON : PLAY_ICON);
    icon.append(path);
    button.replaceChildren(icon, label);
    status.textContent = this.isLoading ? labels.loading : state === 'failed' ? labels.failed : '';
  }
}

let shared: Promise<Speaking> | undefined;

/** The code of the engine's client is loaded with the first click. */
async function ownPipeline(): Promise<Speaking> {
  const { createWorkerPipeline } = await import('../worker/worker-pipeline.js');
  return createWorkerPipeline();
}

async function speaking(): Promise<Speaking> {
  shared ??= Promise.resolve((VoirsSpeech.pipeline ?? ownPipeline)());
  shared.catch(() => {
    shared = undefined; // the next click tries again
  });
  return shared;
}

/** Scrolls to a range that has left the middle of the window. */
function follow(range: Range): void {
  const { top, bottom } = range.getBoundingClientRect();
  if (top > innerHeight * 0.15 && bottom < innerHeight * 0.75) return;
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  scrollBy({ top: top - innerHeight * 0.35, behavior: isCalm ? 'instant' : 'smooth' });
}

if (globalThis.customElements && !customElements.get('voirs-speech'))
  customElements.define('voirs-speech', VoirsSpeech);

declare global {
  interface HTMLElementTagNameMap {
    'voirs-speech': VoirsSpeech;
  }
}
