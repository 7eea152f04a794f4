// If this fails, books lose chapters, come in the wrong order, or a hostile file takes the process down.
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readEpub } from '../../src/documents/epub.js';
import { VoirsError } from '../../src/errors.js';
import { voirsError } from '../expect.js';

const test = suite('epub');

const CONTAINER =
  '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>' +
  '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>';

const page = (body: string, title = 'A file'): string =>
  `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>${title}</title></head><body>${body}</body></html>`;

const opf = (items: string, spine: string): string =>
  '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">' +
  '<dc:title>The  Book &amp; more</dc:title><dc:creator>A. Writer</dc:creator><dc:creator>B. Writer</dc:creator>' +
  `<dc:language>en</dc:language></metadata><manifest>${items}</manifest><spine>${spine}</spine></package>`;

const XHTML = 'media-type="application/xhtml+xml"';

function zipped(files: Record<string, string>): Uint8Array {
  const all = { mimetype: 'application/epub+zip', 'META-INF/container.xml': CONTAINER, ...files };
  return zipSync(Object.fromEntries(Object.entries(all).map(([name, text]) => [name, strToU8(text)])));
}

const epub3 = (): Record<string, string> => ({
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

test('reads the chapters of EPUB 3 by its table of contents', () => {
  const { title, authors, language, chapters } = readEpub(zipped(epub3()));
  assert.equal([title, authors, language], ['The Book & more', ['A. Writer', 'B. Writer'], 'en']);
  assert.equal(
    chapters.map((chapter) => chapter.title.replace('&nbsp;', '').trim()),
    ['I. First', 'Two'],
  );
  assert.ok(/One\.[\s\S]*Still one\./.test(chapters[0]!.html));
  assert.ok(/Two\./.test(chapters[1]!.html));
  assert.not.ok(chapters.some(({ html }) => html.includes('Notes.')));
});

test('reads the chapters of EPUB 2 by its NCX', () => {
  const files = epub3();
  delete files['OEBPS/nav.xhtml'];
  files['OEBPS/book.opf'] = opf(
    `<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/><item id="one" href="text/one%20.xhtml" ${XHTML}/>` +
      `<item id="two" href="text/two.xhtml" ${XHTML}/>`,
    '<itemref idref="one"/><itemref idref="two"/>',
  );
  files['OEBPS/toc.ncx'] =
    '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>Chapter One</text></navLabel>' +
    '<content src="text/one%20.xhtml"/></navPoint><navPoint><navLabel><text>Chapter Two</text></navLabel>' +
    '<content src="text/two.xhtml#a"/></navPoint></navMap></ncx>';
  assert.equal(
    readEpub(zipped(files)).chapters.map(({ title }) => title),
    ['Chapter One', 'Chapter Two'],
  );
});

test('takes headings where there is no table of contents', () => {
  const files = epub3();
  delete files['OEBPS/nav.xhtml'];
  files['OEBPS/text/two.xhtml'] = page('<h2 class="x">Two <i>here</i></h2><p>Text.</p>');
  assert.equal(
    readEpub(zipped(files)).chapters.map(({ title }) => title),
    ['1', '2', 'Two here'],
  );
});

test('refuses what is no book, with the reason', async () => {
  const without = (name: string): Uint8Array => {
    const files = epub3();
    delete files[name];
    return zipped(files);
  };
  const encrypted = zipped({
    ...epub3(),
    'META-INF/encryption.xml':
      '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><enc:EncryptedData xmlns:enc="http://www.w3.org/2001/04/xmlenc#">' +
      '<enc:CipherData><enc:CipherReference URI="OEBPS/text/two.xhtml"/></enc:CipherData></enc:EncryptedData></encryption>',
  });
  const cases: [Uint8Array, RegExp][] = [
    [strToU8('plain text'), /ZIP/],
    [new Uint8Array(0), /ZIP/],
    [without('OEBPS/book.opf'), /without "OEBPS\/book\.opf"/],
    [encrypted, /DRM/],
    [zipped({ 'OEBPS/book.opf': opf('', '') }), /reading order/],
    [
      zipped({ 'OEBPS/book.opf': opf(`<item id="a" href="a.xhtml" ${XHTML}/>`, '<itemref idref="a"/>') }),
      /without text/,
    ],
  ];
  for (const [bytes, got] of cases)
    assert.match((await voirsError(() => readEpub(bytes), 'INVALID_TEXT')).got ?? '', got);
});

test('refuses an archive that unpacks to more than a book', async () => {
  const bytes = zipped(epub3());
  // The directory at the end claims 4 GB for a file.
  const name = strToU8('OEBPS/text/two.xhtml');
  const at = bytes.findLastIndex((_, i) => name.every((byte, j) => bytes[i + j] === byte));
  bytes.set([255, 255, 255, 240], at - 46 + 24);
  assert.match((await voirsError(() => readEpub(bytes), 'INVALID_TEXT')).got ?? '', /more than a book/);
});

test('survives any damage with an error of its own', () => {
  const whole = zipped(epub3());
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(damage, fc.nat(whole.length), (changes, length) => {
      const bytes = whole.slice(0, length % 3 === 0 ? length : whole.length);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        assert.ok(readEpub(bytes).chapters.length > 0);
      } catch (error) {
        assert.instance(error, VoirsError);
        assert.is((error as VoirsError).code, 'INVALID_TEXT');
      }
    }),
    { numRuns: 400 },
  );
});

test('survives any text in the places of its parts', () => {
  const parts = fc.record({
    opf: fc.string({ unit: 'grapheme', maxLength: 200 }),
    nav: fc.string({ unit: 'grapheme', maxLength: 200 }),
  });
  fc.assert(
    fc.property(parts, ({ opf: contents, nav }) => {
      const files = { ...epub3(), 'OEBPS/nav.xhtml': page(`<nav epub:type="toc">${nav}</nav>`) };
      const whole = readEpub(zipped(files));
      assert.ok(whole.chapters.length > 0);
      try {
        readEpub(zipped({ ...files, 'OEBPS/book.opf': contents }));
      } catch (error) {
        assert.instance(error, VoirsError);
      }
    }),
    { numRuns: 200 },
  );
});

test.run();
