// Sessions of the real, unmodified Baileys, driven over NDJSON: the tests' own client of the fake
// WhatsApp. Keys live in memory by session name, so that a session opened again is the same device.
for (const word of ['log', 'info', 'warn', 'error', 'debug', 'trace']) console[word] = () => {}
const [library] = process.argv.slice(2)
const { default: makeSocket, WA_CERT_DETAILS, initAuthCreds } = await import(library)
const { default: pino } = await import(new URL('../../pino/pino.js', library).href)
const { createInterface } = await import('node:readline')

const logger = pino({ level: process.env.BAILEYS_LOG ?? 'silent' }, pino.destination(2))
const stores = new Map()
const sockets = new Map()
const tell = (name, event, facts = {}) =>
  process.stdout.write(`${JSON.stringify({ name, event, ...facts })}\n`)

function storeOf(name) {
  if (!stores.has(name)) stores.set(name, { creds: initAuthCreds(), rows: new Map(), sent: new Map() })
  return stores.get(name)
}

const keysOf = ({ rows }) => ({
  get: async (type, ids) =>
    Object.fromEntries(ids.map((id) => [id, rows.get(`${type}:${id}`)]).filter(([, value]) => value)),
  set: async (changes) => {
    for (const [type, values] of Object.entries(changes)) {
      for (const [id, value] of Object.entries(values))
        value ? rows.set(`${type}:${id}`, value) : rows.delete(`${type}:${id}`)
    }
  },
})

const words = {
  open({ name, url, root, qr_ms: qrTimeout, online = false }) {
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root, 'hex')
    const store = storeOf(name)
    const socket = makeSocket({
      waWebSocketUrl: url,
      auth: { creds: store.creds, keys: keysOf(store) },
      logger,
      qrTimeout,
      markOnlineOnConnect: online,
      generateHighQualityLinkPreview: false,
      retryRequestDelayMs: 1,
      getMessage: async ({ id }) => store.sent.get(id),
    })
    sockets.set(name, socket)
    socket.ev.on('creds.update', (update) => Object.assign(store.creds, update))
    socket.ev.on('connection.update', (update) => connection(name, store, update))
    socket.ev.on('messages.upsert', ({ type, messages }) =>
      messages.forEach((message) => heard(name, type, message)),
    )
    socket.ev.on('messages.update', (list) =>
      list.forEach(
        ({ key, update }) =>
          update.status !== undefined &&
          tell(name, 'status', {
            id: key.id,
            chat: key.remoteJid,
            status: update.status,
            words: update.messageStubParameters ?? [],
          }),
      ),
    )
    socket.ev.on('presence.update', ({ id, presences }) =>
      tell(name, 'presence', { id, presence: Object.values(presences)[0].lastKnownPresence }),
    )
    socket.ws.on('CB:notification,type:passkey_prologue_request', () => tell(name, 'passkey'))
  },
  close: ({ name }) => sockets.get(name).end(undefined),
  forget: ({ name }) => stores.delete(name),
  log_out: ({ name }) => sockets.get(name).logout(),
  code: async ({ name, phone }) => ({ code: await sockets.get(name).requestPairingCode(phone) }),
  send: async ({ name, to, text, id }) => {
    const message = await sockets.get(name).sendMessage(to, { text }, id ? { messageId: id } : {})
    storeOf(name).sent.set(message.key.id, message.message)
    return { id: message.key.id }
  },
  typing: ({ name, to, state }) => sockets.get(name).sendPresenceUpdate(state, to),
  read: ({ name, chat, id }) => sockets.get(name).readMessages([{ remoteJid: chat, id }]),
  find: async ({ name, phone }) => ({ found: await sockets.get(name).onWhatsApp(phone) }),
  lock: async ({ name }) => ({ lock: await sockets.get(name).fetchAccountReachoutTimelock() }),
}

function connection(
  name,
  store,
  { connection: state, qr, isNewLogin, lastDisconnect, reachoutTimeLock: lock },
) {
  if (qr) tell(name, 'qr', { text: qr })
  if (isNewLogin) tell(name, 'paired', { me: store.creds.me })
  if (lock) tell(name, 'lock', { active: lock.isActive, until: lock.timeEnforcementEnds?.getTime() / 1000 })
  if (state === 'open') tell(name, 'open', { me: store.creds.me })
  if (state === 'close')
    tell(name, 'close', {
      code: lastDisconnect?.error?.output?.statusCode ?? null,
      words: lastDisconnect?.error?.message,
    })
}

function heard(name, type, { key, message, pushName, messageStubType, status, messageStubParameters }) {
  tell(name, 'message', {
    type,
    id: key.id,
    chat: key.remoteJid,
    alt: key.remoteJidAlt ?? null,
    from_me: Boolean(key.fromMe),
    by: pushName ?? null,
    kinds: Object.keys(message ?? {}).filter((kind) => kind !== 'messageContextInfo'),
    status: status ?? null,
    text:
      message?.conversation ?? message?.extendedTextMessage?.text ?? message?.imageMessage?.caption ?? null,
    stub: messageStubType ?? null,
    words: messageStubParameters ?? [],
  })
}

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const { n, do: word, ...order } = JSON.parse(line)
    try {
      process.stdout.write(`${JSON.stringify({ n, ok: (await words[word](order)) ?? {} })}\n`)
    } catch (error) {
      process.stdout.write(`${JSON.stringify({ n, error: String(error?.message ?? error) })}\n`)
    }
  })
  .on('close', () => process.exit(0))
process.on('unhandledRejection', (error) => tell('', 'broken', { error: String(error?.stack ?? error) }))
