/**
 * What WhatsApp's server said to what we sent: "sent", or a refusal with its code.
 *
 * The library resolves a send as soon as it is written to the socket, and tells of a refusal later:
 * as an update, or, if both fall into one buffer, merged into the echo of our own message.
 */
import { Refusal } from './refusal.mjs'

const TOLD = 500

export class Acks {
  /** @param {(status: object) => void} tell */
  constructor(tell) {
    this._tell = tell
    this._waiting = new Map()
    this._refused = new Set()
  }

  watch(ws) {
    ws.prependListener('CB:ack,class:message', ({ attrs }) => {
      if (attrs.error) this.refused(attrs.id, attrs.from, attrs.error)
      else this._tell({ id: attrs.id, chat: attrs.from, status: 2 })
      this._answered(attrs.id)
    })
  }

  /** Resolves when the server answered; rejects as `unsure` when it keeps silent or goes away. */
  of(id, patienceMs) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this._waiting.delete(id)
        reject(new Refusal('unsure', 'WhatsApp did not confirm the message in time'))
      }, patienceMs)
      this._waiting.set(id, { resolve, reject, late })
    })
  }

  /** @param {string} id nobody waits for it any more */
  forget(id) {
    this._answered(id)
  }

  /** Told once, whichever way it is heard of first. */
  refused(id, chat, code, words = '') {
    if (this._refused.has(id)) return
    this._refused.add(id)
    if (this._refused.size > TOLD) this._refused.delete(this._refused.values().next().value)
    this._tell({ id, chat, status: 0, code: code ? String(code) : null, words })
  }

  closed() {
    for (const { reject, late } of this._waiting.values()) {
      clearTimeout(late)
      reject(new Refusal('unsure', 'the connection closed before WhatsApp confirmed the message'))
    }
    this._waiting.clear()
  }

  _answered(id) {
    const waiting = this._waiting.get(id)
    if (waiting === undefined) return
    this._waiting.delete(id)
    clearTimeout(waiting.late)
    waiting.resolve()
  }
}
