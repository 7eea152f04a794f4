// The commands by name. The code of a command is loaded when it runs, so that help and errors come at once.
import { meantName, shown, VoirsError } from '../errors.js';
import type { Command } from './command.js';

interface Entry {
  summary: string;
  load: () => Promise<Command>;
}

/** In the order of the help. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  say: {
    summary: 'Speak a text: into a file, to stdout, or to be heard',
    load: async () => (await import('./commands/say.js')).say,
  },
  studio: {
    summary: 'Open the studio in a browser: write, listen, shape, save',
    load: async () => (await import('./commands/studio.js')).studio,
  },
  batch: {
    summary: 'Speak every line of a file, each into a file of its own',
    load: async () => (await import('./commands/batch.js')).batch,
  },
  text: {
    summary: 'Show the words, phones and tokens of a text',
    load: async () => (await import('./commands/text.js')).text,
  },
  voices: {
    summary: 'List the voices',
    load: async () => (await import('./commands/voices.js')).voices,
  },
  voice: {
    summary: "Bring other people's models in, check voices, make packages of them",
    load: async () => (await import('./commands/voice.js')).voice,
  },
  serve: {
    summary: "Serve speech over HTTP, as OpenAI's clients ask for it",
    load: async () => (await import('./commands/serve.js')).serve,
  },
  queue: {
    summary: 'Speak books on many machines, through Redis',
    load: async () => (await import('./commands/queue.js')).queue,
  },
  doctor: {
    summary: 'Check which backends run on this machine and speak correctly',
    load: async () => (await import('./commands/doctor.js')).doctor,
  },
  setup: {
    summary: 'Set up an optional backend on this machine (tensorflow)',
    load: async () => (await import('./commands/setup.js')).setup,
  },
  bench: {
    summary: 'Measure speed: stages, real-time factor, first chunk',
    load: async () => (await import('./commands/bench.js')).bench,
  },
  config: {
    summary: 'Show the effective configuration',
    load: async () => (await import('./commands/config.js')).config,
  },
  acoustic: {
    summary: 'Run the acoustic model alone: tokens to mel, safetensors in and out',
    load: async () => (await import('./commands/acoustic.js')).acoustic,
  },
  vocode: {
    summary: 'Run a vocoder alone: mel to samples, safetensors in and out',
    load: async () => (await import('./commands/vocode.js')).vocode,
  },
};

/** The command of that name. @throws VoirsError INVALID_OPTIONS for an unknown name. */
export async function loadCommand(name: string): Promise<Command> {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name]!.load();
  const names = Object.keys(COMMANDS);
  const meant = meantName(name, names);
  throw new VoirsError('INVALID_OPTIONS', 'There is no such command', {
    got: shown(name),
    wanted: names.join(', '),
    suggestion: meant === undefined ? 'See voirs --help' : `Did you mean voirs ${meant}?`,
  });
}
