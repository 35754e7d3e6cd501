import { bundleNodes } from '../world/signal.mjs'
import { childBytes, child, children, failed, first, jidDecode, node, result } from '../wire/nodes.mjs'
import { usync } from './usync.mjs'
import { mex } from './restrictions.mjs'

const PRIVACY = { readreceipts: 'all', last: 'all', profile: 'all' }
const NOWHERE = 'media.whatsapp-twin.invalid'

/** What devices ask for (`iq`), by its namespace; an unknown question gets an empty answer. */
export class Queries {
  constructor(world, linking, codes, logins) {
    this.world = world
    this.linking = linking
    this.codes = codes
    this.logins = logins
    this.rooms = {
      md: (connection, query) => this.#devices(connection, query),
      encrypt: (connection, query) => this.#keys(connection, query),
      usync: (connection, query) =>
        connection.send(result(query, [usync(this.world, child(query, 'usync'))])),
      passive: (connection, query) => this.#passive(connection, query),
      'w:mex': (connection, query) => connection.send(result(query, [mex(connection.person, first(query))])),
      'w:m': (connection, query) => connection.send(result(query, [mediaHosts()])),
      'w:sync:app:state': (connection, query) => connection.send(result(query, [appState(first(query))])),
      abt: (connection, query) => connection.send(result(query, [node('props', { hash: 'twin' })])),
      blocklist: (connection, query) => connection.send(result(query, [node('list')])),
      privacy: (connection, query) =>
        connection.send(result(query, query.attrs.type === 'get' ? [privacy()] : undefined)),
    }
  }

  async answer(connection, query) {
    const { type, xmlns } = query.attrs
    if (type === 'result' || type === 'error') return this.#answered(connection, query)
    const room = this.rooms[xmlns]
    return room ? room(connection, query) : connection.send(result(query))
  }

  #answered(connection, answer) {
    if (first(answer)?.tag === 'pair-device-sign') connection.signed?.resolve()
  }

  async #devices(connection, query) {
    const step = first(query)
    if (step?.tag === 'link_code_companion_reg') return this.codes.take(connection, query, step)
    if (step?.tag === 'remove-companion-device' && connection.device) {
      connection.person.devices.delete(connection.device.id)
      this.world.journal.note('logged_out', { who: connection.who, phone: connection.person.phone })
    }
    return connection.send(result(query))
  }

  async #passive(connection, query) {
    connection.send(result(query))
    if (first(query)?.tag === 'active' && connection.device) await this.logins.active(connection)
  }

  #keys(connection, query) {
    const step = first(query)
    const { device } = connection
    if (step.tag === 'key')
      return connection.send(
        result(query, [
          node(
            'list',
            {},
            children(step, 'user').map(({ attrs }) => this.#bundle(attrs.jid)),
          ),
        ]),
      )
    if (!device) return connection.send(failed(query, 401, 'not-authorized'))
    if (step.tag === 'count')
      return connection.send(result(query, [node('count', { value: String(device.preKeys.length) })]))
    if (step.tag === 'digest') return connection.send(result(query, [node('digest')]))
    if (step.tag === 'rotate') device.bundle.signed = readKey(child(step, 'skey'))
    else this.#upload(connection, query)
    return connection.send(result(query))
  }

  #upload(connection, query) {
    const { device } = connection
    device.bundle = {
      registrationId: childBytes(query, 'registration').readUInt32BE(0),
      identity: childBytes(query, 'identity'),
      signed: readKey(child(query, 'skey')),
    }
    device.preKeys.push(...children(child(query, 'list'), 'key').map(readKey))
    this.world.journal.note('pre_keys', { who: connection.who, count: device.preKeys.length })
  }

  #bundle(jid) {
    const person = this.world.at(jid)
    const id = jidDecode(jid)?.device || 0
    const device = id ? person?.devices.get(id) : null
    if (!person || (id && !device?.bundle))
      return node('user', { jid }, [node('error', { code: '404', text: 'item-not-found' })])
    const parts = device
      ? bundleNodes({ ...device.bundle, oneTime: device.preKeys.shift() })
      : person.signal.bundle()
    return node('user', { jid }, parts)
  }
}

const readKey = (key) => ({
  id: childBytes(key, 'id').readUIntBE(0, 3),
  public: childBytes(key, 'value'),
  signature: childBytes(key, 'signature'),
})

const privacy = () =>
  node(
    'privacy',
    {},
    Object.entries(PRIVACY).map(([name, value]) => node('category', { name, value })),
  )

const mediaHosts = () =>
  node('media_conn', { auth: 'twin', ttl: '3600' }, [
    node('host', { hostname: NOWHERE, maxContentLengthBytes: '67108864' }),
  ])

const appState = (sync) =>
  node(
    'sync',
    {},
    children(sync, 'collection').map(({ attrs }) =>
      node('collection', { name: attrs.name, version: attrs.version }),
    ),
  )
