// Types of texts.mjs, for the clients.

/** The body of a request for speech. */
export interface Entry {
  input: string;
  voice: string;
  response_format: string;
  sample_rate: number;
  speed: number;
}

export function corpus(count: number, seed: number): Entry[];
export function uniqueText(random: () => number): string;
export function drawn<Choice extends readonly [weight: number, ...rest: unknown[]]>(
  choices: readonly Choice[],
  random: () => number,
): Choice;
