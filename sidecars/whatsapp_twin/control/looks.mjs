import { Refused } from '../world/switches.mjs'

const LONGEST_WAIT_S = 120
const QUIET_MS = 40
const WAIT_WORDS = new Set(['what', 'count', 'timeout'])

/** What one may see, one method a path. */
export class Looks {
  constructor(twin) {
    this.twin = twin
    this.world = twin.world
    this.server = twin.server
    this.lists = {
      messages: (query) => this.world.rows(query),
      sessions: () => this.world.devices(),
      pending: () => this.server.linking.dump(),
      codes: () => this.server.codes.dump(this.server.connections),
      events: () => this.world.journal.events,
    }
  }

  has(name) {
    return !['constructor', 'has', 'follow'].includes(name) && Object.hasOwn(Looks.prototype, name)
  }

  /** What a client needs to find this WhatsApp. */
  credentials() {
    const { host, port, rootKey } = this.twin
    const place = `${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`
    return { base_url: `http://${place}`, ws_url: `ws://${place}/ws/chat`, root_key: rootKey }
  }

  info() {
    return {
      ...this.credentials(),
      connections: this.server.connections.size,
      people: this.world.people.size,
      memory: process.memoryUsage().rss,
    }
  }

  people() {
    const seen = [...this.world.people.values()].filter(({ known, devices }) => known || devices.size)
    return { people: seen.map((person) => person.dump()) }
  }

  sessions() {
    return { sessions: this.lists.sessions() }
  }

  pending() {
    return { pending: this.lists.pending(), codes: this.lists.codes() }
  }

  /** One phone as it shows itself: chats with whoever is at the other end. */
  phone({ phone }) {
    const person = this.world.existing(phone)
    const chats = this.world.chatsOf(person.phone).map((chat) => ({
      salon: { phone: chat.salon.phone, name: chat.salon.name },
      person: { phone: chat.person.phone, name: chat.person.name },
      typing: chat.typing !== null,
      person_typing: chat.person.typingTo.has(chat.salon.phone),
      lines: chat.lines,
    }))
    return {
      ...person.dump(),
      chats,
      pending: this.lists.pending(),
      codes: this.lists.codes().filter((one) => one.phone === person.phone),
    }
  }

  /** What the salons' linked devices sent. */
  outbox(query) {
    const rows = this.world.rows(query).filter((row) => row.from === 'salon' && row.via === 'device')
    return { messages: rows.filter((row) => matches(row, query)) }
  }

  /** Long poll: until `count` rows of `what` have these values. */
  async wait(query) {
    const { what = 'messages', count = '1', timeout = '10' } = query
    if (!(what in this.lists)) throw new Refused(`what is one of ${Object.keys(this.lists).join(', ')}`)
    const wanted = Object.fromEntries(Object.entries(query).filter(([name]) => !WAIT_WORDS.has(name)))
    const found = () => this.lists[what](wanted).filter((row) => matches(row, wanted))
    const seconds = Math.min(Number(timeout) || 0, LONGEST_WAIT_S)
    const ok = await this.world.journal.until(() => found().length >= Number(count), seconds * 1000)
    return { ok, items: found() }
  }

  events({ after = '0', kind }) {
    return {
      events: this.world.journal.events.filter(
        (event) => event.n > Number(after) && (!kind || event.kind === kind),
      ),
    }
  }

  /** How often devices asked for what. */
  traffic() {
    return { counts: Object.fromEntries([...this.world.journal.counts].sort()) }
  }

  switches() {
    return { ...this.world.switches }
  }

  /** Server-sent events for pages: a number whenever anything happened. */
  follow(request, response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
    let told = -1
    let timer = null
    const tell = () => {
      timer = null
      if (told !== this.world.journal.rings) response.write(`data: ${(told = this.world.journal.rings)}\n\n`)
    }
    const look = () => {
      timer ??= setTimeout(tell, QUIET_MS)
    }
    this.world.journal.waiters.add(look)
    request.on('close', () => {
      clearTimeout(timer)
      this.world.journal.waiters.delete(look)
    })
    tell()
  }
}

/** Whether a row has these values as text; `*` is anything but null. */
function matches(row, wanted) {
  return Object.entries(wanted).every(([name, text]) => {
    const value = row[name]
    return text === '*' ? value !== null && value !== undefined : String(value) === text
  })
}
