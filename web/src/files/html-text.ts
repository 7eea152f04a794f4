// The text of an HTML document that is not shown: blocks become paragraphs. A browser parses only in the page's own
// thread, so that all goes in short steps.

const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

const BLOCKS = words(
  `address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3
  h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul`,
);
const SKIPPED = words('head script style noscript template svg math nav button select textarea');

/** Characters that are parsed, and nodes that are read, before the page may turn to something else. */
const PIECE = 32_768;
const NODES = 1000;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const isSkipped = (node: Element): boolean =>
  SKIPPED.has(node.localName) || node.hasAttribute('hidden') || node.getAttribute('aria-hidden') === 'true';

/** Words in paragraphs, with no more space between them than is heard. */
class Paragraphs {
  private readonly parts: string[] = [];
  private isSpaced = false;
  private lines = 0;

  add(text: string): void {
    const plain = text.replace(/\s+/g, ' ');
    const said = plain.trim();
    if (plain.startsWith(' ')) this.isSpaced = true;
    if (said === '') return;
    if (this.parts.length > 0)
      this.parts.push(this.lines > 0 ? '\n'.repeat(this.lines) : this.isSpaced ? ' ' : '');
    this.parts.push(said);
    this.lines = 0;
    this.isSpaced = plain.endsWith(' ');
  }

  /** Parts what follows by a line, or by a paragraph's space. */
  part(by: 'line' | 'paragraph'): void {
    this.lines = by === 'line' ? Math.min(2, this.lines + 1) : 2;
  }

  toString(): string {
    return this.parts.join('');
  }
}

async function parsed(html: string): Promise<Document> {
  const page = document.implementation.createHTMLDocument('');
  page.open();
  for (let at = 0; at < html.length; at += PIECE) {
    page.write(html.slice(at, at + PIECE));
    await pause();
  }
  page.close();
  return page;
}

/** @param html a document or a part of one; nothing of it runs or is loaded. */
export async function textOfHtml(html: string): Promise<string> {
  const page = await parsed(html);
  const text = new Paragraphs();
  const root = page.documentElement;
  let node: Node = root;
  for (let count = 1; ; count++) {
    if (count % NODES === 0) await pause();
    let isEntered = false;
    if (node.nodeType === Node.TEXT_NODE) text.add((node as Text).data);
    else if (node.nodeType === Node.ELEMENT_NODE && !isSkipped(node as Element)) {
      const { localName } = node as Element;
      if (BLOCKS.has(localName)) text.part('paragraph');
      if (localName === 'br') text.part('line');
      isEntered = node.firstChild !== null;
    }
    if (isEntered) {
      node = node.firstChild!;
      continue;
    }
    while (node !== root && node.nextSibling === null) {
      node = node.parentNode!;
      if (BLOCKS.has((node as Element).localName)) text.part('paragraph');
    }
    if (node === root) return text.toString();
    if (node.nodeType === Node.ELEMENT_NODE && BLOCKS.has((node as Element).localName))
      text.part('paragraph');
    node = node.nextSibling!;
  }
}
