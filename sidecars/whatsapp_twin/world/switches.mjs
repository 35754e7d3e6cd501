/** What the real one does differently at times, and what tests want otherwise: see the README. */
export const SWITCHES = Object.freeze({
  everybody_is_here: true,
  qr_refs: 6,
  qr_first_s: 60,
  qr_next_s: 20,
  devices_at_most: 4,
  receipts: 'read',
  delivered_ms: 20,
  read_ms: 60,
  history: true,
  typing_needs_presence: true,
  version_refused: false,
})

const CHOICES = { receipts: ['read', 'delivered', 'none'] }

/** A copy that takes orders. */
export class Switches {
  constructor() {
    Object.assign(this, SWITCHES)
  }

  /** @throws {Refused} an unknown name or a value of another kind; nothing is changed then */
  change(wanted) {
    for (const [name, value] of Object.entries(wanted)) {
      if (!(name in SWITCHES))
        throw new Refused(`unknown switch ${name}; known: ${Object.keys(SWITCHES).join(', ')}`)
      if (typeof value !== typeof SWITCHES[name]) throw new Refused(`${name} is a ${typeof SWITCHES[name]}`)
      if (CHOICES[name] && !CHOICES[name].includes(value))
        throw new Refused(`${name} is one of ${CHOICES[name].join(', ')}`)
    }
    Object.assign(this, wanted)
  }

  reset() {
    Object.assign(this, SWITCHES)
  }
}

/** An order that cannot be carried out; `status` as HTTP has it. */
export class Refused extends Error {
  constructor(message, status = 400) {
    super(message)
    this.status = status
  }
}
