import { kick } from '../server/kicks.mjs'
import { lockNotification } from '../server/restrictions.mjs'
import { Refused } from '../world/switches.mjs'
import { onlyDigits } from '../world/world.mjs'

/** What one may order, one method a word; each takes the JSON that the README shows. */
export class Words {
  constructor({ world, server }) {
    this.world = world
    this.server = server
  }

  has(name) {
    return name !== 'constructor' && name !== 'has' && Object.hasOwn(Words.prototype, name)
  }

  /** `salon`: the first page lists this phone among those of salons. */
  people({ phone, name, lid, salon = false }) {
    const person = this.world.person(phone, { name, lid, known: true })
    person.isSalon ||= salon
    this.world.journal.ring()
    return person.dump()
  }

  show({ qr }) {
    return this.server.linking.show(qr)
  }

  scan({ qr, number, phone, name, lid }) {
    const text = qr ?? this.server.linking.latest(number)
    return this.server.linking.scan(text, this.world.person(phone, { name, lid, known: true }))
  }

  code({ phone, code, name }) {
    return this.server.codes.type(
      this.server.connections,
      this.world.person(phone, { name, known: true }),
      code,
    )
  }

  inbound(order) {
    return this.server.incoming.write(
      this.world.existing(order.to),
      this.world.person(order.from, { name: order.name, lid: order.lid }),
      order,
    )
  }

  own(order) {
    return this.server.incoming.own(this.world.existing(order.phone), this.world.person(order.to), order)
  }

  typing({ from, to, on = true }) {
    return this.server.incoming.typing(this.world.existing(to), this.world.person(from), on)
  }

  kick(order) {
    return kick(this.world, this.world.existing(order.phone), order)
  }

  let_in({ phone }) {
    this.world.existing(phone).shut = null
    this.world.journal.ring()
  }

  redeliver({ phone, id }) {
    const devices = [...this.world.existing(phone).devices.values()].filter(
      (device) => device.ready && device.remembered.has(id),
    )
    for (const device of devices) void device.dispatch(device.remembered.get(id), { offline: true })
    return { redelivered: devices.length }
  }

  receipt({ phone, person, id, type = 'read' }) {
    const chat = this.#chat(phone, person)
    const line = chat.find(id)
    if (line?.from !== 'salon' || !['delivered', 'read'].includes(type))
      throw new Refused(`no message ${id} of the salon, or no such receipt`, 404)
    this.server.receipts.tell(chat, line, type)
    return line
  }

  /** The person's phone cannot read the next message that a device writes. */
  garble({ person }) {
    this.world.existing(person).losesNext = true
  }

  ask_again({ phone, person, id }) {
    return this.server.receipts.askAgain(this.#chat(phone, person), id)
  }

  /** `until`: epoch seconds, null: nobody knows; `tell`: the server says so by itself. */
  restrict({ phone, active = true, until = null, kind = 'DEFAULT', tell = false }) {
    const person = this.world.existing(phone)
    person.lock = { active, until, kind }
    if (tell)
      for (const { ready, connection } of person.devices.values())
        if (ready) connection.send(lockNotification(person, connection.tag()))
    this.world.journal.note('restricted', { phone: person.phone, active })
    return person.lock
  }

  refuse({ phone, to, code = 463, times = 1 }) {
    this.world.existing(phone).refusals.push({ code, times, to: to && onlyDigits(to) })
  }

  not_on_whatsapp({ phone, on = true }) {
    const digits = onlyDigits(phone)
    if (on) this.world.absent.add(digits)
    else this.world.absent.delete(digits)
  }

  passkey({ phone, on = true }) {
    this.world.person(phone, { known: true }).passkey = on
    this.world.journal.ring()
  }

  /** A phone that is switched off gets nothing until it is on again. */
  reachable({ phone, on = true }) {
    const person = this.world.person(phone, { known: true })
    person.reachable = on
    if (on) this.server.receipts.reachable(person)
    this.world.journal.ring()
  }

  block({ person, phone, on = true }) {
    const { blocked } = this.world.existing(person)
    if (on) blocked.add(onlyDigits(phone))
    else blocked.delete(onlyDigits(phone))
  }

  switches(order) {
    this.world.switches.change(order)
    return { ...this.world.switches }
  }

  /** Everybody is forgotten, and every socket closed; `keep`: linked devices stay, as who they are. */
  reset({ keep = false }) {
    if (keep) return this.world.clear()
    for (const connection of this.server.connections) connection.end()
    return this.world.reset()
  }

  #chat(phone, person) {
    return this.world.chat(this.world.existing(phone), this.world.existing(person))
  }
}
