// A book as tests read it: the files of an EPUB, and the archive that they make.
import { strToU8, zipSync } from 'fflate';

export const CONTAINER =
  '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>' +
  '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>';

export const page = (body: string, title = 'A file'): string =>
  `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>${title}</title></head><body>${body}</body></html>`;

export const opf = (items: string, spine: string): string =>
  '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">' +
  '<dc:title>The  Book &amp; more</dc:title><dc:creator>A. Writer</dc:creator><dc:creator>B. Writer</dc:creator>' +
  `<dc:language>en</dc:language></metadata><manifest>${items}</manifest><spine>${spine}</spine></package>`;

export const XHTML = 'media-type="application/xhtml+xml"';

/** A book of some files, by their paths. */
export function zipped(files: Record<string, string>): Uint8Array {
  const all = { mimetype: 'application/epub+zip', 'META-INF/container.xml': CONTAINER, ...files };
  return zipSync(Object.fromEntries(Object.entries(all).map(([name, text]) => [name, strToU8(text)])));
}

/** Files of a book of two chapters, the first in two files, with a cover, a table of contents and notes. */
export const epub3 = (): Record<string, string> => ({
  'OEBPS/book.opf': opf(
    `<item id="nav" href="nav.xhtml" ${XHTML} properties="nav"/><item id="cover" href="cover.xhtml" ${XHTML}/>` +
      `<item id="one" href="text/one%20.xhtml" ${XHTML}/><item id="one-b" href="text/oneb.xhtml" ${XHTML}/>` +
      `<item id="two" href="text/two.xhtml" ${XHTML}/><item id="notes" href="text/notes.xhtml" ${XHTML}/>`,
    '<itemref idref="cover"/><itemref idref="nav"/><itemref idref="one"/><itemref idref="one-b"/>' +
      '<itemref idref="two"/><itemref idref="notes" linear="no"/>',
  ),
  'OEBPS/nav.xhtml': page(
    '<nav epub:type="landmarks"><a href="cover.xhtml">Cover</a></nav><nav epub:type="toc"><ol>' +
      '<li><a href="text/one%20.xhtml#top">I.\n <b>First</b></a></li><li><a href="text/two.xhtml">Two&nbsp;</a></li></ol></nav>',
  ),
  'OEBPS/cover.xhtml': page('<img src="cover.jpg" alt="Cover"/>'),
  'OEBPS/text/one .xhtml': page('<p>One.</p>'),
  'OEBPS/text/oneb.xhtml': page('<p>Still one.</p>'),
  'OEBPS/text/two.xhtml': page('<p>Two.</p>'),
  'OEBPS/text/notes.xhtml': page('<p>Notes.</p>'),
});
