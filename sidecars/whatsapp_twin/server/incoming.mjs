import { proto } from 'baileys'
import { compose, describe, stanzaType } from '../content.mjs'
import { Refused } from '../world/switches.mjs'
import { inSeconds } from '../world/clock.mjs'
import { node } from '../wire/nodes.mjs'
import { messageId } from './logins.mjs'

// Counted from the end: within the sealed part, of a first message as well.
const INSIDE = 20

/** What people write to a salon, and what its staff write on its own phone. */
export class Incoming {
  constructor(world) {
    this.world = world
  }

  /**
   * A person writes.
   * @param order `text`, or a `kind` of media with `caption`; `message`: a whole protobuf message as JSON;
   *   `mode`: "lid" or "pn", how the stanza is addressed; `alt: false`: without the other address;
   *   `id`; `at`: epoch seconds; `unreadable`: "once" (a retry helps) or "always"
   */
  async write(salon, person, order) {
    if (salon === person) throw new Refused('one does not write to oneself here')
    const content = order.message ? proto.Message.fromObject(order.message) : compose(order)
    const chat = this.world.chat(salon, person)
    chat.mode = order.mode ?? chat.mode
    person.known = true
    person.typingTo.delete(salon.phone)
    const id = order.id ?? messageId()
    const line = chat.add({
      id,
      from: 'person',
      via: 'phone',
      mode: chat.mode,
      ...describe(content),
      ...(order.at ? { at: order.at } : {}),
    })
    const source = { salon, person, line, content, order: { alt: true, ...order, mode: chat.mode } }
    const delivered = await toDevices(salon, { id, source }, (device) => stanza(source, device))
    this.world.journal.note('written', { phone: salon.phone, person: person.phone, id, text: line.text })
    return {
      id,
      delivered,
      chat: chat.mode === 'lid' ? person.lidJid : person.pn,
      phone: person.phone,
      lid: person.lidJid,
    }
  }

  /** Staff write on the salon's own phone: its devices get a copy. */
  async own(salon, person, order) {
    const content = compose(order)
    const chat = this.world.chat(salon, person)
    const mode = order.mode ?? chat.mode
    const id = order.id ?? messageId()
    const arrived = person.reachable && !person.blocked.has(salon.phone)
    chat.add({ id, from: 'salon', via: 'phone', mode, arrived, ...describe(content) })
    const delivered = await toDevices(salon, { id }, (device) =>
      copy({ salon, person, content, id, mode }, device),
    )
    this.world.journal.note('own', { phone: salon.phone, person: person.phone, id })
    return { id, delivered }
  }

  /** A device asked for a message again, since it could not read it: a new session, the same id. */
  async again(device, { id, source }, count) {
    source.line.retried = count
    if (source.order.unreadable !== 'always') source.order.unreadable = null
    source.person.signal.renew(source.salon.phone, device.id)
    await device.deliver({ id, source, again: true, build: () => stanza(source, device, count) })
  }

  /** A person types, or stopped to: told to devices that are present. */
  typing(salon, person, on) {
    const chat = this.world.chat(salon, person)
    const from = chat.mode === 'lid' ? person.lidJid : person.pn
    const heard = [...salon.devices.values()].filter(
      (device) => device.ready && (device.available || !this.world.switches.typing_needs_presence),
    )
    for (const device of heard)
      device.connection.send(node('chatstate', { from, to: device.jid }, [node(on ? 'composing' : 'paused')]))
    if (on) person.typingTo.add(salon.phone)
    else person.typingTo.delete(salon.phone)
    this.world.journal.ring()
    return { heard: heard.length }
  }
}

/** @returns {Promise<number>} how many devices were there to get it */
async function toDevices(salon, parcel, stanzaFor) {
  let delivered = 0
  for (const device of salon.devices.values()) {
    if (await device.deliver({ ...parcel, build: () => stanzaFor(device) })) delivered += 1
  }
  return delivered
}

/** What a person wrote, for one device; `count`: which retry this is. */
async function stanza({ salon, person, line, content, order }, device, count = 0) {
  const { type, bytes } = await person.signal.encrypt(salon.phone, device, content)
  if (order.unreadable) bytes[bytes.length - INSIDE] ^= 0xff
  const attrs = {
    id: line.id,
    t: String(inSeconds(line.at * 1000)),
    type: stanzaType(content),
    notify: person.name,
    ...sender(person, order),
  }
  const marks = { ...(count ? { count: String(count) } : {}), ...mediaType(line) }
  return node('message', attrs, [node('enc', { v: '2', type, ...marks }, bytes)])
}

/** What staff wrote on the salon's phone, for one device. */
async function copy({ salon, person, content, id, mode }, device) {
  const to = mode === 'lid' ? person.lidJid : person.pn
  const { type, bytes } = await salon.signal.encrypt(salon.phone, device, {
    deviceSentMessage: { destinationJid: to, message: content },
  })
  const names =
    mode === 'lid'
      ? { from: salon.lidJid, addressing_mode: 'lid', peer_recipient_pn: person.pn }
      : { from: salon.pn, peer_recipient_lid: person.lidJid }
  const attrs = {
    id,
    t: String(inSeconds()),
    type: stanzaType(content),
    notify: salon.name,
    recipient: to,
    ...names,
  }
  return node('message', attrs, [node('enc', { v: '2', type }, bytes)])
}

/** By LID with the phone beside it, or the other way round; `alt: false` leaves the other one out. */
function sender(person, { mode, alt }) {
  if (mode === 'pn')
    return { from: person.pn, addressing_mode: 'pn', ...(alt ? { sender_lid: person.lidJid } : {}) }
  return { from: person.lidJid, addressing_mode: 'lid', ...(alt ? { sender_pn: person.pn } : {}) }
}

const mediaType = ({ kind }) =>
  ['image', 'video', 'audio', 'document', 'sticker', 'location'].includes(kind) ? { mediatype: kind } : {}
