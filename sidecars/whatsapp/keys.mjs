/**
 * Where the library keeps a device's keys: at the parent, on disk when `set` returns.
 *
 * The library decrypts inside a transaction, writes the changed ratchet through `set`, and only
 * then sends the receipt. So a write that fails must stop the line before the library goes on:
 * what it would do instead is to refuse the message for good. A message without a receipt is
 * brought again when the line comes back, and is decrypted by the old ratchet.
 */
import { proto } from 'baileys'
import { Turn } from './turn.mjs'

const REMEMBERED = 400 // entries of one line; pre-keys are read once and not worth it

export class Keys {
  /**
   * @param {import('./pipe.mjs').Pipe} pipe @param {number} line
   * @param {(reason: string) => void} onLost a write failed: the line must end now
   */
  constructor(pipe, line, onLost) {
    this._pipe = pipe
    this._line = line
    this._onLost = onLost
    this._known = new Map()
    // A read that overtakes a write would remember what is no longer true.
    this._turn = new Turn()
    this._lost = false
  }

  get(kind, ids) {
    return this._turn.take(async () => {
      const missing = ids.filter((id) => !this._known.has(`${kind}\n${id}`))
      const read = missing.length ? await this._ask('keys.get', { kind, ids: missing }) : {}
      const found = {}
      for (const id of ids) {
        const value = this._known.get(`${kind}\n${id}`) ?? shaped(kind, read[id])
        if (value === undefined || value === null) continue
        found[id] = value
        this._remember(kind, id, value)
      }
      return found
    })
  }

  set(changes) {
    return this._turn.take(async () => {
      await this._ask('keys.set', { changes })
      for (const [kind, values] of Object.entries(changes)) {
        for (const [id, value] of Object.entries(values)) this._remember(kind, id, value)
      }
    })
  }

  /** Resolves when all that was asked for is answered. */
  settled() {
    return this._turn.over()
  }

  async _ask(what, more) {
    if (this._lost) throw new Error('the line ended: keys could not be kept')
    try {
      return await this._pipe.ask(what, this._line, more)
    } catch (error) {
      this._lost = true
      this._onLost('keys_unwritten')
      throw error
    }
  }

  _remember(kind, id, value) {
    const name = `${kind}\n${id}`
    this._known.delete(name)
    if (kind === 'pre-key' || value === null || value === undefined) return
    this._known.set(name, value)
    if (this._known.size > REMEMBERED) this._known.delete(this._known.keys().next().value)
  }
}

/** What JSON made plain becomes what the library expects. */
function shaped(kind, value) {
  if (kind !== 'app-state-sync-key' || !value) return value
  return proto.Message.AppStateSyncKeyData.fromObject(value)
}
