// The text of an HTML document that is not shown: blocks become paragraphs.

const BLOCKS = new Set(
  `address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3
  h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul`.split(/\s+/),
);
const SKIPPED =
  'head, script, style, noscript, template, svg, math, nav, button, select, textarea, [hidden], [aria-hidden="true"]';

/** @param html a document or a part of one; nothing of it runs or is loaded. */
export function textOfHtml(html: string): string {
  const page = new DOMParser().parseFromString(html, 'text/html');
  let text = '';
  const walk = (parent: Node): void => {
    for (const node of parent.childNodes) {
      if (node instanceof Text) text += node.data.replace(/\s+/g, ' ');
      if (!(node instanceof Element) || node.matches(SKIPPED)) continue;
      const isBlock = BLOCKS.has(node.localName);
      if (isBlock) text += '\n\n';
      if (node.localName === 'br') text += '\n';
      walk(node);
      if (isBlock) text += '\n\n';
    }
  };
  walk(page);
  return text
    .replace(/[^\S\n]*\n[^\S\n]*/g, '\n')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
