// Subtitles as a text to read: what is said, without numbers and times.

const TIMES = /^\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}.*$/;
const ENDS = /[.!?…:;]["'”’)\]]*$/;

/** The words of a SubRip or WebVTT file; cues that end in the middle of a sentence are joined. */
export function textOfSubtitles(file: string): string {
  const lines = file.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const cues: string[] = [];
  let current: string[] | undefined;
  lines.forEach((line, n) => {
    if (TIMES.test(line)) {
      if (current && current.length > 0) cues.push(current.join(' '));
      current = [];
      return;
    }
    if (line.trim() === '') {
      if (current && current.length > 0) cues.push(current.join(' '));
      current = undefined;
      return;
    }
    // Files without empty lines between cues have the number of the next cue here.
    if (!current || (/^\s*\d+\s*$/.test(line) && TIMES.test(lines[n + 1] ?? ''))) return;
    const said = line
      .replace(/<[^<>]*>|\{\\[^{}]*\}/g, '')
      .replace(/^\s*[-–—]\s+/, '')
      .trim();
    if (said !== '') current.push(said);
  });
  if (current && (current as string[]).length > 0) cues.push((current as string[]).join(' '));
  return cues.map((cue, n) => (n === 0 ? cue : (ENDS.test(cues[n - 1]!) ? '\n' : ' ') + cue)).join('');
}
