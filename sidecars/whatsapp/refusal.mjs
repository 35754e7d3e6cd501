/**
 * Why a command was not done, in words that the parent's table knows:
 * `bad_request`, `unknown_line`, `not_open`, `closed` (all: nothing was sent), `unsure` and
 * `interrupted` (it may have been done), `timed_out`, `refused`, `store_failed`, `proxy_unsupported`.
 */
export class Refusal extends Error {
  /** @param {string} code @param {string} message @param {number|null} [status] */
  constructor(code, message, status = null) {
    super(message)
    this.code = code
    this.status = status
  }
}

const CONNECTION_CLOSED = 428 // as the library calls it: the socket was found closed before writing
const TIMED_OUT = 408

/** @param {unknown} error @returns {{code: string, message: string, status: number|null}} */
export function describe(error) {
  if (error instanceof Refusal) return { code: error.code, message: error.message, status: error.status }
  const status = Number(error?.output?.statusCode ?? error?.data) || null
  const message = String(error?.message ?? error).slice(0, 300)
  if (status === CONNECTION_CLOSED) return { code: 'closed', message, status }
  if (status === TIMED_OUT) return { code: 'timed_out', message, status }
  return { code: status ? 'refused' : 'failed', message, status }
}
