/**
 * NDJSON between the parent (stdin, stdout) and the lines. Three kinds of exchange:
 *   parent → us  {"id", "do", "with": {…}}  answered by {"re", "ok"} or {"re", "error"}
 *   us → parent  {"ask", "what", "line", …} answered by {"answer", "ok"} or {"answer", "error"}
 *   us → parent  {"event", "line", …}       not answered
 * Buffers travel as the library's own `BufferJSON` writes them.
 */
import { createInterface } from 'node:readline'
import { BufferJSON } from 'baileys'
import { Refusal, describe } from './refusal.mjs'

const ANSWER_MS = 60_000

export class Pipe {
  /**
   * @param {NodeJS.ReadableStream} input
   * @param {(text: string) => boolean} write false: the reader is behind
   */
  constructor(input, write) {
    this._input = input
    this._write = write
    this._asked = new Map()
    this._number = 0
    this._behind = false
    /** Called with true when the reader falls behind, with false when it caught up. */
    this.onPressure = (_behind) => {}
  }

  /** @param {Record<string, (order: object) => Promise<unknown>>} commands */
  serve(commands, onEnd) {
    const lines = createInterface({ input: this._input, crlfDelay: Infinity })
    lines.on('line', (text) => this._read(text, commands))
    lines.on('close', onEnd)
  }

  /** Tell the parent; nobody waits for it. */
  tell(event, line, more = {}) {
    this._send({ event, line, ...more })
  }

  /** Ask the parent; resolves when it answered, and rejects if it could not do it. */
  ask(what, line, more = {}) {
    const ask = ++this._number
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this._asked.delete(ask)
        reject(new Refusal('store_failed', `${what} was not answered in time`))
      }, ANSWER_MS)
      this._asked.set(ask, { resolve, reject, late })
      this._send({ ask, what, line, ...more })
    })
  }

  drained() {
    this._behind = false
    this.onPressure(false)
  }

  _send(words) {
    const taken = this._write(JSON.stringify(words, plain) + '\n')
    if (!taken && !this._behind) {
      this._behind = true
      this.onPressure(true)
    }
  }

  _read(text, commands) {
    let words
    try {
      words = JSON.parse(text, BufferJSON.reviver)
    } catch {
      return this.tell('fault', null, { message: 'a line of the parent is no JSON' })
    }
    if (words?.answer !== undefined) this._answered(words)
    else if (words?.id !== undefined) this._obey(words, commands)
  }

  _answered({ answer, ok, error }) {
    const waiting = this._asked.get(answer)
    if (waiting === undefined) return
    this._asked.delete(answer)
    clearTimeout(waiting.late)
    if (error === undefined) waiting.resolve(ok)
    else waiting.reject(new Refusal('store_failed', String(error)))
  }

  async _obey({ id, do: name, with: order = {} }, commands) {
    try {
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined
      if (command === undefined) throw new Refusal('bad_request', `no command ${name}`)
      this._send({ re: id, ok: (await command(order)) ?? {} })
    } catch (error) {
      this._send({ re: id, error: describe(error) })
    }
  }
}

/** Half a character is no UTF-8: the parent could not read the line that brings it, ever. */
function plain(key, value) {
  return typeof value === 'string' ? value.toWellFormed() : BufferJSON.replacer(key, value)
}
