/** What the library says, in the words of the protocol with the parent. Pure. */
import { getContentType, jidDecode, jidNormalizedUser, normalizeMessageContent, proto } from 'baileys'

const KINDS = {
  conversation: 'text',
  extendedTextMessage: 'text',
  buttonsResponseMessage: 'text',
  listResponseMessage: 'text',
  templateButtonReplyMessage: 'text',
  interactiveResponseMessage: 'text',
  imageMessage: 'image',
  videoMessage: 'video',
  ptvMessage: 'video',
  audioMessage: 'audio',
  documentMessage: 'document',
  stickerMessage: 'sticker',
  lottieStickerMessage: 'sticker',
  locationMessage: 'location',
  liveLocationMessage: 'location',
  contactMessage: 'contact',
  contactsArrayMessage: 'contact',
  reactionMessage: 'reaction',
}

/** Done to a chat, not said in it: a pin, a vote, the cover of an album whose pictures come next. */
const DEEDS = new Set([
  'pinInChatMessage', 'keepInChatMessage', 'pollUpdateMessage', 'encReactionMessage', 'albumMessage',
])

/** Groups, broadcasts, statuses and channels are nobody's chat with the salon. */
export function isIgnored(jid) {
  return /@(g\.us|broadcast|newsletter|bot|call)$/.test(jid ?? '')
}

/** @returns {{kind: string, text: string, edits?: string}|null} null: nothing that a person said */
export function said(message) {
  const content = normalizeMessageContent(message ?? undefined)
  const type = content && getContentType(content)
  if (!type || DEEDS.has(type)) return null
  if (type === 'protocolMessage') return edited(content.protocolMessage)
  return { kind: KINDS[type] ?? type.replace(/Message$/, ''), text: textOf(content, content[type]) }
}

function edited(protocol) {
  if (protocol?.type !== proto.Message.ProtocolMessage.Type.MESSAGE_EDIT) return null
  const now = said(protocol.editedMessage)
  return now && { kind: 'edit', text: now.text, edits: protocol.key?.id ?? undefined }
}

function textOf(content, part) {
  if (typeof part === 'string') return part
  return String(
    part?.text ?? part?.caption ?? part?.selectedDisplayText ?? part?.title ??
    part?.body?.text ?? part?.displayName ?? part?.name ?? '',
  )
}

/** @param {object} key @param {object} message `WebMessageInfo` */
export function heard(message, content, { alt, offline, raw }) {
  const key = message.key
  return {
    id: key.id,
    chat: key.remoteJid,
    alt: alt ?? null,
    from_me: Boolean(key.fromMe),
    at: Number(message.messageTimestamp) || 0,
    offline,
    name: key.fromMe ? null : message.pushName ?? null,
    ...content,
    ...(raw ? { raw: message.message } : {}),
  }
}

/**
 * The other name of the person on the other side. The library's `remoteJidAlt` is the sender's:
 * in a message from the salon's own phone that is the salon itself.
 */
export function otherName(attrs, fromMe, given) {
  const alt = fromMe
    ? attrs?.recipient_pn ?? attrs?.recipient_lid ?? attrs?.peer_recipient_pn ?? attrs?.peer_recipient_lid
    : given
  return alt ? jidNormalizedUser(alt) : null
}

export function identity(me) {
  const { user, server } = jidDecode(me?.id ?? '') ?? {}
  return {
    jid: me?.id ?? '',
    phone: server === 's.whatsapp.net' ? `+${user}` : null,
    lid: me?.lid ? jidNormalizedUser(me.lid) : null,
    name: me?.name && me.name !== '~' ? me.name : null,
  }
}

/**
 * Why the socket closed. The parent forgets a device by some of these codes, so only what WhatsApp
 * itself said is told as one: the library calls failures of the network 408 or 500, a proxy's
 * answer to the upgrade by its number (401!), and a stream that ended without a code 500.
 *
 * @param {object} [error] the library's
 * @param {string|null} [streamCode] of the stream's error, if it had one
 */
export function closing(error, streamCode = null) {
  const reason = String(error?.message ?? '').slice(0, 300)
  const code = error?.output?.statusCode ?? null
  const guessed = reason.startsWith('WebSocket Error')
    || (code === 500 && reason.startsWith('Stream Errored') && !streamCode)
    || (code === 500 && reason === 'Connection Failure' && !error.data?.reason)
  return { code: guessed ? null : code, reason, location: error?.data?.location ?? null }
}
