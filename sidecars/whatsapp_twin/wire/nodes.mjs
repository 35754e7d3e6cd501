import { encodeBigEndian, jidDecode } from 'baileys'

export {
  getBinaryNodeChild as child,
  getBinaryNodeChildBuffer as childBytes,
  getBinaryNodeChildren as children,
  jidDecode,
} from 'baileys'

/** The server's own address. */
export const SERVER = '@s.whatsapp.net'

/** One stanza or a part of it. */
export const node = (tag, attrs = {}, content = undefined) => ({ tag, attrs, content })

/** An answer to a query. */
export const result = (query, content) =>
  node('iq', { from: SERVER, type: 'result', id: query.attrs.id }, content)

/** A refusal of a query. */
export const failed = (query, code, text) =>
  node('iq', { from: SERVER, type: 'error', id: query.attrs.id }, [
    node('error', { code: String(code), text }),
  ])

/** The first child that is a node. */
export const first = (parent) => (Array.isArray(parent.content) ? parent.content[0] : undefined)

/** A key as bundles carry it: `id`, `public`, and the signature of a signed one. */
export const keyNode = (tag, key) =>
  node(tag, {}, [
    node('id', {}, encodeBigEndian(key.id, 3)),
    node('value', {}, key.public),
    ...(key.signature ? [node('signature', {}, key.signature)] : []),
  ])

/** Without the device. */
export const bare = (jid) => {
  const { user, server } = jidDecode(jid)
  return `${user}@${server}`
}
