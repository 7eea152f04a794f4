// What markup needs to know of a voice: its names, and the pitch from which differences in Hz are measured.

/** A voice that `<voice>` can choose. */
export interface SsmlVoice {
  id: string;
  name: string;
  gender: string;
  /** Geometric mean of its F0. */
  meanHz: number;
}
