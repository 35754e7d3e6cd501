const REMEMBERED = 500

/** A linked device of a salon's phone, and what waits for it. */
export class Device {
  constructor({ id, keyIndex, person, noiseKey, identity, title, version }) {
    this.id = id
    this.keyIndex = keyIndex
    this.jid = `${person.phone}:${id}@s.whatsapp.net`
    this.lidJid = `${person.lid}:${id}@lid`
    this.noiseKey = noiseKey
    this.identity = identity
    this.title = title
    this.version = version
    this.linkedAt = Date.now() / 1000
    this.bundle = null
    this.preKeys = []
    this.connection = null
    this.ready = false
    this.available = false
    this.historySent = false
    this.logins = 0
    this.queue = new Map()
    this.remembered = new Map()
    this.receipts = new Map()
    this.asked = new Map()
    this.order = Promise.resolve()
  }

  /** Somebody's message: at once, or when the device comes back; until it is acknowledged. */
  async deliver(parcel) {
    this.queue.set(parcel.id, parcel)
    this.remembered.set(parcel.id, parcel)
    if (this.remembered.size > REMEMBERED) this.remembered.delete(this.remembered.keys().next().value)
    if (this.ready) await this.dispatch(parcel)
    return this.ready
  }

  /** A receipt: at once, or when the device comes back; until it is acknowledged, as messages are. */
  notify(stanza) {
    this.receipts.set(noticeOf(stanza.attrs), stanza)
    if (this.ready) this.connection.send(stanza)
  }

  /** The device has this receipt. */
  noticed(attrs) {
    this.receipts.delete(noticeOf(attrs))
  }

  /** A person's phone asks for a message of the device's. @returns how often it has by now */
  askFor(id) {
    const times = (this.asked.get(id) ?? 0) + 1
    this.asked.set(id, times)
    if (this.asked.size > REMEMBERED) this.asked.delete(this.asked.keys().next().value)
    return times
  }

  /** Encrypt, once, and send; one after another, as sessions need. */
  dispatch(parcel, { offline = false } = {}) {
    this.order = this.order.then(async () => {
      parcel.stanza ??= await parcel.build()
      this.connection?.send(offline ? late(parcel.stanza) : parcel.stanza)
    })
    return this.order
  }

  /** Everything that waited, then live from here on. */
  async catchUp() {
    const parcels = [...this.queue.values()]
    const receipts = [...this.receipts.values()]
    this.ready = true
    for (const stanza of receipts) this.connection?.send(late(stanza))
    await Promise.all(parcels.map((parcel) => this.dispatch(parcel, { offline: true })))
  }

  absent() {
    this.connection = null
    this.ready = false
    this.available = false
  }

  dump() {
    return {
      id: this.id,
      jid: this.jid,
      lid: this.lidJid,
      title: this.title,
      version: this.version,
      linked_at: this.linkedAt,
      online: this.connection !== null,
      ready: this.ready,
      logins: this.logins,
      waiting: this.queue.size,
      receipts: this.receipts.size,
      pre_keys: this.preKeys.length,
    }
  }
}

const noticeOf = ({ id, type }) => `${id}\n${type ?? ''}`

const late = (stanza) => ({ ...stanza, attrs: { ...stanza.attrs, offline: '0' } })
