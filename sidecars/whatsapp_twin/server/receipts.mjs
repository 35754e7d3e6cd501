import { encodeBigEndian } from 'baileys'
import { tick } from '../world/chats.mjs'
import { Refused } from '../world/switches.mjs'
import { inSeconds, later } from '../world/clock.mjs'
import { child, children, first, node } from '../wire/nodes.mjs'

const MOST_ASKED = 5

/** Delivered, read, "I could not read it": both ways. */
export class Receipts {
  constructor(world, incoming) {
    this.world = world
    this.incoming = incoming
  }

  /** A device received, read, or could not read what people wrote. */
  async take(connection, stanza) {
    const { id, to, type } = stanza.attrs
    connection.send(node('ack', { class: 'receipt', id, from: to, ...(type ? { type } : {}) }))
    this.world.journal.note('receipt', { who: connection.who, id, type: type ?? null })
    if (type === 'retry') return this.#retry(connection, stanza)
    const items =
      first(stanza)?.tag === 'list' ? children(first(stanza), 'item').map(({ attrs }) => attrs.id) : []
    const person = this.world.at(to)
    for (const one of [id, ...items]) this.#done(connection, person, one, type)
    return undefined
  }

  /** A negative acknowledgement ends the waiting as well; the one that follows a retry means the first try. */
  acknowledged({ device, who }, { attrs }) {
    if (attrs.class === 'receipt') {
      device.noticed(attrs)
      this.world.journal.ring()
    }
    const parcel = device.queue.get(attrs.id)
    if (attrs.error)
      this.world.journal.note('refused_by_device', { who, id: attrs.id, code: Number(attrs.error) })
    if (attrs.class !== 'message' || !parcel) return
    if (attrs.error && parcel.again) parcel.again = false
    else device.queue.delete(attrs.id)
  }

  #done({ device, person: salon }, person, id, type) {
    device.queue.delete(id)
    if (!person || person === salon) return
    const line = this.world.chat(salon, person).find(id)
    if (line?.from === 'person' && tick(line, type === 'read' ? 'read' : 'delivered'))
      this.world.journal.ring()
  }

  async #retry({ device }, stanza) {
    const parcel = device.remembered.get(stanza.attrs.id)
    const count = Number(child(stanza, 'retry')?.attrs.count ?? 1)
    if (parcel?.source) await this.incoming.again(device, parcel, count)
  }

  /** The person's phone got the salon's message, and the person looks at it, as the switches say. */
  fromPerson(chat, line) {
    const { receipts, delivered_ms: deliveredMs, read_ms: readMs } = this.world.switches
    const { person, salon } = chat
    if (line.status === 'refused' || !person.reachable || person.blocked.has(salon.phone)) return
    line.arrived = true
    if (receipts === 'none') return
    later(deliveredMs, () => this.tell(chat, line, 'delivered'))
    if (receipts === 'read') later(readMs, () => this.tell(chat, line, 'read'))
  }

  /** The phone is switched on again: everything that waited is delivered. */
  reachable(person) {
    for (const chat of this.world.chatsOf(person.phone).filter((one) => one.person === person)) {
      for (const line of chat.lines) if (line.from === 'salon' && !line.arrived) this.fromPerson(chat, line)
    }
  }

  /** One receipt, to all devices of the salon. */
  tell(chat, line, type) {
    if (!tick(line, type)) return
    const attrs = {
      from: line.chat ?? chat.person.pn,
      id: line.id,
      t: String(inSeconds()),
      ...(type === 'read' ? { type: 'read' } : {}),
    }
    for (const device of chat.salon.devices.values()) device.notify(node('receipt', attrs))
    this.world.journal.ring()
  }

  /** The person's phone could not read a message ("waiting for this message") and asks the device for it again. */
  askAgain(chat, id) {
    const line = chat.find(id)
    const device = chat.salon.devices.get(line?.device)
    if (line?.from !== 'salon' || !device) throw new Refused(`no device of the salon sent ${id}`, 404)
    line.again = device.askFor(id)
    line.waiting = true
    const from = { chat: line.chat, id, at: inSeconds(line.at * 1000) }
    this.#ask(device, chat.person, { ...from, count: line.again })
    this.world.journal.note('asked_again', { phone: chat.salon.phone, person: chat.person.phone, id })
    return { again: line.again }
  }

  /** A phone could not read what a device just wrote; phones ask a few times, then show that they wait. */
  unreadable({ device, person: salon }, { attrs }, reader) {
    const count = device.askFor(attrs.id)
    const facts = { phone: salon.phone, person: reader.phone, id: attrs.id, count }
    this.world.journal.note('unreadable', facts)
    if (count <= MOST_ASKED) this.#ask(device, reader, { chat: attrs.to, id: attrs.id, at: inSeconds(), count })
  }

  #ask(device, person, { chat, id, at, count }) {
    device.notify(
      node('receipt', { from: chat, id, type: 'retry', t: String(inSeconds()) }, [
        node('retry', { count: String(count), id, t: String(at), v: '1' }),
        node('registration', {}, encodeBigEndian(person.signal.registrationId, 4)),
      ]),
    )
  }
}
