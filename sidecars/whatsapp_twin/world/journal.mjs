const KEPT = 5000

/** What happened, how often what was asked for, and a bell for whoever waits. */
export class Journal {
  constructor() {
    this.events = []
    this.number = 0
    this.counts = new Map()
    this.waiters = new Set()
    this.rings = 0
  }

  /** Something happened; rings. */
  note(kind, facts = {}) {
    this.events.push({ n: ++this.number, at: Date.now() / 1000, kind, ...facts })
    if (this.events.length > KEPT) this.events.splice(0, this.events.length - KEPT)
    this.ring()
  }

  /** A stanza came: counted by what it is, e.g. `iq usync`, `message`. */
  count(what) {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  clear() {
    this.events.length = 0
    this.counts.clear()
    this.ring()
  }

  /** Wake everybody who waits. */
  ring() {
    this.rings += 1
    for (const wake of [...this.waiters]) wake()
  }

  /**
   * Wait until `ready()` is true.
   * @returns {Promise<boolean>} false: the time was over first
   */
  until(ready, milliseconds) {
    if (ready()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const end = (so) => {
        clearTimeout(timer)
        this.waiters.delete(look)
        resolve(so)
      }
      const look = () => ready() && end(true)
      const timer = setTimeout(() => end(ready()), milliseconds)
      this.waiters.add(look)
    })
  }
}
