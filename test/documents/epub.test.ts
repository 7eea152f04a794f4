// If this fails, books lose chapters, come in the wrong order, or a hostile file takes the process down.
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readEpub } from '../../src/documents/epub.js';
import { VoirsError } from '../../src/errors.js';
import { voirsError } from '../expect.js';
import { CONTAINER, epub3, opf, page, XHTML, zipped } from './book.js';

const test = suite('epub');

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

test('finds the cover of EPUB 3 and of EPUB 2, and does without', () => {
  const picture = '<item id="pic" href="images/cover.jpg" media-type="image/jpeg"';
  const with3 = epub3();
  with3['OEBPS/book.opf'] = with3['OEBPS/book.opf']!.replace(
    '<item',
    `${picture} properties="cover-image"/><item`,
  );
  const with2 = epub3();
  with2['OEBPS/book.opf'] = with2['OEBPS/book.opf']!.replace('<item', `${picture}/><item`).replace(
    '</metadata>',
    '<meta name="cover" content="pic"/></metadata>',
  );
  for (const files of [with3, with2]) {
    assert.is(readEpub(zipped(files)).cover, undefined); // named and not there
    const { cover } = readEpub(zipped({ ...files, 'OEBPS/images/cover.jpg': 'JPEG' }));
    assert.equal([cover?.mediaType, cover?.data], ['image/jpeg', strToU8('JPEG')]);
  }
  assert.is(readEpub(zipped(epub3())).cover, undefined);
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

/** A book of these documents, in this order, without a table of contents unless there is one among the files. */
function bookOf(pages: Record<string, string | Uint8Array>, items = '', files: Record<string, string> = {}) {
  const names = Object.keys(pages);
  const manifest = names.map((name, n) => `<item id="p${n}" href="${name}" ${XHTML}/>`).join('');
  const spine = names.map((_, n) => `<itemref idref="p${n}"/>`).join('');
  const all = {
    'META-INF/container.xml': CONTAINER,
    'OEBPS/book.opf': opf(items + manifest, `<itemref/><itemref idref="none"/>${spine}`),
    ...Object.fromEntries(Object.entries(pages).map(([name, text]) => [`OEBPS/${name}`, text])),
    ...files,
  };
  return zipSync(
    Object.fromEntries(
      Object.entries(all).map(([name, text]) => [name, typeof text === 'string' ? strToU8(text) : text]),
    ),
  );
}

test('reads documents in UTF-8 and UTF-16, with and without a mark', () => {
  const text = page('<p>Größe</p>');
  const le = new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'));
  const be = le.map((_, i) => le[i ^ 1]!);
  const { chapters } = readEpub(
    bookOf({ 'a.xhtml': text, 'b.xhtml': `\ufeff${text}`, 'c.xhtml': le, 'd.xhtml': be }),
  );
  for (const { html } of chapters) assert.ok(html.includes('<p>Größe</p>'), html.slice(0, 80));
  assert.is(chapters.length, 4);
  const odd = readEpub(
    bookOf({
      'a.xhtml': Uint8Array.of(0xff, ...strToU8('<p>A</p>')),
      'b.xhtml': Uint8Array.of(0xfe, ...strToU8('<p>B</p>')),
    }),
  );
  assert.equal(
    odd.chapters.map(({ html }) => html.slice(-8)),
    ['<p>A</p>', '<p>B</p>'],
  );
});

test('follows references however they are written, and passes over what is not there', () => {
  const item = (id: string, href: string, more = XHTML) => `<item id="${id}" href="${href}" ${more}/>`;
  const files = {
    'META-INF/container.xml': CONTAINER,
    'OEBPS/book.opf': opf(
      item('a', './x/..//%zz.xhtml?q#f') +
        item('b', '../b.htm') +
        item('gone', 'gone.xhtml') +
        item('svg', 'c.svg', 'media-type="image/svg+xml"') +
        `<item href="d.xhtml" ${XHTML}/><item id="e" ${XHTML}/>`,
      ['gone', 'svg', 'e', 'a', 'b'].map((id) => `<itemref idref="${id}"/>`).join(''),
    ),
    'OEBPS/%zz.xhtml': page('<p>A.</p>'),
    'b.htm': '<?xml version="1.0"?><p>B.</p>',
    'c.svg': '<svg>C</svg>',
  };
  const { chapters } = readEpub(zipped(files));
  assert.equal(
    chapters.map(({ html }) => html.replace(/<[^>]*>/g, '').trim()),
    ['A.', 'B.'],
  );
  assert.is(chapters[1]!.html, '<p>B.</p>');
});

test('names chapters by the first title of the contents that there are', () => {
  const pages = {
    'a.xhtml': page('<p>A.</p>'),
    'b.xhtml': page('<p>B.</p>'),
    'blank.xhtml': page('<i alt="x"/>&nbsp;'),
  };
  const nav = '<item id="nav" href="toc/nav.xhtml" media-type="application/xhtml+xml" properties="svg nav"/>';
  const ncx = '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>';
  const contents = (links: string) => page(`<nav epub:type="toc">${links}</nav>`);
  const twice =
    '<a>None</a><a href="../a.xhtml"> </a><a href="../a.xhtml#1">First</a><a href="../a.xhtml#2">Second</a><a href="../b.xhtml">B</a>';
  const old =
    '<ncx><navPoint><navLabel><text>Old A</text></navLabel><content src="a.xhtml"/></navPoint>' +
    '<navPoint><navLabel><text>Old B</text></navLabel><content src="b.xhtml"/></navPoint></ncx>';
  const titles = (items: string, files: Record<string, string>) =>
    readEpub(bookOf(pages, items, files)).chapters.map(({ title }) => title);
  const both = { 'OEBPS/toc/nav.xhtml': contents(twice), 'OEBPS/toc.ncx': old };
  assert.equal(titles(nav + ncx, both), ['First', 'B']);
  assert.equal(titles(nav + ncx, { ...both, 'OEBPS/toc/nav.xhtml': contents('') }), ['Old A', 'Old B']);
  assert.equal(titles(nav + ncx, { 'OEBPS/toc.ncx': old }), ['Old A', 'Old B']);
  assert.equal(titles(nav + ncx, {}), ['1', '2']);
});

test('says what the metadata leave out', () => {
  const bare = (metadata: string) => ({
    'OEBPS/book.opf': opf(
      '<item id="a" href="a.xhtml" media-type="text/html"/>',
      '<itemref idref="a"/>',
    ).replace(/<dc:title>.*<\/dc:language>/, metadata),
    'OEBPS/a.xhtml': page('<h1>Heading</h1>'),
  });
  const { title, authors, language } = readEpub(zipped(bare('<dc:creator> </dc:creator>')));
  assert.equal([title, authors, language], ['Heading', [], '']);
});

test('reads a book whose fonts alone are encrypted, and wants a rootfile', async () => {
  const locked = (uri: string) =>
    `<encryption><CipherReference URI="${uri}"/><CipherReference/></encryption>`;
  assert.ok(readEpub(zipped({ ...epub3(), 'META-INF/encryption.xml': locked('a.ttf') })).chapters.length);
  for (const uri of ['a.htm', 'a.XHTML', 'a.opf', 'a.ncx'])
    await voirsError(
      () => readEpub(zipped({ ...epub3(), 'META-INF/encryption.xml': locked(uri) })),
      'INVALID_TEXT',
    );
  const { got } = await voirsError(
    () => readEpub(zipped({ ...epub3(), 'META-INF/container.xml': '<container/>' })),
    'INVALID_TEXT',
  );
  assert.is(got, 'META-INF/container.xml without a rootfile');
});

/** A ZIP whose directory claims a size for its last file. */
function claiming(zip: Uint8Array, name: string, size: (packed: number) => number): Uint8Array {
  const wanted = strToU8(name);
  const at = zip.findLastIndex((_, i) => wanted.every((byte, j) => zip[i + j] === byte));
  const view = new DataView(zip.buffer);
  view.setUint32(at - 46 + 24, size(view.getUint32(at - 46 + 20, true)), true);
  return zip;
}

test('unpacks up to 1,032 times a file, 256 MiB and 20,000 files, and no more', async () => {
  const two = (size: (packed: number) => number) => claiming(zipped(epub3()), 'OEBPS/text/two.xhtml', size);
  assert.is(readEpub(two((packed) => packed * 1032 + 64)).chapters.length, 2);
  await voirsError(() => readEpub(two((packed) => packed * 1032 + 65)), 'INVALID_TEXT');
  const noise = new Uint8Array(300_000).map((_, i) => (i * 2654435761) >>> 24);
  const large = zipSync({ 'a.xml': strToU8('<a/>'), 'z.xml': noise }, { level: 0 });
  const over = await voirsError(
    () => readEpub(claiming(large, 'z.xml', () => 256 * 2 ** 20 + 1 - 4)),
    'INVALID_TEXT',
  );
  assert.match(over.got!, /more than a book/);
  const many = (count: number) =>
    zipSync(Object.fromEntries(Array.from({ length: count }, (_, n) => [`${n}.htm`, new Uint8Array(0)])), {
      level: 0,
    });
  assert.match((await voirsError(() => readEpub(many(20_000)), 'INVALID_TEXT')).got!, /without "META/);
  assert.match((await voirsError(() => readEpub(many(20_001)), 'INVALID_TEXT')).got!, /more than a book/);
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
