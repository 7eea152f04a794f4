// voirs voices: lists the shipped voices and those of installed packages, or those of a voice set.
import { type Quality, SynthesisConfig } from '../../config.js';
import { VoirsError } from '../../errors.js';
import { shippedVoices, type VoiceInfo, voiceInfos } from '../../voices/catalog.js';
import { loadVoiceFiles } from '../../voices/files.js';
import { installedVoicePackages, packageVoiceFiles } from '../../voices/packages.js';
import { defineCommand, jsonOption } from '../command.js';
import { table } from '../print.js';
import type { Terminal } from '../terminal.js';
import { engineOptions } from '../voice-options.js';

export const voices = defineCommand({
  usage: '[options]',
  options: { weights: engineOptions.weights, ...jsonOption },
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    const { quality } = new SynthesisConfig();
    const infos =
      values.weights === undefined
        ? [...(await shippedVoices(quality)), ...(await packageVoices(quality, terminal))]
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

/** The voices of packages, by the names that `voice` takes; one that cannot be read is told and left out. */
async function packageVoices(quality: Quality, terminal: Terminal): Promise<VoiceInfo[]> {
  const voices: VoiceInfo[] = [];
  for (const name of installedVoicePackages()) {
    try {
      const { manifest } = await packageVoiceFiles(name);
      for (const info of voiceInfos(manifest, quality))
        voices.push({ ...info, id: `${name}:${info.id}`, isDefault: false });
    } catch (error) {
      if (!(error instanceof VoirsError)) throw error;
      terminal.note(`${name}: ${error.message}`);
    }
  }
  return voices;
}
