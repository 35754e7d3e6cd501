import { randomBytes } from 'node:crypto'
import libsignal from 'libsignal'
import {
  Curve,
  KEY_BUNDLE_TYPE,
  encodeBigEndian,
  encodeWAMessage,
  generateSignalPubKey,
  proto,
  signedKeyPair,
  unpadRandomMax16,
} from 'baileys'
import { keyNode, node } from '../wire/nodes.mjs'

const PREKEY_WHISPER = 3
const KEPT_PREKEYS = 200

/** The Signal side of one person's phone (device 0): real keys, real sessions. */
export class SignalPhone {
  constructor() {
    this.identity = Curve.generateKeyPair()
    this.signedPreKey = null
    this.registrationId = 1 + (randomBytes(2).readUInt16BE(0) % 16_380)
    this.preKeys = new Map()
    this.nextPreKey = 1
    this.sessions = new Map()
    this.stale = new Set()
  }

  /** Signed when first asked for: signing is slow, and who only writes needs none. */
  get signed() {
    this.signedPreKey ??= signedKeyPair(this.identity, 1)
    return this.signedPreKey
  }

  /** A bundle for somebody who begins to write to this phone, with a fresh one-time key. */
  bundle() {
    const id = this.nextPreKey++
    const pair = Curve.generateKeyPair()
    this.preKeys.set(id, pair)
    if (this.preKeys.size > KEPT_PREKEYS) this.preKeys.delete(this.preKeys.keys().next().value)
    const { keyPair, signature, keyId } = this.signed
    return bundleNodes({
      registrationId: this.registrationId,
      identity: this.identity.public,
      signed: { id: keyId, public: keyPair.public, signature },
      oneTime: { id, public: pair.public },
    })
  }

  /**
   * Encrypt a message for one linked device.
   * @param {string} owner the phone that the device is linked to
   * @param {import('./device.mjs').Device} device
   */
  async encrypt(owner, device, message) {
    const address = new libsignal.ProtocolAddress(owner, device.id)
    const name = address.toString()
    if (this.stale.delete(name) || !this.sessions.has(name)) await this.#begin(address, device)
    const cipher = new libsignal.SessionCipher(this.#storage(), address)
    const { type, body } = await cipher.encrypt(encodeWAMessage(message))
    return { type: type === PREKEY_WHISPER ? 'pkmsg' : 'msg', bytes: Buffer.from(body, 'binary') }
  }

  /** @returns the message that a linked device of `owner` encrypted for this phone */
  async decrypt(owner, deviceId, enc) {
    const address = new libsignal.ProtocolAddress(owner, deviceId)
    const cipher = new libsignal.SessionCipher(this.#storage(), address)
    const bytes = Buffer.from(enc.content)
    const plain =
      enc.attrs.type === 'pkmsg'
        ? await cipher.decryptPreKeyWhisperMessage(bytes)
        : await cipher.decryptWhisperMessage(bytes)
    return proto.Message.decode(unpadRandomMax16(plain))
  }

  /** The next message to this device begins a new session; what it still writes in the old one can be read. */
  renew(owner, deviceId) {
    this.stale.add(new libsignal.ProtocolAddress(owner, deviceId).toString())
  }

  /** Everything, as plain values. */
  dump() {
    const { identity, signedPreKey, registrationId, preKeys, nextPreKey } = this
    const sessions = [...this.sessions].map(([address, session]) => [address, session.serialize()])
    return { identity, signedPreKey, registrationId, preKeys, nextPreKey, sessions }
  }

  /** Go on as the phone that was dumped. */
  revive({ sessions, ...kept }) {
    Object.assign(this, kept)
    for (const [address, session] of sessions) {
      this.sessions.set(address, libsignal.SessionRecord.deserialize(session))
    }
  }

  async #begin(address, device) {
    const { registrationId, identity, signed } = device.bundle
    const oneTime = device.preKeys.shift()
    await new libsignal.SessionBuilder(this.#storage(), address).initOutgoing({
      registrationId,
      identityKey: Buffer.from(generateSignalPubKey(identity)),
      signedPreKey: {
        keyId: signed.id,
        publicKey: Buffer.from(generateSignalPubKey(signed.public)),
        signature: signed.signature,
      },
      preKey: oneTime && { keyId: oneTime.id, publicKey: Buffer.from(generateSignalPubKey(oneTime.public)) },
    })
  }

  /** As libsignal asks for it. */
  #storage() {
    return {
      loadSession: async (address) => this.sessions.get(address),
      storeSession: async (address, session) => {
        this.sessions.set(address, session)
      },
      isTrustedIdentity: () => true,
      loadPreKey: async (id) => this.preKeys.has(Number(id)) && spelt(this.preKeys.get(Number(id))),
      removePreKey: (id) => this.preKeys.delete(Number(id)),
      loadSignedPreKey: () => spelt(this.signed.keyPair),
      getOurRegistrationId: () => this.registrationId,
      getOurIdentity: () => spelt(this.identity),
    }
  }
}

/** What a bundle holds, as a server hands it out. */
export function bundleNodes({ registrationId, identity, signed, oneTime }) {
  return [
    node('registration', {}, encodeBigEndian(registrationId, 4)),
    node('type', {}, KEY_BUNDLE_TYPE),
    node('identity', {}, identity),
    keyNode('skey', signed),
    ...(oneTime ? [keyNode('key', oneTime)] : []),
  ]
}

const spelt = (pair) => ({
  privKey: Buffer.from(pair.private),
  pubKey: Buffer.from(generateSignalPubKey(pair.public)),
})
