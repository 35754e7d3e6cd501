import { describe } from '../content.mjs'
import { inSeconds, later } from '../world/clock.mjs'
import { child, children, first, jidDecode, node } from '../wire/nodes.mjs'
import { refusal } from './restrictions.mjs'

const TYPING_LASTS_MS = 25_000

/** What a linked device writes: acknowledged, read by the person's phone, passed on to other devices. */
export class Outgoing {
  constructor(world, receipts) {
    this.world = world
    this.receipts = receipts
  }

  async take(connection, stanza) {
    const { person: salon } = connection
    const to = this.world.reached(stanza.attrs.recipient ?? stanza.attrs.to)
    const own = to === salon
    const code = to && !own ? refusal(this.world.chat(salon, to)) : null
    if (code) this.#refuse(connection, stanza, to, code)
    else await this.#carry(connection, stanza, to)
    const attrs = { class: 'message', id: stanza.attrs.id, from: stanza.attrs.to, t: String(inSeconds()) }
    connection.send(node('ack', code ? { ...attrs, error: String(code) } : attrs))
  }

  #refuse(connection, stanza, person, code) {
    const chat = this.world.chat(connection.person, person)
    chat.add({
      id: stanza.attrs.id,
      from: 'salon',
      via: 'device',
      device: connection.device.id,
      kind: 'refused',
      text: '',
      chat: stanza.attrs.to,
      status: 'refused',
      code,
    })
    this.world.journal.note('refused', {
      phone: connection.person.phone,
      person: person.phone,
      id: stanza.attrs.id,
      code,
    })
  }

  async #carry(connection, stanza, to) {
    for (const [jid, enc] of recipients(stanza)) {
      const reader = this.world.at(jid)
      const device = jidDecode(jid)?.device || 0
      if (reader && device) this.#passOn(connection, stanza, reader, device, enc)
      else if (reader) await this.#read(connection, stanza, reader, enc, reader === to)
    }
  }

  async #read(connection, stanza, reader, enc, addressed) {
    const { person: salon, device } = connection
    let message
    try {
      if (reader.losesNext) throw new Error('lost, as ordered')
      message = await reader.signal.decrypt(salon.phone, device.id, enc)
    } catch {
      reader.losesNext = false
      if (reader !== salon) this.receipts.unreadable(connection, stanza, reader)
      return
    }
    if (!addressed || reader === salon)
      this.world.journal.note('own_copy', { phone: salon.phone, id: stanza.attrs.id })
    else this.#write(connection, stanza, reader, enc, describe(message))
  }

  /** The same id again is the same message: phones show it once. */
  #write(connection, stanza, reader, enc, said) {
    const { person: salon, device } = connection
    const chat = this.world.chat(salon, reader)
    const before = chat.find(stanza.attrs.id)
    chat.typing = null
    if (before && before.status !== 'refused') {
      before.copies += 1
      Object.assign(before, said, { waiting: false })
      this.world.journal.note('again', {
        phone: salon.phone,
        person: reader.phone,
        id: stanza.attrs.id,
        copies: before.copies,
      })
    } else {
      const line = chat.add({
        id: stanza.attrs.id,
        from: 'salon',
        via: 'device',
        device: device.id,
        chat: stanza.attrs.to,
        encrypted: enc.attrs.type,
        ...said,
      })
      this.world.journal.note('told', {
        phone: salon.phone,
        person: reader.phone,
        id: line.id,
        text: line.text,
      })
    }
    this.receipts.fromPerson(chat, chat.find(stanza.attrs.id))
  }

  /** To a linked device: of the same salon (its copy), or of another account that has devices itself. */
  #passOn(connection, stanza, reader, number, enc) {
    const device = reader.devices.get(number)
    if (!device) return
    const { person: salon, device: sender } = connection
    const from = jidDecode(stanza.attrs.to).server === 'lid' ? sender.lidJid : sender.jid
    const attrs = {
      id: stanza.attrs.id,
      t: String(inSeconds()),
      type: stanza.attrs.type,
      notify: salon.name,
      from,
    }
    if (reader === salon) attrs.recipient = stanza.attrs.to
    const parcel = { id: stanza.attrs.id, build: async () => node('message', attrs, [enc]) }
    void device.deliver(parcel)
  }

  /** The salon types, or stopped to. */
  typing(connection, stanza) {
    const person = this.world.at(stanza.attrs.to)
    if (!person) return
    const chat = this.world.chat(connection.person, person)
    const on = first(stanza)?.tag === 'composing'
    const mark = on ? { since: Date.now() / 1000 } : null
    chat.typing = mark
    this.world.journal.note('typing', { phone: connection.person.phone, person: person.phone, on })
    if (on) later(TYPING_LASTS_MS, () => this.#stopTyping(chat, mark))
  }

  #stopTyping(chat, mark) {
    if (chat.typing !== mark) return
    chat.typing = null
    this.world.journal.ring()
  }
}

/** For whom which ciphertext is. */
function recipients(stanza) {
  const parts = children(child(stanza, 'participants'), 'to')
  if (parts.length) return parts.map((part) => [part.attrs.jid, child(part, 'enc')])
  const direct = child(stanza, 'enc')
  return direct ? [[stanza.attrs.to, direct]] : []
}
