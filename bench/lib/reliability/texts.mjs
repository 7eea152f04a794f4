// What is spoken under load: plain and odd texts, several scripts, markup, SSML, each with voice, format, rate and
// speed by seeded numbers. The same for the server, the library and what both are compared with.
const { seededRandom } = await import(new URL('../../../dist/cli/bench-text.js', import.meta.url).href);

export { seededRandom };

const VOICES = ['hazel', 'miles', 'kathleen', 'slt', 'bdl'];
const FORMATS = ['pcm', 'wav', 'flac', 'mp3', 'opus', 'aac'];
/** Telephony has one rate. */
const TELEPHONE = ['mulaw', 'alaw'];
const RATES = [8000, 16_000, 22_050, 24_000, 44_100, 48_000];
const SPEEDS = [0.8, 1, 1, 1.25, 2];

/** Some of them have nothing that an English voice can say: they are to be refused, each time alike. */
export const TEXTS = [
  'Yes, that works. I have moved the meeting to Thursday at half past two.',
  'The next train to the harbour leaves in seven minutes from platform four.',
  'Is it blue? It is!',
  'Dr. Smith paid $5.20 for 3 km in 1999; by 3:05 pm he was gone.',
  'Hi.',
  '<speak>One <break time="300ms"/> two <prosody rate="fast" pitch="+10%">three</prosody>.</speak>',
  '<speak><say-as interpret-as="date" format="ymd">2024-05-01</say-as> <emphasis>now</emphasis></speak>',
  '<p>Some <b>bold</b> words &amp; a list:</p><ul><li>one</li><li>two</li></ul>',
  '# A heading\n\nAnd *markdown*, with `code` and [a link](https://example.org/a?b=c).',
  'Ünïcödé café naïve Ångström, “quoted” — dashed… and ﬁne ligatures.',
  'Привет, мир, said the sailor.',
  'The word 你好 is Chinese, and مرحبا is Arabic, and नमस्ते is Hindi.',
  'Party 🎉 time 👩‍👩‍👧 and 🇫🇷 flags.',
  'zalgo t̵̢̛e̷͓͝x̶̡̕t and a\u202eright-to-left\u202c mark, a\u0000null, a\ud83d half.',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  '1234567890 1234567890, 3.14159, 1/2, XIV, -40 °C, +1 (555) 010-9999, a@b.example',
  '$e^{i\\pi} + 1 = 0$ is Euler’s.',
  'PleaseReadThisCamelCase_and_snake_case, ALL CAPS, w/ abbrevs etc., e.g. NASA & AT&T.',
  '你好，世界。',
  'مرحبا بالعالم',
  '😀😀😀',
  '   \n\t ',
  '<speak><prosody rate="fast">never closed</speak>',
];

const LONG = 'The tide comes in and the boats rise with it, one after the other, while the lamps are lit. ';

const isSsml = (text) => text.startsWith('<speak');

/**
 * @param count of entries; the last is long; of 60 or more it is longer than a server reads ahead of a client.
 * @returns bodies of requests for speech.
 */
export function corpus(count, seed) {
  const random = seededRandom(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const entries = Array.from({ length: count }, (_, n) => {
    const response_format = random() < 0.15 ? pick(TELEPHONE) : pick(FORMATS);
    const sample_rate = TELEPHONE.includes(response_format) ? 8000 : pick(RATES);
    const input = TEXTS[n % TEXTS.length];
    return { input, voice: pick(VOICES), response_format, sample_rate, speed: pick(SPEEDS) };
  });
  const input = LONG.repeat(Math.min(10, Math.ceil(count / 6)));
  const long = { input, voice: 'hazel', response_format: 'pcm', sample_rate: 48_000, speed: 1 };
  return [...entries.slice(0, -1), long];
}

/** The options of a call of the library that does what such a body asks for. */
export const optionsOf = ({ input, voice, speed }) => ({
  voice,
  input: isSsml(input) ? 'ssml' : 'text',
  speakingRate: speed,
});

/** A text that nobody has asked for before. */
export const uniqueText = (random) =>
  `Ticket ${Math.floor(random() * 1e6)}, for ${['Anna', 'Boris', 'Chen', 'Dora'][Math.floor(random() * 4)]}, is ready.`;

/** One of several, each with its weight first. */
export function drawn(choices, random) {
  let left = random() * choices.reduce((sum, [weight]) => sum + weight, 0);
  for (const choice of choices) {
    left -= choice[0];
    if (left < 0) return choice;
  }
  return choices[0];
}
