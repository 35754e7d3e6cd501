const KEPT_LINES = 500

/**
 * One conversation of a salon's phone and a person, as both phones show it.
 *
 * A line's `from` is "person" or "salon"; `via` of the salon's: "phone" (typed on it) or "device" (a linked one).
 * `status`: "sent" (one tick), "delivered", "read", or "refused" with its `code`; `arrived`: of the salon's, whether
 * the person's phone shows it.
 */
export class Chat {
  constructor(salon, person) {
    this.salon = salon
    this.person = person
    this.lines = []
    this.typing = null
    this.mode = 'lid'
  }

  /** Whether the person has ever written here: what lets a locked salon answer. */
  get opened() {
    return this.lines.some((line) => line.from === 'person')
  }

  add(line) {
    this.lines.push({ at: Date.now() / 1000, status: 'sent', copies: 1, again: 0, ...line })
    if (this.lines.length > KEPT_LINES) this.lines.splice(0, this.lines.length - KEPT_LINES)
    return this.lines.at(-1)
  }

  find(id) {
    return this.lines.findLast((line) => line.id === id)
  }

  /** With whom: what `outbox` and `wait` show of each line. */
  rows() {
    return this.lines.map((line) => ({
      salon: this.salon.phone,
      person: this.person.phone,
      name: this.person.name,
      ...line,
    }))
  }
}

const RANK = { sent: 1, delivered: 2, read: 3 }

/** Ticks only ever grow. @returns whether it changed */
export function tick(line, status) {
  if (!(RANK[status] > (RANK[line.status] ?? 9))) return false
  line.status = status
  return true
}
