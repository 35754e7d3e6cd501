import { createHash } from 'node:crypto'
import { SignalPhone } from './signal.mjs'

const LIDS_FROM = 100_000_000_000_000n

/** Somebody with WhatsApp on a phone: a client, or a salon that links devices. */
export class Person {
  constructor(phone, { name, lid } = {}) {
    this.phone = phone
    this.name = name || `+${phone}`
    this.lid = lid || invented(phone)
    this.devices = new Map()
    this.nextDevice = 1
    this.keys = null
    this.calm()
  }

  /** Nothing was ordered about this person. */
  calm() {
    this.known = this.isSalon = this.devices.size > 0
    this.passkey = false
    this.reachable = true
    this.blocked = new Set()
    this.typingTo = new Set()
    this.lock = { active: false, until: null, kind: 'DEFAULT' }
    this.refusals = []
    this.losesNext = false
    this.shut = null
  }

  get pn() {
    return `${this.phone}@s.whatsapp.net`
  }

  get lidJid() {
    return `${this.lid}@lid`
  }

  /** Made when first needed: most people are never written to. */
  get signal() {
    this.keys ??= new SignalPhone()
    return this.keys
  }

  dump() {
    return {
      phone: this.phone,
      name: this.name,
      lid: this.lid,
      salon: this.isSalon,
      passkey: this.passkey,
      reachable: this.reachable,
      blocked: [...this.blocked],
      lock: this.lock,
      shut: this.shut,
      devices: [...this.devices.values()].map((device) => device.dump()),
    }
  }
}

/** A LID says nothing about the phone, but the same phone gets the same one in each run. */
function invented(phone) {
  const digest = createHash('sha256').update(phone).digest().subarray(0, 6)
  return String(LIDS_FROM + BigInt(`0x${digest.toString('hex')}`))
}
