// Tells a server that a book is done, signed, so that it can trust who tells it.
import { createHmac } from 'node:crypto';

/** Where to and with what secret. */
export interface Webhook {
  /** http or https. */
  url: string;
  /** Signs the body; default: not signed. */
  secret?: string | undefined;
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

/** Posts an event; redirects are not followed. @throws Error unless the answer is 2xx; the queue then tries again. */
export async function post({ url, secret }: Webhook, event: WebhookEvent): Promise<void> {
  const body = JSON.stringify(event);
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (secret !== undefined) headers['voirs-signature'] = signatureOf(body, secret);
  const signal = AbortSignal.timeout(LIMIT_MS);
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
}
