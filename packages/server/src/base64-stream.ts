// Bytes that come in pieces as one base64 text: padding may stand at its end only.

export class Base64Stream {
  private rest = new Uint8Array(0);

  push(bytes: Uint8Array): string {
    const all = Buffer.concat([this.rest, bytes]);
    const whole = all.length - (all.length % 3);
    this.rest = new Uint8Array(all.subarray(whole));
    return all.toString('base64', 0, whole);
  }

  end(): string {
    return Buffer.from(this.rest).toString('base64');
  }
}
