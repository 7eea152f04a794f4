// The text that captions show where speech came from markup: what is written, without the tags.

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
};

/**
 * The text for `captions` of what was spoken: markup becomes blanks of the same length, so that spans still point
 * into it.
 */
export function captionText(text: string, input: 'text' | 'ssml'): string {
  if (input === 'text') return text;
  return text
    .replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<[^<>]*>/g, (tag) => ' '.repeat(tag.length))
    .replace(/&(?:amp|lt|gt|quot|apos);/g, (entity) => ENTITIES[entity]!.padEnd(entity.length));
}
