import { Linking } from './linking.mjs'
import { LinkCodes } from './link_codes.mjs'
import { Logins } from './logins.mjs'
import { Queries } from './queries.mjs'
import { Incoming } from './incoming.mjs'
import { Outgoing } from './outgoing.mjs'
import { Receipts } from './receipts.mjs'
import { first, node } from '../wire/nodes.mjs'

/** Who connected, and which room hears what they say. */
export class Switchboard {
  constructor(world) {
    this.world = world
    this.connections = new Set()
    this.linking = new Linking(world)
    this.codes = new LinkCodes(world, this.linking)
    this.logins = new Logins(world)
    this.incoming = new Incoming(world)
    this.receipts = new Receipts(world, this.incoming)
    this.outgoing = new Outgoing(world, this.receipts)
    this.queries = new Queries(world, this.linking, this.codes, this.logins)
  }

  connected(connection) {
    this.connections.add(connection)
  }

  closed(connection) {
    this.connections.delete(connection)
    this.linking.gone(connection)
    this.codes.gone(connection)
    if (connection.device?.connection === connection) connection.device.absent()
    this.world.journal.note('closed', { who: connection.who ?? null })
  }

  /** The handshake is over: a device to be linked, or one that logs in. */
  introduced(connection, payload) {
    connection.version = versionOf(payload)
    if (this.logins.refusesVersion(connection)) return
    if (payload.devicePairingData) this.linking.begin(connection, payload.devicePairingData)
    else this.logins.enter(connection, payload)
  }

  async heard(connection, stanza) {
    const kind = stanza.tag === 'iq' ? `iq ${stanza.attrs.xmlns ?? stanza.attrs.type}` : stanza.tag
    this.world.journal.count(kind)
    if (stanza.tag === 'iq') return this.queries.answer(connection, stanza)
    if (!connection.device) return undefined
    if (stanza.tag === 'message') return this.outgoing.take(connection, stanza)
    if (stanza.tag === 'receipt') return this.receipts.take(connection, stanza)
    if (stanza.tag === 'ack') return this.receipts.acknowledged(connection, stanza)
    if (stanza.tag === 'presence') return this.#presence(connection, stanza)
    if (stanza.tag === 'chatstate') return this.outgoing.typing(connection, stanza)
    if (stanza.tag === 'ib' && first(stanza)?.tag === 'offline_batch') return this.logins.catchUp(connection)
    return undefined
  }

  #presence(connection, { attrs }) {
    const { device, person } = connection
    if (attrs.type === 'available' || attrs.type === 'unavailable')
      device.available = attrs.type === 'available'
    if (attrs.type === 'subscribe') {
      connection.send(node('presence', { from: attrs.to, type: 'unavailable', last: 'deny' }))
    }
    this.world.journal.note('presence', {
      who: connection.who,
      phone: person.phone,
      type: attrs.type ?? null,
    })
  }
}

function versionOf({ userAgent }) {
  const version = userAgent?.appVersion
  return version ? [version.primary, version.secondary, version.tertiary].join('.') : null
}
