// Files of captions of the command line: their format, and the text that they show.
import { CAPTION_FORMATS, type CaptionFormat } from '../audio/captions.js';
import type { InputForm } from '../config.js';
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

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
};

/** The text that captions show: markup becomes blanks of the same length, so that spans still point into it. */
export function captionText(text: string, input: InputForm): string {
  if (input === 'text') return text;
  return text
    .replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<[^>]*>/g, (tag) => ' '.repeat(tag.length))
    .replace(/&(?:amp|lt|gt|quot|apos);/g, (entity) => ENTITIES[entity]!.padEnd(entity.length));
}
