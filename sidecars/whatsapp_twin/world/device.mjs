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
    this.notices = []
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

  /** A receipt or the like; those kept for an absent device carry `offline`, as messages do. */
  notify(stanza) {
    if (this.ready) this.connection.send(stanza)
    else this.notices.push(stanza)
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
    const notices = this.notices.splice(0)
    this.ready = true
    for (const stanza of notices) this.connection?.send(late(stanza))
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
      pre_keys: this.preKeys.length,
    }
  }
}

const late = (stanza) => ({ ...stanza, attrs: { ...stanza.attrs, offline: '0' } })
