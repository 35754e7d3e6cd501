/** One session: a socket of the library and what we hear from it. Decides nothing, keeps nothing. */
import makeWASocket, {
  Browsers, DEFAULT_CONNECTION_CONFIG, WA_CERT_DETAILS, jidNormalizedUser, proto,
} from 'baileys'
import { Acks } from './acks.mjs'
import { Creds, usable } from './creds.mjs'
import { FirstHand } from './first_hand.mjs'
import { Keys } from './keys.mjs'
import { agentFor } from './proxy.mjs'
import { Refusal } from './refusal.mjs'
import { Turn } from './turn.mjs'
import { closing, heard, identity, isIgnored, otherName, said } from './words.mjs'

const FIRST_QR_S = 60
const NEXT_QR_S = 20
const QUERY_MS = 20_000
const SETTLE_MS = 10_000
const FAREWELL_MS = 2_000
const NAMES = 1_000
const SILENT = { level: 'silent', child: () => SILENT }
for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal']) SILENT[level] = () => {}
DEFAULT_CONNECTION_CONFIG.logger.level = 'silent' // it writes to stdout by itself

export class Line {
  /** @param {import('./pipe.mjs').Pipe} pipe @param {number} number @param {() => void} onGone */
  constructor(pipe, number, onGone) {
    this.number = number
    this._pipe = pipe
    this._onGone = onGone
    this._codes = 0
    this._told = new Set() // messages told at first hand, whose event is still to come
    this._subscribed = new Set()
    this._typing = new Set()
    this.wantsCode = false
    this.isOpen = false
    this._gone = false
    this._streamCode = null
    this._linkable = new Promise((resolve) => { this._canLink = resolve })
    /** Rejects when the socket closed. */
    this.ended = new Promise((_, reject) => { this._end = reject })
    this.ended.catch(() => {}) // most of the time nobody waits
  }

