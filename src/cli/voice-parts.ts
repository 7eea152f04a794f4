// The parts of a voice that commands use alone, without a pipeline around them.
import { Frontend } from '../frontend/frontend.js';
import { defaultVoiceFolder, loadPronouncer } from '../voice-catalog.js';
import { loadVoiceFiles, type VoiceFiles } from '../voices/files.js';

/** The named folder's voice set, or the shipped one. @throws VoirsError INVALID_WEIGHTS. */
export function openVoice(folder: string | undefined): Promise<VoiceFiles> {
  return loadVoiceFiles(folder ?? defaultVoiceFolder());
}

/** The voice's frontend, as a pipeline has it. @throws VoirsError INVALID_WEIGHTS. */
export async function loadFrontend(files: VoiceFiles): Promise<Frontend> {
  return new Frontend(await loadPronouncer(files), files.manifest.acoustic.maxTrainedTokens);
}
