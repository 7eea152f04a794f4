// Files of captions of the command line: their format.
import { CAPTION_FORMATS, type CaptionFormat } from '../audio/captions.js';
import { nearestName, shown, VoirsError } from '../errors.js';

/** The format of a file of captions, by its extension. @throws VoirsError INVALID_OPTIONS. */
export function captionFormat(path: string): CaptionFormat {
  const extension = /\.([^./\\]*)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  const format = CAPTION_FORMATS.find((one) => one === extension);
  if (format) return format;
  const nearest = nearestName(extension, CAPTION_FORMATS);
  throw new VoirsError('INVALID_OPTIONS', 'The name of the captions does not say which format they have', {
    got: shown(path),
    wanted: `a file that ends in ${CAPTION_FORMATS.map((one) => `.${one}`).join(', ')}`,
    ...(extension !== '' && nearest ? { suggestion: `Did you mean .${nearest}?` } : {}),
  });
}
