// Marks a range of a page without changing the page: with a custom highlight, or where a browser has none, with
// boxes laid over it.

/** Pages style it: `::highlight(voirs-word)`. */
const NAME = 'voirs-word';

/** In a layer, so that a rule of the page wins. */
const RULE = `@layer voirs { ::highlight(${NAME}) { background-color: Mark; color: MarkText; } }`;

let isStyled = false;

function style(): void {
  if (isStyled) return;
  isStyled = true;
  const sheet = new CSSStyleSheet(); // allowed by policies without 'unsafe-inline'
  sheet.replaceSync(RULE);
  document.adoptedStyleSheets.push(sheet);
}

const hasHighlights = (): boolean => typeof Highlight === 'function' && CSS.highlights !== undefined;

/** Marks one range at a time. */
export class Highlighter {
  private boxes: HTMLElement | undefined;
  private range: Range | undefined;

  /** @param place where the boxes may be put. */
  constructor(private readonly place: ShadowRoot | Element) {}

  /** Marks a range, or nothing. */
  show(range: Range | undefined): void {
    this.range = range;
    if (hasHighlights()) this.highlight(range);
    else this.lay(range);
  }

  private highlight(range: Range | undefined): void {
    style();
    const shared = CSS.highlights.get(NAME) ?? new Highlight();
    shared.clear();
    if (range) shared.add(range);
    CSS.highlights.set(NAME, shared);
  }

  private readonly again = (): void => this.lay(this.range);

  private lay(range: Range | undefined): void {
    if (!this.boxes) {
      this.boxes = document.createElement('div');
      this.boxes.setAttribute('aria-hidden', 'true');
      this.place.append(this.boxes);
      globalThis.addEventListener('scroll', this.again, { capture: true, passive: true });
      globalThis.addEventListener('resize', this.again);
    }
    const rects = range ? [...range.getClientRects()] : [];
    this.boxes.replaceChildren(
      ...rects.map(({ left, top, width, height }) => {
        const box = document.createElement('div');
        Object.assign(box.style, {
          ...{
            position: 'fixed',
            left: `${left}px`,
            top: `${top}px`,
            width: `${width}px`,
            height: `${height}px`,
          },
          ...{
            background: 'Mark',
            opacity: '0.4',
            borderRadius: '2px',
            pointerEvents: 'none',
            zIndex: '2147483647',
          },
        });
        return box;
      }),
    );
  }

  dispose(): void {
    this.show(undefined);
    this.boxes?.remove();
    this.boxes = undefined;
    globalThis.removeEventListener('scroll', this.again, { capture: true });
    globalThis.removeEventListener('resize', this.again);
  }
}
