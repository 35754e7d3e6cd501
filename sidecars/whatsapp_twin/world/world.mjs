import { jidDecode } from 'baileys'
import { randomInt } from 'node:crypto'
import { Chat } from './chats.mjs'
import { Journal } from './journal.mjs'
import { Person } from './person.mjs'
import { Refused, Switches } from './switches.mjs'

/** Everybody, everything they wrote, and how this WhatsApp behaves. */
export class World {
  constructor() {
    this.journal = new Journal()
    this.switches = new Switches()
    this.run = randomInt(1e9)
    this.#empty()
  }

  #empty() {
    this.people = new Map()
    this.lids = new Map()
    this.chats = new Map()
    this.absent = new Set()
  }

  /** Part of the ids of our stanzas. */
  number() {
    return this.run
  }

  reset() {
    this.#empty()
    this.clear()
  }

  /** What was said and ordered is forgotten; people keep their keys, and phones their devices. */
  clear() {
    this.chats.clear()
    this.absent.clear()
    for (const person of this.people.values()) person.calm()
    this.switches.reset()
    this.journal.clear()
  }

  /**
   * The person with this phone, in any spelling; a new one if nobody has it.
   * @throws {Refused} no phone, or somebody else's LID
   */
  person(phone, { name, lid, known = false } = {}) {
    const digits = onlyDigits(phone)
    let person = this.people.get(digits)
    if (!person) {
      if (lid && this.lids.has(String(lid))) throw new Refused(`somebody else has the LID ${lid}`)
      person = new Person(digits, { name, lid: lid && String(lid) })
      this.people.set(digits, person)
      this.lids.set(person.lid, person)
    }
    if (name) person.name = name
    if (known) person.known = true
    return person
  }

  /** @throws {Refused} nobody has this phone */
  existing(phone) {
    const person = this.people.get(onlyDigits(phone))
    if (!person) throw new Refused(`nobody here has the phone ${phone}`, 404)
    return person
  }

  /** Who an address means; undefined: nobody yet. */
  at(jid) {
    const decoded = jidDecode(jid)
    if (!decoded) return undefined
    return decoded.server === 'lid' ? this.lids.get(decoded.user) : this.people.get(decoded.user)
  }

  /** The same, and whoever has a phone is somebody, as long as everybody is here. */
  reached(jid) {
    const decoded = jidDecode(jid)
    if (!decoded || this.absent.has(decoded.user)) return undefined
    const person = this.at(jid)
    if (person || decoded.server !== 's.whatsapp.net' || !this.switches.everybody_is_here) return person
    return this.person(decoded.user)
  }

  chat(salon, person) {
    const key = `${salon.phone}|${person.phone}`
    if (!this.chats.has(key)) this.chats.set(key, new Chat(salon, person))
    return this.chats.get(key)
  }

  chatsOf(phone) {
    return [...this.chats.values()].filter(
      (chat) => chat.salon.phone === phone || chat.person.phone === phone,
    )
  }

  /** All lines of all chats, or of one salon's, or of one person's; oldest first. */
  rows({ salon, person } = {}) {
    return [...this.chats.values()]
      .filter((chat) => (!salon || chat.salon.phone === salon) && (!person || chat.person.phone === person))
      .flatMap((chat) => chat.rows())
      .sort((one, other) => one.at - other.at)
  }

  devices() {
    return [...this.people.values()].flatMap((person) =>
      [...person.devices.values()].map((device) => ({
        phone: person.phone,
        name: person.name,
        ...device.dump(),
      })),
    )
  }
}

/** @throws {Refused} */
export function onlyDigits(phone) {
  const digits = String(phone ?? '').replace(/\D/g, '')
  if (!digits) throw new Refused('say whose phone')
  return digits
}
