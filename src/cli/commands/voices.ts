// voirs voices: lists the shipped voices, or those of a voice set.
import { SynthesisConfig } from '../../config.js';
import { SHIPPED_SETS, shippedFolder, type VoiceInfo, voiceInfos } from '../../voices/catalog.js';
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
    const folders = values.weights === undefined ? SHIPPED_SETS.map(shippedFolder) : [values.weights];
    const infos: VoiceInfo[] = [];
    for (const [n, folder] of folders.entries()) {
      const { manifest } = await loadVoiceFiles(folder);
      for (const info of voiceInfos(manifest, quality))
        infos.push({ ...info, isDefault: info.isDefault && n === 0 });
    }
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
