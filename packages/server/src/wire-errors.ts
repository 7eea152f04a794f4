// What a request that no route ever sees is answered: bytes that are no HTTP, a URL that cannot be decoded. In the same
// form as all other errors, so that a client has one to read.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { errorBody, RequestError } from './request-error.js';

/** What node says of bytes that are no request. */
function wireError(code: string | undefined): RequestError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new RequestError(408, 'The request did not arrive in time', { code: 'request_timeout' });
  if (code === 'HPE_HEADER_OVERFLOW')
    return new RequestError(431, 'The headers are too large', { code: 'headers_too_large' });
  return new RequestError(400, 'This is no request of HTTP', { code: 'bad_request' });
}

/** Answers on the bare connection, and ends it. */
export function answerNoRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return; // nobody is left to be answered
  if (socket.writable) {
    const answer = wireError(error.code);
    const body = JSON.stringify(errorBody(answer));
    const head = [
      `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Content-Type: application/json; charset=utf-8',
      'Connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroy(error);
}

/** Answers what Fastify refuses before it looks for a route. */
export function answerNoRoute(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const answer = new RequestError(400, 'The path of the URL cannot be decoded', { code: 'bad_url' });
  reply.code(answer.status).header('x-request-id', request.id).send(errorBody(answer));
}