  /** Begin to open. Raises Refusal when the options cannot be followed. */
  async begin({ creds, url, proxy, version, root_key: rootKey }) {
    // Of a fake WhatsApp only: nobody may bring another root of trust to the real one.
    if (rootKey && !url) throw new Refusal('bad_request', 'a root key needs an address of its own')
    if (rootKey) WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKey, 'hex')
    const target = url || DEFAULT_CONNECTION_CONFIG.waWebSocketUrl
    const agent = await agentFor(proxy, target.startsWith('wss:'))
    this.creds = usable(creds)
    this._keys = new Keys(this._pipe, this.number, (reason) => this.fail(reason))
    this._keeper = new Creds(this._pipe, this.number, this.creds, (reason) => this.fail(reason))
    this.ratchets = new Turn()
    this._firstHand = new FirstHand((node, message) => this._hearFirst(node, message), this.ratchets)
    this.acks = new Acks((status) => this._status(status))
    this.socket = makeWASocket({
      auth: { creds: this.creds, keys: this._keys },
      waWebSocketUrl: target,
      agent,
      ...(version ? { version } : {}),
      logger: SILENT,
      browser: Browsers.ubuntu('Chrome'), // pairing by code is refused for names it does not know
      markOnlineOnConnect: false, // else the salon's phone would ring no more
      syncFullHistory: false,
      generateHighQualityLinkPreview: false,
      defaultQueryTimeoutMs: QUERY_MS,
      // The parent tries again by itself; meanwhile the line has ended (see keys.mjs).
      transactionOpts: { maxCommitRetries: 1, delayBetweenTriesMs: 0 },
      shouldIgnoreJid: isIgnored,
      getMessage: (key) => this._sentOnce(key.id),
      makeSignalRepository: this._firstHand.around(
        DEFAULT_CONNECTION_CONFIG.makeSignalRepository, this.creds,
      ),
    })
    this._firstHand.watch(this.socket.ws)
    this.acks.watch(this.socket.ws)
    this.socket.ws.prependListener('CB:stream:error', ({ attrs }) => {
      this._streamCode = attrs.code ?? null
    })
    this.socket.ws.on('CB:notification,type:passkey_prologue_request', () => this._tell('passkey'))
    this.socket.ev.process((events) => this._events(events))
  }

  /** A write at the parent failed: end at once, so that nothing more is acknowledged. */
  fail(reason) {
    if (!this._gone) void this.socket.end(new Error(reason))
  }

  /** Close the socket; the device stays linked. */
  async close() {
    const underlying = this.socket.ws.socket
    const cut = setTimeout(() => underlying?.terminate(), FAREWELL_MS)
    await this.socket.end(undefined).finally(() => clearTimeout(cut))
  }

  /** Hold the socket back while the parent does not read. */
  press(behind) {
    const underlying = this.socket?.ws.socket
    if (underlying?.readyState !== 1) return // OPEN; any other state refuses
    if (behind) underlying.pause()
    else underlying.resume()
  }

  /** Resolves when the server offered codes to link by. */
  linkable() {
    return this._linkable
  }

  _tell(event, more = {}) {
    this._pipe.tell(event, this.number, more)
  }

  _events(events) {
    if (events['creds.update']) this._keeper.changed()
    if (events['connection.update']) this._connection(events['connection.update'])
    const upsert = events['messages.upsert']
    for (const message of upsert?.messages ?? []) this._upserted(message, upsert.type)
    for (const { key, update } of events['messages.update'] ?? []) this._updated(key, update)
    if (events['presence.update']) this._presence(events['presence.update'])
  }

  _connection(update) {
    if (update.qr) {
      this._canLink()
      this._codes += 1
      const ttl = this._codes === 1 ? FIRST_QR_S : NEXT_QR_S
      if (!this.wantsCode) this._tell('qr', { number: this._codes, text: update.qr, ttl_s: ttl })
    }
    if (update.isNewLogin) this._tell('paired', { me: identity(this.creds.me) })
    if (update.connection === 'open') {
      this.isOpen = true
      this._tell('open', { me: identity(this.creds.me) })
    }
    if (update.reachoutTimeLock?.isActive) this._locked(update.reachoutTimeLock)
    if (update.connection === 'close') void this._closed(update.lastDisconnect?.error)
  }

  /** Told when all that was written is written: the parent may open again from it at once. */
  async _closed(error) {
    this._gone = true
    this.isOpen = false
    this.acks.closed()
    this._end(new Refusal('interrupted', 'the connection closed meanwhile'))
    const written = Promise.all([this._keys.settled(), this._keeper.settled()])
    await Promise.race([written, new Promise((resolve) => setTimeout(resolve, SETTLE_MS).unref())])
    this._onGone()
    this._tell('closed', closing(error, this._streamCode))
  }

  _locked({ timeEnforcementEnds, enforcementType }) {
    const until = timeEnforcementEnds ? Math.floor(timeEnforcementEnds.getTime() / 1000) : null
    this._tell('restricted', { until, kind: enforcementType ?? null })
  }

  /** Within the transaction of the decryption; resolves when the parent has it. */
  async _hearFirst(node, message) {
    const { remoteJid: chat, id, fromMe } = message.key
    const content = isIgnored(chat) ? null : said(message.message)
    if (content === null) return
    const given = message.key.remoteJidAlt ?? (await this._phoneOf(chat))
    const alt = otherName(node.attrs, fromMe, given) ?? (fromMe ? await this._phoneOf(chat) : null)
    const words = heard(message, content, { alt, offline: Boolean(node.attrs.offline) })
    try {
      await this._pipe.ask('heard', this.number, { message: words })
    } catch (error) {
      this.fail('message_unwritten')
      throw error
    }
    this._told.add(`${chat}\n${id}`)
    if (this._told.size > NAMES) this._told.delete(this._told.values().next().value)
  }

  async _phoneOf(chat) {
    if (!chat.endsWith('@lid')) return null
    const phone = await this.socket.signalRepository.lidMapping.getPNForLID(chat)
    return phone ? jidNormalizedUser(phone) : null
  }

  /** Our echo, a placeholder, what the phone sent again; the rest was told at first hand. */
  _upserted(message, type) {
    const { remoteJid: chat, id, fromMe } = message.key
    if (!chat || isIgnored(chat)) return
    if (!fromMe) this._listenTo(chat)
    if (this._told.delete(`${chat}\n${id}`)) return
    if (fromMe && message.status === 0) {
      return this._refused(id, chat, message.messageStubParameters)
    }
    const content = said(message.message)
    if (content !== null) {
      const echo = Boolean(fromMe) && type === 'append'
      const alt = otherName(null, fromMe, message.key.remoteJidAlt)
      return this._tell('message', {
        message: heard(message, content, { alt, offline: type === 'append', raw: echo }),
      })
    }
    const unread = message.messageStubType === proto.WebMessageInfo.StubType.CIPHERTEXT
    if (unread && !fromMe) {
      const alt = otherName(null, false, message.key.remoteJidAlt)
      this._tell('undecryptable', { id, chat, alt })
    }
  }

  _updated(key, update) {
    if (!key.fromMe || update.status === undefined || update.status === null) return
    if (update.status === 0) return this._refused(key.id, key.remoteJid, update.messageStubParameters)
    if (update.status > 2) this._status({ id: key.id, chat: key.remoteJid, status: Math.min(update.status, 4) })
  }

  _refused(id, chat, [code, words] = []) {
    this.acks.refused(id, chat, code, words)
  }

  _status(status) {
    this._tell('status', status)
    // Read-only, and the library asks by itself only for one of the two kinds of this refusal.
    if (status.code === '463') this.socket.fetchAccountReachoutTimelock().catch(() => {})
  }

  /** WhatsApp tells that somebody types only to those who asked for it, chat by chat. */
  _listenTo(chat) {
    if (!this.isOpen || this._subscribed.has(chat) || this._subscribed.size > NAMES) return
    this._subscribed.add(chat)
    this.socket.presenceSubscribe(chat).catch(() => this._subscribed.delete(chat))
  }

  _presence({ id, presences }) {
    const states = Object.values(presences).map((presence) => presence.lastKnownPresence)
    const typing = states.some((state) => state === 'composing' || state === 'recording')
    const chat = jidNormalizedUser(id)
    if (typing === this._typing.has(chat)) return // of coming and going nobody wants to hear
    if (typing) this._typing.add(chat)
    else this._typing.delete(chat)
    this._tell('composing', { chat, typing })
  }

  async _sentOnce(id) {
    const content = await this._pipe.ask('message.get', this.number, { id })
    return content ? proto.Message.fromObject(content) : undefined
  }
}
