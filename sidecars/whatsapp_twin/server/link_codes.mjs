import { randomBytes } from 'node:crypto'
import { Curve, aesDecryptCTR, aesDecryptGCM, aesEncryptCTR, derivePairingCodeKey, hkdf } from 'baileys'
import { Refused } from '../world/switches.mjs'
import { inSeconds } from '../world/clock.mjs'
import { SERVER, childBytes, failed, jidDecode, node, result } from '../wire/nodes.mjs'

const FINISHED_WITHIN_MS = 8_000
const NOTHING = Buffer.alloc(0)
const [SALT, IV, KEY, GCM_IV] = [32, 16, 32, 12]

/** Linking by eight letters that the device shows and a person types on the phone. */
export class LinkCodes {
  constructor(world, linking) {
    this.world = world
    this.linking = linking
  }

  /** The device asked to be linked to this number, or finishes what the phone answered. */
  async take(connection, query, step) {
    return step.attrs.stage === 'companion_hello'
      ? this.#hello(connection, query, step)
      : this.#finish(connection, query, step)
  }

  #hello(connection, query, step) {
    const { user } = jidDecode(step.attrs.jid)
    connection.link = {
      phone: user,
      since: Date.now() / 1000,
      wrapped: childBytes(step, 'link_code_pairing_wrapped_companion_ephemeral_pub'),
      title: childBytes(step, 'companion_platform_display')?.toString() ?? 'WhatsApp Web',
      ref: randomBytes(24),
    }
    this.world.journal.note('code_wanted', { phone: user })
    connection.send(
      result(query, [
        node('link_code_companion_reg', { stage: 'companion_hello' }, [
          node('link_code_pairing_ref', {}, connection.link.ref),
        ]),
      ]),
    )
  }

  /**
   * A person types the code on the phone.
   * @throws {Refused} nobody asked for one, or it is wrong
   */
  async type(connections, person, code) {
    const letters = String(code ?? '')
      .replace(/[^0-9A-Za-z]/g, '')
      .toUpperCase()
    const connection = [...connections].findLast(({ link, isOpen }) => isOpen && link?.phone === person.phone)
    if (!connection) throw new Refused(`no device wants to be linked to +${person.phone}`, 404)
    const { link } = connection
    const shown = await derivePairingCodeKey(letters, link.wrapped.subarray(0, SALT))
    const theirs = aesDecryptCTR(
      link.wrapped.subarray(SALT + IV, SALT + IV + KEY),
      shown,
      link.wrapped.subarray(SALT, SALT + IV),
    )
    const ours = Curve.generateKeyPair()
    link.shared = Curve.sharedKey(ours.private, theirs)
    link.person = person
    connection.send(await primaryHello(connection, letters, ours.public))
    return this.#whenFinished(connection)
  }

  #whenFinished(connection) {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(
        () => reject(new Refused('the device did not finish the linking', 409)),
        FINISHED_WITHIN_MS,
      )
      const end = (act) => (value) => {
        clearTimeout(patience)
        act(value)
      }
      connection.link.done = { resolve: end(resolve), reject: end(reject) }
    })
  }

  async #finish(connection, query, step) {
    const { link } = connection
    const keys = link && opened(link, childBytes(step, 'link_code_pairing_wrapped_key_bundle'))
    if (!keys) {
      connection.send(failed(query, 400, 'bad-request'))
      this.world.journal.note('code_wrong', { phone: link?.phone ?? null })
      link?.done?.reject(new Refused('the code is wrong', 409))
      return
    }
    const { identity } = link.person.signal
    const material = Buffer.concat([
      link.shared,
      Curve.sharedKey(identity.private, keys.identity),
      keys.random,
    ])
    const secret = Buffer.from(hkdf(material, 32, { info: 'adv_secret' }))
    connection.send(result(query))
    // The device answers the linking over this very connection: waiting here would stop it.
    this.linking
      .link(connection, link.person, { secret, identity: keys.identity, title: link.title })
      .then(link.done.resolve, link.done.reject)
  }

  gone(connection) {
    connection.link?.done?.reject(new Refused('the device hung up', 409))
    connection.link = null
  }

  /** Numbers that devices wait to be linked to. */
  dump(connections) {
    return [...connections]
      .filter(({ link, device }) => link && !device)
      .map(({ link }) => ({ phone: link.phone, title: link.title, since: link.since }))
  }
}

async function primaryHello(connection, letters, ephemeral) {
  const { link } = connection
  const salt = randomBytes(SALT)
  const iv = randomBytes(IV)
  const wrapped = Buffer.concat([
    salt,
    iv,
    aesEncryptCTR(ephemeral, await derivePairingCodeKey(letters, salt), iv),
  ])
  const attrs = {
    from: SERVER,
    type: 'link_code_companion_reg',
    id: connection.tag(),
    t: String(inSeconds()),
  }
  return node('notification', attrs, [
    node('link_code_companion_reg', { stage: 'primary_hello' }, [
      node('link_code_pairing_wrapped_primary_ephemeral_pub', {}, wrapped),
      node('primary_identity_pub', {}, link.person.signal.identity.public),
      node('link_code_pairing_ref', {}, link.ref),
    ]),
  ])
}

/** The device's keys; null when both sides worked with different codes. */
function opened(link, bundle) {
  if (!link.shared || !bundle) return null
  const key = hkdf(link.shared, 32, {
    salt: bundle.subarray(0, SALT),
    info: 'link_code_pairing_key_bundle_encryption_key',
  })
  try {
    const plain = aesDecryptGCM(
      bundle.subarray(SALT + GCM_IV),
      Buffer.from(key),
      bundle.subarray(SALT, SALT + GCM_IV),
      NOTHING,
    )
    return { identity: plain.subarray(0, KEY), random: plain.subarray(2 * KEY, 3 * KEY) }
  } catch {
    return null
  }
}
