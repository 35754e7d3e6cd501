/**
 * Who this device is. Written to the parent only once a phone has taken us (`account`): asking for
 * a pairing code sets `me` long before, and creds of that kind would try a login that fails.
 */
import { initAuthCreds } from 'baileys'

/** @returns the creds to begin with; half-paired ones are worth nothing */
export function usable(stored) {
  return stored?.me && stored?.account ? stored : initAuthCreds()
}

export class Creds {
  /** @param {import('./pipe.mjs').Pipe} pipe @param {number} line */
  constructor(pipe, line, creds, onLost) {
    this._pipe = pipe
    this._line = line
    this._creds = creds
    this._onLost = onLost
    this._changed = false
    this._writing = null
  }

  /** Write as soon as the last write is done; changes in between go together. */
  changed() {
    if (!this._creds.account) return
    this._changed = true
    this._writing ??= this._write()
  }

  settled() {
    return this._writing ?? Promise.resolve()
  }

  async _write() {
    try {
      while (this._changed) {
        this._changed = false
        await this._pipe.ask('creds.set', this._line, { creds: this._creds })
      }
    } catch {
      this._onLost('keys_unwritten')
    } finally {
      this._writing = null
    }
  }
}
