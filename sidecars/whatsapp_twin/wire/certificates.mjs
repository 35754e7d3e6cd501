import { Curve, proto } from 'baileys'
import { inSeconds } from '../world/clock.mjs'

const YEAR_S = 365 * 86_400
const HOUR_S = 3_600

/**
 * Our own root → intermediate → leaf, in the shape of WhatsApp's.
 *
 * The leaf holds the server's static Noise key. Serial 0 of the root is what clients compare with
 * (`WA_CERT_DETAILS.SERIAL` in Baileys, `WACertIssuerSerial` in whatsmeow).
 */
export class Certificates {
  /** @param keys those of an earlier run, if there are any */
  constructor(keys) {
    this.keys = keys ?? {
      root: Curve.generateKeyPair(),
      intermediate: Curve.generateKeyPair(),
      server: Curve.generateKeyPair(),
    }
    const { root, intermediate, server } = this.keys
    this.rootKey = Buffer.from(root.public)
    this.static = server
    this.chain = Buffer.from(
      proto.CertChain.encode({
        leaf: certificate({ serial: 2, issuerSerial: 1, key: this.static.public }, intermediate),
        intermediate: certificate({ serial: 1, issuerSerial: 0, key: intermediate.public }, root),
      }).finish(),
    )
  }
}

function certificate(facts, signer) {
  const now = inSeconds()
  const details = proto.CertChain.NoiseCertificate.Details.encode({
    ...facts,
    notBefore: now - HOUR_S,
    notAfter: now + YEAR_S,
  }).finish()
  return { details, signature: Curve.sign(signer.private, details) }
}
