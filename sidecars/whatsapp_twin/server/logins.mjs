import { deflateSync } from 'node:zlib'
import { randomBytes } from 'node:crypto'
import { proto } from 'baileys'
import { inSeconds } from '../world/clock.mjs'
import { SERVER, node } from '../wire/nodes.mjs'

const OUTDATED = 405
const REMOVED = 401
const { HistorySyncType } = proto.HistorySync
const { HISTORY_SYNC_NOTIFICATION } = proto.Message.ProtocolMessage.Type

/** A linked device comes back: who it is, what it missed. */
export class Logins {
  constructor(world) {
    this.world = world
  }

  /** All clients of an outdated protocol are turned away alike. */
  refusesVersion(connection) {
    if (!this.world.switches.version_refused) return false
    this.#refuse(connection, OUTDATED)
    return true
  }

  enter(connection, { username, device: number }) {
    const person = this.world.people.get(String(username))
    const device = person?.devices.get(Number(number))
    connection.who = `${username}:${number}`
    if (!device || !device.noiseKey.equals(Buffer.from(connection.clientKey)))
      return this.#refuse(connection, REMOVED)
    if (person.shut) return this.#refuse(connection, person.shut)
    device.connection?.end(node('stream:error', {}, [node('conflict', { type: 'replaced' })]))
    Object.assign(connection, { person, device })
    Object.assign(device, {
      connection,
      ready: false,
      version: connection.version,
      logins: device.logins + 1,
    })
    this.world.journal.note('login', { who: connection.who, phone: person.phone })
    const t = String(inSeconds())
    return connection.send(node('success', { t, lid: device.lidJid, location: 'twin', creation: t }))
  }

  #refuse(connection, code) {
    this.world.journal.note('login_refused', { who: connection.who ?? null, code })
    connection.end(node('failure', { reason: String(code), location: 'twin' }))
  }

  /** The device says that it is there: tell how much waits, or that nothing does. */
  async active(connection) {
    const { device } = connection
    const count = device.queue.size + device.receipts.size
    if (count === 0) return this.catchUp(connection)
    const counts = {
      count,
      message: device.queue.size,
      receipt: device.receipts.size,
      notification: 0,
      call: 0,
    }
    const attrs = Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, String(value)]))
    return connection.send(node('ib', { from: SERVER }, [node('offline_preview', attrs)]))
  }

  /** Everything that waited, in its order, and the end of it. */
  async catchUp(connection) {
    const { device, person } = connection
    if (device.ready) return
    const count = device.queue.size + device.receipts.size
    await device.catchUp()
    connection.send(node('ib', { from: SERVER }, [node('offline', { count: String(count) })]))
    if (this.world.switches.history && !device.historySent && device.bundle) {
      device.historySent = true
      const id = messageId()
      await device.deliver({ id, build: () => this.#history(person, device, id) })
    }
    this.world.journal.note('ready', { who: connection.who, phone: person.phone })
  }

  /** The phone's first history: no messages, but whose phone is whose LID. */
  async #history(person, device, id) {
    const chats = this.world.chatsOf(person.phone).filter(({ salon }) => salon === person)
    const sync = proto.HistorySync.encode({
      syncType: HistorySyncType.INITIAL_BOOTSTRAP,
      chunkOrder: 1,
      progress: 100,
      conversations: [],
      phoneNumberToLidMappings: chats.map(({ person: other }) => ({ pnJid: other.pn, lidJid: other.lidJid })),
    }).finish()
    const { type, bytes } = await person.signal.encrypt(person.phone, device, {
      protocolMessage: {
        type: HISTORY_SYNC_NOTIFICATION,
        historySyncNotification: {
          syncType: HistorySyncType.INITIAL_BOOTSTRAP,
          chunkOrder: 1,
          progress: 100,
          initialHistBootstrapInlinePayload: deflateSync(sync),
        },
      },
    })
    const attrs = { from: person.pn, category: 'peer', type: 'text', id, t: String(inSeconds()) }
    return node('message', attrs, [node('enc', { v: '2', type }, bytes)])
  }
}

/** As phones make them. */
export const messageId = () => randomBytes(10).toString('hex').toUpperCase()
