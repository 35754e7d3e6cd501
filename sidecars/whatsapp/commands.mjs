/** What the parent may order. Each answers when it is done, or raises a Refusal. */
import { jidNormalizedUser } from 'baileys'
import { Line } from './line.mjs'
import { Refusal } from './refusal.mjs'

const ACK_MS = 20_000
const LINKABLE_MS = 30_000

/** @param {import('./pipe.mjs').Pipe} pipe */
export function commandsOver(pipe) {
  /** @type {Map<number, Line>} */
  const lines = new Map()
  pipe.onPressure = (behind) => lines.forEach((line) => line.press(behind))

  const lineOf = (number) => {
    const line = lines.get(number)
    if (line === undefined) throw new Refusal('unknown_line', `no line ${number}`)
    return line
  }
  // The library leaves whoever waits for an answer waiting when the socket closes.
  const onOpen = (number, work) => {
    const line = lineOf(number)
    if (!line.isOpen) throw new Refusal('not_open', 'the line is not open')
    return Promise.race([work(line), line.ended])
  }

  return {
    async open({ line: number, ...options }) {
      const line = new Line(pipe, number, () => lines.delete(number))
      await line.begin(options)
      lines.set(number, line)
    },
    async close({ line: number }) {
      await lines.get(number)?.close()
    },
    async log_out({ line }) {
      const { socket } = lineOf(line)
      await onOpen(line, () => socket.logout()).catch((error) => {
        if (error.code !== 'interrupted') throw error // that it ends is what was asked for
      })
    },
    async pairing_code({ line: number, phone }) {
      const line = lineOf(number)
      return { code: await Promise.race([pairingCode(line, phone), line.ended]) }
    },
    async send({ line, to, text, id }) {
      return onOpen(line, (opened) => send(opened, to, text, id))
    },
    async typing({ line, to, on }) {
      await onOpen(line, ({ socket }) => socket.sendPresenceUpdate(on ? 'composing' : 'paused', to))
    },
    async read({ line, chat, ids }) {
      const keys = ids.map((id) => ({ remoteJid: chat, id, fromMe: false }))
      await onOpen(line, ({ socket }) => socket.readMessages(keys))
    },
    async find({ line, phones }) {
      return { found: await onOpen(line, ({ socket }) => find(socket, phones)) }
    },
    async stats() {
      const { rss, heapUsed } = process.memoryUsage()
      return { lines: lines.size, rss, heap: heapUsed }
    },
  }
}

/** Done when WhatsApp's server has it, or has refused it (told by an event). */
async function send(line, to, text, id) {
  let confirmed
  const message = await line.ratchets.take(() => {
    confirmed = line.acks.of(id, ACK_MS)
    confirmed.catch(() => {}) // awaited below, or nobody's any more
    // Without a preview: the library would fetch whatever address a text names.
    return line.socket.sendMessage(to, { text, linkPreview: null }, { messageId: id })
  }).catch((error) => {
    line.acks.forget(id)
    throw error
  })
  await confirmed
  return { id: message.key.id, content: message.message }
}

async function pairingCode(line, phone) {
  const digits = String(phone).replace(/\D/g, '')
  if (line.creds.account) throw new Refusal('bad_request', 'this device is linked already')
  line.wantsCode = true // a code and a QR at the same time break each other
  await within(line.linkable(), LINKABLE_MS)
  return line.socket.requestPairingCode(digits)
}

/** One question for all; whom the answer does not name is asked for alone. */
async function find(socket, phones) {
  const digits = phones.map((phone) => String(phone).replace(/\D/g, ''))
  const there = new Map()
  for (const { jid, exists } of (await socket.onWhatsApp(...digits)) ?? []) {
    if (exists) there.set(jidNormalizedUser(jid).split('@')[0], jidNormalizedUser(jid))
  }
  const left = new Set(there.keys())
  digits.forEach((number) => left.delete(number))
  const found = []
  for (const [index, number] of digits.entries()) {
    // A number may stand under another spelling of itself (an old national prefix).
    const jid = there.get(number) ?? (left.size ? await alone(socket, number) : null)
    found.push({ phone: phones[index], jid, lid: jid && (await lidOf(socket, jid)) })
  }
  return found
}

async function alone(socket, number) {
  const [answer] = (await socket.onWhatsApp(number)) ?? []
  return answer?.exists ? jidNormalizedUser(answer.jid) : null
}

async function lidOf(socket, jid) {
  const lid = await socket.signalRepository.lidMapping.getLIDForPN(jid).catch(() => null)
  return lid ? jidNormalizedUser(lid) : null
}

function within(promise, ms) {
  let late
  const limit = new Promise((_, reject) => {
    late = setTimeout(() => reject(new Refusal('timed_out', 'WhatsApp offered no codes in time')), ms)
  })
  return Promise.race([promise, limit]).finally(() => clearTimeout(late))
}
