// The formats of the library, with the words of people.
import type { CaptionFormat } from '../../../src/audio/captions.js';
import type { AudioFormat } from '../../../src/audio/formats/format.js';

export const AUDIO: readonly { format: AudioFormat; name: string; hint: string }[] = [
  { format: 'mp3', name: 'MP3', hint: 'plays everywhere' },
  { format: 'wav', name: 'WAV', hint: 'for editing' },
  { format: 'flac', name: 'FLAC', hint: 'smaller, without loss' },
  { format: 'opus', name: 'Opus', hint: 'smallest' },
  { format: 'm4a', name: 'M4A', hint: 'for Apple devices' },
  { format: 'aac', name: 'AAC', hint: 'bare, for streams' },
  { format: 'pcm', name: 'Raw PCM', hint: '16 bits' },
  { format: 'mulaw', name: 'mu-law', hint: 'telephone' },
  { format: 'alaw', name: 'A-law', hint: 'telephone' },
];

export const CAPTIONS: readonly { format: CaptionFormat; name: string; hint: string }[] = [
  { format: 'srt', name: 'SRT', hint: 'subtitles' },
  { format: 'vtt', name: 'WebVTT', hint: 'for web video' },
  { format: 'ttml', name: 'TTML', hint: 'broadcast' },
  { format: 'lrc', name: 'LRC', hint: 'lyrics' },
  { format: 'json', name: 'JSON', hint: 'every word and sound' },
  { format: 'textgrid', name: 'TextGrid', hint: 'for Praat' },
];
