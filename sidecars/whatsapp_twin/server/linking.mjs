import { randomBytes } from 'node:crypto'
import { Curve, hmacSign, proto } from 'baileys'
import { Device } from '../world/device.mjs'
import { Refused } from '../world/switches.mjs'
import { inSeconds } from '../world/clock.mjs'
import { SERVER, node } from '../wire/nodes.mjs'

const ACCOUNT_SIGNATURE = Buffer.from([6, 0])
const QR_ADDRESS = 'https://wa.me/settings/linked_devices#'
const SIGNED_WITHIN_MS = 8_000

/** Linking a device by a QR code: refs out, a scan by the salon's phone, 515. */
export class Linking {
  constructor(world) {
    this.world = world
    this.waiting = new Map()
  }

  /** A device that has no account: give it the refs it makes QR codes of. */
  begin(connection, registration) {
    const refs = Array.from(
      { length: this.world.switches.qr_refs },
      () => `2@${randomBytes(96).toString('base64')}`,
    )
    connection.who = 'not linked'
    const { os } = proto.DeviceProps.decode(registration.deviceProps ?? Buffer.alloc(0))
    const place = {
      connection,
      refs,
      since: Date.now(),
      identity: Buffer.from(registration.eIdent),
      title: os || 'WhatsApp Web',
      shown: new Map(),
    }
    this.waiting.set(connection, place)
    connection.send(
      node('iq', { from: SERVER, type: 'set', id: connection.tag(), xmlns: 'md' }, [
        node(
          'pair-device',
          {},
          refs.map((ref) => node('ref', {}, Buffer.from(ref))),
        ),
      ]),
    )
    this.world.journal.note('qr_offered', { refs: refs.length, version: connection.version })
  }

  gone(connection) {
    this.waiting.delete(connection)
    connection.signed?.reject(new Refused('the device hung up: it did not like the answer to its code', 409))
  }

  /** Somebody holds a code before the phones' cameras: from now on one press scans it. */
  show(text) {
    const code = readQr(text)
    const place = this.#placeOf(code)
    place.shown.set(code.ref, text)
    this.world.journal.ring()
    return dumpPlace(place, this.world.switches)
  }

  /**
   * The phone scans the code.
   * @returns what the phone shows then: the linked device, or that it wants a passkey
   */
  async scan(text, person) {
    const code = readQr(text)
    const place = this.#placeOf(code)
    if (place.refs.indexOf(code.ref) < current(place, this.world.switches))
      throw new Refused('this code is too old: show the newest one', 410)
    if (!code.noise.equals(Buffer.from(place.connection.clientKey)))
      throw new Refused('the code is of another device: its Noise key differs')
    return this.link(place.connection, person, {
      secret: code.secret,
      identity: code.identity,
      title: place.title,
    })
  }

  /** The newest code that was shown, by the number of its connection. */
  latest(number) {
    const place = [...this.waiting.values()].find(({ refs }) => short(refs[0]) === number)
    const text = place && [...place.shown.values()].at(-1)
    if (!text) throw new Refused('nobody showed this code to the cameras', 404)
    return text
  }

  /**
   * What the phone does once it trusts the device: sign its identity, and let the server restart the stream.
   * @throws {Refused} too many devices, or the device refuses the signature
   */
  async link(connection, person, { secret, identity, title }) {
    if (person.devices.size >= this.world.switches.devices_at_most)
      throw new Refused('the phone has as many linked devices as it may', 409)
    if (connection.signed) throw new Refused('another phone scans this code just now', 409)
    Object.assign(person, { known: true, isSalon: true })
    if (person.passkey) return this.#askForPasskey(connection, person)
    const device = new Device({
      id: person.nextDevice++,
      keyIndex: person.nextDevice,
      person,
      identity,
      noiseKey: Buffer.from(connection.clientKey),
      title,
      version: connection.version,
    })
    const signed = new Promise((resolve, reject) => {
      connection.signed = { resolve, reject }
    })
    connection.send(pairSuccess(connection, person, device, secret))
    const patience = setTimeout(
      () => connection.signed.reject(new Refused('the device did not answer', 409)),
      SIGNED_WITHIN_MS,
    )
    try {
      await signed
    } finally {
      clearTimeout(patience)
      connection.signed = null
    }
    person.devices.set(device.id, device)
    this.waiting.delete(connection)
    this.world.journal.note('linked', { phone: person.phone, jid: device.jid })
    connection.end(node('stream:error', { code: '515' }))
    return { linked: true, phone: person.phone, jid: device.jid, device: device.id }
  }

