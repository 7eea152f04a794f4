// Acoustic models of other people's voices: loaded when a voice has one, so that a page that speaks with ours does not
// fetch them.
import type { AcousticModel, ModelType } from '../models/model.js';
import { fastspeech2Conformer } from './conformer.js';
import { vits } from './vits.js';

export const OTHER_ACOUSTIC_MODELS: readonly ModelType<AcousticModel>[] = [fastspeech2Conformer, vits];
