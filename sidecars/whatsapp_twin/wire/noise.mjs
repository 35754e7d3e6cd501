import {
  Curve,
  NOISE_MODE,
  NOISE_WA_HEADER,
  aesDecryptGCM,
  aesEncryptGCM,
  hkdf,
  proto,
  sha256,
} from 'baileys'

const NOTHING = Buffer.alloc(0)

/** The responder's side of Noise_XX_25519_AESGCM_SHA256 as WhatsApp speaks it. */
export class NoiseResponder {
  /** @param {import('./certificates.mjs').Certificates} certificates */
  constructor(certificates) {
    this.certificates = certificates
    this.hash = Buffer.from(NOISE_MODE)
    this.salt = this.hash
    this.key = this.hash
    this.counter = 0
    this.#authenticate(NOISE_WA_HEADER)
  }

  /** The client's hello in, ours out. */
  hello(frame) {
    const { clientHello } = proto.HandshakeMessage.decode(frame)
    this.#authenticate(clientHello.ephemeral)
    this.ephemeral = Curve.generateKeyPair()
    this.#authenticate(this.ephemeral.public)
    this.#mix(Curve.sharedKey(this.ephemeral.private, clientHello.ephemeral))
    const sealedStatic = this.#seal(this.certificates.static.public)
    this.#mix(Curve.sharedKey(this.certificates.static.private, clientHello.ephemeral))
    const payload = this.#seal(this.certificates.chain)
    const serverHello = { ephemeral: this.ephemeral.public, static: sealedStatic, payload }
    return Buffer.from(proto.HandshakeMessage.encode({ serverHello }).finish())
  }

  /** The client's last word of the handshake. @returns the payload that says who it is */
  finish(frame) {
    const { clientFinish } = proto.HandshakeMessage.decode(frame)
    this.clientKey = Buffer.from(this.#open(clientFinish.static))
    this.#mix(Curve.sharedKey(this.ephemeral.private, this.clientKey))
    const payload = proto.ClientPayload.decode(this.#open(clientFinish.payload))
    const keys = expand(NOTHING, this.salt)
    this.readKey = keys.subarray(0, 32)
    this.writeKey = keys.subarray(32)
    this.reads = 0
    this.writes = 0
    return payload
  }

  encrypt(plain) {
    return aesEncryptGCM(plain, this.writeKey, counted(this.writes++), NOTHING)
  }

  decrypt(sealed) {
    return aesDecryptGCM(sealed, this.readKey, counted(this.reads++), NOTHING)
  }

  #authenticate(bytes) {
    this.hash = sha256(Buffer.concat([this.hash, bytes]))
  }

  #mix(shared) {
    const keys = expand(Buffer.from(shared), this.salt)
    this.salt = keys.subarray(0, 32)
    this.key = keys.subarray(32)
    this.counter = 0
  }

  #seal(plain) {
    const sealed = aesEncryptGCM(plain, this.key, counted(this.counter++), this.hash)
    this.#authenticate(sealed)
    return sealed
  }

  #open(sealed) {
    const plain = aesDecryptGCM(sealed, this.key, counted(this.counter++), this.hash)
    this.#authenticate(sealed)
    return plain
  }
}

function expand(material, salt) {
  return Buffer.from(hkdf(material, 64, { salt, info: '' }))
}

function counted(number) {
  const iv = Buffer.alloc(12)
  iv.writeUInt32BE(number, 8)
  return iv
}
