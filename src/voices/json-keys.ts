// JSON.parse lets the last of two equal keys win in silence; in a weights header that hides a tensor.

const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;

/** The first key that one object of `json` holds twice, or undefined. `json` must be valid: parse it first. */
export function duplicateKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // one entry per open bracket; arrays have no keys
  let last: string | undefined;
  for (const [token] of json.matchAll(TOKENS)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key: string = JSON.parse(last!);
      const keys = open[open.length - 1]!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
    last = token;
  }
  return undefined;
}
