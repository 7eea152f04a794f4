// JSON.parse lets the last of two equal keys win in silence; in a weights header that hides a tensor.

/** The first key that one object of `json` holds twice, or undefined. `json` must be valid: parse it first. */
export function duplicateKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // one entry per open bracket; arrays have no keys
  let text = ''; // the last string, which a colon makes a key
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') {
      const end = closingQuote(json, at);
      text = json.slice(at, end + 1);
      at = end;
    } else if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    else if (character === ':') {
      const key: string = JSON.parse(text); // two spellings of one key are one key
      const keys = open[open.length - 1]!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

function closingQuote(json: string, from: number): number {
  let at = from + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}
