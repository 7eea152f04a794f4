// What markup needs to know of a voice: how it is called, and the pitch that differences in Hz are measured from.

/** A voice that `<voice>` can choose. */
export interface SsmlVoice {
  id: string;
  name: string;
  gender: string;
  /** Geometric mean of its F0. */
  meanHz: number;
}