  /** Passkeys are asked for where only a browser on WhatsApp's own page can answer: nothing comes after it. */
  #askForPasskey(connection, person) {
    const options = {
      challenge: randomBytes(32).toString('base64url'),
      rpId: 'whatsapp.com',
      userVerification: 'required',
      timeout: 600_000,
      allowCredentials: [],
    }
    connection.send(
      node(
        'notification',
        { from: SERVER, type: 'passkey_prologue_request', id: connection.tag(), t: String(inSeconds()) },
        [node('passkey_request_options', {}, Buffer.from(JSON.stringify(options)))],
      ),
    )
    this.world.journal.note('passkey_wanted', { phone: person.phone })
    return { linked: false, passkey: true, phone: person.phone }
  }

  #placeOf({ ref }) {
    const place = [...this.waiting.values()].find(({ refs }) => refs.includes(ref))
    if (!place) throw new Refused('no device waits with this code', 410)
    return place
  }

  /** Devices that wait for a scan: for the phones' page. */
  dump() {
    return [...this.waiting.values()]
      .filter(({ connection }) => connection.isOpen)
      .map((place) => dumpPlace(place, this.world.switches))
  }
}

function dumpPlace(place, switches) {
  const number = Math.max(0, current(place, switches))
  const ends = place.since + 1000 * (switches.qr_first_s + number * switches.qr_next_s)
  return {
    number: short(place.refs[0]),
    title: place.title,
    version: place.connection.version,
    since: place.since / 1000,
    code: number + 1,
    codes: place.refs.length,
    expires_at: ends / 1000,
    shown: place.shown.size > 0,
  }
}

/** Which of the refs is shown by now, if the device keeps WhatsApp's own times; those before it are dead. */
function current({ since, refs }, { qr_first_s: firstS, qr_next_s: nextS }) {
  const age = (Date.now() - since) / 1000
  return age < firstS ? 0 : Math.min(refs.length, 1 + Math.floor((age - firstS) / nextS))
}

const short = (ref) => ref.slice(2, 10).replace(/[^A-Za-z0-9]/g, 'x')

/** @throws {Refused} not a code of WhatsApp's linked devices */
function readQr(text) {
  const parts = String(text ?? '')
    .trim()
    .replace(QR_ADDRESS, '')
    .split(',')
  if (parts.length < 4) throw new Refused('this is no code of a linked device')
  const [ref, noise, identity, secret] = parts
  return {
    ref,
    noise: Buffer.from(noise, 'base64'),
    identity: Buffer.from(identity, 'base64'),
    secret: Buffer.from(secret, 'base64'),
  }
}

/** The device's identity, signed by the phone and sealed with the secret that only the code told. */
function pairSuccess(connection, person, device, secret) {
  const { identity } = person.signal
  const details = proto.ADVDeviceIdentity.encode({
    rawId: randomBytes(4).readUInt32BE(0),
    timestamp: inSeconds(),
    keyIndex: device.keyIndex,
  }).finish()
  const signed = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: identity.public,
    accountSignature: Curve.sign(
      identity.private,
      Buffer.concat([ACCOUNT_SIGNATURE, details, device.identity]),
    ),
  }).finish()
  const sealed = proto.ADVSignedDeviceIdentityHMAC.encode({
    details: signed,
    hmac: hmacSign(signed, secret),
  }).finish()
  return node(
    'iq',
    { from: SERVER, type: 'set', id: connection.tag(), xmlns: 'md', t: String(inSeconds()) },
    [
      node('pair-success', {}, [
        node('device-identity', {}, Buffer.from(sealed)),
        node('biz', { name: person.name }),
        node('device', { jid: device.jid, lid: device.lidJid }),
        node('platform', { name: 'smba' }),
      ]),
    ],
  )
}
