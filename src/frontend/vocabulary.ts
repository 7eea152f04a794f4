// The voice's vocabulary: symbols of a token sequence as the acoustic model's ids.
import { VoirsError } from '../errors.js';

export class Vocabulary {
  private readonly ids: ReadonlyMap<string, number>;

  /** @param aliases marks that the model never saw, and the token that stands for each. */
  constructor(tokens: readonly string[], aliases: ReadonlyMap<string, string>) {
    const ids = new Map(tokens.map((token, id) => [token, id]));
    for (const [symbol, token] of aliases) ids.set(symbol, ids.get(token)!);
    this.ids = ids;
  }

  /** @throws VoirsError INVALID_TEXT for a symbol that the voice does not have. */
  id(symbol: string): number {
    const id = this.ids.get(symbol);
    if (id === undefined) {
      throw new VoirsError('INVALID_TEXT', 'The voice has no such phone or mark', {
        got: JSON.stringify(symbol),
        wanted: 'a symbol of its vocabulary (ARPAbet, stress digits on vowels)',
      });
    }
    return id;
  }
}
