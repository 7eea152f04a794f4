export const FFMPEG_ADVICE: string;
export function hasFfmpeg(): boolean;
export function ensureFfmpeg(): void;
