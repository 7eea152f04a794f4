// Tells a server that a book is done, signed, so that it can trust who tells it.
import { createHmac } from 'node:crypto';
import { type LookupAddress, lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Where to and with what secret. */
export interface Webhook {
  /** http or https. */
  url: string;
  /** Signs the body; default: not signed. */
  secret?: string | undefined;
  /**
   * `public`: only addresses of the open internet, for an address that a stranger has given; it is looked at when it is
   * connected to. Default `any`.
   */
  reach?: 'public' | 'any' | undefined;
}

/** What is told. */
export interface WebhookEvent {
  event: 'book.done' | 'book.failed';
  id: string;
  title: string;
  /** Seconds; of a finished book. */
  duration?: number;
  files?: { name: string; bytes: number; sha256: string }[];
  message?: string;
}

const LIMIT_MS = 10_000;

/** The value of the header `voirs-signature`: HMAC-SHA-256 of the body. */
export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** Whether an address is one of the open internet: no loopback, no private network, no metadata of a cloud. */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/** As the system looks names up, without those that point inside. */
const lookupPublic: LookupFunction = (name, options, done) => {
  lookup(name, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error) return done(error, []);
    const open = found.filter(({ address }) => isPublicAddress(address));
    const [first] = open;
    if (first === undefined) done(new Error(`${name} has no public address`), []);
    else if (options.all) done(null, open);
    else done(null, first.address, first.family);
  });
};

/** Posts an event; redirects are not followed. @throws Error unless the answer is 2xx; the queue then tries again. */
export async function post({ url, secret, reach }: Webhook, event: WebhookEvent): Promise<void> {
  const body = JSON.stringify(event);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  };
  if (secret !== undefined) headers['voirs-signature'] = signatureOf(body, secret);
  const { protocol, hostname } = new URL(url);
  const literal = hostname.replace(/^\[|\]$/g, '');
  const isOpen = reach !== 'public' || isIP(literal) === 0 || isPublicAddress(literal);
  if (!isOpen) throw new Error('the webhook has no public address'); // it would not be looked up
  const status = await new Promise<number>((resolve, reject) => {
    const send = protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, {
      method: 'POST',
      headers,
      signal: AbortSignal.timeout(LIMIT_MS),
      ...(reach === 'public' ? { lookup: lookupPublic } : {}),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      response.destroy(); // what it says does not matter
      resolve(response.statusCode ?? 0);
    });
    request.end(body);
  });
  if (status < 200 || status > 299) throw new Error(`the webhook answered ${status}`);
}
