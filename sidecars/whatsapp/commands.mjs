/** What the parent may order. Each answers when it is done, or raises a Refusal. */
import { jidNormalizedUser } from 'baileys'
import { Line } from './line.mjs'
import { Refusal } from './refusal.mjs'

const ACK_MS = 20_000
const LINKABLE_MS = 30_000
const SENT = 'messages are sent on an open line only'

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
  const openLine = (number) => {
    const line = lineOf(number)
    if (!line.isOpen) throw new Refusal('not_open', SENT)
    return line
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
    async log_out({ line: number }) {
      await openLine(number).socket.logout()
    },
    async pairing_code({ line: number, phone }) {
      return { code: await pairingCode(lineOf(number), phone) }
    },
    async send({ line: number, to, text, id }) {
      return send(openLine(number), to, text, id)
    },
    async typing({ line: number, to, on }) {
      await openLine(number).socket.sendPresenceUpdate(on ? 'composing' : 'paused', to)
    },
    async read({ line: number, chat, ids }) {
      const keys = ids.map((id) => ({ remoteJid: chat, id, fromMe: false }))
      await openLine(number).socket.readMessages(keys)
    },
    async find({ line: number, phones }) {
      return { found: await find(openLine(number).socket, phones) }
    },
    async stats() {
      const { rss, heapUsed } = process.memoryUsage()
      return { lines: lines.size, rss, heap: heapUsed }
    },
  }
}

/** Done when WhatsApp's server has it, or has refused it (told by an event). */
async function send(line, to, text, id) {
  const confirmed = line.acks.of(id, ACK_MS)
  confirmed.catch(() => {}) // heard below, or forgotten with the send
  let message
  try {
    // Without a preview: the library would fetch whatever address a text names.
    message = await line.socket.sendMessage(to, { text, linkPreview: null }, { messageId: id })
  } catch (error) {
    line.acks.forget(id)
    throw error
  }
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
