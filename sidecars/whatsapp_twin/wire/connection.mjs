import { decodeBinaryNode, encodeBinaryNode } from 'baileys'
import { NoiseResponder } from './noise.mjs'

const OPEN = 1
const HEADER = 4
const LENGTH = 3
const EDGE_ROUTING = 'ED'

/** One client's socket: frames, the handshake, and stanzas one after another. */
export class Connection {
  /**
   * @param {import('ws').WebSocket} socket
   * @param {import('./certificates.mjs').Certificates} certificates
   * @param {import('../server/switchboard.mjs').Switchboard} server hears what was said
   */
  constructor(socket, certificates, server) {
    this.socket = socket
    this.server = server
    this.noise = new NoiseResponder(certificates)
    this.stage = 'header'
    this.bytes = Buffer.alloc(0)
    this.tags = 0
    this.deaf = false
    let turn = Promise.resolve()
    socket.on('message', (data) => {
      turn = turn.then(() => this.#read(data)).catch((error) => this.#broken(error))
    })
    socket.on('close', () => server.closed(this))
    socket.on('error', () => socket.terminate())
    server.connected(this)
  }

  get isOpen() {
    return this.socket.readyState === OPEN
  }

  /** The key of the client's device, known after the handshake. */
  get clientKey() {
    return this.noise.clientKey
  }

  /** A new id for a stanza of ours. */
  tag() {
    return `${this.server.world.number()}-${++this.tags}`
  }

  send(stanza) {
    if (this.isOpen && this.stage === 'open') this.#write(this.noise.encrypt(encodeBinaryNode(stanza)))
  }

  /** Say a last word, if there is one, and hang up. */
  end(stanza) {
    if (stanza) this.send(stanza)
    this.socket.close()
  }

  /** Stop answering without hanging up, as a dead network does. */
  goDeaf() {
    this.deaf = true
  }

  async #read(data) {
    if (this.deaf) return
    this.bytes = this.bytes.length ? Buffer.concat([this.bytes, data]) : data
    if (this.stage === 'header' && !this.#skipHeader()) return
    for (let frame = this.#frame(); frame; frame = this.#frame()) await this.#take(frame)
  }

  #skipHeader() {
    if (this.bytes.length < HEADER) return false
    if (this.bytes.subarray(0, 2).toString() === EDGE_ROUTING) {
      if (this.bytes.length < HEADER + LENGTH) return false
      const routing = HEADER + LENGTH + this.bytes.readUIntBE(HEADER, LENGTH)
      if (this.bytes.length < routing + HEADER) return false
      this.bytes = this.bytes.subarray(routing)
    }
    if (this.bytes.subarray(0, 2).toString() !== 'WA') throw new Error('not the header of WhatsApp')
    this.bytes = this.bytes.subarray(HEADER)
    this.stage = 'hello'
    return true
  }

  #frame() {
    if (this.bytes.length < LENGTH) return null
    const end = LENGTH + this.bytes.readUIntBE(0, LENGTH)
    if (this.bytes.length < end) return null
    const frame = this.bytes.subarray(LENGTH, end)
    this.bytes = this.bytes.subarray(end)
    return frame
  }

  async #take(frame) {
    if (this.stage === 'hello') {
      this.#write(this.noise.hello(frame))
      this.stage = 'finish'
    } else if (this.stage === 'finish') {
      const payload = this.noise.finish(frame)
      this.stage = 'open'
      this.server.introduced(this, payload)
    } else {
      await this.server.heard(this, await decodeBinaryNode(this.noise.decrypt(frame)))
    }
  }

  #write(bytes) {
    const length = Buffer.alloc(LENGTH)
    length.writeUIntBE(bytes.length, 0, LENGTH)
    this.socket.send(Buffer.concat([length, bytes]))
  }

  #broken(error) {
    this.server.world.journal.note('broken', {
      who: this.who ?? null,
      error: String(error?.message ?? error),
    })
    this.socket.terminate()
  }
}
