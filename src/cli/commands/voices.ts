// voirs voices: lists the voices of a voice set.
import { SynthesisConfig } from '../../config.js';
import { voiceInfos } from '../../voices/catalog.js';
import { defineCommand, jsonOption } from '../command.js';
import { table } from '../print.js';
import { engineOptions, openVoice } from '../voice-options.js';

export const voices = defineCommand({
  usage: '[options]',
  options: { weights: engineOptions.weights, ...jsonOption },
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    const { manifest } = await openVoice(values.weights);
    const infos = voiceInfos(manifest, new SynthesisConfig().quality);
    if (values.json) return terminal.printJson(infos);
    const rows = infos.map((voice) => [
      voice.isDefault ? `${voice.id} *` : voice.id,
      voice.name,
      voice.language,
      voice.gender,
      voice.vocoder,
      voice.license,
    ]);
    await terminal.print(
      `${table(['voice', 'name', 'language', 'gender', 'vocoder', 'licence'], rows)}\n\n* is the default`,
    );
  },
});
