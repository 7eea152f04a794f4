// In a page: an article of the page's own, read by <voirs-speech> with a voice whose every word is known.
import { pageText } from '../../../src/player/page-text.js';
import { Player } from '../../../src/player/player.js';
import { VoirsSpeech } from '../../../src/player/speech-element.js';
import { until, wait } from './recorder.js';

const ARTICLE = `
  <h1>Tea  and
    <em>toast</em></h1>
  <p>Warm&nbsp;<b>w</b>ater<script>no()</script> first.<br>Then <span hidden>never</span>tea.</p>
  <div><button>Buy</button>Last<ul><li>one</li><li>two</li></ul></div>`;

/** A tenth of a second for each word of the text. */
async function* spoken(text: string) {
  let n = 0;
  for (const { 0: word, index } of text.matchAll(/[\p{L}]+/gu)) {
    const start = n++ / 10;
    const timed = { text: word.toLowerCase(), span: [index, index + word.length] as [number, number] };
    yield {
      samples: new Float32Array(2205).fill(0.01),
      sampleRate: 22050,
      timeline: {
        words: [{ ...timed, start, end: start + 0.1, phones: [], provenance: 'lexicon' as const }],
      },
    };
  }
}

function marked(element: VoirsSpeech): string {
  if (typeof Highlight !== 'function') {
    return element.shadowRoot!.querySelectorAll('[aria-hidden="true"] > div').length > 0 ? 'a box' : '';
  }
  const highlight = CSS.highlights.get('voirs-word');
  return [...(highlight ?? [])].map((range) => `${range}`).join('');
}

export async function run({ what }: { what: 'read' | 'boxes' | 'policy' }): Promise<unknown> {
  document.body.innerHTML = `<article id="story">${ARTICLE}</article><voirs-speech for="story"></voirs-speech>`;
  const element = document.querySelector('voirs-speech')!;
  if (what === 'policy') {
    const meta = document.createElement('meta');
    meta.httpEquiv = 'Content-Security-Policy';
    meta.content = "default-src 'self'; script-src 'self'";
    document.head.append(meta);
    const source = { samples: new Float32Array(1000).fill(0.1), sampleRate: 22050 };
    const refused = await new Player().play([source]).catch((error: Error) => error.message);
    const player = new Player({ workletUrl: '/package/dist/player/worklet.js' });
    await player.play([source]);
    await player.finished();
    return { refused, state: player.state };
  }
  const errors: string[] = [];
  const words: (string | undefined)[] = [];
  const marks: string[] = [];
  element.addEventListener(
    'error',
    ({ detail }: CustomEventInit<Error>) => void errors.push(detail!.message),
  );
  element.addEventListener('word', ({ detail }: CustomEventInit<{ text: string } | undefined>) => {
    words.push(detail?.text);
    marks.push(marked(element));
  });
  const root = element.shadowRoot!;
  const button = root.querySelector('button')!;
  let label = button.textContent;
  button.click(); // it starts a worker of its own, whose file this page does not serve
  await until(() => errors.length > 0);
  const status = root.querySelector('[role=status]')!.textContent;
  VoirsSpeech.pipeline = () => ({ stream: (text) => spoken(text) });
  button.click();
  await until(() => words.length > 1);
  label += ` ${button.textContent}`;
  button.click();
  label += ` ${button.textContent}`;
  await wait(100);
  const paused = words.length;
  await wait(250);
  const stayed = words.length === paused;
  button.click();
  await until(() => element.state === 'ended');
  label += ` ${button.textContent}`;
  const facts = { errors, status, words, marks, label, stayed, left: marked(element) };
  element.setAttribute('for', 'nowhere');
  await element.play();
  element.remove();
  return { ...facts, text: pageText(document.querySelector('article')!).text };
}
