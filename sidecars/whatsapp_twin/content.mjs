import { randomBytes } from 'node:crypto'
import { getContentType, normalizeMessageContent, proto } from 'baileys'
import { Refused } from './world/switches.mjs'

// The smallest picture a phone would draw: 1 × 1, grey.
const THUMBNAIL = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=',
  'base64',
)

/** The fields every file has; there is nothing at the address. */
const file = (mimetype, size) => ({
  url: 'https://media.whatsapp-twin.invalid/v/t62/placeholder.enc',
  directPath: '/v/t62/placeholder.enc',
  mimetype,
  fileLength: size,
  mediaKey: randomBytes(32),
  fileSha256: randomBytes(32),
  fileEncSha256: randomBytes(32),
  mediaKeyTimestamp: Math.floor(Date.now() / 1000),
})

const KINDS = {
  image: ({ caption }) => ({
    imageMessage: {
      ...file('image/jpeg', 51_200),
      width: 1280,
      height: 960,
      jpegThumbnail: THUMBNAIL,
      caption,
    },
  }),
  video: ({ caption }) => ({
    videoMessage: {
      ...file('video/mp4', 1_048_576),
      seconds: 7,
      width: 720,
      height: 1280,
      jpegThumbnail: THUMBNAIL,
      caption,
    },
  }),
  audio: ({ seconds = 4 }) => ({
    audioMessage: {
      ...file('audio/ogg; codecs=opus', 9_216),
      seconds,
      ptt: true,
      waveform: Buffer.alloc(64, 32),
    },
  }),
  document: ({ caption, name = 'Прайс.pdf' }) => ({
    documentMessage: { ...file('application/pdf', 20_480), fileName: name, title: name, caption },
  }),
  sticker: () => ({ stickerMessage: { ...file('image/webp', 8_192), width: 512, height: 512 } }),
  location: ({ latitude = 53.9023, longitude = 27.5619 }) => ({
    locationMessage: { degreesLatitude: latitude, degreesLongitude: longitude },
  }),
  contact: ({ name = 'Мария', contact_phone: phone = '79110000000' }) => ({
    contactMessage: { displayName: name, vcard: vcard(name, phone) },
  }),
  reaction: ({ text = '👍', about = '' }) => ({
    reactionMessage: { key: { id: about, fromMe: true }, text, senderTimestampMs: Date.now() },
  }),
  text: ({ text, quoted }) =>
    quoted ? { extendedTextMessage: { text, contextInfo: { stanzaId: quoted } } } : { conversation: text },
}

/**
 * A message of one kind.
 * @throws {Refused} an unknown kind, or a text without letters
 */
export function compose(order) {
  const kind = order.kind ?? 'text'
  if (!(kind in KINDS)) throw new Refused(`kind is one of ${Object.keys(KINDS).join(', ')}`)
  if (kind === 'text' && !order.text) throw new Refused('say a text')
  return proto.Message.fromObject(KINDS[kind](order))
}

/** What phones show of a message: its kind, and its text or caption. */
export function describe(message) {
  const content = normalizeMessageContent(message)
  const type = getContentType(content) ?? 'unknown'
  const inside = content?.[type]
  const text = typeof inside === 'string' ? inside : (inside?.text ?? inside?.caption ?? '')
  const kind = ['conversation', 'extendedTextMessage'].includes(type) ? 'text' : type.replace(/Message$/, '')
  return { kind, text: text ?? '' }
}

/** How the stanza calls it. */
export function stanzaType(message) {
  const { kind } = describe(message)
  if (kind === 'reaction') return 'reaction'
  return kind === 'text' ? 'text' : 'media'
}

const vcard = (name, phone) =>
  `BEGIN:VCARD\nVERSION:3.0\nFN:${name}\nTEL;type=CELL;waid=${phone}:+${phone}\nEND:VCARD`
