// voirs voices: lists the shipped voices, or those of a voice set.
import { SynthesisConfig } from '../../config.js';
import { shippedVoices, voiceInfos } from '../../voices/catalog.js';
import { loadVoiceFiles } from '../../voices/files.js';
import { defineCommand, jsonOption } from '../command.js';
import { table } from '../print.js';
import { engineOptions } from '../voice-options.js';

export const voices = defineCommand({
  usage: '[options]',
  options: { weights: engineOptions.weights, ...jsonOption },
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    const { quality } = new SynthesisConfig();
    const infos =
      values.weights === undefined
        ? await shippedVoices(quality)
        : voiceInfos((await loadVoiceFiles(values.weights)).manifest, quality);
    if (values.json) return terminal.printJson(infos);
    const rows = infos.map((voice) => [
      voice.isDefault ? `${voice.id} *` : voice.id,
      ...[voice.gender, voice.language, `${voice.set} ${voice.version}`, voice.license],
    ]);
    const sets = new Map(infos.map(({ set, description }) => [set, description]));
    const made = [...sets].map(([set, description]) => `${set}: ${description}`).join('\n');
    await terminal.print(
      `${table(['voice', 'gender', 'language', 'set', 'licence'], rows)}\n\n* is the default\n${made}`,
    );
  },
});
