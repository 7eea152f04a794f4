// Ogg pages (RFC 3533) around the packets of one stream: 27 bytes and a table of sizes for a container that the
// npm packages bring together with whole media toolkits.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let i = 0; i < 8; i++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value;
});

/** The checksum of Ogg: not reflected, from 0. */
function checksum(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = (value << 8) ^ TABLE[(value >>> 24) ^ byte]!;
  return value >>> 0;
}

/** Sizes in a page's table. */
const MOST_SEGMENTS = 255;

/** Packs packets into pages. */
export class OggPages {
  private sequence = 0;

  constructor(private readonly serial: number) {}

  /** Segments that a packet takes. */
  static segments(packet: Uint8Array): number {
    return Math.floor(packet.length / 255) + 1;
  }

  /** Whether another packet fits on a page with these. */
  static fits(packets: readonly Uint8Array[], next: Uint8Array): boolean {
    const used = packets.reduce((sum, packet) => sum + OggPages.segments(packet), 0);
    return used + OggPages.segments(next) <= MOST_SEGMENTS;
  }

  /** A packet of any length on pages of its own, as headers have them. */
  alone(packet: Uint8Array, granule: number): Uint8Array[] {
    const pages: Uint8Array[] = [];
    for (let at = 0; ; at += MOST_SEGMENTS * 255) {
      const part = packet.subarray(at, at + MOST_SEGMENTS * 255);
      const isLast = at + part.length === packet.length && OggPages.segments(part) <= MOST_SEGMENTS;
      pages.push(
        this.build([part], isLast ? granule : -1, { isContinued: at > 0, isCut: !isLast, isLast: false }),
      );
      if (isLast) return pages;
    }
  }

  /** @param granule where the last of the packets ends. */
  page(packets: readonly Uint8Array[], granule: number, { isLast = false } = {}): Uint8Array {
    return this.build(packets, granule, { isContinued: false, isCut: false, isLast });
  }

  private build(
    packets: readonly Uint8Array[],
    granule: number,
    { isContinued, isCut, isLast }: { isContinued: boolean; isCut: boolean; isLast: boolean },
  ): Uint8Array {
    const sizes = packets.flatMap((packet) => {
      const full = Array<number>(Math.floor(packet.length / 255)).fill(255);
      return isCut ? full : [...full, packet.length % 255];
    });
    const body = packets.reduce((sum, packet) => sum + packet.length, 0);
    const out = new Uint8Array(27 + sizes.length + body);
    const view = new DataView(out.buffer);
    view.setUint32(0, 0x4f676753); // OggS
    out[5] = (isContinued ? 1 : 0) | (this.sequence === 0 ? 2 : 0) | (isLast ? 4 : 0);
    view.setBigInt64(6, BigInt(granule), true);
    view.setUint32(14, this.serial, true);
    view.setUint32(18, this.sequence++, true);
    out[26] = sizes.length;
    out.set(sizes, 27);
    let at = 27 + sizes.length;
    for (const packet of packets) {
      out.set(packet, at);
      at += packet.length;
    }
    view.setUint32(22, checksum(out), true);
    return out;
  }
}
