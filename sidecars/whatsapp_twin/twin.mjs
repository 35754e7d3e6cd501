import http from 'node:http'
import { WebSocketServer } from 'ws'
import { Certificates } from './wire/certificates.mjs'
import { Connection } from './wire/connection.mjs'
import { Switchboard } from './server/switchboard.mjs'
import { restore, revive, save, takeAway } from './world/state.mjs'
import { World } from './world/world.mjs'
import { Control } from './control/control.mjs'

// Longer than clients keep theirs: whoever closes first must be the one who will not ask again.
const IDLE_MS = 120_000

/** Both faces of the fake: WhatsApp's own socket at `/ws/chat`, and people's hands over HTTP. */
export class Twin {
  /** @param state a file that keeps linked devices linked between two runs; none: nothing is kept */
  constructor(state) {
    this.state = state
    const before = restore(state)
    this.certificates = new Certificates(before?.certificates)
    this.world = new World()
    if (before) revive(this.world, before)
    this.server = new Switchboard(this.world)
    this.control = new Control(this)
    this.http = http.createServer((request, response) => this.control.serve(request, response))
    this.http.keepAliveTimeout = IDLE_MS
    const sockets = new WebSocketServer({ server: this.http, path: '/ws/chat' })
    sockets.on('connection', (socket) => new Connection(socket, this.certificates, this.server))
    // A taken port is reported by the HTTP server itself.
    sockets.on('error', () => {})
  }

  /** Hex, as a client needs it in place of WhatsApp's own. One for a process, and for all that share a state. */
  get rootKey() {
    return this.certificates.rootKey.toString('hex')
  }

  /** @returns {Promise<number>} the port, also when any free one was asked for */
  listen(port, host) {
    return new Promise((resolve, reject) => {
      this.http.once('error', reject)
      this.http.listen(port, host, () => {
        this.host = host
        this.port = this.http.address().port
        takeAway(this.state)
        resolve(this.port)
      })
    })
  }

  /** Hang up on everybody, and write down what is to be known next time. */
  async stop() {
    for (const connection of this.server.connections) connection.end()
    if (this.state) await save(this.state, this.certificates, this.world)
  }
}
