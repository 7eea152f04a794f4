// A worker's script must come from the page's own origin: where the package is served from another one, a script of the
// page's origin imports it.

/** For browsers: the URL, or that of a script that imports it. */
export function ownScript(url: string): string {
  if (new URL(url).origin === globalThis.location.origin) return url;
  const source = `import ${JSON.stringify(url)};`;
  return URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
}
